"""Photos and papers over HTTP: a plain form adds one, a link saves one. Another unit's is the same 404 as an absent one."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from riskmap.api.deps import Json, actor, now, once, reading
from riskmap.api.posted import Form, FormWithFile
from riskmap.errors import NotFound
from riskmap.flows import attach
from riskmap.readers.attachment import TYPES
from riskmap.store import attachments, changes
from riskmap.store.query import Conn

router = APIRouter()
Id = Annotated[int, Path(ge=1, lt=2**62)]


@router.post("/drafts/{change}/files", include_in_schema=False)
def add(request: Request, change: Id, sent: FormWithFile) -> Response:
    """Hang a file on a draft."""
    file = attach.examined(sent.body)

    def act(conn: Conn) -> tuple[int, Any]:
        return 201, {"id": attach.add(conn, change, sent.name, file, actor(request), now())}

    once(request, [change, sent.name, hashlib.sha256(sent.body).hexdigest()], act)
    return RedirectResponse(f"/drafts/{change}#s-files", status_code=303)


@router.post("/drafts/{change}/files/{file}/remove", include_in_schema=False)
def remove(request: Request, change: Id, file: Id, sent: Form) -> Response:
    """Take a file away."""

    def act(conn: Conn) -> tuple[int, Any]:
        attach.remove(conn, change, file, actor(request), now())
        return 200, {"id": file}

    once(request, [change, file, "remove"], act)
    return RedirectResponse(f"/drafts/{change}#s-files", status_code=303)


@router.get("/api/changes/{id}/attachments", tags=["changes"])
def listed(request: Request, id: Id) -> Json:
    """What hangs on a proposal."""
    with reading(request) as conn:
        if changes.one(conn, id) is None:
            raise NotFound("没有这条申请 / no such proposal", where=str(id))
        return Json({"attachments": attachments.of_change(conn, id)})


@router.get("/api/attachments/{id}", tags=["changes"])
def one(request: Request, id: Id) -> Response:
    """The file, to be saved: it is never shown as a page of ours."""
    with reading(request) as conn:
        found = attach.opened(conn, id)
    return Response(
        bytes(found["body"]),
        media_type=TYPES[found["kind"]],
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found['name'], safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
