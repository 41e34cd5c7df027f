# ruff: noqa: E501
"""Real files into a real PostGIS: planned, committed once, undone, and given back marked."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from riskmap.catalogue import load
from riskmap.core.actor import OFFICER
from riskmap.core.coordinates import from_wgs84
from riskmap.flows import intake, register
from riskmap.flows.register import Desk
from riskmap.readers import Limits
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer

DATA = settings().root.parent / "shared" / "data"
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SHELTERS = DATA / "poi" / "shelters_points_only_wgs84.geojson"
real = [pytest.mark.real, pytest.mark.skipif(not DATA.is_dir(), reason="outside test data is not beside the repository")]


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn))


def planned(db: Database, desk: Desk, layer: str, path: Path, **asked: Any) -> dict[str, Any]:
    said = intake.Asked(layer, path.name, **asked)
    table = intake.read(desk, path, said, Limits())
    checked = intake.inspect(desk, table, said)
    with db.as_user(OFFICER, write=True) as conn:
        return intake.plan(conn, desk, path, table, checked, said, OFFICER)


def committed(db: Database, desk: Desk, plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    with db.as_user(OFFICER, write=True) as conn:
        return register.commit(conn, desk, plan["id"], plan["plan_hash"], OFFICER, NOW, **more)


def state(db: Database, layer: str) -> list[dict[str, Any]]:
    """Everything in force of a layer but version, times and batch."""
    with db.as_user(OFFICER) as conn:
        return conn.execute("SELECT code, name, parent_id, steward_org, district_code, town_code, address, level, effective_level, ST_AsText(geom, 9) AS place, cell, status, missing, "
                            "verified_on, attributes, search FROM feature WHERE layer = %s AND status <> 'retired' ORDER BY id", (layer,)).fetchall()


class TestShelters:
    pytestmark = real

    def test_1181_rows_unnamed_ones_wait_and_108_are_the_same_place(self, db: Database, desk: Desk) -> None:
        plan = planned(db, desk, "shelter", SHELTERS)
        assert plan["rows"] == 1181 and plan["counts"] == {"incomplete": 1072, "duplicate": 109}
        # 108 repeat the coordinates to the last digit; one more pair stands 0.52 m apart
        assert [f["proposal"] for f in plan["findings"] if f["code"] == "same-places"] == [{"identical": 108, "within_1m": 1}]
        assert plan["crs"] == "wgs84" and "sid" in plan["unmapped"]
        done = committed(db, desk, plan)
        rows = state(db, "shelter")
        assert len(rows) == 1072 and {r["status"] for r in rows} == {"incomplete"} and all("name" in r["missing"] and r["name"] is None for r in rows)
        assert all(r["place"] for r in rows) and done["counts"]["created"] == 1072
        again = committed(db, desk, plan)
        assert again["repeated"] and state(db, "shelter") == rows

    def test_taking_the_duplicates_as_well_gives_all(self, db: Database, desk: Desk) -> None:
        committed(db, desk, planned(db, desk, "shelter", SHELTERS), accept_duplicates=True)
        assert len(state(db, "shelter")) == 1181

    @pytest.mark.parametrize("datum", ["gcj02", "bd09"])
    def test_a_shifted_copy_is_recognised_by_what_is_known(self, db: Database, desk: Desk, tmp_path: Path, datum: str) -> None:
        whole = json.loads(SHELTERS.read_text("utf-8"))
        points = np.array([f["geometry"]["coordinates"] for f in whole["features"]])
        x, y = from_wgs84(points[:, 0], points[:, 1], datum)
        path = tmp_path / "copy.csv"
        path.write_text("lon,lat\n" + "\n".join(f"{a:.6f},{b:.6f}" for a, b in zip(x, y, strict=True)), "utf-8")
        alone = planned(db, desk, "shelter", path)
        assert "datum-cannot-tell" in [f["code"] for f in alone["findings"]]
        committed(db, desk, planned(db, desk, "shelter", SHELTERS))
        told = [f for f in planned(db, desk, "shelter", path)["findings"] if f["code"].startswith("datum-")]
        assert [f["code"] for f in told] == [f"datum-{datum}"] and told[0]["proposal"] == {"mend": "crs", "crs": datum}
        right = planned(db, desk, "shelter", path, crs=datum)
        assert not [f for f in right["findings"] if f["code"].startswith("datum-")] and right["counts"] == {"duplicate": 1181}

    def test_the_vendor_coordinates_in_the_file_itself_are_seen_through(self, db: Database, desk: Desk, tmp_path: Path) -> None:
        committed(db, desk, planned(db, desk, "shelter", SHELTERS))
        whole = json.loads(SHELTERS.read_text("utf-8"))
        path = tmp_path / "vendor.csv"
        path.write_text("经度,纬度\n" + "\n".join(f"{f['properties']['lng_gcj02']},{f['properties']['lat_gcj02']}" for f in whole["features"]), "utf-8")
        assert "datum-gcj02" in [f["code"] for f in planned(db, desk, "shelter", path)["findings"]]


class TestInstitutions:
    pytestmark = real

    def test_the_same_4279_rows_from_xlsx_and_csv(self, db: Database, desk: Desk) -> None:
        xlsx, csv = (next((DATA / "messy").glob(f"*.{s}")) for s in ("xlsx", "csv"))
        first = planned(db, desk, "protected_site", xlsx, mapping={"=医疗机构": "site_kind"})
        assert first["rows"] == 4279 and first["counts"] == {"incomplete": 4279}
        committed(db, desk, first)
        rows = state(db, "protected_site")
        assert len(rows) == 4279 and all(r["place"] is None and "lon" in r["missing"] for r in rows)
        assert sum(r["district_code"] is None for r in rows) == sum("经济技术开发区" in " ".join(map(str, r)) for r in openpyxl.load_workbook(xlsx, read_only=True).active.iter_rows(values_only=True))
        second = planned(db, desk, "protected_site", csv, mapping={"=医疗机构": "site_kind"})
        assert second["rows"] == 4279 and second["counts"] == {"unchanged": 4279}

    def test_without_a_mapping_nothing_is_refused_either(self, db: Database, desk: Desk) -> None:
        plan = planned(db, desk, "protected_site", next((DATA / "messy").glob("*.csv")))
        assert plan["counts"] == {"incomplete": 4279} and plan["mapping"]["name"] == "医疗机构名称" and plan["mapping"]["district"] == "所属区"


HEAD = ["序号", "场所名称", "场所编号", "场所级别", "可容纳避难人数", "经度", "纬度", "所在区", "联系电话", "核验日期"]


def good(i: int) -> list[Any]:
    return [i + 1, f"第{i}号公园", f"SH-T-{i:05d}", "县级", 100 + i, round(116.2 + (i % 100) * 0.002, 6), round(39.85 + (i // 100) * 0.002, 6), None, "010-62345678", "2025-06-01"]


def workbook(path: Path, rows: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["北京市应急避难场所台账"])
    sheet.append([])
    for row in [HEAD, *rows]:
        sheet.append(row)
    sheet.append([])
    sheet.append(["注：演示"])
    book.save(path)


def test_5000_rows_with_planted_faults_each_told_none_invented(db: Database, desk: Desk, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = [good(i) for i in range(5000)]
    faults = {
        "场所级别": ("宇宙级", "not-an-option", "refuse"), "可容纳避难人数": ("很多", "not-a-number", "refuse"), "经度": ("abc", "not-a-coordinate", "refuse"),
        "联系电话": ("12", "not-a-phone", "refuse"), "核验日期": ("2025-02-30", "no-such-day", "refuse"), "所在区": ("东成区", "no-such-district", "refuse"),
        "场所名称": (None, "missing", "incomplete"), "纬度": (None, "half-a-place", "incomplete"),
    }  # fmt: skip
    special = ["swap", "zero", "far", "negative", "duplicate"]
    kinds = [*faults, *special]
    planted: dict[tuple[int, str], tuple[str, str]] = {}
    for n, i in enumerate(sorted(rng.choice(np.arange(1, 5000), 350, replace=False).tolist())):
        kind, row = kinds[n % len(kinds)], i + 4
        if kind in faults:
            value, code, severity = faults[kind]
            rows[i][HEAD.index(kind)] = value
            planted[(row, kind)] = (code, severity)
        elif kind == "swap":
            rows[i][5], rows[i][6] = rows[i][6], rows[i][5]
            planted[(row, "经度")] = ("swapped", "refuse")
        elif kind == "zero":
            rows[i][5] = rows[i][6] = 0
            planted[(row, "经度")] = ("zero-place", "incomplete")
        elif kind == "far":
            rows[i][5], rows[i][6] = 139.7, 35.7
            planted[(row, "经度")] = ("far-outside", "refuse")
        elif kind == "negative":
            rows[i][4] = -5
            planted[(row, "可容纳避难人数")] = ("out-of-bounds", "refuse")
        else:
            rows[i][2] = rows[0][2]
            planted[(row, "场所编号")] = ("duplicate-code", "refuse")
    path = tmp_path / "planted.xlsx"
    workbook(path, rows)
    plan = planned(db, desk, "shelter", path)
    told: dict[tuple[int, str], tuple[str, str]] = {}
    with db.as_user(OFFICER) as conn:
        from riskmap.store import imports
        after, seen = -1, []
        while page := imports.planned(conn, plan["id"], None, after, 1000):
            seen += page
            after = page[-1]["row_no"]
    for r in seen:
        for f in r["findings"]:
            assert f["reason"] and f["remedy"]
            told[(f["row"], f["column"])] = (f["code"], f["severity"])
    assert told == planted
    refused = {row for (row, _), (_, severity) in planted.items() if severity == "refuse"}
    waiting = {row for (row, _), (_, severity) in planted.items() if severity == "incomplete"}
    assert plan["rows"] == 5000 and plan["counts"] == {"new": 5000 - 350, "refused": len(refused), "incomplete": len(waiting)}

    uploads, out = tmp_path / "uploads", tmp_path / "back.xlsx"
    intake.keep(uploads, path)
    with db.as_user(OFFICER) as conn:
        assert intake.returned(conn, desk, uploads, "shelter", plan["id"], Limits(), out) == "planned-问题.xlsx".replace("planned", "planted")
    sheet = openpyxl.load_workbook(out)["台账"]
    assert sheet["A1"].value == "北京市应急避难场所台账" and sheet.cell(3, 11).value == "原因"
    coloured = {(c.row, sheet.cell(3, c.column).value): c.fill.fgColor.rgb for r in sheet.iter_rows(min_row=4, max_col=10) for c in r if c.fill.fill_type == "solid"}
    assert set(coloured) == set(planted)
    assert all(coloured[k] == {"refuse": "FFFF6B6B", "incomplete": "FFFFE8A3"}[severity] for k, (_, severity) in planted.items())
    assert {r for r in range(4, 5004) if sheet.cell(r, 11).value} == {row for row, _ in planted}


def test_change_commit_twice_and_undo_gives_back_the_old_rows(db: Database, desk: Desk, tmp_path: Path) -> None:
    rows = [good(i) for i in range(50)]
    workbook(tmp_path / "a.xlsx", rows)
    committed(db, desk, planned(db, desk, "shelter", tmp_path / "a.xlsx"))
    before = state(db, "shelter")
    assert len(before) == 50
    for i in range(10):
        rows[i][4] += 1000
    rows[20][1] = "改名公园"
    rows.append(good(60))
    workbook(tmp_path / "b.xlsx", rows)
    plan = planned(db, desk, "shelter", tmp_path / "b.xlsx")
    assert plan["counts"] == {"changed": 11, "new": 1, "unchanged": 39}
    committed(db, desk, plan)
    middle = state(db, "shelter")
    assert len(middle) == 51 and committed(db, desk, plan)["repeated"] and state(db, "shelter") == middle
    with db.as_user(OFFICER, write=True) as conn:
        register.undo(conn, desk, plan["id"], OFFICER, NOW)
    assert state(db, "shelter") == before


def test_a_csv_comes_back_as_a_marked_workbook(db: Database, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "场所.csv"
    path.write_bytes("场所名称,可容纳避难人数,经度,纬度\n甲,=1+1,116.39,39.9\n乙,5,116.391,39.901\n".encode("gb18030"))
    plan = planned(db, desk, "shelter", path)
    intake.keep(tmp_path / "up", path)
    with db.as_user(OFFICER) as conn:
        name = intake.returned(conn, desk, tmp_path / "up", "shelter", plan["id"], Limits(), tmp_path / "back.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "back.xlsx").active
    assert name == "场所-问题.xlsx" and [c.value for c in sheet[1]] == ["行号", "场所名称", "可容纳避难人数", "经度", "纬度", "原因"]
    assert sheet["C2"].value == "'=1+1" and sheet["C2"].fill.fgColor.rgb == "FFFF6B6B" and "不是数字" in sheet["F2"].value and sheet["F3"].value is None


def test_old_uploads_are_let_go(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    intake.keep(tmp_path / "up", tmp_path / "a")
    assert len(list((tmp_path / "up").iterdir())) == 1
    intake.keep(tmp_path / "up", tmp_path / "b", now_s=intake.time.time() + intake.KEEP_S + 60)
    assert list((tmp_path / "up").iterdir()) == []
