"""Staged imports over HTTP: upload → plan → commit of exactly that plan → undo; its rows; the file back with its faults."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi import Path as Segment
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from riskmap import writers
from riskmap.api.deps import Json, Number, actor, client_key, desk, now, once, reading, settings
from riskmap.errors import BadInput, NotFound, TooLarge
from riskmap.flows import intake, plan, progress, register
from riskmap.flows.plan import OUTCOMES
from riskmap.readers import Limits
from riskmap.settings import Settings
from riskmap.store import imports, plans
from riskmap.store.query import Conn

router = APIRouter(tags=["imports"])
PATH = "/api/layers/{layer}/imports"
BOARD = progress.Board()  # of this process
_FIELDS = ("crs", "district", "mapping")
_SLACK = 100_000  # bytes of the form around the file
BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": ["file"], "properties": {
        "file": {"type": "string", "format": "binary", "description": "xlsx, csv, GeoJSON, GeoPackage or zipped Shapefile"},
        "crs": {"type": "string", "description": "wgs84, cgcs2000, gcj02, bd09 or EPSG:n"},
        "district": {"type": "string", "description": "stated district of rows that name none"},
        "mapping": {"type": "string", "description": "JSON object: heading → field, '' drops, '=value' is a constant"},
    }}}}}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """One file and what was said about it. `file` closes with the request."""

    file: Any
    name: str
    fields: dict[str, str]


async def upload(request: Request) -> AsyncIterator[Upload]:
    """The form, streamed to disk and counted: a body over the bound is refused while it comes, whatever its header says."""
    form = await received(request)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadInput("没有文件 (no file in the form)", where="file", remedy="字段 file 放文件")
        yield Upload(
            file.file, Path(file.filename).name[:200], {k: str(form[k]).strip() for k in _FIELDS if isinstance(form.get(k), str)}
        )
    finally:
        await form.close()


async def received(request: Request) -> FormData:
    """A multipart form with one file, to be closed. Raises BadInput, TooLarge."""
    most = settings(request).upload_max_bytes + _SLACK
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadInput(
            "应以 multipart/form-data 上传文件 (a multipart form is wanted)", where="Content-Type", remedy="字段 file 放文件"
        )
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)

    async def counted() -> AsyncIterator[bytes]:
        seen = 0
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > most:
                raise _too_large(most)
            yield chunk

    try:
        return await MultiPartParser(request.headers, counted(), max_files=1, max_fields=8, max_part_size=65_536).parse()
    except (MultiPartException, KeyError, ValueError) as fault:
        raise BadInput(
            "表单格式不对 (the form is not valid)", where="body", remedy=str(fault)[:120] or "multipart/form-data"
        ) from None


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"文件超过 {most / 1e6:.0f} MB (the file is too big)", where="body", remedy="请拆分文件，或用命令行 riskmap import 导入"
    )


@router.post(PATH, status_code=201, openapi_extra=BODY, dependencies=[Depends(client_key)])
def stage(request: Request, layer: str, given: Annotated[Upload, Depends(upload)]) -> Json:
    """Read the file and plan every row. Nothing in force changes; the answer carries the plan's hash for its commit.

    While it runs, GET /api/imports/progress/{Idempotency-Key} tells how far it is.
    """
    return staged(request, layer, given)


def staged(request: Request, layer: str, given: Upload) -> Json:
    """The file read, kept and planned, once for the request's key."""
    at, bounds = desk(request), settings(request)
    asked = intake.Asked(
        layer,
        given.name,
        given.fields.get("crs") or None,
        given.fields.get("district") or None,
        mapping_of(given.fields.get("mapping", "")),
        bounds.district_tolerance_m,
    )
    at.catalogue.layer(layer)
    with watched(request, "parsing") as seen, on_disk(given) as path:
        table = intake.read(at, path, asked, Limits.of(bounds))
        checked = intake.inspect(at, table, asked)
        intake.keep(uploads(bounds), path)

        def act(conn: Conn) -> tuple[int, Any]:
            return 201, intake.plan(conn, at, path, table, checked, asked, actor(request))

        answer = once(request, {"layer": layer, "file": intake.digest(path), "fields": given.fields}, act)
        seen.result = orjson.loads(answer.body)["id"]
        return answer


