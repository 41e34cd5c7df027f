"""Roads of an OSM extract (osmium) or of lines GDAL reads (pyogrio). Only ever imported in the child."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from riskmap.core.road.lines import Lines, direction, limit
from riskmap.errors import BadFile, TooLarge
from riskmap.readers import roadtable
from riskmap.readers.archive import Archive
from riskmap.readers.sandbox import PROGRESS

STEP = 5_000
# What is no road to go on now, and areas that are drawn as lines.
NOT_YET = {
    "construction",
    "proposed",
    "planned",
    "abandoned",
    "razed",
    "platform",
    "corridor",
    "elevator",
    "raceway",
    "rest_area",
    "services",
}
SHUT = {"no", "private"}
NAMES = {
    "class": (
        "highway",
        "fclass",
        "class",
        "road_class",
        "roadclass",
        "kind",
        "type",
        "道路等级",
        "等级",
        "类别",
        "dldj",
        "grade",
    ),
    "oneway": ("oneway", "one_way", "direction", "dir", "单行", "单向", "单行线", "行车方向"),
    "speed": ("maxspeed", "max_speed", "speed", "speedlimit", "限速", "车速"),
    "name": ("name", "名称", "道路名称", "路名", "roadname"),
}
ROUND = {"roundabout", "circular"}


def read(path: Path, asked: dict[str, Any], scratch: Path, limits: dict[str, int]) -> Lines:
    """By the file's own first bytes; a name may say anything."""
    head = path.open("rb").read(64)
    if b"OSMHeader" in head:
        return _osm(path, scratch, limits)
    if head.startswith(b"PK\x03\x04"):
        with Archive(path, limits) as inside:
            return _ogr(_unpacked(inside, scratch), asked, limits)
    if head.startswith(b"SQLite format 3"):
        link = scratch / "upload.gpkg"
        link.symlink_to(path)
        return _ogr(link, asked, limits)
    if head.startswith(b"\x00\x00\x27\x0a"):
        for part in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            beside = next((p for p in (path.with_suffix(part), path.with_suffix(part.upper())) if p.is_file()), None)
            if beside is not None:
                shutil.copyfile(beside, scratch / f"upload{part}")
        return _ogr(scratch / "upload.shp", asked, limits)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return _ogr(path, asked, limits)
    if head.startswith((b"<?xml", b"<osm")):
        raise BadFile(
            "OSM 的 XML 文件不读，请用 PBF (OSM XML is not read)", where=path.name, remedy="osmium cat in.osm -o out.osm.pbf"
        )
    return roadtable.read(path, asked, limits)


def _unpacked(inside: Archive, scratch: Path) -> Path:
    shps = [n for n in inside.names() if n.lower().endswith(".shp") and not n.startswith("__MACOSX")]
    if len(shps) != 1:
        raise BadFile(
            f"压缩包里有 {len(shps)} 个 .shp (one Shapefile an archive)",
            where="、".join(shps[:5]),
            remedy="每个压缩包只放一个 Shapefile",
        )
    for name in inside.names():
        if name[:-4].lower() == shps[0][:-4].lower() and name[-4:].lower() in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            with (scratch / ("upload" + name[-4:].lower())).open("wb") as out:
                for chunk in inside.chunks(name):
                    out.write(chunk)
    return scratch / "upload.shp"


def _osm(path: Path, scratch: Path, limits: dict[str, int]) -> Lines:
    """Ways with a highway tag; nodes keep their numbers, so that ways meet where OSM says they meet and nowhere else."""
    import osmium

    link = scratch / "upload.osm.pbf"
    link.symlink_to(path)
    lon, lat, key, start, kind, oneway, speed, name = [], [], [], [0], [], [], [], []
    left, broken = 0, 0
    try:
        for way in (
            osmium.FileProcessor(link, osmium.osm.WAY | osmium.osm.NODE)
            .with_locations()
            .with_filter(osmium.filter.KeyFilter("highway"))
        ):
            if not way.is_way():
                continue
            tags = way.tags
            what = tags["highway"]
            if (
                what in NOT_YET
                or tags.get("area") == "yes"
                or (tags.get("access") in SHUT and tags.get("motor_vehicle") not in ("yes", "permissive"))
            ):
                left += 1
                continue
            here = [(n.location.lon, n.location.lat, n.ref) for n in way.nodes if n.location.valid()]
            if len(here) < 2:
                broken += 1
                continue
            broken += len(here) < len(way.nodes)
            lon += [p[0] for p in here]
            lat += [p[1] for p in here]
            key += [p[2] for p in here]
            start.append(len(lon))
            kind.append(what)
            told = direction(tags.get("oneway"))
            oneway.append(
                1
                if told is None or (told == 0 and "oneway" not in tags and (what == "motorway" or tags.get("junction") in ROUND))
                else told
            )
            speed.append(limit(tags.get("maxspeed")))
            name.append(tags.get("name"))
            if len(kind) % STEP == 0:
                Path(scratch, PROGRESS).write_text(str(len(kind)), "ascii")
            if len(kind) > limits["rows"]:
                raise TooLarge(
                    f"超过 {limits['rows']} 条道路 (too many ways)", where=path.name, remedy="请裁剪到本市范围 cut it to the city"
                )
    except RuntimeError as fault:
        raise BadFile(
            f"OSM 文件无法读取 (cannot be read): {str(fault)[:120]}", where=path.name, remedy="请重新下载或导出 fetch it anew"
        ) from None
    if not kind:
        raise BadFile(
            "文件里没有道路 (no way with a highway tag)",
            where=path.name,
            remedy="请导出含 highway 的要素 extract ways with highway=*",
        )
    remarks = (
        [
            {
                "code": "left",
                "count": left,
                "text": "在建、规划、不对外或面状，不取 / under construction, private or areas: left out",
            }
        ]
        if left
        else []
    )
    remarks += (
        [
            {
                "code": "cut",
                "count": broken,
                "text": "有节点不在文件里，路被截断 / some of their nodes are not in the file: cut short",
            }
        ]
        if broken
        else []
    )
    return Lines(np.array(lon), np.array(lat), np.array(start, dtype=np.int64), kind, np.array(oneway, dtype=np.int8), np.array(speed), name,
                 np.full(len(kind), np.nan), np.array(key, dtype=np.int64), "wgs84", remarks)  # fmt: skip


