"""Plans and reports as files: PDF, Word, one HTML. Readings that leave the house: a POST, in the audit each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from riskmap.api.deps import actor, client_key, desk, now, settings, writing
from riskmap.api.framed import reader
from riskmap.api.posted import Form
from riskmap.flows import paper
from riskmap.store.query import Conn

router = APIRouter(tags=["papers"])

Id = Annotated[int, Path(ge=1, lt=2**62)]
Number = Annotated[int, Path(ge=1, le=100_000)]


class Wanted(BaseModel):
    """The kind of file; html: the picture of the whole plan in one file that opens anywhere."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["pdf", "docx", "html"] = "pdf"


@router.post("/api/incidents/{id}/plans/{number}/export")
def plan_file(request: Request, id: Id, number: Number, body: Wanted) -> Response:
    """A kept plan as a file, written into the audit first; it carries unit, person and time."""
    client_key(request)
    return _plan(request, id, number, body.format)


@router.post("/incidents/{id}/plans/{number}/export", include_in_schema=False)
def plan_form(request: Request, id: Id, number: Number, sent: Form) -> Response:
    """The same from the page's form: field `format`."""
    return _plan(request, id, number, sent.one("format"))


def _plan(request: Request, id: int, number: int, form: str) -> Response:
    return handed(request, lambda conn: paper.plan_paper(conn, desk(request), settings(request), id, number, form, reader(request).language,
                                                         actor(request), now()))  # fmt: skip


def handed(request: Request, made: Callable[[Conn], paper.Paper]) -> Response:
    """The file as an answer; nothing leaves where the audit was not written."""
    with writing(request) as conn:
        file = made(conn)
    plain = file.name.encode("ascii", "ignore").decode().strip("-") or "paper"
    return Response(file.content, media_type=file.media, headers={
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})  # fmt: skip
