# ruff: noqa: E501
"""What leaves: numbers stay numbers, texts never run, and it comes back as it went."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio.raw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.catalogue import Catalogue, load
from riskmap.core.formula import escape, unescape
from riskmap.core.gazetteer import District
from riskmap.settings import settings as product
from riskmap.writers import MEDIA, Column, export, template, write

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x", "  =1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")", "'=1", "''=1", "甲", "<script>", "a=b", "-", ""]
COLUMNS = [Column("name", "名称"), Column("n", "人数（人）", "number"), Column("on", "日期", "date"), Column("ok", "是否", "boolean"), Column("many", "多项", "list"), Column("lon", "经度", "number"), Column("lat", "纬度", "number")]
ROWS: list[dict[str, Any]] = [{"name": "甲", "n": 5, "on": "2024-03-05", "ok": True, "many": ["a", "b"], "lon": 116.391244, "lat": 39.907356}, {"name": "乙", "n": 1.5}, {"name": None, "n": None, "lon": 116.5, "lat": None}]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(product().layers_dir, product().data_dir / "codes")


@given(st.text(max_size=20))
def test_escaping_is_undone_exactly(text: str) -> None:
    assert unescape(escape(text)) == text


@given(st.lists(st.one_of(st.text(max_size=15), st.sampled_from(NASTY)), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_cell_of_a_workbook_or_csv_is_a_formula(texts: list[str]) -> None:
    rows = [{"name": t} for t in texts]
    sheet = openpyxl.load_workbook(io.BytesIO(write("xlsx", "x", COLUMNS[:1], rows)))["x"]
    clean = [re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", t) for t in texts]
    for r, t in enumerate(clean, 2):
        cell = sheet.cell(r, 1)
        assert cell.data_type != "f"
        assert unescape(cell.value or "") == t.replace("\r\n", "\n").replace("\r", "\n") or unescape(cell.value or "").replace("\r", "\n") == t.replace("\r", "\n")
    seen = list(csv.reader(io.StringIO(write("csv", "x", COLUMNS[:1], rows).decode("utf-8-sig"), newline="")))
    for line, t in zip(seen[1:], texts, strict=True):
        value = line[0] if line else ""
        assert not re.match(r"\s*[=+\-@＝＋－＠]", value)
        assert unescape(value) == t.encode("utf-8", "replace").decode()


def test_workbook_keeps_types_and_blanks() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write("xlsx", "场所:台账/[1]", COLUMNS, ROWS, "市局 张三 2026-01-01 10:00 & x")))
    sheet = book.worksheets[0]
    rows = [[c.value for c in r] for r in sheet.iter_rows()]
    assert rows[0] == ["名称", "人数（人）", "日期", "是否", "多项", "经度", "纬度"] and rows[1][:2] == ["甲", 5] and rows[1][2].date().isoformat() == "2024-03-05"
    assert rows[1][3:5] == ["是", "a、b"] and rows[2][1] == 1.5 and rows[2][2:] == [None] * 5 and rows[3][:2] == [None, None]
    assert sheet.freeze_panes == "A2" and sheet["B2"].data_type == "n" and "市局" in book["说明"]["A2"].value


def test_geojson_and_geopackage(tmp_path: Path) -> None:
    whole = json.loads(write("geojson", "场所", COLUMNS, ROWS, "市局"))
    assert [f["geometry"] and f["geometry"]["coordinates"] for f in whole["features"]] == [[116.391244, 39.907356], None, None]
    assert whole["features"][0]["properties"] == {"name": "甲", "n": 5, "on": "2024-03-05", "ok": True, "many": ["a", "b"]} and whole["mark"] == "市局"
    path = tmp_path / "a.gpkg"
    path.write_bytes(write("gpkg", "场所", COLUMNS, ROWS, "市局"))
    meta, _, wkb, data = pyogrio.raw.read(path)
    assert meta["crs"] == "EPSG:4326" and list(meta["fields"]) == ["名称", "人数（人）", "日期", "是否", "多项"] and data[0].tolist() == ["甲", "乙", None]
    assert data[1].tolist()[:2] == [5.0, 1.5] and wkb[1] is None and len(wkb[0]) == 21
    assert write("gpkg", "空", COLUMNS, []) and write("xlsx", "空", COLUMNS, []) and set(MEDIA) == {"xlsx", "csv", "geojson", "gpkg"}


def test_export_spells_codes_out(catalogue: Catalogue) -> None:
    feature = {"type": "Feature", "id": 7, "geometry": {"type": "Point", "coordinates": [116.39, 39.9]},
               "properties": {"code": "SH-1", "name": "=甲", "shelter_level": "3", "capacity": 500, "facilities": [catalogue.codes["shelter_facility"][0].code], "status": "incomplete", "missing": ["capacity"], "district": "110101", "level": None}}
    lines = list(csv.DictReader(io.StringIO(export(catalogue.layers["shelter"], catalogue.codes, [feature], "csv").decode("utf-8-sig"))))
    assert lines[0]["场所名称"] == "'=甲" and lines[0]["场所级别"] == "县级" and lines[0]["所在区"] == "东城区" and lines[0]["登记状态"] == "待补"
    assert lines[0]["待补字段"] == "可容纳避难人数（人）" and lines[0]["设施"] == catalogue.codes["shelter_facility"][0].zh and lines[0]["经度"] == "116.39"
    kept = json.loads(export(catalogue.layers["shelter"], catalogue.codes, [feature], "geojson"))["features"][0]
    assert kept["properties"]["shelter_level"] == "3" and kept["id"] == 7 and kept["properties"]["name"] == "=甲"


def test_templates_of_every_layer(catalogue: Catalogue) -> None:
    for name, layer in catalogue.layers.items():
        book = openpyxl.load_workbook(io.BytesIO(template(layer, catalogue.codes, catalogue.folders[name] / "sample.csv", districts=[District("110101", "东城区")])))
        sheet = book.worksheets[0]
        headings = {c.value: c for c in sheet[1]}
        assert book["代码表"].sheet_state == "hidden" and book["版本"].sheet_state == "veryHidden" and book["版本"]["B1"].value == name
        required = [f for f in layer.field if f.required]
        for f in required:
            cell = next(c for h, c in headings.items() if h.startswith(f.label.zh))
            assert cell.fill.fgColor.rgb.endswith("FFD9D0") and cell.comment
        assert sheet["A2"].value == "示例" and "经度" in headings and "坐标系" in headings
        listed = [f for f in layer.field if f.type == "code"]
        assert len(sheet.data_validations.dataValidation) >= len(listed) and (listed or name)
        for rule in sheet.data_validations.dataValidation:
            if rule.type == "list":
                column, _, last = re.match(r"'代码表'!\$([A-Z]+)\$2:\$([A-Z]+)\$(\d+)", rule.formula1).groups()
                assert book["代码表"][f"{column}{last}"].value and book["代码表"][f"{column}{int(last) + 1}"].value is None


def test_a_filled_template_is_read_back_clean(catalogue: Catalogue, tmp_path: Path) -> None:
    """The template's own example row, moved to row 3 and numbered, registers without a finding."""
    from riskmap.core.feature import check
    from riskmap.core.gazetteer import Gazetteer
    from riskmap.core.heading import vocabulary
    from riskmap.core.table import find
    from riskmap.readers import Limits, read
    for name, layer in catalogue.layers.items():
        book = openpyxl.load_workbook(io.BytesIO(template(layer, catalogue.codes, catalogue.folders[name] / "sample.csv", districts=[District("110101", "东城区")])))
        sheet = book.worksheets[0]
        for c in range(1, sheet.max_column + 1):
            sheet.cell(3, c).value = 1 if c == 1 else sheet.cell(2, c).value
        book.save(tmp_path / f"{name}.xlsx")
        table = find(read(tmp_path / f"{name}.xlsx", Limits()), vocabulary(layer))
        got = check(layer, catalogue.codes, table.columns, gazetteer=Gazetteer(), row_no=table.row_no)
        assert got.n == 1 and got.row_no.tolist() == [3] and (name, got.findings) == (name, []) and got.unmapped == []
        assert "example" in [r["code"] for r in table.remarks]
