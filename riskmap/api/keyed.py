"""Programs that read: a key in `Authorization: Bearer`. It reads data and nothing else, so many requests a minute, and is in the audit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import Request

from riskmap.api.deps import address_of, now
from riskmap.core.actor import Actor
from riskmap.errors import Forbidden, NotFound, Problem, TooMany, Unauthorized
from riskmap.flows import key as keys
from riskmap.flows.signin import network
from riskmap.store.database import Database

READS = frozenset({"GET", "HEAD"})
MINUTE_S = 60.0
MOST = 10_000  # keys and addresses remembered
# What a key for some layers may ask besides those layers: outlines, the catalogue, what is near (of its layers, by the database's wall).
NEUTRAL = frozenset(f"GET /api/{path}" for path in (
    "layers", "status", "basemaps", "districts.geojson", "water.geojson", "near", "roles", "chemicals", "place",
))  # fmt: skip

log = structlog.get_logger()


def presented(request: Request) -> str | None:
    """The key of a request; None when it brings none. An Authorization of another scheme is a key that opens nothing."""
    given = request.headers.get("Authorization")
    if given is None:
        return None
    scheme, _, key = given.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def narrowed(request: Request, route: str, who: Actor) -> None:
    """A key for some layers asks for those. Raises NotFound for another layer, Forbidden for what shows all layers together."""
    assert who.layers is not None
    if "{layer}" in route:
        if request.path_params.get("layer") not in who.layers:
            raise NotFound("没有这个图层 / no such layer", where=str(request.path_params.get("layer", ""))[:40])
    elif route not in NEUTRAL:
        raise Forbidden("密钥只限部分图层 / the key is for some layers only", where=route, remedy="、".join(who.layers))


class Counted:
    """How often somebody came within a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: dict[str, tuple[float, int]] = {}  # who → when the minute began, how often since

    def come(self, who: str) -> tuple[int, float]:
        """The number of this coming in its minute, and how long the minute still lasts."""
        at = self._clock()
        with self._lock:
            began, times = self._seen.get(who, (at, 0))
            if at - began >= MINUTE_S:
                began, times = at, 0
            if who not in self._seen and len(self._seen) >= MOST:
                self._seen = {k: v for k, v in self._seen.items() if at - v[0] < MINUTE_S}
            self._seen[who] = (began, times + 1)
            return times + 1, MINUTE_S - (at - began)


class Keys:
    """Recognises keys, counts their requests, writes down who used one and what was refused."""

    def __init__(self, db: Database, per_minute: int, wrong_per_address: int) -> None:
        self._db, self._most, self._wrong_most = db, per_minute, wrong_per_address
        self._used, self._wrong = Counted(), Counted()
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[float, int]] = {}  # key → when its use was last written down, requests since

    def admitted(self, request: Request, key: str) -> Actor:
        """Who asks by this key. Raises Unauthorized for one that opens nothing, TooMany over a limit, Forbidden for anything but reading data."""
        found = keys.resolve(self._db, key, now())
        if found is None:
            raise self._nobody(request, key)
        who, id = found
        request.state.actor = who  # known from here on: what is refused is in its name
        times, left = self._used.come(who.id)
        if times > self._most:
            raise _later(left)
        if requests := self._due(id):
            _written(keys.used, self._db, id, who, now(), address_of(request), request.state.request_id, requests)
        path = request.url.path
        if request.method not in READS or not path.startswith(("/api/", "/tiles/")):
            raise Forbidden(
                "密钥只能读取数据 / a key reads data and nothing else", where=f"{request.method} {path}"[:200],
                remedy="GET /api/…；写入与页面须登录 / to write, or for a page, sign in",
            )  # fmt: skip
        return who

    def _nobody(self, request: Request, key: str) -> Problem:
        """What is told for a key that opens nothing; into the audit the first of a minute and the one over the limit."""
        times, left = self._wrong.come(network(address_of(request)))
        if times in (1, self._wrong_most + 1):
            _written(keys.refused, self._db, key, address_of(request), request.state.request_id, times)
        if times > self._wrong_most:
            return _later(left)
        return Unauthorized(
            "密钥无效 / the key opens nothing", where="Authorization", remedy="向安全管理员要一个新的 / ask a security administrator for another"
        )

    def _due(self, id: int) -> int:
        """How many requests the row to be written stands for; 0 where one was written within the minute."""
        at = time.monotonic()
        with self._lock:
            told, since = self._kept.get(id, (-MINUTE_S, 0))
            due = at - told >= MINUTE_S
            self._kept[id] = (at, 0) if due else (told, since + 1)
            return since + 1 if due else 0


def _written(write: Callable[..., None], *given: Any) -> None:
    """A database that takes no row is logged: nothing is changed by who only reads."""
    try:
        write(*given)
    except Problem as problem:
        log.warning("key_untold", problem=problem.title)


def _later(left_s: float) -> TooMany:
    return TooMany("请求太多 / too many requests", where="Authorization", remedy="稍后再试 / try again later", retry_after=max(1, round(left_s)))
