"""GeoJSON: bounded in depth before it is parsed, finite, valid; faults are told with their path."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from riskmap.core.heading import SHAPE_LAT, SHAPE_LON
from riskmap.errors import BadFile, BadInput, Problem, TooLarge
from riskmap.readers.answer import Answer, Grid
from riskmap.readers.delimited import decode

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ANYWHERE = (-1e9, -1e9, 1e9, 1e9)  # where a shape stands is judged by row, in its coordinate system
_REMEDY = "请用 QGIS 等软件重新导出 GeoJSON"


def read(path: Path, limits: dict[str, int]) -> Answer:
    """A FeatureCollection, Feature or array of Features → one row a feature, numbered from 1."""
    raw = path.read_bytes()
    _brackets(raw, limits)
    text, _ = decode(raw)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as fault:
        line = getattr(fault, "lineno", 0)
        raise BadFile("不是有效的 JSON (not valid JSON)", where=f"第 {line} 行" if line else None, remedy=_REMEDY) from None
    if re.search(r"NaN|Infinity|[eE]\+?\d{3}", text):
        _finite(whole, "$")
    features = _features(whole)
    if len(features) > limits["rows"]:
        raise TooLarge(f"{len(features)} 个要素，超过 {limits['rows']} (too many features)", remedy="请拆分文件，或用命令行导入")
    answer = Answer("geojson", [], crs=_crs(whole))
    answer.grids.append(_grid(features, limits, answer))
    return answer


def _brackets(raw: bytes, limits: dict[str, int]) -> None:
    """One linear look at the brackets outside strings, before anything is parsed: how deep, and how many coordinates at most."""
    import numpy as np

    bare = np.frombuffer(_STRING.sub(b'""', raw), dtype=np.uint8)
    steps = np.zeros(len(bare), dtype=np.int8)
    opening = bare == 0x5B
    steps[(bare == 0x7B) | opening] = 1
    steps[(bare == 0x7D) | (bare == 0x5D)] = -1
    deepest = int(np.cumsum(steps, dtype=np.int32).max(initial=0))
    if deepest > limits["depth"]:
        raise BadFile(f"嵌套 {deepest} 层，上限 {limits['depth']} 层 (nested too deep)", remedy=_REMEDY)
    most = max(1_000_000, 5 * limits["rows"])
    if int(opening.sum()) > most:
        raise TooLarge(f"坐标超过 {most} 个 (too many coordinates)", remedy="请简化图形或拆分文件")


def _finite(node: Any, path: str) -> None:
    """Refuses the first number that is not finite, with its path."""
    if isinstance(node, float) and not math.isfinite(node):
        raise BadFile("含 NaN 或无穷大 (a number that is not finite)", where=path, remedy="请改正该处数值后重新导出")
    if isinstance(node, dict):
        for k, v in node.items():
            _finite(v, f"{path}.{k}"[:200])
    elif isinstance(node, list):
        for i, v in enumerate(node):
            _finite(v, f"{path}[{i}]")


def _features(whole: Any) -> list[Any]:
    kind = whole.get("type") if isinstance(whole, dict) else None
    if kind == "FeatureCollection":
        features = whole.get("features")
    elif kind == "Feature":
        features = [whole]
    elif isinstance(whole, list):
        features = whole
    else:
        raise BadFile(
            f"不是要素集合：type = {str(kind)[:40]} (not a FeatureCollection)",
            where="$.type",
            remedy="GeoJSON 顶层应为 FeatureCollection",
        )
    if not isinstance(features, list):
        raise BadFile("features 不是数组 (features is no array)", where="$.features", remedy=_REMEDY)
    if not features:
        raise BadFile("没有要素 (no features)", where="$.features", remedy=_REMEDY)
    return features


def _crs(whole: Any) -> str | None:
    """The name in the old `crs` member, as written; GeoJSON without one is WGS 84."""
    crs = whole.get("crs") if isinstance(whole, dict) else None
    name = (
        (crs.get("properties") or {}).get("name") if isinstance(crs, dict) and isinstance(crs.get("properties"), dict) else None
    )
    return str(name)[:80] if name else None


def _grid(features: list[Any], limits: dict[str, int], answer: Answer) -> Grid:
    headings: dict[str, int] = {}
    rows: list[tuple[dict[str, Any], tuple[float, float] | None]] = []
    for i, feature in enumerate(features):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise BadFile("不是 Feature (not a Feature)", where=f"$.features[{i}]", remedy=_REMEDY)
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            raise BadFile("properties 不是对象 (properties is no object)", where=f"$.features[{i}].properties", remedy=_REMEDY)
        for name in properties:
            headings.setdefault(str(name), len(headings))
        rows.append((properties, place(feature.get("geometry"), i, limits, answer)))
    if len(headings) > limits["columns"]:
        raise TooLarge(f"{len(headings)} 个属性，上限 {limits['columns']} (too many properties)", remedy="请删去多余的属性")
    placed = any(p is not None for _, p in rows)
    names = list(headings) + ([SHAPE_LON, SHAPE_LAT] if placed else [])
    grid = Grid("", limits, headings=names)
    grid.row_no = list(range(1, len(rows) + 1))
    grid.columns = [[cell(p.get(name), limits) for p, _ in rows] for name in headings]
    if placed:
        grid.columns += [[at[axis] if at else None for _, at in rows] for axis in (0, 1)]
    return grid


def cell(value: Any, limits: dict[str, int]) -> Any:
    """A property as a cell; lists of texts joined by 、, other structures as JSON text."""
    if isinstance(value, list) and all(isinstance(v, str) for v in value):
        value = "、".join(value)
    elif isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and len(value) > limits["cell_characters"]:
        raise BadFile(
            f"属性有 {len(value)} 字，上限 {limits['cell_characters']} 字 (a property is too long)", remedy="请精简文字"
        )
    return value


def place(geometry: Any, i: int, limits: dict[str, int], answer: Answer) -> tuple[float, float] | None:
    """The point of a feature; a valid line or area gives a point on it, told. None where there is no geometry."""
    if geometry is None:
        return None
    where = f"$.features[{i}].geometry"
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        c = geometry.get("coordinates")
        if isinstance(c, list) and 2 <= len(c) <= 4 and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in c):
            try:
                return float(c[0]), float(c[1])
            except OverflowError:
                pass
        raise BadFile("点坐标应为 [经度, 纬度] 两个数 (a point needs two numbers)", where=f"{where}.coordinates", remedy=_REMEDY)
    from riskmap.core import geometry as shapes

    try:
        shape = shapes.parse(geometry, box=_ANYWHERE, max_vertices=limits["vertices"])
    except BadInput as fault:
        raise _refused(fault, where) from None
    return middle(shape, i + 1, answer)


def middle(shape: Any, row: int, answer: Answer) -> tuple[float, float]:
    from riskmap.core import geometry as shapes

    at = shapes.label_point(shape)
    answer.remark(
        row,
        "",
        shape.geom_type,
        "shape-to-point",
        "线或面以其上一点登记 (a line or area is registered by a point on it)",
        "如不合适，请改用点坐标",
    )
    return at.lon, at.lat


def _refused(fault: Problem, where: str) -> BadFile | TooLarge:
    inner = (fault.where or "").removeprefix("geometry").lstrip(".")
    path = (
        f"{where}{'.' if inner and not inner.startswith('[') else ''}{inner}"
        if inner.startswith(("type", "coordinates", "["))
        else f"{where} ({inner})"
        if inner
        else where
    )
    return (TooLarge if fault.status == 413 else BadFile)(fault.title, where=path, remedy=fault.remedy)
