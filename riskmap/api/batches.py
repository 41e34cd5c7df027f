"""A clerk's batch over HTTP: handed in, returned, approved as exactly its plan, withdrawn, its undo asked for; the list of batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, Number, actor, desk, now, once, reading, settings
from riskmap.api.imports import PATH, asked_rows, batch_of, watched
from riskmap.errors import BadInput
from riskmap.flows import batch as flow
from riskmap.flows import mend as mending
from riskmap.flows import plan
from riskmap.store import batches, imports, plans
from riskmap.store.query import Conn

router = APIRouter(tags=["imports"])
SHOWN = 500  # rows told in the answer to a mend
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
        found = batches.page(conn, who.id if whose == "mine" else None, whose == "waiting", limit, before)
    return Json({"batches": found, "next": found[-1]["id"] if len(found) == limit else None})


@router.post(PATH + "/{batch}/submit")
def submit(request: Request, layer: str, batch: Number, body: Annotated[HandIn, Body()]) -> Json:
    """Hand the batch in. Rows with a doubt become proposals of their own; the answer's plan_hash is of what is left."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.submit(conn, desk(request), batch, body.plan_hash, actor(request), now(), note=body.note,
                                accept_duplicates=body.accept_duplicates)  # fmt: skip

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/withdraw")
def withdraw(request: Request, layer: str, batch: Number) -> Json:
    """Take the batch back for good, before it is decided."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.withdraw(conn, batch, actor(request), now())

    return once(request, {"batch": batch, "layer": layer}, act)


@router.post(PATH + "/{batch}/return")
def send_back(request: Request, layer: str, batch: Number, body: Annotated[Return, Body()]) -> Json:
    """Return the batch to its maker with a reason."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.send_back(conn, desk(request), batch, body.plan_hash, body.reason, actor(request), now())

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/approve")
def approve(request: Request, layer: str, batch: Number, body: Annotated[Approve, Body()]) -> Json:
    """Put exactly the plan of that hash in force, in one transaction. Its progress is told as an upload's."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.approve(conn, desk(request), batch, body.plan_hash, actor(request), now())

    with watched(request, "committing") as seen:
        seen.result = batch
        return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


@router.post(PATH + "/{batch}/ask-undo")
def ask_undo(request: Request, layer: str, batch: Number, body: Annotated[Ask, Body()]) -> Json:
    """Its maker asks that a batch in force be taken back."""

    def act(conn: Conn) -> tuple[int, Any]:
        batch_of(conn, layer, batch)
        return 200, flow.ask_undo(conn, batch, body.reason, actor(request), now())

    return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


class RowEdit(Strict):
    """One row's cells: heading → text, null empties it."""

    row: Annotated[int, Field(ge=0, lt=2**31)]
    cells: Annotated[dict[str, str | None], Field(min_length=1, max_length=300)]


class Every(Strict):
    """Every row that is all of this."""

    row: Annotated[int | None, Field(ge=0, lt=2**31)] = None
    outcome: Annotated[str, Field(max_length=100, description="several by comma")] = ""
    code: Annotated[str, Field(max_length=60, description="of a finding")] = ""
    heading: Annotated[str, Field(max_length=200, description="of a finding")] = ""
    at: Annotated[str, Field(max_length=200, description="a heading, for `contains` and `equals`")] = ""
    contains: Annotated[str, Field(max_length=200)] = ""
    equals: Annotated[str | None, Field(max_length=2000, description="the cell is exactly this; \"\": it is empty")] = None


class Mend(Strict):
    """Either `rows`, or `every` with what is put into each: `cells`, or the doctor's proposal for findings of code `adopt`."""

    plan_hash: Hash
    rows: Annotated[list[RowEdit], Field(max_length=500)] = []
    every: Every | None = None
    cells: Annotated[dict[str, str | None], Field(max_length=300)] = {}
    adopt: Annotated[str, Field(max_length=60)] = ""


@router.post(PATH + "/{batch}/mend")
def mend(request: Request, layer: str, batch: Number, body: Annotated[Mend, Body()]) -> Json:
    """Change cells of one's own plan before it is handed in: the rows are checked and planned anew, the plan gets a new hash."""
    edit = edit_of(body)
    at, who, bounds = desk(request), actor(request), settings(request)

    def act(conn: Conn) -> tuple[int, Any]:
        held = batch_of(conn, layer, batch)
        made = mending.mend(conn, at, batch, body.plan_hash, edit, who, bounds.district_tolerance_m)
        numbers = [*made["mended"], *made["also"]]
        seen = plans.listed(conn, batch, sorted(numbers)[:SHOWN])
        mapping = (imports.batch(conn, layer, batch) or held)["mapping"]
        told = {"mended": len(made["mended"]), "also": len(made["also"]), "mapping": mapping}
        return 200, made | told | {"rows": plan.shown(seen, who, at.catalogue.layer(layer), mapping)}

    with watched(request, "checking") as seen:
        seen.result = batch
        return once(request, {"batch": batch, "layer": layer, "body": body.model_dump()}, act)


def edit_of(body: Mend) -> mending.Edit:
    """What is asked for, as the flow takes it. Raises BadInput."""
    if body.every is None:
        return mending.Edit({one.row: one.cells for one in body.rows})
    if body.rows or not (body.cells or body.adopt):
        raise BadInput("写明改哪些行、改成什么 / say which rows, and what is put in", where="every")
    e = body.every
    asked = asked_rows(e.outcome, e.code or body.adopt, e.heading, e.at, e.contains, False)
    return mending.Edit({}, replace(asked, row=e.row, equals=e.equals, at_heading=e.at or None), body.cells, body.adopt)