class Seen(BaseModel):
    """How far an upload or a commit is."""

    stage: Annotated[
        str,
        Field(
            description="parsing → checking → planning → comparing → done; committing → done; failed",
            json_schema_extra={"enum": list(progress.STAGES)},
        ),
    ]
    rows: Annotated[int, Field(description="rows done in this stage")]
    total: Annotated[int | None, Field(description="rows in all; null while that is not known")]
    elapsed_s: Annotated[float, Field(description="seconds since the work began, until it ended")]
    batch: Annotated[int | None, Field(description="the batch, when there is one")]
    failure: Annotated[str | None, Field(description="what the request itself was answered, when it failed")]


@router.get("/api/imports/progress/{key}", response_model=Seen)
def how_far(request: Request, key: Annotated[str, Segment(min_length=8, max_length=200)]) -> Json:
    """How far the upload or commit sent under this Idempotency-Key is. 404 while it has not arrived whole.

    Held in memory by the process that does the work; what came of it stands in the batch.
    """
    found = BOARD.of((actor(request).id, key))
    if found is None:
        raise NotFound(
            "没有这个键的导入 / no import under this key",
            where=key,
            remedy="文件还在上传，或服务已重启 / still uploading, or the server was restarted",
        )
    told = Seen(
        stage=found.stage,
        rows=found.done,
        total=found.total,
        elapsed_s=round(found.elapsed_s, 1),
        batch=found.result,
        failure=found.failure,
    )
    return Json(told.model_dump())


@router.get(PATH + "/{batch}")
def one(request: Request, layer: str, batch: Number) -> Json:
    """The batch: its state, counts by outcome, and what was said about the whole file."""
    with reading(request) as conn:
        return Json(_shown(batch_of(conn, layer, batch)))


def asked_rows(outcome: str, code: str, heading: str, at_heading: str, contains: str, fault: bool) -> plans.Asked:
    """Which rows of a plan, as they were asked for. Raises BadInput."""
    outcomes = [o for o in outcome.split(",") if o]
    if unknown := [o for o in outcomes if o not in OUTCOMES]:
        raise BadInput("没有这种结果 (no such outcome)", where="outcome=" + ",".join(unknown), remedy="、".join(OUTCOMES))
    if any("\x00" in text for text in (code, heading, at_heading, contains)):
        raise BadInput("筛选里有不能用的字符 (the filter holds what is no text)", where="query")
    some = at_heading and contains
    return plans.Asked(outcomes or None, code or None, heading or None, fault or None, at_heading if some else None, contains if some else None)


