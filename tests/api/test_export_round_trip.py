"""What is exported and not edited says nothing new when it comes back: every row of every format is unchanged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.api.conftest import Client

LAYERS = sorted(p.parent.name for p in Path("layers").glob("*/sample.csv"))
FORMATS = ("xlsx", "csv", "geojson", "gpkg")
FINE = ("116.33812345678", "39.72712345678")  # finer than a centimetre: GCJ-02 gives such figures once converted


@pytest.fixture(autouse=True)
def uploads_of_their_own(client: Client, tmp_path: Path) -> None:
    client.app.state.settings = client.app.state.settings.model_copy(update={"var_dir": tmp_path})


def bring(client: Client, layer: str, body: bytes, name: str) -> dict:
    sent = client.post(f"/api/layers/{layer}/imports", files={"file": (name, body)})
    assert sent.status_code == 201, sent.text
    return sent.json()


def put(client: Client, layer: str, body: bytes, name: str) -> None:
    plan = bring(client, layer, body, name)
    assert not plan["counts"].get("refused"), plan
    url = f"/api/layers/{layer}/imports/{plan['id']}/commit"
    assert client.post(url, json={"plan_hash": plan["plan_hash"], "accept_duplicates": True}).status_code == 200


def samples(layer: str) -> bytes:
    """The layer's own sample, once as it is, once finer than the tables compare, once with a hostile name, once without a place."""
    rows = list(csv.DictReader(io.StringIO(Path("layers", layer, "sample.csv").read_text("utf-8-sig"))))
    first = rows[0]
    code, name = list(first)[:2]
    address = next(h for h in first if h in ("地址", "驻地"))
    nowhere = {"所在区": "", "经度": "", "纬度": ""}
    fine = first | {code: f"{first[code]}-F", name: first[name] + "·二", "经度": FINE[0], "纬度": FINE[1], "所在区": ""}
    nasty = fine | {code: f"{first[code]}-G", name: "=甲+1", address: "'引号\n第二行", "经度": "116.2987654321"}
    rows += [fine, nasty, first | nowhere | {code: f"{first[code]}-H", name: "待补点"}]
    out = io.StringIO(newline="")
    lines = csv.DictWriter(out, list(rows[0]))
    lines.writeheader()
    lines.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("layer", LAYERS)
def test_an_unedited_export_changes_nothing(client: Client, layer: str) -> None:
    put(client, layer, samples(layer), "样例.csv")
    everything = {"status": "approved,incomplete"}
    count = client.get(f"/api/layers/{layer}/count", params=everything).json()["count"]
    assert count >= 4
    for form in FORMATS:
        made = client.post(f"/api/layers/{layer}/export", json={"format": form, "filters": everything})
        assert made.status_code == 200 and made.headers["x-rows"] == str(count)
        plan = bring(client, layer, made.content, f"导出.{form}")
        rows = client.get(f"/api/layers/{layer}/imports/{plan['id']}/rows").json()["rows"]
        told = [(r["row_no"], r["outcome"], r["difference"], r["findings"]) for r in rows if r["outcome"] != "unchanged"]
        assert (form, told, plan["counts"]) == (form, [], {"unchanged": count})


def test_coordinates_leave_with_seven_decimals(client: Client) -> None:
    """A centimetre, as plans compare: a place moved by one shows, one not moved does not."""
    put(client, "shelter", samples("shelter"), "样例.csv")
    made = client.post("/api/layers/shelter/export", json={"format": "geojson"})
    at = {f["properties"]["code"]: (f["geometry"] or {}).get("coordinates") for f in json.loads(made.content)["features"]}
    assert at["SH-110102-000001-F"] == [116.3381235, 39.7271235]


def test_children_keep_their_parents(client: Client) -> None:
    """The parent leaves by name for people and by code for the way back."""
    put(client, "enterprise", Path("layers/enterprise/sample.csv").read_bytes(), "企业.csv")
    body = Path("layers/risk_source/sample.csv").read_text("utf-8-sig").splitlines()
    lines = [body[0] + ",所属企业编号", *(line + ",EN-110115-000001" for line in body[1:])]
    put(client, "risk_source", "\n".join(lines).encode(), "风险源.csv")
    for form in FORMATS:
        made = client.post("/api/layers/risk_source/export", json={"format": form})
        plan = bring(client, "risk_source", made.content, f"导出.{form}")
        assert (form, plan["counts"]) == (form, {"unchanged": 2})
