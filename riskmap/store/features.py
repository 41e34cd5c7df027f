"""Records in force: pages, counts, facets, points for the map, one record, what is near."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from riskmap.core.cell import ranges
from riskmap.core.filter import Filter
from riskmap.core.mask import Mask
from riskmap.errors import BadInput
from riskmap.store.query import Conn, row, rows, run, tuples

IN_CELLS = ("by_id", "by_level")  # orders that the index by cells can give
APART = {"by_code": "apart_code"}
SMALL_SQUARE_DEGREES = 0.5  # an eighth of the city's box; records of a larger one soon come by in any order
# The columns of features_shown: id, lon, lat, attributes, sort_key, open, major, overdue, then these, and last steward_org
SHOWN = ("code", "name", "level", "effective_level", "district", "town", "address", "status", "missing", "verified_on", "parent_id",
         "parent_name", "version", "demo")  # fmt: skip
COLUMN_FACETS = {"level": "effective_level", "district": "district_code", "status": "status"}


@dataclass(frozen=True, slots=True)
class Page:
    """`features` are GeoJSON features; `cursor` leads to the next page, None at the end."""

    features: list[dict[str, Any]]
    cursor: str | None


def page(
    conn: Conn,
    asked: Filter,
    sort: tuple[str, str, bool],
    size: int,
    cursor: str | None,
    fields: Sequence[str],
    today: dt.date,
    facts: bool,
    mask: Mask | None,
) -> Page:
    """One page of at most `size` records in the order `sort` = (column, SQL type, descending); keyset, never offset.

    Persons and phones as `mask` shows them (None: none are asked for).
    """
    column, kind, descending = sort
    after_key, after_id = _read_cursor(cursor) if cursor else (None, None)
    box = asked.bbox if asked.bbox and _small(asked.bbox) else None
    name, more = "features_page", dict[str, Any]()
    if box and column in IN_CELLS and (asked.parent, asked.ids, asked.batch) == (None, None, None):
        low, high = ranges(box)
        simple = asked == Filter(asked.layer, asked.bbox, level=asked.level, status=asked.status)
        name, more = "features_page_box", {"low": low, "high": high, "simple": simple or None, "further": not simple or None}
    elif box:
        column = APART.get(column, column)
    found = tuples(
        conn,
        name,
        {"key": column, "type": kind, "direction": "DESC" if descending else "ASC", "beyond": "<" if descending else ">"},
        **asked.parameters(today),
        **more,
        size=size,
        facts=facts or None,
        plain=not facts or None,
        after_key=after_key,
        after_id=after_id,
    )
    last = found[-1] if len(found) == size else None
    attributes = orjson.loads("[" + ",".join([r[3] for r in found]) + "]")  # one pass over a page, not one a record
    shown = [_feature(r, a, fields, facts) for r, a in zip(found, attributes, strict=True)]
    if mask is not None:
        mask.features(shown, [r[-1] for r in found])
    return Page(shown, _write_cursor(last[4], last[0]) if last else None)


def _small(box: tuple[float, float, float, float]) -> bool:
    """Whether a box holds so little of the city that its records are better read by place than in order."""
    return (box[2] - box[0]) * (box[3] - box[1]) < SMALL_SQUARE_DEGREES


def _feature(row: tuple[Any, ...], attributes: dict[str, Any], fields: Sequence[str], facts: bool) -> dict[str, Any]:
    """A row of features_shown and its attributes as GeoJSON; coordinates to 1e-7 degrees, as an import compares them."""
    id, lon, lat, _, _, open_, major, overdue, *shown, _ = row
    properties = dict(zip(SHOWN, shown, strict=True))
    for field in fields:
        properties[field] = attributes.get(field)
    if facts:
        properties["dangers"] = {"open": open_, "major": major, "overdue": overdue}
    place = None if lon is None else {"type": "Point", "coordinates": (round(lon, 7), round(lat, 7))}
    return {"type": "Feature", "id": id, "geometry": place, "properties": properties}


def count(conn: Conn, asked: Filter, today: dt.date) -> int:
    """How many records the filter holds."""
    found = row(conn, "features_count", **asked.parameters(today))
    assert found is not None
    return found["n"]


def by_district(conn: Conn, asked: Filter, today: dt.date) -> dict[str, int]:
    """District code → records; '' for records without a place or outside the city."""
    return {r["district_code"] or "": r["n"] for r in rows(conn, "features_by_district", **asked.parameters(today))}


def facets(conn: Conn, asked: Filter, fields: Sequence[str], today: dt.date) -> dict[str, dict[str, int]]:
    """Counts per facet value, each facet taken with its own filter left out."""
    out = {}
    for facet, column in COLUMN_FACETS.items():
        found = rows(conn, "features_facet_column", {"column": column}, **asked.without(facet).parameters(today))
        out[facet] = {r["value"]: r["n"] for r in found}
    for name in fields:
        found = rows(conn, "features_facet_attribute", field=name, **asked.without(f"attr.{name}").parameters(today))
        out[f"attr.{name}"] = {r["value"]: r["n"] for r in found}
    return out


def points(conn: Conn, asked: Filter, resolution: int, crowd: int, today: dt.date) -> list[dict[str, Any]]:
    """What the map draws in the filter's box; resolution 15 draws every point alone."""
    return rows(conn, "features_points", **asked.parameters(today), resolution=resolution, crowd=crowd)