@router.get(PATH + "/{batch}/rows")
def rows(
    request: Request,
    layer: str,
    batch: Number,
    outcome: Annotated[str, Query(max_length=100)] = "",
    code: Annotated[str, Query(max_length=60, description="rows with a finding of this code")] = "",
    heading: Annotated[str, Query(max_length=200, description="rows with a finding under this heading")] = "",
    at: Annotated[str, Query(max_length=200, description="heading of the cell that contains `contains`")] = "",
    contains: Annotated[str, Query(max_length=200)] = "",
    fault: Annotated[bool, Query(description="rows something is said about")] = False,
    cursor: Annotated[int, Query(ge=-1, lt=2**31)] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """Rows of the plan in the order of the file: outcome, payload, old → new, findings, cells. `outcome` may name several, by comma."""
    asked, at_desk = asked_rows(outcome, code, heading, at, contains, fault), desk(request)
    with reading(request) as conn:
        held = batch_of(conn, layer, batch)
        found = plans.page(conn, batch, asked, limit, after=cursor)
    if layer in at_desk.catalogue.layers:
        found = plan.shown(found, actor(request), at_desk.catalogue.layer(layer), held["mapping"])
    links = []
    if len(found) == limit:
        more = {"outcome": outcome, "code": code, "heading": heading, "at": at, "contains": contains, "fault": "true" if fault else ""}
        query = urlencode({k: v for k, v in more.items() if v} | {"limit": limit, "cursor": found[-1]["row_no"]})
        links.append({"rel": "next", "href": f"/api/layers/{layer}/imports/{batch}/rows?{query}"})
    return Json({"rows": found, "links": links})


class Commit(BaseModel):
    """The plan that was seen. `accept_duplicates` also takes rows suspected to be duplicates."""

    model_config = ConfigDict(extra="forbid")
    plan_hash: Annotated[str, Field(min_length=8, max_length=128)]
    accept_duplicates: bool = False


@router.post(PATH + "/{batch}/commit")
def commit(request: Request, layer: str, batch: Number, body: Annotated[Commit, Body()]) -> Json:
    """Execute exactly the plan of that hash, in one transaction. Sent twice, it happens once. Its progress is told as an upload's."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, register.commit(conn, desk(request), batch, body.plan_hash, actor(request), now(), body.accept_duplicates)

    with watched(request, "committing") as seen:
        seen.result = batch
        return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/undo")
def undo(request: Request, layer: str, batch: Number) -> Json:
    """Take the batch back, unless a row of it has been edited since."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, register.undo(conn, desk(request), batch, actor(request), now())

    return once(request, {"batch": batch, "layer": layer}, act)


@router.get(PATH + "/{batch}/workbook", response_class=Response, responses={200: {"content": {writers.MEDIA["xlsx"]: {}}}})
def workbook(request: Request, layer: str, batch: Number) -> Response:
    """The person's own workbook again: bad cells coloured, a column 原因; from other formats a workbook is made."""
    bounds = settings(request)
    with tempfile.TemporaryDirectory(prefix="riskmap-back-") as folder, reading(request) as conn:
        plan.whole(actor(request), desk(request).catalogue.layer(layer), batch_of(conn, layer, batch)["steward_org"])
        out = Path(folder, "returned.xlsx")
        name = intake.returned(conn, desk(request), uploads(bounds), layer, batch, Limits.of(bounds), out)
        content = out.read_bytes()
    headers = {"Content-Disposition": f"attachment; filename=\"import-{batch}.xlsx\"; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=writers.MEDIA["xlsx"], headers=headers)


def watched(request: Request, stage: str) -> AbstractContextManager[progress.Progress]:
    """The work of this request, told under its Idempotency-Key."""
    key = request.headers.get("Idempotency-Key") or getattr(request.state, "form_key", None)
    return progress.watched(stage, BOARD, (actor(request).id, key) if key else None)


def uploads(bounds: Settings) -> Path:
    """Where uploads are kept until their marked workbook is no longer wanted."""
    return bounds.var_dir / "uploads"


def batch_of(conn: Conn, layer: str, batch: int) -> dict[str, Any]:
    found = imports.batch(conn, layer, batch) if 0 < batch < 2**62 else None
    if found is None:
        raise NotFound("没有这个批次 / no such batch", where=f"{layer}/{batch}")
    return found


_SHOWN = ("id", "layer", "state", "file_name", "crs", "mapping", "counts", "findings", "plan_hash", "progress", "created_at", "committed_at",
          "undone_at", "actor", "note", "reason", "checker", "submitted_at", "decided_at", "undo_reason", "undo_asked_at", "undone_by")  # fmt: skip


def _shown(held: dict[str, Any]) -> dict[str, Any]:
    return {k: held[k] for k in _SHOWN}


@contextmanager
def on_disk(given: Upload) -> Iterator[Path]:
    """The upload as a file of its own; readers want a path, and its name is not trusted."""
    with tempfile.TemporaryDirectory(prefix="riskmap-upload-") as folder:
        path = Path(folder, "upload")
        given.file.seek(0)
        with path.open("wb") as out:
            while chunk := given.file.read(1 << 20):
                out.write(chunk)
        yield path


def mapping_of(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()) or len(said) > 300:
        raise BadInput(
            "对应关系应为 JSON 对象 (the mapping is a JSON object)", where="mapping", remedy='{"表头": "field", "备注": ""}'
        )
    return said
