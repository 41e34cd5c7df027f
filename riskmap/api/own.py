"""The own account as a page: where one is signed in, the second factor, the way to another password. Plain forms."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from riskmap.api.deps import database, settings
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form
from riskmap.api.signin import visit, went_on
from riskmap.core.second_factor import grouped
from riskmap.errors import Problem, Unauthorized
from riskmap.flows import own, signin
from riskmap.flows.survey import BEIJING
from riskmap.page.people import half

router = APIRouter(include_in_schema=False)


@router.get("/account")
def mine(request: Request, done: str = "") -> Response:
    """The own account."""
    return _page(request, done=done if done in ("ended", "code") else "")


@router.post("/account/sessions")
def end(request: Request, sent: Form) -> Response:
    """End one session, or all others. Done twice it ends nothing more."""
    signed, name = _signed(request), sent.one("session")
    if name == "others":
        own.end_others(database(request), signed, visit(request))
    else:
        own.end_one(database(request), signed, visit(request), name)
    return RedirectResponse("/account?done=ended", status_code=303)


@router.post("/account/code")
def enrol(request: Request, sent: Form) -> Response:
    """The first code of a new device; from then on the sign-in asks for one. The session gets a new id."""
    try:
        ticket = signin.prove(database(request), settings(request), _signed(request), sent.one("code"), visit(request))
    except Problem as fault:
        return _page(request, fault=fault)
    return went_on(request, ticket, {"next": "/account?done=code"})


def _signed(request: Request) -> signin.Signed:
    signed = request.state.signed
    if signed is None:
        raise Unauthorized("还没有账户 / there are no accounts yet", remedy="riskmap user add")
    return signed


def _page(request: Request, done: str = "", fault: Problem | None = None) -> Response:
    signed, who = request.state.signed, reader(request)
    status = 200 if fault is None else 422 if isinstance(fault, Unauthorized) else fault.status  # who asks is signed in all the same
    shown: dict[str, Any] = {
        "held": None,
        "secret": "",
        "address": "",
        "login": "",
        "fault": None,
        "done": done,
        "key": uuid.uuid4().hex,
    }
    if fault:
        shown["fault"] = [half(text, who.language) for text in (fault.title, fault.remedy or "")]
    if signed:
        shown |= {"held": own.account(database(request), signed, visit(request)), "login": signed.actor.id}
        new = signin.enrolment(database(request), signed, visit(request))
        if new:
            shown |= {"secret": grouped(new[0]), "address": new[1]}
    return framed(request, "account.html", "/account", status=status,
                  clock=lambda at: at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"), **shown)  # fmt: skip
