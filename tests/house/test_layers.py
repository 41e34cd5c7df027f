"""A layer is one folder: every one parses and registers its own sample; a made-up one works with no other change."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from pathlib import Path

import openpyxl
import pytest

from riskmap import catalogue
from riskmap.errors import SetupError
from riskmap.flows import intake
from riskmap.flows.register import Desk
from riskmap.readers import Limits
from riskmap.settings import settings
from riskmap.store.places import gazetteer
from tests.api.conftest import Client

LAYERS = sorted(p.parent.name for p in Path("layers").glob("*/layer.toml"))
CODES = settings().data_dir / "codes"

HYDRANT = """
name = "hydrant"
group = "risk"
code_prefix = "HY"
visibility = "staff"
list_columns = ["code", "pressure_kpa"]

[label]
zh = "消火栓"
en = "Hydrant"

[description]
zh = "市政消火栓"
en = "Street hydrant"

[level]
rule = "lxs"
likelihood = "likelihood"
severity = "severity"

[grading]
role = "source"

[[field]]
name = "pressure_kpa"
type = "number"
unit = "kPa"
low = 0
high = 2000
required = true
label = { zh = "压力", en = "Pressure" }
example = "250"

[[field]]
name = "owner"
type = "code"
label = { zh = "权属", en = "Owner" }
facet = true
options = [{ code = "city", zh = "市政", en = "City" }, { code = "site", zh = "单位", en = "Site" }]

[[field]]
name = "likelihood"
type = "integer"
low = 1
high = 5
label = { zh = "可能性 L", en = "Likelihood L" }

[[field]]
name = "severity"
type = "integer"
low = 1
high = 5
label = { zh = "后果 S", en = "Severity S" }
"""


def test_there_are_layers() -> None:
    assert len(LAYERS) >= 7


@pytest.mark.parametrize("name", LAYERS)
def test_sample_registers_clean(name: str, db, officer) -> None:
    with db.as_user(officer) as conn:
        desk = Desk(catalogue.load(Path("layers"), CODES), gazetteer(conn))
    asked = intake.Asked(name, "sample.csv")
    table = intake.read(desk, Path("layers", name, "sample.csv"), asked, Limits.of(settings()))
    checked = intake.inspect(desk, table, asked)
    assert checked.n >= 1
    assert not checked.refused.any(), checked.findings
    assert [m for m in checked.missing if m] == []
    assert checked.unmapped == []


def test_an_unknown_key_stops_the_start(tmp_path: Path) -> None:
    shutil.copytree("layers/depot", tmp_path / "depot")
    text = (tmp_path / "depot" / "layer.toml").read_text("utf-8")
    (tmp_path / "depot" / "layer.toml").write_text("colour = 'red'\n" + text, "utf-8")
    with pytest.raises(SetupError, match="colour"):
        catalogue.load(tmp_path, CODES)


def test_a_made_up_layer_works_with_no_other_change(tmp_path: Path, db) -> None:
    from riskmap.api.app import create_app

    shutil.copytree("layers", tmp_path / "layers")
    folder = tmp_path / "layers" / "hydrant"
    folder.mkdir()
    (folder / "layer.toml").write_text(HYDRANT, "utf-8")
    (folder / "sample.csv").write_text(
        "名称,压力,权属,可能性 L,后果 S,经度,纬度\n演示消火栓,250,市政,5,4,116.48,39.92\n", "utf-8"
    )
    shutil.copy("layers/depot/icon.svg", folder / "icon.svg")
    given = settings().model_copy(update={"layers_dir": tmp_path / "layers", "var_dir": tmp_path / "var"})
    with Client(create_app(given, db), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        client.app.state.grader.wait()
        listed = next(x for x in client.get("/api/layers").json()["layers"] if x["name"] == "hydrant")
        assert listed["count"] == 0 and listed["fields"][0]["unit"] == "kPa"

        book = openpyxl.load_workbook(io.BytesIO(client.get("/api/layers/hydrant/template.xlsx").content))
        assert any("压力" in str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row)

        lines = ["名称,压力,权属,可能性 L,后果 S,经度,纬度"] + [
            f"消火栓{i},{200 + i},市政,5,4,{116.40 + i / 100},39.92" for i in range(5)
        ]
        sent = client.post("/api/layers/hydrant/imports", files={"file": ("栓.csv", "\n".join(lines).encode(), "text/csv")})
        assert sent.status_code in (201, 202), sent.text
        plan = sent.json()
        assert plan["counts"] == {"new": 5}, plan
        done = client.post(f"/api/layers/hydrant/imports/{plan['id']}/commit", json={"plan_hash": plan["plan_hash"]})
        assert done.status_code == 200, done.text

        assert client.get("/api/layers/hydrant/count").json() == {"count": 5}
        assert client.get("/api/layers/hydrant/count?attr.owner=city").json() == {"count": 5}
        assert client.get("/api/layers/hydrant/points?zoom=18&bbox=116,39,117,40").json()["singles"]["level"] == [1] * 5
        export = client.post("/api/layers/hydrant/export", json={"format": "csv"})
        assert export.headers["x-rows"] == "5" and "压力" in export.content.decode("utf-8-sig")

        form = client.get("/register/hydrant").text
        assert all(text in form for text in ("登记消火栓", 'name="pressure_kpa"', "0–2000kPa", 'id="matrix"', 'value="city"'))
        assert "/register/hydrant" in client.get("/register").text

        graded = client.app.state.grader.wait(lambda g: len(g.engine.drawn()) > 0)
        assert graded.engine.drawn().size > 0
        assert graded.as_of <= dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=8))).date()
