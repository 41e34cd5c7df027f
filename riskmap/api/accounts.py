"""People over HTTP: accounts for the security administrator, the table of roles for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from riskmap.api.deps import Json, actor, now, once, reading
from riskmap.api.framed import framed, reader
from riskmap.core.role import MAY, OPERATIONS, ROLES
from riskmap.flows import people
from riskmap.page.people import roles_table
from riskmap.store import accounts
from riskmap.store.query import Conn

router = APIRouter(tags=["people"])


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class New(Strict):
    """An account to be made. `org`: 110000 the city, 110105 … a district, BDA, nine digits a street."""

    login: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(max_length=100)]
    role: Annotated[str, Field(max_length=40)]
    org: Annotated[str, Field(max_length=12)]


class Role(Strict):
    role: Annotated[str, Field(max_length=40)]
    org: Annotated[str, Field(max_length=12)] | None = None


class Reset(Strict):
    """`second_factor`: the lost device is forgotten too."""

    second_factor: bool = False


class Subject(Strict):
    """Whom the identity provider calls so; null: nobody any more."""

    subject: Annotated[str, Field(min_length=1, max_length=255)] | None


@router.get("/roles", include_in_schema=False)
def roles(request: Request) -> HTMLResponse:
    """What each role may do, as a page."""
    return framed(request, "roles.html", "/roles", **roles_table(reader(request).language))


@router.get("/api/roles")
def table() -> Json:
    """What each role may do, as data."""
    shown = {name: {"zh": names[0], "en": names[1], "may": sorted(MAY[name])} for name, names in ROLES.items()}
    return Json({"operations": {k: {"zh": v[0], "en": v[1]} for k, v in OPERATIONS.items()}, "roles": shown})


@router.get("/api/me")
def me(request: Request) -> Json:
    """Who is asking, and what they may do."""
    who = actor(request)
    return Json({"login": who.id, "name": who.name, "role": who.role, "unit": who.unit, "may": sorted(MAY[who.role])})


@router.get("/api/accounts")
def listed(request: Request) -> Json:
    """Every account, without its secrets."""
    with reading(request) as conn:
        return Json({"accounts": accounts.every(conn)})


@router.post("/api/accounts", status_code=201)
def add(request: Request, body: New) -> Json:
    """A new account, which opens once a second security administrator confirms it. Its one-time password is in this answer and nowhere else."""
    told: dict[str, str] = {}

    def act(conn: Conn) -> tuple[int, Any]:
        id, told["password"] = people.add(conn, body.login, body.name, body.role, body.org, actor(request), now())
        return 201, {"id": id, "login": body.login.strip().lower(), "role": body.role, "org": body.org}

    return with_secret(once(request, body.model_dump(), act), told)


@router.post("/api/accounts/{login}/role")
def change_role(request: Request, login: str, body: Role) -> Json:
    """Another role, and unit; in force with the person's next request."""
    return _done(
        request, login, body.model_dump(), lambda conn: people.set_role(conn, login, body.role, body.org, actor(request))
    )


@router.post("/api/accounts/{login}/disable")
def disable(request: Request, login: str) -> Json:
    """Shut out; the person's sessions end at once."""
    return _done(request, login, "disable", lambda conn: people.set_state(conn, login, "disabled", actor(request)))


@router.post("/api/accounts/{login}/enable")
def enable(request: Request, login: str) -> Json:
    """Let in again."""
    return _done(request, login, "enable", lambda conn: people.set_state(conn, login, "active", actor(request)))


@router.post("/api/accounts/{login}/confirm")
def confirm(request: Request, login: str) -> Json:
    """The second security administrator's yes to what the first granted: from now on it opens."""
    return _done(request, login, "confirm", lambda conn: people.confirm(conn, login, actor(request)))


@router.post("/api/accounts/{login}/subject")
def bind(request: Request, login: str, body: Subject) -> Json:
    """Who comes by the identity provider under this subject is this account, once a second security administrator confirms it."""
    return _done(request, login, body.model_dump(), lambda conn: people.bind(conn, login, body.subject, actor(request)))


@router.post("/api/accounts/{login}/unlock")
def unlock(request: Request, login: str) -> Json:
    """Let a locked account try again at once."""

    def act(conn: Conn) -> dict[str, Any]:
        people.unlock(conn, login, actor(request))
        return {"login": login, "locked": False}

    return _done(request, login, "unlock", act)


@router.post("/api/accounts/{login}/reset-password")
def reset(request: Request, login: str, body: Reset) -> Json:
    """A one-time password in place of a forgotten one, told this once."""
    told: dict[str, str] = {}

    def act(conn: Conn) -> tuple[int, Any]:
        told["password"] = people.reset_password(conn, login, actor(request), now(), body.second_factor)
        return 200, {"login": login}

    return with_secret(once(request, body.model_dump(), act), told)


def _done(request: Request, login: str, body: Any, act: Callable[[Conn], dict[str, Any]]) -> Json:
    return once(request, {"login": login, "body": body}, lambda conn: (200, act(conn)))


def with_secret(answer: Json, told: dict[str, str]) -> Json:
    """The answer with what is never stored under its key."""
    if told:
        answer = Json(orjson.loads(answer.body) | told, status_code=answer.status_code)
    answer.headers["Cache-Control"] = "no-store"
    return answer
