"""GeoPackage and zipped Shapefile through GDAL (pyogrio), with .cpg and .prj honoured."""

from __future__ import annotations

import datetime as dt
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from riskmap.core import geometry as shapes
from riskmap.core.heading import SHAPE_LAT, SHAPE_LON
from riskmap.errors import BadFile, BadInput, TooLarge
from riskmap.readers.answer import Answer, Grid
from riskmap.readers.archive import Archive
from riskmap.readers.geojson import middle

# Arrays are all that is wanted of pyogrio here; without these it starts two seconds sooner. Only ever imported in the child.
sys.modules.update({"geopandas": None, "pandas": None, "pyarrow": None})  # type: ignore[dict-item]
import pyogrio  # noqa: E402
import pyogrio.raw  # noqa: E402

_ANYWHERE = (-1e9, -1e9, 1e9, 1e9)
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ENCODINGS = {
    "936": "GB18030",
    "GBK": "GB18030",
    "GB2312": "GB18030",
    "CP936": "GB18030",
    "ANSI936": "GB18030",
    "OEM936": "GB18030",
    "GB18030": "GB18030",
    "UTF8": "UTF-8",
    "65001": "UTF-8",
    "CP65001": "UTF-8",
}


def geopackage(path: Path, limits: dict[str, int]) -> Answer:
    """Every table of a GeoPackage as a sheet."""
    link = path
    if path.suffix.lower() != ".gpkg":  # GDAL asks for the suffix; the bytes were seen to be SQLite
        link = Path.cwd() / "upload.gpkg"
        link.symlink_to(path)
    try:
        names = [str(row[0]) for row in pyogrio.list_layers(link)]
    except Exception:
        raise BadFile("不是有效的 GeoPackage (not a valid GeoPackage)", remedy="请用 QGIS 重新导出") from None
    answer = Answer("gpkg", [])
    for name in names[:32]:
        grid, crs = _layer(link, name, None, limits, answer)
        answer.grids.append(grid)
        answer.crs = answer.crs or crs
    if not answer.grids:
        raise BadFile("GeoPackage 里没有图层 (no layer in it)", remedy="请用 QGIS 重新导出")
    return answer


def shapefile(inside: Archive, scratch: Path, limits: dict[str, int]) -> Answer:
    """The one Shapefile of an archive."""
    shps = [n for n in inside.names() if n.lower().endswith(".shp") and not n.startswith("__MACOSX")]
    if len(shps) != 1:
        raise BadFile(
            f"压缩包里有 {len(shps)} 个 .shp (one Shapefile an archive)",
            where="、".join(shps[:5]),
            remedy="每个压缩包只放一个 Shapefile",
        )
    stem = shps[0][:-4].lower()
    found = {n[-4:].lower(): n for n in inside.names() if n[:-4].lower() == stem and n[-4:].lower() in _PARTS}
    if ".dbf" not in found:
        raise BadFile("缺少 .dbf，没有属性 (the .dbf is missing)", where=shps[0], remedy="请把 .shp .shx .dbf .prj .cpg 一起打包")
    for suffix, name in found.items():
        with Path(scratch, "upload" + suffix).open("wb") as out:
            for chunk in inside.chunks(name):
                out.write(chunk)
    encoding = _encoding(scratch / "upload.dbf", scratch / "upload.cpg")
    if encoding == "UTF-8":
        _whole_names(scratch / "upload.dbf")
    (scratch / "upload.cpg").unlink(missing_ok=True)  # said explicitly below, and checked
    answer = Answer("shp", [], encoding=encoding)
    grid, answer.crs = _layer(scratch / "upload.shp", None, encoding, limits, answer)
    if ".prj" not in found:
        answer.remark(
            0,
            "",
            "",
            "no-prj",
            "没有 .prj，坐标系按所选或 WGS 84 (no .prj: the coordinate system is assumed)",
            "请在导入时指定坐标系",
        )
    answer.grids.append(grid)
    return answer


def _encoding(dbf: Path, cpg: Path) -> str:
    """From .cpg, else from the bytes themselves: UTF-8 where they decode so, else GB 18030."""
    if cpg.is_file():
        said = cpg.read_bytes()[:64].decode("ascii", "ignore").upper()
        key = "".join(c for c in said if c.isalnum())
        if key in _ENCODINGS:
            return _ENCODINGS[key]
    raw = dbf.read_bytes()
    try:
        raw[int.from_bytes(raw[8:10], "little") :].decode("utf-8")
        raw[32 : int.from_bytes(raw[8:10], "little")].replace(b"\x00", b"").decode("utf-8", "ignore")
        return "UTF-8"
    except UnicodeDecodeError:
        return "GB18030"


