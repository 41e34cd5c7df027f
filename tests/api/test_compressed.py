"""What leaves compressed, what does not, and that the two forms of an answer are told apart."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from riskmap.api.assets import Assets
from riskmap.api.zipped import SMALLEST, taken
from riskmap.settings import settings
from tests.api.conftest import Client

PLAIN = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}
KEY = {"Idempotency-Key": "test-export-key"}


def raw(client: Client, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and the bytes as they came."""
    with client.stream("GET", url, headers=headers) as answer:
        return answer.status_code, dict(answer.headers), b"".join(answer.iter_raw())


@pytest.mark.parametrize("url", ["/", "/api/layers", "/api/districts.geojson", "/static/js/main.js", "/static/css/page.css"])
def test_large_texts_are_compressed_for_who_takes_it(client: Client, url: str) -> None:
    _, plain_headers, plain = raw(client, url, PLAIN)
    status, headers, body = raw(client, url, GZIP)
    assert status == 200 and "content-encoding" not in plain_headers
    assert headers["content-encoding"] == "gzip" and "accept-encoding" in headers["vary"].lower()
    assert int(headers["content-length"]) == len(body) < len(plain) * 0.6
    if url != "/":  # the page has a new nonce each time
        assert gzip.decompress(body) == plain


@pytest.mark.parametrize("url", ["/api/districts.geojson", "/static/js/main.js"])
@pytest.mark.parametrize("headers", [PLAIN, GZIP])
def test_each_form_has_its_tag_and_is_not_sent_twice(client: Client, url: str, headers: dict[str, str]) -> None:
    _, told, _ = raw(client, url, headers)
    status, again, body = raw(client, url, headers | {"If-None-Match": told["etag"]})
    assert (status, body) == (304, b"")
    if "-gz" in told["etag"]:
        assert again["etag"] == told["etag"]


def test_the_two_forms_have_different_tags(client: Client) -> None:
    for url in ("/api/districts.geojson", "/static/js/main.js"):
        assert raw(client, url, PLAIN)[1]["etag"] != raw(client, url, GZIP)[1]["etag"]


def test_small_answers_and_errors_stay_plain(client: Client) -> None:
    for url in ("/api/basemaps", "/api/layers/nothing/features"):
        _, headers, body = raw(client, url, GZIP)
        assert len(body) < SMALLEST and "content-encoding" not in headers


@pytest.mark.parametrize("format", ["xlsx", "csv", "geojson", "gpkg"])
def test_an_export_is_the_file_itself(client: Client, source: dict, format: str) -> None:
    assert client.post("/api/layers/risk_source/features", json=source).status_code == 201
    with client.stream(
        "POST", "/api/layers/risk_source/export", json={"format": format, "filters": {}}, headers=GZIP | KEY
    ) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.status_code == 200 and "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(body) > 100
    assert not body.startswith(b"\x1f\x8b")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    assets = Assets(tmp_path)
    first = assets.find("a.js")
    assert assets.find("a.js") is first
    (tmp_path / "a.js").write_text("22")
    assert assets.find("a.js").plain == b"22"


@pytest.mark.parametrize("path", ["../templates/base.html", "%2e%2e/templates/base.html", "main.js/x", "nothing.js", "", "a\0b"])
def test_only_files_of_the_folder_are_served(client: Client, path: str) -> None:
    with pytest.raises(HTTPException) as told:
        Assets(settings().web_dir / "js").find(path)
    assert told.value.status_code == 404
    if "\0" not in path:
        assert client.get(f"/static/js/{path}").status_code == 404
    assert client.get("/static/layers/risk_source/icon.svg").status_code == 200
    assert client.get("/static/layers/risk_source/layer.toml").status_code == 404


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_who_takes_gzip(said: str, takes: bool) -> None:
    assert taken({b"accept-encoding": said.encode()}) is takes
