# ruff: noqa: E501 (lines of what is looked for are read by rows)
"""Hostile values in every parameter of a reading and every text of a change: no effect beside the value, no delay, no 5xx.

A delay shows as one: what sleeps meets the statement timeout, which answers 503. The ordinary sibling is tests/api/test_unstorable.py.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from riskmap.api.allowed import OPERATION, PUBLIC
from riskmap.api.app import create_app
from riskmap.catalogue import load
from riskmap.settings import settings
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.corpus import HEADERS, VALUES, WORDS
from tests.api.people import Person
from tests.api.town import CASES, Town
from tests.conftest import create_database, dsns_of
from tests.house.test_routes import SAMPLE as ROUTES

pytestmark = pytest.mark.long
FILTERS = ["q", "bbox", "district", "town", "level", "status", "sort", "cursor", "limit", "kind", "properties", "effective_level", "missing", "parent", "org", "near", "polygon", "name", "code", "lang", "theme", "next", "done", "mode"]
SAMPLE = ROUTES | {"layer": "risk_source", "code": "110115", "login": "clerk"}
EVALUATED = ("1787569", "root:x:0:0", "RISKMAP_", "<script>alert(73)", "<img src=x onerror", "<svg/onload", "$argon2id$", "password_hash", "psycopg", "Traceback")


@pytest.fixture(scope="module")
def place(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Dsns]]:
    create_database(cluster, "riskmap_injection", template)
    dsns = dsns_of(cluster, "riskmap_injection")
    bounds = settings().model_copy(update={"var_dir": tmp_path_factory.mktemp("var"), "signin_overall": 100_000, "signin_per_address": 10_000})
    staff = load(bounds.layers_dir, bounds.data_dir / "codes").staff_layers()
    with Database(dsns.app, dsns.engine, pool_size=4, staff_layers=staff) as db:
        app = create_app(bounds, db, grading=False)
        town = Town(app, db)
        town.record(), town.handed_in(), town.danger(), town.lot(), town.shelter(opened=True), town.method(), town.incident(), town.batch("clerk")
        app.state.grader = None
        yield town, dsns


def shape(dsns: Dsns) -> tuple[Any, ...]:
    """What an injected statement would change: relations, functions, who has which role, records gone."""
    with connect(dsns.superuser) as conn:
        relations = conn.execute("SELECT string_agg(relname, ',' ORDER BY relname) AS r FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchone()
        functions = conn.execute("SELECT count(*) AS n FROM pg_proc WHERE pronamespace = 'app'::regnamespace").fetchone()
        admins = conn.execute("SELECT array_agg(login ORDER BY login) AS a FROM account WHERE role IN ('system_admin', 'security_admin', 'auditor')").fetchone()
        return relations, functions, admins


def sound(answer: Any, asked: str, wrong: list[str], sent: str) -> None:
    body = answer.text
    if answer.status_code >= 500 and not (answer.status_code == 503 and "unavailable" in body and "超时" not in body):
        wrong.append(f"{answer.status_code} {asked} {sent!r:.90}")
    if "x-injected" in answer.headers or "injected" in answer.headers.get("set-cookie", ""):
        wrong.append(f"header {asked} {sent!r:.90}")
    html = "text/html" in answer.headers.get("content-type", "")
    found = [one for one in EVALUATED if one in body and one not in sent and (html or not one.startswith("<"))]
    found += [one for one in ("<script>alert(73)", "<img src=x onerror", "<svg/onload") if html and one in body]
    if found:
        wrong.append(f"{found} {asked} {sent!r:.90}")


def test_every_parameter_of_every_reading(place: tuple[Town, Dsns]) -> None:
    town, dsns = place
    before, wrong, turn = shape(dsns), [], itertools.cycle(WORDS)
    document = town.app.openapi()["paths"]
    who = town.people["city"]
    for route, operation in OPERATION.items():
        verb, path = route.split(" ", 1)
        if verb != "GET" or path in ("/healthz", "/readyz", "/metrics"):
            continue
        asker = town.people["keeper" if operation == "account.manage" else "auditor" if operation == "audit.read" else "city"]
        named = [p["name"] for p in document.get(path, {}).get("get", {}).get("parameters", []) if p["in"] == "query"]
        texts = path.startswith("/api/layers/{layer}/") or not path.startswith("/api/")
        for name in {*named, *(FILTERS if texts else ())}:
            for word in itertools.islice(turn, 2):
                sound(ask(asker, path.format(**SAMPLE), {name: word}), f"{route} {name}", wrong, word)
        for name in [n for n in SAMPLE if f"{{{n}}}" in path]:
            for word in itertools.islice(turn, 4):
                from urllib.parse import quote

                filled = path.format(**SAMPLE | {name: quote(word, safe="", errors="surrogatepass")})
                sound(ask(asker, filled, {}), f"{route} {{{name}}}", wrong, word)
    assert who and not wrong, "\n".join(wrong)
    assert shape(dsns) == before


def ask(asker: Person, path: str, params: dict[str, str]) -> Any:
    from urllib.parse import quote

    query = "&".join(f"{k}={quote(v, safe='', errors='surrogatepass')}" for k, v in params.items())
    return asker.get(path + (f"?{query}" if query else ""))


def test_every_word_in_the_search(place: tuple[Town, Dsns]) -> None:
    """A word is looked for as it stands: none finds a record it does not occur in."""
    town, dsns = place
    before, wrong = shape(dsns), []
    for word in WORDS:
        for path in ("/api/layers/risk_source/count", "/api/layers/risk_source/features", "/enterprises", "/api/place", "/api/near?lon=116.3&lat=39.7"):
            answer = ask(town.people["city"], path, {"q": word}) if "?" not in path else town.people["city"].get(path, params={"layers": word.encode("utf-8", "replace").decode()})
            sound(answer, path, wrong, word)
            if path.endswith("/count") and answer.status_code == 200 and len(word.strip()) > 4 and answer.json().get("count"):
                wrong.append(f"found {answer.json()} by {word!r:.60}")
    assert not wrong, "\n".join(wrong)
    assert shape(dsns) == before


def test_headers(place: tuple[Town, Dsns]) -> None:
    town, _ = place
    wrong: list[str] = []
    for name in ("If-None-Match", "If-Match", "Idempotency-Key", "User-Agent", "Accept-Language", "Accept", "Referer", "X-Request-Id", "X-Forwarded-For", "Range", "Cookie"):
        for word in WORDS:
            value = word.encode("utf-8", "surrogatepass")
            if any(b < 32 or b == 127 for b in value):
                continue  # no client can send it
            for path in ("/api/cells?resolution=7&bbox=116,39,117,40", "/api/districts.geojson", "/roles"):
                with Person(town.app) as person:
                    person.cookies = town.people["city"].cookies if name != "Cookie" else person.cookies
                    sound(person.get(path, headers={name: value}), f"{name} {path}", wrong, word)
                if name not in ("If-None-Match", "Range"):
                    break
    assert not wrong and HEADERS, "\n".join(wrong)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a body stand."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from leaves(v, (*at, k))
    elif isinstance(value, list):
        for n, v in enumerate(value):
            yield from leaves(v, (*at, n))
    else:
        yield at


def put(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(body)
    held = made
    for step in at[:-1]:
        held = held[step]
    held[at[-1]] = value
    return made


_turn = itertools.cycle(WORDS)
_values = itertools.cycle(VALUES)


@pytest.mark.parametrize("operation", sorted(o for o in CASES if OPERATION[o] != PUBLIC))
def test_every_text_of_every_change(place: tuple[Town, Dsns], operation: str) -> None:
    town, dsns = place
    who, path, more = CASES[operation](town)
    if not (more.get("json") or more.get("data")):
        return
    before, wrong, verb = shape(dsns), [], operation.split(" ")[0]
    for at in leaves(more.get("json") or more["data"]):
        if at == ("csrf",):
            continue
        for word in [*itertools.islice(_turn, 3), *([next(_values)] if more.get("json") else [])]:
            if more.get("json"):
                body = json.dumps(put(more["json"], at, word), allow_nan=True).encode()  # as bytes: a client may send \ud800
                sent = {"content": body, "headers": {"Content-Type": "application/json"} | (more.get("headers") or {})}
            else:
                sent = {"data": put(more["data"], at, str(word).encode("utf-8", "surrogatepass"))} | {k: v for k, v in more.items() if k != "data"}
            sound(town.people[who].request(verb, path, **sent), f"{operation} {at}", wrong, str(word))
    assert not wrong, "\n".join(wrong)
    assert shape(dsns)[:2] == before[:2]
