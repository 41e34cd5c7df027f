"""Exactly the filtered set as a file: counted, audited, then written."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from riskmap import writers
from riskmap.api.deps import actor, client_key, desk, now, today, writing
from riskmap.api.leaving import file_name, mark
from riskmap.core.filter import parse, sort_of
from riskmap.flows import export
from riskmap.store import journal

router = APIRouter(prefix="/api/layers/{layer}", tags=["exports"])


class Asked(BaseModel):
    """The format and the filter, in the parameters of the list."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["xlsx", "csv", "geojson", "gpkg"] = "xlsx"
    filters: dict[str, str] = {}


@router.post("/export")
def make(request: Request, layer: str, body: Annotated[Asked, Body()]) -> Response:
    """The file. Written into the audit first; carries unit, person and time."""
    at = desk(request)
    declared = at.catalogue.layer(layer)
    client_key(request)
    asked = parse(declared, body.filters)
    order = sort_of(body.filters.get("sort") or declared.sort)
    who, at_time = actor(request), now()
    with writing(request) as conn:
        rows = export.rows(conn, declared, asked, order, today(), who)
        content = export.written(declared, at.catalogue, rows, body.format, mark(who.unit, who.name, at_time))
        told = {"format": body.format, "filters": body.filters, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
        journal.audit(conn, who, "export", layer=layer, after=told)
    name = file_name(declared.label.zh, who, at_time, len(rows), body.format)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{layer}.{body.format}\"; filename*=UTF-8''{quote(name)}",
        "X-Rows": str(len(rows)),
    }
    return Response(content, media_type=writers.MEDIA[body.format], headers=headers)