def _ogr(path: Path, asked: dict[str, Any], limits: dict[str, int]) -> Lines:
    sys.modules.update({"geopandas": None, "pandas": None, "pyarrow": None})  # type: ignore[dict-item]
    import pyogrio
    import pyogrio.raw

    from riskmap.readers.ogr import _crs, _encoding, _whole_names

    encoding = None
    if path.suffix == ".shp" and path.with_suffix(".dbf").is_file():
        encoding = _encoding(path.with_suffix(".dbf"), path.with_suffix(".cpg"))
        if encoding == "UTF-8":
            _whole_names(path.with_suffix(".dbf"))
    try:
        listed = [
            str(r[0])
            for r in pyogrio.list_layers(path)
            if "Line" in str(r[1]) or str(r[1]) in ("Unknown", "None", "GeometryCollection")
        ]
        layer = asked["layer"] or (listed[0] if len(listed) == 1 else None)
        if layer is None:
            raise BadFile(
                f"文件里有 {len(listed)} 个线图层 (name the layer of lines)", where="、".join(listed[:8]), remedy="--layer"
            )
        meta, _, wkb, columns = pyogrio.raw.read(
            path, layer=layer, encoding=encoding, force_2d=True, max_features=limits["rows"] + 1
        )
    except BadFile:
        raise
    except MemoryError:
        raise
    except Exception as fault:
        raise BadFile(
            f"无法读取 (cannot be read): {str(fault)[:120]}", where=path.name, remedy="请用 QGIS 打开并重新导出"
        ) from None
    if wkb is None or not len(wkb):
        raise BadFile("图层是空的 (the layer is empty)", where=layer, remedy="请重新导出")
    if len(wkb) > limits["rows"]:
        raise TooLarge(f"超过 {limits['rows']} 条 (too many lines)", where=layer, remedy="请裁剪到本市范围 cut it to the city")
    return _lines(
        shapely.from_wkb(wkb, on_invalid="ignore"),
        {str(f): c for f, c in zip(meta["fields"], columns, strict=True)},
        asked,
        _crs(meta.get("crs")),
    )


def _lines(shapes: np.ndarray, fields: dict[str, np.ndarray], asked: dict[str, Any], crs: str | None) -> Lines:
    kinds = shapely.get_type_id(shapes)
    good = np.isin(kinds, (1, 5)) & ~shapely.is_empty(shapes)
    if not good.any():
        raise BadFile("文件里没有线 (there are no lines in it)", remedy="道路须是线 roads are lines")
    parts, row = shapely.get_parts(shapes[good], return_index=True)
    row = np.flatnonzero(good)[row]
    xy, which = shapely.get_coordinates(parts, return_index=True)
    start = np.searchsorted(which, np.arange(len(parts) + 1))
    column = {what: found_field(fields, asked.get(f"{what}_field"), what) for what in NAMES}
    of = {what: (fields[f][row].tolist() if f else [None] * len(row)) for what, f in column.items()}
    said = _directions(of["oneway"])
    odd = sum(v is None for v in said)
    remarks = (
        [{"code": "not_lines", "count": k, "text": "不是线，不取 / not lines: left out"}] if (k := int((~good).sum())) else []
    )
    remarks += (
        [
            {
                "code": "oneway",
                "count": odd,
                "text": f"“{column['oneway']}”的值不认识，按双向 / a word nobody knows: taken as both ways",
            }
        ]
        if odd
        else []
    )
    remarks += [{"code": f"no_{what}", "count": len(row), "text": f"没有{zh}字段 / no field of {what}"}
                for what, zh in (("class", "道路等级"), ("oneway", "单行")) if column[what] is None]  # fmt: skip
    words = lambda values: [None if v is None or v != v else str(v) for v in values]  # noqa: E731 nan is not itself
    return Lines(xy[:, 0].copy(), xy[:, 1].copy(), start.astype(np.int64), words(of["class"]), np.array([v or 0 for v in said], dtype=np.int8),
                 np.array([limit(v) for v in of["speed"]]), words(of["name"]), np.full(len(parts), np.nan), None, crs, remarks)  # fmt: skip


def _directions(values: list[Any]) -> list[int | None]:
    """As `direction`; where B stands among them, F and T mean with and against the line, as a known extractor writes."""
    letters = {str(v).strip().upper() for v in values if v is not None}
    table = {"F": 1, "T": -1, "B": 0} if "B" in letters and letters <= {"F", "T", "B"} else {}
    return [table.get(str(v).strip().upper(), direction(v)) if table else direction(v) for v in values]


def found_field(fields: Any, said: str | None, what: str) -> str | None:
    """The field asked for, or the one with a usual name; None where there is none."""
    if said is not None:
        if said not in fields:
            raise BadFile(f"没有字段“{said}” (no such field)", where="、".join(list(fields)[:12]), remedy=f"--{what}-field")
        return said
    lower = {str(f).strip().lower(): f for f in fields}
    return next((lower[n] for n in NAMES[what] if n in lower), None)
