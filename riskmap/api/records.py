"""One record: read with all it carries, create, change at its version, retire."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, Number, actor, client_key, desk, now, once, reading, today, writing
from riskmap.core.cell import hex_of
from riskmap.core.mask import Mask
from riskmap.errors import BadInput, NotFound, Precondition
from riskmap.flows import contact, register, shelter
from riskmap.store import features
from riskmap.store.query import Conn

router = APIRouter(prefix="/api/layers/{layer}/features", tags=["records"])

NEIGHBOURS_M = 1000.0
NEIGHBOURS = 12
Id = Annotated[int, "id"]


@router.get("/{id}")
def one(request: Request, layer: str, id: int) -> Json:
    """One record as GeoJSON with every attribute, its ledgers, history and neighbours. Absent and not yours are the same 404."""
    at = desk(request)
    declared = at.catalogue.layer(layer)
    with reading(request) as conn:
        found = features.one(conn, layer, id, today()) if 0 < id < 2**62 else None
        if found is None:
            raise NotFound("没有这条记录 / no such record", where=f"{layer}/{id}")
        near = []
        if found["lon"] is not None:
            others = [name for name in at.catalogue.layers if name != "enterprise"]
            near = features.near(conn, others, found["lon"], found["lat"], NEIGHBOURS_M, NEIGHBOURS, beside=id)
        told = {"shelter": shelter.standing(conn, found)} if layer == shelter.LAYER else {}
    return Json(_shown(found, near, Mask(actor(request), declared)) | told, headers={"ETag": f'"{found["version"]}"'})


@router.post("")
def create(request: Request, layer: str, body: Annotated[dict[str, Any], Body()]) -> Json:
    """Register one record. It passes the same door as a file of one row."""
    declared = desk(request).catalogue.layer(layer)

    def act(conn: Conn) -> tuple[int, Any]:
        id = register.save(conn, desk(request), declared, _values(body), actor(request), now())
        found = features.one(conn, layer, id, today())
        assert found is not None
        return 201, _shown(found, [], Mask(actor(request), declared))

    return once(request, body, act)


@router.patch("/{id}")
def change(
    request: Request, layer: str, id: Number, body: Annotated[dict[str, Any], Body()], if_match: Annotated[str, Header()] = ""
) -> Json:
    """Change one record at the version named by If-Match; a null empties a field."""
    declared = desk(request).catalogue.layer(layer)
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        register.save(conn, desk(request), declared, _values(body), actor(request), now(), id=id, version=version)
        found = features.one(conn, layer, id, today())
        assert found is not None
        return 200, _shown(found, [], Mask(actor(request), declared))

    return once(request, {"id": id, "version": version, "body": body}, act)


@router.post("/{id}/retire")
def retire(request: Request, layer: str, id: Number, if_match: Annotated[str, Header()] = "") -> Json:
    """Take one record out of service at the version named by If-Match. It stays, marked retired."""
    declared = desk(request).catalogue.layer(layer)
    version = version_of(if_match)

    def act(conn: Conn) -> tuple[int, Any]:
        register.retire(conn, declared, id, version, actor(request), now())
        return 200, {"id": id, "status": "retired"}

    return once(request, {"id": id, "version": version}, act)


class Why(BaseModel):
    """Why a person's name and phone are looked at, in the reader's words; it stands in the audit."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: Annotated[str, Field(min_length=2, max_length=500)]


@router.post("/{id}/reveal")
def reveal(request: Request, layer: str, id: Number, body: Annotated[Why, Body()]) -> Json:
    """The persons and phones of one record without their mask. Written into the audit with the reason; no record, no row."""
    declared = desk(request).catalogue.layer(layer)
    client_key(request)
    with writing(request) as conn:  # every look is a look: nothing of it is kept to be answered again
        return Json({"fields": contact.revealed(conn, declared, id, body.reason, actor(request), today())})


def version_of(if_match: str) -> int:
    """The version an If-Match header names. Raises Precondition."""
    text = if_match.strip().strip('"')
    if not text.isdigit() or len(text) > 9:
        raise Precondition(
            "缺少 If-Match / the If-Match header is missing",
            where="If-Match",
            remedy='用读到的版本号 / send the version you read, e.g. If-Match: "3"',
        )
    return int(text)


def plain_values(body: dict[str, Any]) -> dict[str, Any]:
    """Plain values of a record; lists are allowed for fields of several codes, nothing nests deeper."""
    for key, value in body.items():
        if isinstance(value, dict) or (isinstance(value, list) and not all(isinstance(v, str) for v in value)):
            raise BadInput("字段值应为文字、数字或文字列表 / a value is text, a number or a list of texts", where=key)
    return body


def _values(body: dict[str, Any]) -> dict[str, Any]:
    if not body:
        raise BadInput("没有要保存的字段 / nothing to save", where="body")
    return plain_values(body)


def _shown(found: dict[str, Any], near: list[dict[str, Any]], mask: Mask) -> dict[str, Any]:
    place = None if found["lon"] is None else {"type": "Point", "coordinates": [round(found["lon"], 7), round(found["lat"], 7)]}
    properties = {
        key: found[key]
        for key in (
            "code",
            "name",
            "level",
            "effective_level",
            "address",
            "status",
            "missing",
            "verified_on",
            "version",
            "demo",
            "parent_id",
            "parent_name",
            "parent_layer",
            "parent_code",
            "steward_name",
            "recorded_at",
            "district_name",
            "town_name",
        )
    }
    properties |= {
        "district": found["district_code"],
        "town": found["town_code"],
        "cell": hex_of([found["cell"]])[0] if found["cell"] else None,
        "attributes": mask.over(found["attributes"], found["steward_org"]),
        "masked": mask.hidden(found["attributes"], found["steward_org"]),
    }
    return {
        "type": "Feature",
        "id": found["id"],
        "layer": found["layer"],
        "geometry": place,
        "properties": properties | properties["attributes"],
        "dangers": found["dangers"],
        "holdings": found["holdings"],
        "stock": found["stock"],
        "children": found["children"],
        "links": found["links"],
        "history": _history(found["history"]),
        "neighbours": [
            {k: n[k] for k in ("layer", "id", "code", "name", "level", "lon", "lat")} | {"distance_m": round(n["distance_m"], 1)}
            for n in near
        ],
    }


def _history(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Newest first, each with the names of the fields that differ from the version before."""
    out = []
    for newer, older in zip(versions, [*versions[1:], None][: len(versions)], strict=True):
        changed: list[str] = []
        if older and newer["row"] and older["row"]:
            a, b = (v["row"] | v["row"]["attributes"] for v in (newer, older))
            changed = sorted(k for k in a.keys() | b.keys() if k not in ("attributes", "search", "cell") and a.get(k) != b.get(k))
        out.append({key: newer[key] for key in ("version", "operation", "actor", "recorded_at")} | {"changed": changed})
    return out
