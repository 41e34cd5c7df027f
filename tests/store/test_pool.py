"""The pool carries nothing from one person to the next, whatever breaks in between: 1,000 requests here, 20,000 in tests/long."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from riskmap.core.actor import Actor
from riskmap.core.role import MAY, may
from riskmap.errors import Problem
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect

ORGS = range(2, 12)
EACH = 7  # records of each organisation
SETTINGS = ("app.actor", "app.role", "app.orgs", "app.scope", "app.staff_layers", "app.address", "app.request_id")
FAULTS = ("none", "none", "none", "raise", "cancel", "kill", "sql", "hang up", "half read", "write and raise")


class Broken(Exception):
    """What a handler raises of itself, or when its client is gone."""


def hygiene(dsns: Dsns, requests: int, seed: int = 1) -> Counter[str]:
    """Random people over two connections, with failures in between. Returns what happened; raises where a row of another was seen."""
    with connect(dsns.superuser) as conn:
        conn.execute("""INSERT INTO feature (layer, code, name, steward_org)
                        SELECT 'risk_source', 'P-' || o || '-' || n, 'n', o FROM unnest(%s::int[]) o, generate_series(1, %s) n""",
                     (list(ORGS), EACH))  # fmt: skip
    told: Counter[str] = Counter()
    wrong: list[str] = []
    lock = threading.Lock()

    def one(n: int, db: Database) -> None:
        at = random.Random(f"{seed}-{n}")
        org, role, fault = at.choice(ORGS), at.choice(sorted(MAY)), at.choice(FAULTS)
        scope = at.choice(("org", "org", "org", "city", "none"))
        who = Actor(f"p{n}", "p", role, org, scope, (org,))
        seen = 0 if scope == "none" or not may(role, "map.read") else EACH * (len(ORGS) if scope == "city" else 1)
        outcome = fault
        try:
            with db.as_user(who, write=fault == "write and raise" or at.random() < 0.3) as conn:
                mine = conn.execute("SELECT current_setting('app.actor') AS a, current_setting('app.orgs') AS o").fetchone()
                if mine["a"] != who.id or mine["o"] != ("{}" if scope == "none" else f"{{{org}}}"):  # type: ignore[index]
                    wrong.append(f"{n}: the session is {mine}")
                if fault == "raise":
                    raise Broken
                if fault == "sql":
                    conn.execute("SELECT 1 / 0")
                if fault == "cancel":
                    conn.execute("SET LOCAL statement_timeout = '5ms'")
                    conn.execute("SELECT pg_sleep(1)")
                if fault == "kill":
                    with connect(dsns.superuser) as other:
                        other.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
                if fault == "hang up":
                    conn.close()
                if fault == "write and raise":
                    conn.execute("SELECT set_config('app.left', %s, true)", (who.id,))
                    raise Broken
                cursor = conn.execute("SELECT steward_org FROM feature")
                found = [cursor.fetchone()] if fault == "half read" and seen else cursor.fetchall()
                if any(r["steward_org"] != org for r in found if r) and scope != "city":
                    wrong.append(f"{n}: {who} saw {found}")
                if fault != "half read" and len(found) != seen:
                    wrong.append(f"{n}: {who} saw {len(found)} of {seen}")
        except (Broken, Problem, psycopg.Error) as refused:
            outcome = f"{fault} → {type(refused).__name__}"
        with lock:
            told[outcome] += 1

    with Database(dsns.app, dsns.engine, pool_size=2) as db:
        with ThreadPoolExecutor(8) as workers:
            list(workers.map(lambda n: one(n, db), range(requests)))
        # what goes back into the pool carries nobody
        for _ in range(4):
            with db._app.connection() as conn:
                left = {s: conn.execute("SELECT current_setting(%s, true) AS v", (s,)).fetchone()["v"] for s in SETTINGS}
                assert not any(left.values()), left
                assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 0}
                conn.rollback()
    assert wrong == [], wrong[:5]
    return told


def checked(told: Counter[str], requests: int) -> None:
    assert sum(told.values()) == requests
    # a request without a fault may wait too long for a connection; a wrong answer it never gives
    assert told["none"] > requests * 0.2, told
    for fault in set(FAULTS) - {"none", "half read"}:
        assert any(key.startswith(f"{fault} →") for key in told), (fault, told)


def test_nothing_of_one_person_is_left_for_the_next(dsns: Dsns) -> None:
    checked(hygiene(dsns, 1_000), 1_000)


@pytest.mark.parametrize("role", ["reviewer", "auditor"])
def test_the_counting_would_see_a_leak(dsns: Dsns, role: str) -> None:
    """A session whose settings stayed would be seen: the same question with them left standing gives another's rows."""
    hygiene(dsns, 20)
    with psycopg.connect(dsns.app, autocommit=True) as conn:
        for key, value in (("app.actor", "x"), ("app.role", role), ("app.orgs", "{2}"), ("app.scope", "org")):
            conn.execute("SELECT set_config(%s, %s, false)", (key, value))
        assert conn.execute("SELECT count(*) FROM feature").fetchone() == (EACH if role == "reviewer" else 0,)
