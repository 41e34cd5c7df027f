"""The city itself: outlines, water, what stands in the database, what is near a place."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import orjson
import shapely
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from riskmap.api.deps import Json, desk, reading, settings, today
from riskmap.api.kept import remembered
from riskmap.core.outline import outlines
from riskmap.core.shelter import standing
from riskmap.errors import BadInput
from riskmap.store import features, grades, places, shelters

router = APIRouter(prefix="/api", tags=["city"])
GEOJSON = "application/geo+json"


@router.get("/status")
def status(request: Request) -> Json:
    """Counts of what is in force, whether it is demo data, and the last grading run."""
    with reading(request) as conn:
        totals = remembered(request, conn, ("totals",), lambda: features.totals(conn))
        ledgers = remembered(request, conn, ("ledgers",), lambda: features.ledgers(conn, today()))
        run, demo = grades.last_run(conn), features.demo(conn)
    return Json({"demo": demo, "layers": totals, "run": run, "today": today(), **ledgers})


@router.get("/districts.geojson")
def districts(request: Request) -> Response:
    """District outlines, borders shared exactly, simplified for the screen."""
    state = request.app.state
    if not hasattr(state, "outlines"):
        with reading(request) as conn:
            listed = places.districts(conn)
        shapes = outlines([shapely.from_wkb(bytes(d["shape"])) for d in listed])
        state.outlines = _kept(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": d["code"],
                        "properties": {
                            "code": d["code"],
                            "name": d["name"],
                            "name_en": d["name_en"],
                            "label": [d["lon"], d["lat"]],
                        },
                        "geometry": orjson.loads(shapely.to_geojson(shape)),
                    }
                    for d, shape in zip(listed, shapes, strict=True)
                ],
            }
        )
    return _fresh(request, *state.outlines)


@router.get("/water.geojson")
def water(request: Request) -> Response:
    """Rivers, lakes and reservoirs for a basemap without internet."""
    state = request.app.state
    if not hasattr(state, "water"):
        body = (settings(request).data_dir / "water.geojson").read_bytes()
        state.water = (body, hashlib.sha256(body).hexdigest()[:16])
    return _fresh(request, *state.water)


@router.get("/near")
def near(
    request: Request,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    layers: str = "shelter,depot",
    radius_m: Annotated[float, Query(gt=0, le=50_000, allow_inf_nan=False)] = 5000,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Json:
    """Nearest records of the layers round a place, straight-line metres. An unknown capacity is null, never 0; so are uncounted people."""
    names = [name for name in layers.split(",") if name]
    if not names:
        raise BadInput("缺少图层 / no layers", where="layers", remedy="layers=shelter,depot")
    declared = {name: desk(request).catalogue.layer(name) for name in names}
    with reading(request) as conn:
        found = features.near(conn, names, lon, lat, radius_m, limit)
        told = shelters.now(conn, [f["id"] for f in found if f["layer"] == "shelter"])
    return Json({"found": [_near(declared[f["layer"]], f, told.get(f["id"])) for f in found]})


def _near(layer: Any, found: dict[str, Any], told: dict[str, Any] | None) -> dict[str, Any]:
    out = {key: found[key] for key in ("layer", "id", "code", "name", "level", "lon", "lat")} | {
        "distance_m": round(found["distance_m"], 1)
    }
    grading = layer.grading
    if grading.capacity:
        out |= {
            "capacity": found["attributes"].get(grading.capacity),
            "state": found["attributes"].get(grading.state) if grading.state else None,
        }
    if told:  # what was reported, and when
        now = standing(told, out.get("capacity"))
        out |= {k: now[k] for k in ("capacity", "people", "free", "state_at", "counted_at")}
    return out


def _kept(body: Any) -> tuple[bytes, str]:
    text = orjson.dumps(body)
    return text, hashlib.sha256(text).hexdigest()[:16]


def _fresh(request: Request, body: bytes, tag: str) -> Response:
    """The body, or 304 when the reader has it."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, max-age=60"}
    if request.headers.get("If-None-Match", "").strip('W/"') == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=GEOJSON, headers=headers)
