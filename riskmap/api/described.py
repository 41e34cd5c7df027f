"""What /api/openapi.json says beside what each route declares: refusals, files, keys of clients, how one signs in.

Said once here and not at each route; tests/api/test_schema.py holds every answer against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from riskmap import writers
from riskmap.core.role import OPERATIONS
from riskmap.readers.attachment import TYPES

GEOJSON = "application/geo+json"
PAPERS = ("application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text/html")
# "VERB path" → media types of what is no JSON; an export that is not named is a workbook
FILES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "GET /api/layers/{layer}/template.xlsx": (writers.MEDIA["xlsx"],),
    "GET /api/layers/{layer}/imports/{batch}/workbook": (writers.MEDIA["xlsx"],),
    "GET /api/layers/{layer}/features": (GEOJSON,),
    "GET /api/districts.geojson": (GEOJSON,), "GET /api/water.geojson": (GEOJSON,),
    "GET /api/attachments/{id}": tuple(TYPES.values()),
    "GET /tiles/{source}/{z}/{x}/{y}": ("image/png", "image/jpeg", "image/webp"),
    "POST /api/layers/{layer}/export": tuple(writers.MEDIA.values()),
    "POST /api/incidents/{id}/plans/{number}/export": PAPERS, "POST /api/incidents/{id}/reports/{number}/export": PAPERS,
})  # fmt: skip
LISTS = frozenset({"GET /api/methods", "GET /api/basemaps"})  # an array, every other JSON is an object
KNOWN = frozenset({"GET /api/districts.geojson", "GET /api/water.geojson", "GET /api/cells"})  # 304 to who has the answer already

# A second success: something made where the declared 200 says as before, or the other way round.
ALSO: Mapping[str, str] = MappingProxyType({
    "POST /api/incidents/{id}/plan": "201", "POST /api/incidents/{id}/reservations": "201", "POST /api/confirmations": "201",
    "POST /api/ledgers/{ledger}/imports": "200",
})  # fmt: skip

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457: what (title), where, and how to mend it (remedy), in Chinese / English",
    "required": ["type", "title", "status", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:riskmap:problem:"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string"},
        "where": {"type": "string"},
        "remedy": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
REFUSED = {"description": "不成，说明原因与办法 refused, with reason and remedy",
           "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}  # fmt: skip
KEY = {"name": "Idempotency-Key", "in": "header", "required": True,
       "description": "a key of the client's own for this change: sent again, it is done once",
       "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[A-Za-z0-9._-]+$"}}  # fmt: skip


def describe(app: FastAPI, operation: Mapping[str, str]) -> None:
    """Give the application its document; `operation` is the table of riskmap/api/allowed.py."""

    def made() -> dict[str, Any]:
        if not app.openapi_schema:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            told = document.setdefault("components", {}).setdefault("schemas", {})
            told.pop("HTTPValidationError", None), told.pop("ValidationError", None)
            told["Problem"] = PROBLEM
            document["components"]["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer", "description": "a program's key: GET of data only"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-riskmap",
                            "description": "a signed-in person; changes carry X-CSRF-Token"},
            }
            for path, verbs in document["paths"].items():
                for verb, said in verbs.items():
                    _complete(f"{verb.upper()} {path}", said, operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def _complete(route: str, said: dict[str, Any], operation: Mapping[str, str]) -> None:
    """Refusals, files, keys and who may, for one operation."""
    answers = said["responses"]
    answers.pop("422", None)
    for code, answer in answers.items():
        if not code.startswith("2"):
            continue
        files = FILES.get(route, (writers.MEDIA["xlsx"],) if route.endswith("/export") else ())
        if files:
            answer["content"] = {media: {"schema": COLLECTION if media == GEOJSON else BYTES} for media in files}
        for content in answer.get("content", {}).values():
            content["schema"] = content.get("schema") or {"type": "array" if route in LISTS else "object"}
    if route in ALSO:
        answers[ALSO[route]] = next(iter(answers.values()))
    if route in KNOWN:
        answers["304"] = {"description": "unchanged"}
    if not route.startswith("GET /api/") and route.startswith("GET "):
        answers["303"] = {"description": "to the sign-in"}
    answers["4XX"] = answers["5XX"] = REFUSED
    may = operation.get(route, "")
    said["x-operation"] = may
    if not route.startswith("GET"):
        said.setdefault("parameters", []).append(KEY)
        said["security"] = [{"session": []}]
    else:
        said["security"] = [{"session": []}] if may not in ("map.read", "roles.read") else [{"session": []}, {"key": []}]
    if may in OPERATIONS:
        said["description"] = f"{said.get('description', '')}\n\n权限 needs: {OPERATIONS[may][0]} · {OPERATIONS[may][1]}".strip()


BYTES = {"type": "string", "format": "binary"}
COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "numberMatched": {"type": ["integer", "null"], "minimum": 0},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "geometry", "properties"],
                "properties": {
                    "type": {"const": "Feature"},
                    "geometry": {"type": ["object", "null"], "required": ["type", "coordinates"]},
                    "properties": {"type": "object"},
                },
            },
        },
    },
}
