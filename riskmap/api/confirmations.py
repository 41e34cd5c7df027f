"""本期无变化 over HTTP: records confirmed as seen, taken back; as forms on the enterprise's page and the record's."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, now, once
from riskmap.api.posted import Form, Posted
from riskmap.errors import BadInput, Precondition
from riskmap.flows import confirm
from riskmap.store.query import Conn

router = APIRouter()

Id = Annotated[int, Path(ge=1, lt=2**62)]
PAIR = re.compile(r"(\d{1,18}):(\d{1,9})")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Seen(Strict):
    """A record as it was seen."""

    id: Annotated[int, Field(ge=1, lt=2**62)]
    version: Annotated[int, Field(ge=1, lt=2**31)]


class Records(Strict):
    """Those looked at; `enterprise` where they were confirmed for it."""

    records: Annotated[list[Seen], Field(min_length=1, max_length=confirm.MOST)]
    enterprise: Annotated[int, Field(ge=1, lt=2**62)] | None = None


@router.post("/api/confirmations", tags=["records"])
def unchanged(request: Request, body: Records) -> Json:
    """Nothing changed in these: their verified date is today. What takes none stays, with why."""

    def act(conn: Conn) -> tuple[int, Any]:
        pairs = [(one.id, one.version) for one in body.records]
        return 201, confirm.unchanged(conn, pairs, actor(request), now(), body.enterprise)

    return once(request, body.model_dump(), act)


@router.post("/api/confirmations/{sitting}/undo", tags=["records"])
def undo(request: Request, sitting: uuid.UUID) -> Json:
    """Take a click back where its records stand as it left them."""
    return once(request, str(sitting), lambda conn: (200, confirm.undo(conn, sitting, actor(request), now())))


@router.post("/enterprises/{id}/confirm", include_in_schema=False)
def of_enterprise(request: Request, id: Id, sent: Form) -> Response:
    """One record or all of an enterprise, as its page showed them; back to the page with the count and the undo."""
    return sat(request, sent, id, f"/enterprises/{id}")


@router.post("/enterprises/{id}/unconfirm", include_in_schema=False)
def undone(request: Request, id: Id, sent: Form) -> Response:
    """Take it back."""
    return stood_up(request, sent, f"/enterprises/{id}")


def sat(request: Request, sent: Posted, of: int | None, back: str) -> Response:
    """Confirm the pairs of the field `seen` and go back to a page with ?sitting=."""
    pairs = [(int(a), int(b)) for a, b in PAIR.findall(sent.one("seen"))]
    if not pairs:
        raise BadInput("没有选记录 / no record was chosen", where="seen")
    told = orjson.loads(once(request, [back, pairs], lambda conn: (201, confirm.unchanged(conn, pairs, actor(request), now(), of))).body)
    return RedirectResponse(f"{back}?sitting={told['sitting']}&left={len(told['left'])}#records", status_code=303)


def stood_up(request: Request, sent: Posted, back: str) -> Response:
    """Take the click of the field `sitting` back."""
    try:
        sitting = uuid.UUID(sent.one("sitting"))
    except ValueError:
        raise Precondition("缺少要撤销的确认 / which confirmation is missing", where="sitting") from None
    once(request, [back, str(sitting)], lambda conn: (200, confirm.undo(conn, sitting, actor(request), now())))
    return RedirectResponse(f"{back}?sitting={sitting}#records", status_code=303)
