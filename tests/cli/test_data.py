"""riskmap import, undo and export as a person types them, on a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from riskmap.cli import data, load
from riskmap.errors import BadFile, BadInput, NotFound
from riskmap.store.database import Database

CSV = "场所名称,场所编号,场所级别,可容纳避难人数,经度,纬度\n甲,SH-1,县级,500,116.391,39.907\n乙,SH-2,市级,很多,116.395,39.91\n"


@pytest.fixture
def riskmap(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command on this test's own database; gives standard output, lets Problems through."""

    @contextmanager
    def here(_: Any) -> Iterator[Database]:
        yield db

    monkeypatch.setattr(data, "opened", here)
    given = data.settings().model_copy(update={"var_dir": tmp_path / "var"})
    monkeypatch.setattr(data, "settings", lambda: given)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(CSV, "utf-8")

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(load(), list(words), catch_exceptions=True)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_import_says_what_it_did_and_undo_takes_it_back(riskmap: Any) -> None:
    told = riskmap("import", "shelter", "a.csv")
    assert "已登记" in told and "新增 new: 1" in told and "拒绝 refused: 1" in told
    assert "第 3 行" in told and "很多" in told and "不是数字" in told
    batch = told.split("batch ")[1].split(" ")[0]
    assert len(riskmap("export", "shelter", "--format", "csv", "-o", "out.csv").splitlines()) == 1
    lines = Path("out.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 2 and "甲" in lines[1]
    assert "移除 removed 1" in riskmap("undo", batch)


def test_dry_run_and_strict_change_nothing(riskmap: Any) -> None:
    plan = json.loads(riskmap("import", "shelter", "a.csv", "--dry-run", "--json"))
    assert plan["committed"] is False and plan["counts"] == {"new": 1, "refused": 1} and plan["refused"][0]["row"] == 3
    riskmap("import", "shelter", "a.csv", "--strict", code=1)
    riskmap("export", "shelter", "--format", "geojson", "-o", "out.geojson")
    assert json.loads(Path("out.geojson").read_text("utf-8"))["features"] == []


def test_crs_district_mapping_and_the_marked_workbook(riskmap: Any) -> None:
    Path("b.csv").write_text("单位,人数,X,Y\n甲,没有,447900.0,4417700.0\n", "utf-8")
    words = ["--crs", "EPSG:4548", "--district", "朝阳区"]
    for pair in ("单位=name", "人数=capacity", "X=lon", "Y=lat"):
        words += ["--mapping", pair]
    plan = json.loads(riskmap("import", "shelter", "b.csv", *words, "--mapping", "=县级=shelter_level", "--workbook", "back.xlsx", "--json"))
    assert plan["counts"].get("refused") == 1 and plan["crs"] == "EPSG:4548" and plan["mapping"]["shelter_level"] == "=县级"
    sheet = openpyxl.load_workbook("back.xlsx").active
    assert sheet["C2"].fill.fgColor.rgb == "FFFF6B6B" and "不是数字" in sheet["F2"].value


def test_export_follows_the_filter(riskmap: Any) -> None:
    riskmap("import", "shelter", "a.csv")
    for form in ("xlsx", "csv", "geojson", "gpkg"):
        assert "0 条" in riskmap("export", "shelter", "--format", form, "--filter", "district=110109", "-o", f"none.{form}")
        assert "1 条" in riskmap("export", "shelter", "--format", form, "--filter", "q=甲", "-o", f"one.{form}")


def test_wrong_words_are_told(riskmap: Any) -> None:
    with pytest.raises(BadFile):
        riskmap("import", "shelter", "none.csv")
    with pytest.raises(NotFound):
        riskmap("import", "nothing", "a.csv")
    with pytest.raises(BadInput):
        riskmap("import", "shelter", "a.csv", "--crs", "EPSG:2437")
    with pytest.raises(BadInput):
        riskmap("import", "shelter", "a.csv", "--mapping", "name")
    with pytest.raises(BadInput):
        riskmap("export", "shelter", "--format", "pdf")
    with pytest.raises(NotFound):
        riskmap("undo", "999999")


def test_a_ledger_goes_in_by_the_same_command(riskmap: Any) -> None:
    Path("depot.csv").write_text("储备库名称,储备库编号,储备级别,经度,纬度\n甲库,DP-1,区级,116.391,39.907\n", "utf-8")
    riskmap("import", "depot", "depot.csv")
    head = "储备库编号,物资编码,数量,单位,批号\n"
    Path("stock.csv").write_text(head + "DP-1,1010100,500,袋,B1\nDP-2,1010100,很多,袋,B2\n", "utf-8")
    told = riskmap("import", "stock", "stock.csv", code=1)
    assert "全部未登记" in told and "第 3 行" in told and "很多" in told and "没有这个编号" in told
    assert json.loads(riskmap("import", "stock", "stock.csv", "--dry-run", "--json"))["counts"] == {"new": 1, "refused": 1}
    assert "已登记 committed" in riskmap("import", "stock", "stock.csv", "--partial")
    assert "未重复登记" in riskmap("import", "stock", "stock.csv", "--partial")
    with pytest.raises(BadInput, match="台账"):
        riskmap("import", "stock", "stock.csv", "--crs", "gcj02")
    with pytest.raises(BadInput, match="partial"):
        riskmap("import", "shelter", "a.csv", "--partial")
