# ruff: noqa: E501
"""Honest files of every kind give the same cells, with the row numbers a person sees."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
import shapely

from riskmap.catalogue import load
from riskmap.core.heading import vocabulary
from riskmap.core.table import Table, find
from riskmap.errors import TooLarge
from riskmap.readers import Limits, read
from riskmap.settings import settings
from tests.traps import documents, workbooks

DATA = settings().root.parent / "shared" / "data"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="outside test data is not beside the repository")


def table(path: Path, layer: str = "shelter", **more: Any) -> Table:
    return find(read(path, Limits(**more)), vocabulary(load(settings().layers_dir, settings().data_dir / "codes").layers[layer]))


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";"), ("gb18030", "\t"), ("utf-8", "|")])
def test_csv(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = ["汇总表", "", "场所名称,经度,地址", '甲,116.4,"某路 1 号, 2 层\n后院"', "", "㐀𠮷,116.5,"]
    if delimiter != ",":
        lines = [line.replace(",", delimiter) for line in lines]
    (tmp_path / "a.csv").write_bytes("\r\n".join(lines).encode(encoding))
    got = table(tmp_path / "a.csv")
    assert got.columns["场所名称"] == ["甲", "㐀𠮷"] and got.row_no.tolist() == [4, 6] and got.columns["经度"] == ["116.4", "116.5"]
    assert "后院" in got.columns["地址"][0] and got.columns["地址"][1] is None


def test_workbook_as_openpyxl_writes_it(tmp_path: Path) -> None:
    wb = openpyxl.Workbook()
    ws = wb.active
    ws.append(["应急避难场所台账"])
    ws.merge_cells("A1:F1")
    ws.append(["场所名称", "位置", None, "规模", None, "核验日期"])
    ws.append([None, "经度", "纬度", "可容纳人数", "备用率", None])
    for merged in ("A2:A3", "B2:C2", "D2:E2", "F2:F3"):
        ws.merge_cells(merged)
    ws.append(["甲", 116.391244, 39.907356, 500, 0.85, dt.date(2024, 3, 5)])
    ws["E4"].number_format = "0%"
    ws.append(["乙", "116°23′", None, "500人", None, dt.datetime(2024, 3, 5, 10, 30)])
    ws["A8"], ws["D8"], ws["F8"] = "丙", True, 45356
    ws["F8"].number_format = 'yyyy"年"m"月"d"日"'
    wb.create_sheet("空表")
    secret = wb.create_sheet("隐藏")
    secret.sheet_state = "hidden"
    secret.append(["场所名称", "经度", "纬度", "可容纳人数", "核验日期"])
    secret.append(["x", 1, 2, 3, 4])
    wb.save(tmp_path / "a.xlsx")
    got = table(tmp_path / "a.xlsx")
    assert list(got.columns) == ["场所名称", "位置-经度", "位置-纬度", "规模-可容纳人数", "规模-备用率", "核验日期"]
    assert got.heading_rows == (2, 3) and got.row_no.tolist() == [4, 5, 8]
    assert got.columns["位置-经度"] == [116.391244, "116°23′", None] and got.columns["规模-可容纳人数"] == [500, "500人", True]
    assert got.columns["核验日期"] == ["2024-03-05", "2024-03-05T10:30:00", "2024-03-05"] and got.columns["规模-备用率"][0] == "85%"


def test_cells_agree_with_openpyxl(tmp_path: Path) -> None:
    """Two readers of one workbook of every cell type see the same."""
    wb = openpyxl.Workbook()
    ws = wb.active
    values: list[list[Any]] = [["名称", "a", "b", "c"], ["1", 1, 1.5, True], [" 空 格 ", -3, 1e-7, False], ["𠮷<&>\"'", 123456789012345, 1e20, None], [None, 0, -0.1, True], ["=x", 5, 6.25, None]]
    for row in values:
        ws.append(row)
    for row in ws.iter_rows():
        for c in row:
            c.data_type = "s" if isinstance(c.value, str) else c.data_type
    wb.save(tmp_path / "a.xlsx")
    seen = read(tmp_path / "a.xlsx", Limits()).sheets[0]
    theirs = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(values_only=True))
    assert [list(r) for r in zip(*seen.columns, strict=True)] == [list(r) for r in theirs]


def test_1904_dates_chinese_formats_prefixes_and_lies(tmp_path: Path) -> None:
    styles = f'<?xml version="1.0"?><x:styleSheet xmlns:x="{workbooks.MAIN}"><x:cellXfs><x:xf numFmtId="0"/><x:xf numFmtId="31"/></x:cellXfs></x:styleSheet>'
    rels = workbooks.BOOK_RELS.replace("</Relationships>", f'<Relationship Id="rId9" Type="{workbooks.REL}/styles" Target="styles.xml"/></Relationships>')
    rows = f'<row r="1">{workbooks.text("A1", "场所名称")}{workbooks.text("B1", "核验日期")}</row><row r="2">{workbooks.text("A2", "甲_x000D_乙")}<c r="B2" s="1"><v>45356</v></c></row>'
    (tmp_path / "a.xlsx").write_bytes(workbooks.book(rows, {"xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": rels}, before='<dimension ref="A1:XFD1048576"/>'))
    assert table(tmp_path / "a.xlsx").columns == {"场所名称": ["甲\r乙"], "核验日期": ["2024-03-05"]}
    old = workbooks.BOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    (tmp_path / "b.xlsx").write_bytes(workbooks.book(rows.replace("45356", "43894"), {"xl/styles.xml": styles, "xl/_rels/workbook.xml.rels": rels, "xl/workbook.xml": old}))
    assert table(tmp_path / "b.xlsx").columns["核验日期"] == ["2024-03-05"]


def test_formula_without_value_is_told(tmp_path: Path) -> None:
    rows = workbooks.GOOD_ROWS.replace('<c r="B2"><v>116.4</v></c>', '<c r="B2"><f>1+1</f></c>')
    (tmp_path / "a.xlsx").write_bytes(workbooks.book(rows))
    got = table(tmp_path / "a.xlsx")
    assert got.columns["经度"] == [None] and [(r["row"], r["column"], r["code"]) for r in got.remarks] == [(2, "B", "formula-without-value")]


def test_geojson(tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[116.3, 39.8], [116.4, 39.8], [116.4, 39.9], [116.3, 39.9], [116.3, 39.8]]]}
    (tmp_path / "a.geojson").write_bytes(documents.collection(documents.point(), None, square, {"type": "Point", "coordinates": [116.5, 39.9, 12.0]}, properties={"name": "甲", "lon": 1, "tags": ["x", "y"]}))
    got = table(tmp_path / "a.geojson")
    lon, lat = got.columns["几何经度 (geometry lon)"], got.columns["几何纬度 (geometry lat)"]
    assert (lon[0], lat[0]) == (116.39, 39.9) and lon[1] is None and 116.3 < lon[2] < 116.4 and lon[3] == 116.5
    assert got.columns["tags"] == ["x、y"] * 4 and got.heading_rows == () and got.row_no.tolist() == [1, 2, 3, 4]
    assert [(r["row"], r["code"]) for r in got.remarks] == [(3, "shape-to-point")]


def frame(crs: str) -> geopandas.GeoDataFrame:
    points = geopandas.GeoSeries([shapely.Point(116.391244, 39.907356), shapely.Point(116.4, 39.95), None], crs="EPSG:4326").to_crs(crs)
    return geopandas.GeoDataFrame({"场所名称": ["甲", "乙（北京）", None], "capacity": [500.0, None, 7.0]}, geometry=points)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4548"])
def test_geopackage(tmp_path: Path, crs: str) -> None:
    frame(crs).to_file(tmp_path / "a.gpkg", layer="场所", driver="GPKG")
    (tmp_path / "a.gpkg").rename(tmp_path / "upload.bin")
    got = table(tmp_path / "upload.bin")
    assert got.kind == "gpkg" and got.crs == crs and got.columns["场所名称"] == ["甲", "乙（北京）", None] and got.columns["capacity"] == [500, None, 7]
    assert got.columns["几何经度 (geometry lon)"][2] is None and got.columns["几何经度 (geometry lon)"][0] == pytest.approx(frame(crs).geometry[0].x)


@pytest.mark.filterwarnings("ignore:Could not decode")
@pytest.mark.parametrize(("encoding", "cpg"), [("UTF-8", True), ("UTF-8", False), ("GB18030", True), ("GB18030", False)])
def test_zipped_shapefile(tmp_path: Path, encoding: str, cpg: bool) -> None:
    frame("EPSG:4490")[:2].to_file(tmp_path / "a.shp", encoding=encoding, driver="ESRI Shapefile")
    files = {p.name: p.read_bytes() for p in tmp_path.glob("a.*") if cpg or p.suffix != ".cpg"}
    (tmp_path / "up.zip").write_bytes(documents.zip_of({f"目录/{n}": b for n, b in files.items()}))
    got = table(tmp_path / "up.zip")
    assert got.kind == "shp" and got.crs == "EPSG:4490" and got.columns["场所名" if encoding == "UTF-8" else "场所名称"] == ["甲", "乙（北京）"] and got.columns["capacity"] == [500, None]


@pytest.mark.filterwarnings("ignore:Could not decode")
def test_shapefile_without_prj_is_told(tmp_path: Path) -> None:
    frame("EPSG:4326")[:2].to_file(tmp_path / "a.shp", encoding="UTF-8", driver="ESRI Shapefile")
    (tmp_path / "up.zip").write_bytes(documents.zip_of({p.name: p.read_bytes() for p in tmp_path.glob("a.*") if p.suffix != ".prj"}))
    got = table(tmp_path / "up.zip")
    assert got.crs is None and "no-prj" in [r["code"] for r in got.remarks]


def test_too_many_rows_says_how_many(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("场所名称,经度\n" + "甲,116\n" * 60, "utf-8")
    with pytest.raises(TooLarge, match="60"):
        table(tmp_path / "a.csv", rows=50)
    assert table(tmp_path / "a.csv", rows=60).n == 60


def test_limits_come_from_settings() -> None:
    narrow, wide = Limits.of(settings()), Limits.of(settings(), command_line=True)
    assert narrow.rows == settings().import_max_rows < wide.rows == settings().import_max_rows_cli


@pytest.mark.real
@REAL
def test_the_same_institutions_from_xlsx_and_gb18030_csv() -> None:
    folder = DATA / "messy"
    tables = [table(next(folder.glob(f"*.{suffix}")), "protected_site") for suffix in ("xlsx", "csv")]
    assert tables[0].n == tables[1].n == 4279 and tables[0].columns == tables[1].columns
    assert tables[0].row_no.tolist() == tables[1].row_no.tolist() == list(range(2, 4281))


@pytest.mark.real
@REAL
def test_shelter_points() -> None:
    path = DATA / "poi" / "shelters_points_only_wgs84.geojson"
    got = table(path)
    whole = json.loads(path.read_text("utf-8"))["features"]
    assert got.n == len(whole) == 1181
    assert got.columns["几何经度 (geometry lon)"] == [f["geometry"]["coordinates"][0] for f in whole]


@pytest.mark.real
@REAL
def test_vendor_boundaries_hold_an_invalid_polygon() -> None:
    from riskmap.errors import BadFile
    with pytest.raises(BadFile, match="自相交") as refused:
        read(DATA / "boundaries" / "districts_datav_raw_gcj02.geojson", Limits())
    assert "$.features[" in (refused.value.where or "")
