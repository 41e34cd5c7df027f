"""What every route shares: who asks, one transaction a request, one effect a client key."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
from fastapi import Path, Request
from fastapi.responses import Response

from riskmap.core.actor import Actor
from riskmap.errors import Conflict, Precondition, Unauthorized
from riskmap.flows import signin
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.settings import Settings
from riskmap.store import accounts, journal
from riskmap.store.database import Database
from riskmap.store.faults import unstorable
from riskmap.store.query import Conn

Number = Annotated[int, Path(gt=-(2**62), lt=2**62)]  # of a record, a batch: what a column holds


class Json(Response):
    """JSON by orjson: arrays of numbers, dates and text in one pass."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        try:
            return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS, default=str)
        except TypeError:  # what was sent and is told back: half a sign, a number of more than 64 bits
            return json.dumps(content, default=str).encode()


def desk(request: Request) -> Desk:
    """The catalogue and the gazetteer, read once at start."""
    return request.app.state.desk


def settings(request: Request) -> Settings:
    return request.app.state.settings


def database(request: Request) -> Database:
    return request.app.state.db


def actor(request: Request) -> Actor:
    """Who asks, as the guard found out (riskmap/api/allowed.py). Until accounts exist: the built-in officer, on the loopback address only."""
    found = getattr(request.state, "actor", None)
    if found is None:
        raise Unauthorized("请先登录 / sign in first", where="/signin")
    return found


def csrf(request: Request) -> str:
    """What a change from this request's page must carry; empty while nobody has to sign in."""
    signed = getattr(request.state, "signed", None)
    return signed.csrf if signed else ""


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The day it is in Beijing."""
    return beijing_day(now())


@contextmanager
def reading(request: Request) -> Iterator[Conn]:
    """The request's one transaction, READ ONLY."""
    with database(request).as_user(actor(request), address=address_of(request), request_id=request.state.request_id) as conn:
        yield conn


@contextmanager
def writing(request: Request) -> Iterator[Conn]:
    """The request's one transaction, for a change.

    Who asks was found out at the door, and a long body may have come in since: it is asked again in the transaction, and once more
    before anything is kept. Raises Unauthorized when the session ended, or became another's.
    """
    with database(request).as_user(
        actor(request), write=True, address=address_of(request), request_id=request.state.request_id
    ) as conn:
        still_signed(request, conn)
        yield conn
        still_signed(request, conn)


def still_signed(request: Request, conn: Conn) -> None:
    """Whether the session still stands, as this transaction sees it now. Raises Unauthorized."""
    signed = getattr(request.state, "signed", None)
    if signed is not None and not accounts.stands(conn, signin.key_of(signed.id), signed.actor.role, signed.actor.org):
        raise Unauthorized(
            "登录已失效，没有写入 / the session has ended, nothing was written", where="/signin",
            remedy="重新登录后再试 / sign in and try again",
        )  # fmt: skip


def client_key(request: Request) -> str:
    """The request's Idempotency-Key. Raises Precondition without one; as a dependency it is asked before a body is read."""
    key = request.headers.get("Idempotency-Key", "") or getattr(request.state, "form_key", "")
    if not 8 <= len(key) <= 200:
        raise Precondition(
            "缺少 Idempotency-Key / the Idempotency-Key header is missing",
            where="Idempotency-Key",
            remedy="每次操作带一个 8–200 字符的唯一键 / send a unique key of 8–200 characters with every POST",
        )
    return key


def once(request: Request, body: Any, act: Callable[[Conn], tuple[int, Any]]) -> Json:
    """Do `act` once for the request's Idempotency-Key: a repeat gets the first answer, a rival waits for it.

    `act` gets the connection and returns (status, answer). Raises Precondition without a key, Conflict when the key came with another request.
    """
    key = client_key(request)
    route = f"{request.method} {request.url.path}"
    who = actor(request)
    sight = [who.role, who.scope, who.orgs]  # the same request under another role is another request
    try:
        digest = hashlib.sha256(route.encode() + orjson.dumps([body, sight], default=str)).hexdigest()
    except (TypeError, UnicodeEncodeError):
        raise unstorable() from None
    with writing(request) as conn:
        if not journal.claim(conn, who, key, route, digest):
            before = journal.recall(conn, who, key)
            if before is None or before["status"] is None:
                raise Conflict(
                    "同一操作正在进行 / the same request is still running",
                    where="Idempotency-Key",
                    remedy="稍后再试 / try again shortly",
                )
            if before["request_hash"] != digest:
                raise Conflict(
                    "这个键已用于另一个请求 / this key was used for another request",
                    where="Idempotency-Key",
                    remedy="换一个键 / use a new key",
                )
            return Json(before["response"], status_code=before["status"], headers={"Idempotent-Replay": "true"})
        status, answer = act(conn)
        journal.answer(conn, who, key, status, orjson.loads(orjson.dumps(answer, default=str)))
        return Json(answer, status_code=status)