def _whole_names(dbf: Path) -> None:
    """Field names are cut at ten bytes, in UTF-8 often within a character: the broken rest is cut as well, or GDAL gives up."""
    raw = bytearray(dbf.read_bytes())
    for at in range(32, min(int.from_bytes(raw[8:10], "little"), len(raw)) - 32, 32):
        name = bytes(raw[at : at + 11]).split(b"\x00")[0]
        raw[at : at + 11] = name.decode("utf-8", "ignore").encode().ljust(11, b"\x00")
    dbf.write_bytes(raw)


def _layer(path: Path, name: str | None, encoding: str | None, limits: dict[str, int], answer: Answer) -> tuple[Grid, str | None]:
    try:
        meta, _, wkb, columns = pyogrio.raw.read(
            path, layer=name, encoding=encoding, max_features=limits["rows"] + 1, force_2d=True, datetime_as_string=True
        )
    except MemoryError:
        raise
    except Exception as fault:
        raise BadFile(f"无法读取 (cannot be read): {str(fault)[:120]}", where=name, remedy="请用 QGIS 打开并重新导出") from None
    headings = [str(f) for f in meta["fields"]]
    n = len(columns[0]) if columns else (len(wkb) if wkb is not None else 0)
    if n > limits["rows"]:
        raise TooLarge(f"超过 {limits['rows']} 个要素 (too many features)", where=name, remedy="请拆分文件，或用命令行导入")
    if len(headings) > limits["columns"]:
        raise TooLarge(
            f"{len(headings)} 个字段，上限 {limits['columns']} (too many fields)", where=name, remedy="请删去多余的字段"
        )
    grid = Grid(name or "", limits, headings=headings)
    grid.row_no = list(range(1, n + 1))
    grid.columns = [_cells(column, limits) for column in columns]
    if wkb is not None and n:
        lon, lat = _places(wkb, limits, answer)
        if any(v is not None for v in lon):
            grid.headings = [*headings, SHAPE_LON, SHAPE_LAT]
            grid.columns += [lon, lat]
    return grid, _crs(meta.get("crs"))


def _cells(column: np.ndarray, limits: dict[str, int]) -> list[Any]:
    out: list[Any] = []
    for value in column.tolist():
        if isinstance(value, float) and not math.isfinite(value):
            value = None  # GDAL's null in a numeric column
        elif isinstance(value, (dt.date, dt.datetime)):
            value = value.isoformat()
        elif isinstance(value, bytes):
            value = None
        if isinstance(value, str) and len(value) > limits["cell_characters"]:
            raise BadFile(
                f"属性有 {len(value)} 字，上限 {limits['cell_characters']} 字 (a field is too long)", remedy="请精简文字"
            )
        out.append(value)
    return out


def _places(wkb: np.ndarray, limits: dict[str, int], answer: Answer) -> tuple[list[Any], list[Any]]:
    """lon, lat of each feature; lines and areas give a point on them. Faulty shapes refuse the file with the feature's number."""
    made = shapely.from_wkb(wkb, on_invalid="ignore")
    kinds = shapely.get_type_id(made)
    x, y = np.full(len(made), np.nan), np.full(len(made), np.nan)
    points = (kinds == 0) & ~shapely.is_empty(made)
    x[points], y[points] = shapely.get_x(made[points]), shapely.get_y(made[points])
    lon: list[Any] = [v if math.isfinite(v) else None for v in x.tolist()]
    lat: list[Any] = [v if math.isfinite(v) else None for v in y.tolist()]
    for i in np.flatnonzero((kinds > 0) & ~shapely.is_empty(made)).tolist():
        where = f"要素 {i + 1}"
        if kinds[i] > 6:
            raise BadFile("不支持的图形类型 (unknown kind of shape)", where=where, remedy="请改为点、线或面")
        try:
            shape = shapes.check(made[i], box=_ANYWHERE, max_vertices=limits["vertices"])
        except BadInput as fault:
            raise (TooLarge if fault.status == 413 else BadFile)(
                fault.title, where=f"{where} {fault.where or ''}".strip(), remedy=fault.remedy
            ) from None
        lon[i], lat[i] = middle(shape, i + 1, answer)
    return lon, lat


def _crs(said: Any) -> str | None:
    """'EPSG:n' of what GDAL gives: an authority code or WKT."""
    if not said:
        return None
    if str(said).upper().startswith("EPSG:"):
        return str(said).upper()
    from pyproj import CRS

    try:
        code = CRS.from_user_input(said).to_epsg(min_confidence=60)
    except Exception:  # noqa: BLE001 an unknown .prj is told by the row checks
        return None
    return f"EPSG:{code}" if code else None
