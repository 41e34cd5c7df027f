"""The catalogue: what layers there are, what their fields mean, how they look."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from riskmap import writers
from riskmap.api.deps import Json, desk, reading
from riskmap.api.kept import remembered
from riskmap.core.layer import Layer
from riskmap.flows.register import Desk, required_fields
from riskmap.store import features

router = APIRouter(prefix="/api/layers", tags=["catalogue"])


@router.get("")
def layers(request: Request) -> Json:
    """Every layer with its fields, code lists, look and how many records are in force."""
    at = desk(request)
    with reading(request) as conn:
        totals = remembered(request, conn, ("totals",), lambda: features.totals(conn))
    return Json(
        {"layers": [described(at, layer) | {"count": totals.get(layer.name, 0)} for layer in at.catalogue.layers.values()]}
    )


@router.get("/{layer}")
def layer(request: Request, layer: str) -> Json:
    """One layer."""
    at = desk(request)
    declared = at.catalogue.layer(layer)
    with reading(request) as conn:
        totals = remembered(request, conn, ("totals",), lambda: features.totals(conn))
    return Json(described(at, declared) | {"count": totals.get(layer, 0)})


@router.get("/{layer}/template.xlsx")
def template(request: Request, layer: str) -> Response:
    """The import template: drop-downs, comments, an example row."""
    at = desk(request)
    declared = at.catalogue.layer(layer)
    body = writers.template(
        declared, at.catalogue.codes, at.catalogue.folders[layer] / "sample.csv", districts=at.gazetteer.districts
    )
    name = f"{layer}-template.xlsx"
    return Response(body, media_type=writers.MEDIA["xlsx"], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def described(at: Desk, layer: Layer) -> dict[str, Any]:
    """The declaration as the API shows it."""
    fields = [
        {
            "name": f.name,
            "type": f.type,
            "label": f.label.model_dump(),
            "unit": f.unit,
            "required": f.required,
            "facet": f.facet,
            "low": f.low,
            "high": f.high,
            "max_length": f.max_length if f.type == "text" else None,
            "hint": f.hint.model_dump() if f.hint else None,
            "example": f.example,
            "default": f.default,
            "options": [o.model_dump() for o in at.catalogue.options(f)] if f.type in ("code", "codes") else [],
        }
        for f in layer.field
    ]
    return {
        "name": layer.name,
        "label": layer.label.model_dump(),
        "description": layer.description.model_dump(),
        "group": layer.group,
        "visibility": layer.visibility,
        "parents": list(layer.parents),
        "code_prefix": layer.code_prefix,
        "grading": layer.grading.role,
        "required": required_fields(layer),
        "common": {name: label.model_dump() for name, label in layer.common.labels.items()},
        "look": layer.look.model_dump() | {"icon": f"/static/layers/{layer.name}/icon.svg"},
        "list_columns": list(layer.list_columns),
        "sort": layer.sort,
        "fields": fields,
    }
