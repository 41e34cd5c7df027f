"""Shapes that people hand in: parsed, checked and measured. A faulty shape is refused with the place of the fault, never mended.

Mending would be a decision (which side of a bow-tie was meant?) that only the person who drew it can take. All shapes are in
WGS 84 degrees, longitude first.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import shapely
from pyproj import Geod

from riskmap.core.coordinates import LonLat
from riskmap.errors import BadInput, TooLarge

KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
MAX_VERTICES = 2_000
# The city's box with 50 km around it: west, south, east, north.
CITY_BOX = (115.416, 39.442, 117.508, 41.059)
AROUND = (CITY_BOX[0] - 0.59, CITY_BOX[1] - 0.45, CITY_BOX[2] + 0.59, CITY_BOX[3] + 0.45)
_GEOD = Geod(ellps="WGS84")
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def parse(geojson: Any, *, kinds: tuple[str, ...] = KINDS, box: tuple[float, float, float, float] = AROUND,
          max_vertices: int = MAX_VERTICES) -> shapely.Geometry:
    """A GeoJSON geometry (text, bytes or a dict; a Feature's geometry is taken) → a checked shape.

    Raises BadInput with `where` at the fault: unknown kind, not numbers, outside `box` (w, s, e, n), self-touching, too few
    vertices; TooLarge for more than `max_vertices`. A third coordinate is dropped.
    """
    shape = _object(geojson)
    if shape.get("type") == "Feature":
        shape = shape.get("geometry") or {}
    kind = shape.get("type") if isinstance(shape, dict) else None
    if kind not in kinds or kind not in _DEPTH:
        title = f"不支持的图形类型 {str(kind)[:40]} (unknown kind of shape)"
        raise BadInput(title, where="geometry.type", remedy=f"可用 use: {', '.join(kinds)}")
    coordinates = _numbers(shape.get("coordinates"), _DEPTH[kind], max_vertices)
    return check(_build(kind, coordinates), box=box, max_vertices=max_vertices)


def check(shape: shapely.Geometry, *, box: tuple[float, float, float, float] = AROUND,
          max_vertices: int = MAX_VERTICES) -> shapely.Geometry:
    """The shape itself when it is sound; else BadInput or TooLarge as in `parse`."""
    if shape.is_empty:
        raise BadInput("图形是空的 (empty shape)", where="geometry", remedy="重新绘制 draw it again")
    count = int(shapely.get_num_coordinates(shape))
    if count > max_vertices:
        raise _too_many(count, max_vertices)
    xy = shapely.get_coordinates(shape)
    finite = np.isfinite(xy).all(axis=1)
    if not finite.all():
        where = f"geometry[{int(np.argmin(finite))}]"
        raise BadInput("坐标不是有限数 (a coordinate is not finite)", where=where, remedy="检查该顶点 check this vertex")
    inside = (xy[:, 0] >= box[0]) & (xy[:, 0] <= box[2]) & (xy[:, 1] >= box[1]) & (xy[:, 1] <= box[3])
    if not inside.all():
        at = int(np.argmin(inside))
        lon, lat = xy[at]
        swapped = box[0] <= lat <= box[2] and box[1] <= lon <= box[3]
        remedy = "经纬度可能颠倒 longitude and latitude may be swapped" if swapped else "检查坐标系 check the datum"
        raise BadInput(f"顶点在城市范围之外 ({lon:.6f}, {lat:.6f}) (outside the city)", where=f"geometry[{at}]", remedy=remedy)
    if not shape.is_valid:
        reason, place = _fault(shape)
        remedy = "改正该处后重交; 系统不会自行修改 mend it there; nothing is changed silently"
        raise BadInput(f"图形无效: {reason} (invalid shape)", where=place, remedy=remedy)
    return shape


def area_m2(shape: shapely.Geometry) -> float:
    """Geodesic area on the WGS 84 ellipsoid, square metres; 0 for points and lines."""
    return abs(_GEOD.geometry_area_perimeter(shape)[0]) if shape.geom_type in ("Polygon", "MultiPolygon") else 0.0


def length_m(shape: shapely.Geometry) -> float:
    """Geodesic length of a line or perimeter of a polygon, metres; 0 for points."""
    return 0.0 if shape.geom_type in ("Point", "MultiPoint") else _GEOD.geometry_length(shape)


_PLAIN = 60  # corners


def label_point(shape: shapely.Geometry) -> LonLat:
    """A place certain to lie on the shape: the middle of the largest circle in its largest part, or a point of the line."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        # A shape of many corners is searched fortyfold less finely: a thin spiral would hold up a whole file, and no label asks for more.
        west, south, east, north = largest.bounds
        fine = None if shapely.get_num_coordinates(largest) <= _PLAIN else np.hypot(east - west, north - south) / 50
        return LonLat(*shapely.maximum_inscribed_circle(largest, tolerance=fine).coords[0])
    return LonLat(*shapely.point_on_surface(shape).coords[0])


def _object(geojson: Any) -> dict[str, Any]:
    if isinstance(geojson, (str, bytes)):
        try:
            geojson = json.loads(geojson)
        except (ValueError, RecursionError):
            raise BadInput("不是 JSON (not JSON)", where="geometry", remedy="GeoJSON geometry") from None
    if not isinstance(geojson, dict):
        raise BadInput("不是 GeoJSON 图形 (not a GeoJSON geometry)", where="geometry", remedy='{"type": …, "coordinates": …}')
    return geojson


def _numbers(node: Any, depth: int, budget: int, where: str = "coordinates") -> Any:
    """Nested lists as the kind demands, down to (x, y) of finite numbers; refuses at the first fault with its path."""
    if not isinstance(node, (list, tuple)) or not node:
        raise BadInput("坐标缺失或格式不对 (coordinates missing or malformed)", where=where, remedy="[经度 lon, 纬度 lat]")
    if depth == 0:
        if len(node) < 2 or len(node) > 4 or not all(_is_number(v) for v in node):
            raise BadInput("坐标不是有限数 (a coordinate is not a finite number)", where=where, remedy="[经度 lon, 纬度 lat]")
        return float(node[0]), float(node[1])
    if len(node) > budget:
        raise _too_many(len(node), budget)
    return [_numbers(child, depth - 1, budget, f"{where}[{i}]") for i, child in enumerate(node)]


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _build(kind: str, c: Any) -> shapely.Geometry:
    try:
        match kind:
            case "Point":
                return shapely.Point(c)
            case "MultiPoint":
                return shapely.MultiPoint(c)
            case "LineString":
                return shapely.LineString(c)
            case "MultiLineString":
                return shapely.MultiLineString(c)
            case "Polygon":
                return shapely.Polygon(c[0], c[1:])
            case _:
                return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in c])
    except (ValueError, shapely.errors.ShapelyError):
        remedy = "线至少 2 点, 面至少 3 点 a line needs 2, a ring 3"
        raise BadInput("顶点太少 (too few vertices)", where="coordinates", remedy=remedy) from None


_REASONS = {"Self-intersection": "边线自相交 self-intersection", "Ring Self-intersection": "边线碰到自己 a ring touches itself",
            "Hole lies outside shell": "洞在外 a hole lies outside", "Holes are nested": "洞套洞 nested holes",
            "Nested shells": "部分重叠 nested parts", "Duplicate Rings": "重复的环 duplicate rings",
            "Interior is disconnected": "内部被切断 the interior is cut in two",
            "Too few points in geometry component": "顶点太少 too few points"}


def _fault(shape: shapely.Geometry) -> tuple[str, str]:
    """GEOS says e.g. 'Self-intersection[116.3 39.9]': the reason in both languages and the place."""
    said = shapely.is_valid_reason(shape)
    found = re.match(r"^(.*?)\[([-\d.e+]+) ([-\d.e+]+)\]$", said)
    if not found:
        return said, "geometry"
    return _REASONS.get(found[1], found[1]), f"{float(found[2]):.6f}, {float(found[3]):.6f}"


def _too_many(count: int, limit: int) -> TooLarge:
    return TooLarge(f"顶点 {count} 个, 上限 {limit} (too many vertices)", where="geometry", remedy="简化图形 simplify the shape")
