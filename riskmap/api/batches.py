"""A clerk's batch over HTTP: handed in, returned, approved as exactly its plan, withdrawn, its undo asked for; the list of batches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, desk, now, once, reading
from riskmap.api.imports import PATH, batch_of, watched
from riskmap.flows import batch as flow
from riskmap.store import batches
from riskmap.store.query import Conn

router = APIRouter(tags=["imports"])
Hash = Annotated[str, Field(min_length=8, max_length=128)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HandIn(Strict):
    """The plan that was seen; a word to the reviewer; whether suspected duplicates are proposed too."""

    plan_hash: Hash
    note: Annotated[str, Field(max_length=400)] = ""
    accept_duplicates: bool = False


class Return(Strict):
    plan_hash: Hash
    reason: Annotated[str, Field(min_length=2, max_length=1000)]


class Approve(Strict):
    plan_hash: Hash


class Ask(Strict):
    reason: Annotated[str, Field(min_length=2, max_length=1000)]


@router.get("/api/imports")
def listed(
    request: Request,
    whose: Annotated[
        Literal["mine", "waiting", "all"], Query(description="mine; waiting: handed in, or its undo asked for")
    ] = "all",
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    """Batches with their states, the latest first."""
    who = actor(request)
    with reading(request) as conn:
        found = batches.page(
            conn, who.id if whose == "mine" else None, ["submitted"] if whose == "waiting" else None, limit, before
        )
    return Json({"batches": found, "next": found[-1]["id"] if len(found) == limit else None})


@router.post(PATH + "/{batch}/submit")
def submit(request: Request, layer: str, batch: int, body: Annotated[HandIn, Body()]) -> Json:
    """Hand the batch in. Rows with a doubt become proposals of their own; the answer's plan_hash is of what is left."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.submit(conn, desk(request), batch, body.plan_hash, actor(request), now(), note=body.note,
                                accept_duplicates=body.accept_duplicates)  # fmt: skip

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/withdraw")
def withdraw(request: Request, layer: str, batch: int) -> Json:
    """Take the batch back for good, before it is decided."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.withdraw(conn, batch, actor(request), now())

    return once(request, {"batch": batch, "layer": layer}, act)


@router.post(PATH + "/{batch}/return")
def send_back(request: Request, layer: str, batch: int, body: Annotated[Return, Body()]) -> Json:
    """Return the batch to its maker with a reason."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.send_back(conn, desk(request), batch, body.plan_hash, body.reason, actor(request), now())

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/approve")
def approve(request: Request, layer: str, batch: int, body: Annotated[Approve, Body()]) -> Json:
    """Put exactly the plan of that hash in force, in one transaction. Its progress is told as an upload's."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.approve(conn, desk(request), batch, body.plan_hash, actor(request), now())

    with watched(request, "committing") as seen:
        seen.result = batch
        return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/ask-undo")
def ask_undo(request: Request, layer: str, batch: int, body: Annotated[Ask, Body()]) -> Json:
    """Its maker asks that a batch in force be taken back."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.ask_undo(conn, batch, body.reason, actor(request), now())

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)
