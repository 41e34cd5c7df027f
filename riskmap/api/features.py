"""One filtered set, many shapes: page, count, facets, map points, counts per district. The same parameters everywhere."""

from __future__ import annotations

import os
from typing import Annotated, Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from riskmap.api.deps import Json, actor, desk, reading, today
from riskmap.api.kept import remembered
from riskmap.core.cell import hex_of
from riskmap.core.filter import Filter, parse, sort_of
from riskmap.core.layer import Layer
from riskmap.core.mask import Mask
from riskmap.errors import BadInput
from riskmap.store import features

router = APIRouter(prefix="/api/layers/{layer}", tags=["features"])

# Zoom → (H3 resolution of the clusters, from how many on a cell is a cluster): clusters stand 70 to 140 pixels apart, so that the
# hexagons under them can be read; from zoom 17 on every point stands alone.
ALONE = (15, 0)
CLUSTERS = {
    **dict.fromkeys(range(0, 9), (4, 3)),
    9: (5, 3),
    10: (5, 3),
    11: (6, 3),
    12: (7, 3),
    13: (7, 3),
    14: (8, 4),
    15: (9, 8),
    16: (9, 25),
}

# So many pages are made at a time, the others wait in line: threads that share one interpreter only hold each other up, and some
# would wait three times as long as the rest.
TURNS = CapacityLimiter(max(3, (os.cpu_count() or 1) + 1))

Limit = Annotated[int, Query(ge=1, le=1000)]


def asked(request: Request, layer: str) -> tuple[Layer, Filter]:
    """The layer and the filter of a request."""
    declared = desk(request).catalogue.layer(layer)
    return declared, parse(declared, request.query_params)


@router.get("/features")
async def page(
    request: Request,
    layer: str,
    sort: str = "",
    limit: Limit = 100,
    cursor: str = "",
    count: bool = True,
    properties: str | None = None,
    facts: bool = True,
) -> Response:
    """A page of the filtered set as GeoJSON, with `numberMatched` (unless count=false) and a keyset `next` link."""
    return await to_thread.run_sync(_page, request, layer, sort, limit, cursor, count, properties, facts, limiter=TURNS)


def _page(
    request: Request, layer: str, sort: str, limit: int, cursor: str, count: bool, properties: str | None, facts: bool
) -> Response:
    declared, filter_ = asked(request, layer)
    order = sort_of(sort or declared.sort)
    names = [f.name for f in declared.field]
    shown = (
        [name for name in declared.list_columns if name in names]
        if properties is None
        else [name for name in properties.split(",") if name in names]
    )
    with reading(request) as conn:
        found = features.page(conn, filter_, order, limit, cursor or None, shown, today(), facts, Mask(actor(request), declared))
        matched = remembered(request, conn, ("count", filter_), lambda: features.count(conn, filter_, today())) if count else None
    links = []
    if found.cursor:
        following = str(request.url.include_query_params(cursor=found.cursor))
        links = [{"rel": "next", "type": "application/geo+json", "href": following[len(str(request.base_url)) - 1 :]}]
    head = {"numberMatched": matched} if matched is not None else {}
    body = {
        "type": "FeatureCollection",
        **head,
        "numberReturned": len(found.features),
        "links": links,
        "features": found.features,
    }
    return Response(orjson.dumps(body), media_type="application/geo+json")


@router.get("/count")
def count(request: Request, layer: str) -> Json:
    """How many records the filter holds."""
    _, filter_ = asked(request, layer)
    with reading(request) as conn:
        return Json({"count": remembered(request, conn, ("count", filter_), lambda: features.count(conn, filter_, today()))})


@router.get("/facets")
def facets(request: Request, layer: str) -> Json:
    """Counts per value of every facet, each with its own filter left out."""
    declared, filter_ = asked(request, layer)
    names = [f.name for f in declared.field if f.facet]
    with reading(request) as conn:
        return Json(remembered(request, conn, ("facets", filter_), lambda: features.facets(conn, filter_, names, today())))


@router.get("/districts")
def districts(request: Request, layer: str) -> Json:
    """Records of the filter per district."""
    _, filter_ = asked(request, layer)
    with reading(request) as conn:
        return Json(remembered(request, conn, ("districts", filter_), lambda: features.by_district(conn, filter_, today())))


@router.get("/points")
def points(request: Request, layer: str, zoom: Annotated[int, Query(ge=0, le=22)]) -> Json:
    """What the map draws in a box: single points, and clusters where dense; Ⅰ is never clustered."""
    _, filter_ = asked(request, layer)
    if filter_.bbox is None:
        raise BadInput("缺少 bbox / bbox is missing", where="bbox", remedy="bbox=西,南,东,北 / west,south,east,north in degrees")
    resolution, crowd = CLUSTERS.get(zoom, ALONE)
    with reading(request) as conn:
        return Json(
            remembered(
                request,
                conn,
                ("points", filter_, resolution, crowd),
                lambda: _columns(features.points(conn, filter_, resolution, crowd, today())),
            )
        )


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    single = [r for r in rows if r["kind"] == "single"]
    cluster = [r for r in rows if r["kind"] == "cluster"]
    return {
        "count": len(single) + sum(r["n"] for r in cluster),
        "singles": {
            "id": [r["id"] for r in single],
            "lon": [round(r["lon"], 6) for r in single],
            "lat": [round(r["lat"], 6) for r in single],
            "level": [r["level"] for r in single],
            "name": [r["name"] for r in single],
        },
        "clusters": {
            "cell": hex_of([r["cell"] for r in cluster]) if cluster else [],
            "lon": [round(r["lon"], 6) for r in cluster],
            "lat": [round(r["lat"], 6) for r in cluster],
            "count": [r["n"] for r in cluster],
            "levels": [[r["n1"], r["n2"], r["n3"], r["n4"], r["n0"]] for r in cluster],
        },
    }