def one(conn: Conn, layer: str, id: int, today: dt.date) -> dict[str, Any] | None:
    """One record with its ledgers and history; None where it is absent or not the reader's."""
    return row(conn, "features_one", layer=layer, id=id, today=today)


def near(
    conn: Conn, layers: Sequence[str], lon: float, lat: float, radius_m: float, limit: int, beside: int | None = None
) -> list[dict[str, Any]]:
    """Features of `layers` within `radius_m` metres of (lon, lat) in WGS 84 degrees, nearest first."""
    # A box a little wider than the circle: a degree of latitude is never under 110,500 m, one of longitude shrinks with the cosine.
    high = radius_m / 110_500
    wide = high / max(0.01, math.cos(math.radians(min(89.0, abs(lat) + high))))
    return rows(
        conn,
        "features_near",
        layers=list(layers),
        lon=lon,
        lat=lat,
        radius_m=radius_m,
        box_deg_lon=wide,
        box_deg_lat=high,
        limit=limit,
        beside=beside,
    )


def totals(conn: Conn) -> dict[str, int]:
    """Layer → records in force."""
    return {r["layer"]: r["n"] for r in rows(conn, "features_totals")}


def revision(conn: Conn) -> str:
    """A key that is equal only while the visible data is."""
    found = row(conn, "features_revision")
    assert found is not None
    return found["revision"]


def _write_cursor(key: Any, id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([key, id])).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[str, int]:
    try:
        key, id = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(key, str) or isinstance(id, bool) or not isinstance(id, int) or not 0 < id < 2**62:
            raise ValueError
    except (ValueError, TypeError):
        raise BadInput(
            "翻页标记无效 / the cursor is not valid", where="cursor", remedy="从第一页重新开始 / start again from the first page"
        ) from None
    return key, id


def any_of(conn: Conn, layer: str) -> bool:
    """Is there any record of this layer, in whatever state."""
    found = row(conn, "features_any", layer=layer)
    return bool(found and found["found"])


def created_by(conn: Conn, batch: int) -> int:
    """Id of the record a batch of one created."""
    found = row(conn, "features_created", batch=batch)
    assert found is not None
    return found["id"]


def retire(
    conn: Conn,
    layer: str,
    id: int,
    version: int,
    actor: str,
    now: dt.datetime,
    change: int | None = None,
    merged_into: int | None = None,
) -> bool:
    """Mark one record retired at exactly `version` and append to its history; False when it moved on. `change`: the proposal."""
    if row(conn, "features_retire", layer=layer, id=id, version=version, merged_into=merged_into, now=now) is None:
        return False
    run(conn, "features_history_one", id=id, operation="retire", actor=actor, change=change, now=now)
    return True


def demo(conn: Conn) -> bool:
    """Whether any of the city is the demo city."""
    found = row(conn, "features_demo")
    return bool(found and found["demo"])


def ledgers(conn: Conn, today: dt.date) -> dict[str, Any]:
    """Hidden dangers by state, pieces of stock, holdings."""
    return row(conn, "features_ledgers", today=today) or {}
