# ruff: noqa: E501 (lists of words are read by rows)
"""What can be sent and not be kept is refused in words: NUL, half a sign, a number of more than 64 bits. The whole corpus: tests/long/test_injection.py."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import Client

SEARCHES = ["/enterprises?q=", "/api/layers/risk_source/count?q=", "/api/layers/risk_source/features?q=", "/api/place?q=", "/dangers?q=", "/stock?q=", "/api/changes?q="]
HOSTILE = ["\x00", "甲\x00乙", "'; SELECT pg_sleep(1000); --", "%' OR '1'='1", "{{1337*1337}}", "../../etc/passwd", "\ud800", "9" * 400, "<script>alert(73)</script>"]


@pytest.mark.parametrize("path", SEARCHES)
def test_searches_take_any_word(client: Client, path: str) -> None:
    for word in HOSTILE:
        answer = client.get(path + quote(word, safe="", errors="surrogatepass"))
        assert answer.status_code in (200, 404, 422), (word, answer.text[:300])
        assert "1787569" not in answer.text and "root:x" not in answer.text
        assert "<script>alert(73)" not in answer.text or "html" not in answer.headers["content-type"]


@pytest.mark.parametrize("value", [10**30, -(10**30), "\x00", "a\ud800", "甲\x00", [[]], {"x": "\udfff"}, 1e308, True])
@pytest.mark.parametrize("field", ["name", "severity", "lon", "verified_on", "district", "address"])
def test_a_record_takes_what_can_be_kept(client: Client, source: dict[str, Any], field: str, value: Any) -> None:
    for path, body in (("features", source | {field: value}), ("changes", {"kind": "create", "values": source | {field: value}})):
        answer = client.post(f"/api/layers/risk_source/{path}", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code in (201, 422), (path, answer.text[:300])
        if answer.status_code == 422:
            assert answer.json()["title"]


@pytest.mark.parametrize("number", [10**30, -(10**30), 2**63, "9" * 400, "x", "%00", "١"])
def test_a_number_in_an_address_is_a_number(client: Client, number: Any) -> None:
    for path in ("layers/shelter/features/{}", "layers/shelter/imports/{}", "layers/shelter/imports/{}/rows", "changes/{}", "dangers/{}", "depots/{}/stock",
                 "methods/{}", "incidents/{}", "attachments/{}", "shelters/{}/states"):  # fmt: skip
        assert client.get("/api/" + path.format(number)).status_code in (404, 422), path
    for path in ("imports/{}/undo", "imports/{}/withdraw", "features/{}/retire"):
        answer = client.post("/api/layers/shelter/" + path.format(number), json={}, headers={"If-Match": '"1"'})
        assert answer.status_code in (404, 422), (path, answer.text[:200])
