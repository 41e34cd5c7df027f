"""Keys of programs over HTTP, for the security administrator."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field

from riskmap.api.accounts import Strict, with_secret
from riskmap.api.deps import Json, actor, desk, now, once, reading
from riskmap.flows import key as flow
from riskmap.store import keys
from riskmap.store.query import Conn

router = APIRouter(tags=["people"])
Id = Annotated[int, Path(ge=1, le=2_147_483_647)]


class NewKey(Strict):
    """A key to be made. `org`: the unit whose records it reads; `layers`: those layers alone, none given: all; `days`: how long it lives."""

    name: Annotated[str, Field(max_length=100)]
    org: Annotated[str, Field(max_length=12)]
    layers: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)] | None = None
    days: int = 90


@router.get("/api/keys")
def listed(request: Request) -> Json:
    """Every key, by its prefix; the key itself is kept nowhere."""
    with reading(request) as conn:
        return Json({"keys": keys.every(conn)})


@router.post("/api/keys", status_code=201)
def add(request: Request, body: NewKey) -> Json:
    """A new key, which opens once a second security administrator confirms it. It is in this answer and nowhere else."""
    told: dict[str, str] = {}

    def act(conn: Conn) -> tuple[int, Any]:
        known = desk(request).catalogue.layers
        id, told["key"] = flow.add(conn, body.name, body.org, body.layers, body.days, actor(request), now(), known)
        return 201, {"id": id, "name": body.name, "org": body.org, "layers": body.layers, "days": body.days}

    return with_secret(once(request, body.model_dump(), act), told)


@router.post("/api/keys/{id}/confirm")
def confirm(request: Request, id: Id) -> Json:
    """The second security administrator's yes: from now on the key opens."""
    return once(request, {"id": id}, lambda conn: (200, flow.confirm(conn, id, actor(request))))


@router.post("/api/keys/{id}/revoke")
def revoke(request: Request, id: Id) -> Json:
    """From the next request on the key opens nothing."""
    return once(request, {"id": id}, lambda conn: (200, flow.revoke(conn, id, actor(request), now())))
