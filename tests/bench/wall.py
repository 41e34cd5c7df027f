"""The wall's price: what map and list ask, with row-level security and without it, over two copies of the same city.

Both copies are served by the same program under the same login role; in one, row-level security is switched off on every table.
Twice: as an officer of the city, who sees everything, and as a clerk of one district, whose questions name the district, so that both
sides have the same rows to find.
"""

from __future__ import annotations

import random
import re
import statistics
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.api.people import PASSWORD, made
from tests.bench import servers
from tests.bench.city import CITY, Place
from tests.bench.table import Row
from tests.bench.web import LIMIT, RESOLUTION, paths, text, tiles

MOST = 1.5
DISTRICT = "110105"
ROUNDS = 3                                            # each side in turn, so that neither has the quieter minute
FILTER = {"risk_officer": "", "district_clerk": f"&district={DISTRICT}"}
WHOSE = {"risk_officer": "全市 whole city", "district_clerk": "一区 one district"}
OPEN = """
SELECT format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity
"""


@contextmanager
def copied(place: Place, name: str, *, wall: bool) -> Iterator[str]:
    """A copy of the city with an officer and a clerk in it, thrown away afterwards; its name."""
    place.drop(name)
    place.copy(CITY, name)
    try:
        with place.database(name) as db:
            for role in FILTER:
                made(db, f"bench.{role.replace('_', '.')}", role, "110000" if role == "risk_officer" else DISTRICT)
        with psycopg.connect(place.dsns(name).superuser, autocommit=True) as conn:
            if not wall:
                for (statement,) in conn.execute(OPEN).fetchall():
                    conn.execute(sql.SQL(statement))
            conn.execute("VACUUM ANALYZE")
        yield name
    finally:
        place.drop(name)


def entered(address: str, role: str) -> str:
    """The cookie of a signed-in session. OSError when the door stays shut."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    form = urllib.parse.urlencode({"login": f"bench.{role.replace('_', '.')}", "password": PASSWORD, "next": ""}).encode()
    ask = urllib.request.Request(f"{address}/signin", form, {"Origin": address})
    try:
        urllib.request.build_opener(Stay).open(ask)
    except urllib.error.HTTPError as answer:
        found = re.match(r"([^=]+=[^;]+)", answer.headers.get("Set-Cookie", "")) if answer.code == 303 else None
        if found:
            return found[1]
        raise OSError(f"{role}: {answer.code}") from None
    raise OSError(f"{role}: no session")


def questions(points: list[tuple[float, float]], role: str) -> dict[str, list[str]]:
    """Endpoint → paths."""
    boxes, also, draw = tiles(points, 11), FILTER[role], random.Random(3)
    sources = "/api/layers/risk_source"
    kinds = ["effective_level", "-verified_on", "id", "name"]
    return {
        "要素页 features page": [path + also for path in paths(boxes)["features"][0]],
        "地图点 map points": [f"{sources}/points?bbox={text(b)}&zoom={z}{also}" for z, b in boxes],
        "列表带计数 list with count": [
            f"{sources}/features?limit=100&sort={draw.choice(kinds)}&count=true&level={1 + i % 4}{also}" for i in range(40)
        ],
        "网格 cells": [f"/api/cells?resolution={RESOLUTION[z]}&bbox={text(b)}" for z, b in boxes],
    }


def rows(place: Place, seconds: int) -> list[Row]:
    """A row for each endpoint and role: the median time of an answer, wall against none; promised is at most half as much again."""
    table = place.made.layers["risk_source"]
    points = [(lon, lat) for lon, lat in zip(table["lon"], table["lat"], strict=True) if lon is not None]
    out = []
    with copied(place, "bench_wall", wall=True) as shut, copied(place, "bench_open", wall=False) as bare:
        with servers.ours(place, shut) as mine, servers.ours(place, bare) as other:
            for address in (mine, other):
                servers.settle(address, entered(address, "risk_officer"))
            for role in FILTER:
                sessions = {address: entered(address, role) for address in (mine, other)}
                for which, asked in questions(points, role).items():
                    same(mine, other, asked, sessions)
                    took: dict[str, list[float]] = {mine: [], other: []}
                    for round in range(ROUNDS + 1):
                        for address in (mine, other) if round % 2 else (other, mine):
                            got = servers.asked(address, asked, seconds, sessions[address])
                            if got["bad"]:
                                raise AssertionError(f"{which}: {got['bad']} failed requests of {role}")
                            if round:                 # the first warms
                                took[address].append(got["p50_ms"])
                    a, b = statistics.median(took[mine]), statistics.median(took[other])
                    out.append(Row(f"行级安全的代价 price of row-level security: {which}, {WHOSE[role]}", a, b, "ms", "无行级安全 without",
                                   f"p50，{servers.CONNECTIONS} 连接，每页 {LIMIT} 条以内；×{a / b:.2f}", goal=MOST * b))
    return out


def same(mine: str, other: str, asked: list[str], sessions: dict[str, str]) -> None:
    """Both sides give the same answer to ten of the questions, and to some of them an answer that is not empty."""
    sizes = []
    for path in asked[:10]:
        a, b = (servers.fetch(address + path, sessions[address]) for address in (mine, other))
        keep = [{k: v for k, v in one.items() if k not in ("links", "revision", "as_of", "graded_at", "timeStamp")} for one in (a, b)]
        if keep[0] != keep[1]:
            raise AssertionError(f"answers differ: {path}")
        sizes.append(len(str(a)))
    if max(sizes) < 300:
        raise AssertionError(f"nothing was asked for: {asked[0]}")
