"""The administration of accounts and keys as a page of plain forms. What is told once (a password, a key) stands in the answer and nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from riskmap.api.deps import actor, desk, now, once, reading
from riskmap.api.framed import framed, reader
from riskmap.api.posted import Form
from riskmap.core.role import ROLES
from riskmap.errors import NotFound, Problem
from riskmap.flows import key as key_flow
from riskmap.flows import people
from riskmap.flows.survey import BEIJING
from riskmap.page.people import half
from riskmap.store import accounts, keys, orgs
from riskmap.store.query import Conn

router = APIRouter(include_in_schema=False)
HERE = "/people"
Act = Callable[[Conn, dict[str, str]], Any]


@router.get(HERE)
def board(request: Request) -> HTMLResponse:
    """Every account and every key, with what may be done to each."""
    return _page(request)


@router.post(HERE + "/new")
def add(request: Request, sent: Form) -> HTMLResponse:
    """A new account; its one-time password is in this page and nowhere else."""

    def act(conn: Conn, told: dict[str, str]) -> Any:
        login, name, role, org = (sent.one(n) for n in ("login", "name", "role", "org"))
        id, told["secret"] = people.add(conn, login, name, role, org, actor(request), now())
        return {"id": id, "login": login}

    return _done(request, ["new", *(sent.one(n) for n in ("login", "name", "role", "org"))], act, sent.one("login"), "new")


@router.post(HERE + "/keys/new")
def add_key(request: Request, sent: Form) -> HTMLResponse:
    """A new key; it is in this page and nowhere else."""
    layers = [one for one in sent.get("layer", []) if one] or None

    def act(conn: Conn, told: dict[str, str]) -> Any:
        known = desk(request).catalogue.layers
        id, told["secret"] = key_flow.add(conn, sent.one("name"), sent.one("org"), layers, sent.number("days"), actor(request), now(), known)
        return {"id": id}

    return _done(request, ["key", sent.one("name"), sent.one("org"), layers, sent.one("days")], act, sent.one("name"), "key")


@router.post(HERE + "/keys/{id}/{move}")
def move_key(request: Request, id: Annotated[int, Path(ge=1, lt=2**31)], move: str, sent: Form) -> HTMLResponse:
    """confirm or revoke."""
    acts: dict[str, Act] = {
        "confirm": lambda conn, _: key_flow.confirm(conn, id, actor(request)),
        "revoke": lambda conn, _: key_flow.revoke(conn, id, actor(request), now()),
    }
    return _done(request, ["key", id, move], _known(acts, move), str(id), move)


@router.post(HERE + "/{login}/{move}")
def move(request: Request, login: str, move: str, sent: Form) -> HTMLResponse:
    """role, disable, enable, unlock, reset, confirm or subject."""

    def reset(conn: Conn, told: dict[str, str]) -> Any:
        told["secret"] = people.reset_password(conn, login, actor(request), now(), sent.one("second_factor") == "1")
        return {"login": login}

    def unlock(conn: Conn, _: dict[str, str]) -> Any:
        people.unlock(conn, login, actor(request))
        return {"login": login}

    acts: dict[str, Act] = {
        "role": lambda conn, _: people.set_role(conn, login, sent.one("role"), sent.one("org") or None, actor(request)),
        "disable": lambda conn, _: people.set_state(conn, login, "disabled", actor(request)),
        "enable": lambda conn, _: people.set_state(conn, login, "active", actor(request)),
        "subject": lambda conn, _: people.bind(conn, login, sent.one("subject") or None, actor(request)),
        "confirm": lambda conn, _: people.confirm(conn, login, actor(request)),
        "reset": reset,
        "unlock": unlock,
    }
    asked = [login, move, *(sent.one(n) for n in ("role", "org", "subject", "second_factor"))]
    return _done(request, asked, _known(acts, move), login, move)


def _known(acts: dict[str, Act], move: str) -> Act:
    if move not in acts:
        raise NotFound("没有这个操作 / no such move", where=move[:40])
    return acts[move]


def _done(request: Request, asked: list[Any], act: Act, who: str, move: str) -> HTMLResponse:
    """The page after a move: what was done, and what is told this once; or what is wrong."""
    told: dict[str, str] = {}
    try:
        once(request, asked, lambda conn: (200, act(conn, told)))
    except Problem as fault:
        return _page(request, fault=fault)
    return _page(request, done=move, who=who[:100], secret=told.get("secret", ""))


def _page(request: Request, done: str = "", who: str = "", secret: str = "", fault: Problem | None = None) -> HTMLResponse:
    language = reader(request).language
    with reading(request) as conn:
        everybody, programs, units = accounts.every(conn), keys.every(conn), orgs.every(conn)
    names = {code: words[0 if language == "zh-CN" else 1] for code, words in ROLES.items()}
    layers = {name: layer.label.zh if language == "zh-CN" else layer.label.en for name, layer in desk(request).catalogue.layers.items()}
    return framed(
        request, "people.html", HERE, status=fault.status if fault else 200, people=everybody, keys=programs, units=units, roles=names, layers=layers,
        done=done, who=who, secret=secret, fault=fault and [half(text, language) for text in (fault.title, fault.remedy or "")],
        me=actor(request).id, key=uuid.uuid4().hex, at=now(), clock=lambda at: at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip
