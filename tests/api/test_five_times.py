"""Every change of the product, sent five times at once with the same key, has one effect, and each is answered alike.

A POST or PATCH without a case in tests/api/town.py fails. An export and a lifted mask are readings: each that leaves is in the audit, and
nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from riskmap.api.allowed import OPERATION
from riskmap.api.app import create_app
from riskmap.catalogue import load
from riskmap.settings import settings
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.town import CASES, Town
from tests.conftest import create_database, dsns_of

# Each try is an attempt of its own, and counted; a code is good once by itself (tests/api/test_signin.py, tests/api/test_own.py).
SIGN_IN = {"POST /signin", "POST /signin/totp", "POST /signin/password", "POST /signout", "POST /account/code"}
# Tables whose rows are no effect of what is asked: who was here, and the keys themselves.
PASSING = {"session", "signin_attempt", "audit_seal", "idempotency", "spatial_ref_sys", "schema_migration"}
# leave nothing behind; two want a grader
COMPUTED = {"POST /api/whatif", "POST /api/hazards/assess", "POST /api/changes/{id}/effect", "POST /api/incidents/trial"}
WAIT = {409, 503}  # a rival that waited too long is told to ask again with its key
ONE_EACH = ("feature", "feature_change", "import_batch", "hidden_danger", "stock_document", "attachment", "account", "api_key",
            "shelter_state", "shelter_occupancy", "method", "confirmation",
            "inspection", "violation")


@pytest.fixture(scope="module")
def dsns(cluster: Cluster, template: str) -> Dsns:
    create_database(cluster, "riskmap_five_times", template)
    return dsns_of(cluster, "riskmap_five_times")


@pytest.fixture(scope="module")
def town(dsns: Dsns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    bounds = settings().model_copy(update={"var_dir": tmp_path_factory.mktemp("var"), "signin_overall": 10_000})
    staff = load(bounds.layers_dir, bounds.data_dir / "codes").staff_layers()
    with Database(dsns.app, dsns.engine, pool_size=8, staff_layers=staff) as db:
        yield Town(create_app(bounds, db, grading=False), db)


def rows(dsns: Dsns) -> dict[str, int]:
    with connect(dsns.superuser) as conn:
        found = conn.execute("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").fetchall()
        return {r["name"]: conn.execute(f"SELECT count(*) AS n FROM {r['name']}").fetchone()["n"]  # type: ignore[arg-type,index]
                for r in found if r["name"] not in PASSING}  # fmt: skip


def same(answer: Any) -> Any:
    """What an answer says, but what is told once only (a new password) or counted (the request)."""
    told = answer.json() if "json" in answer.headers.get("content-type", "") else answer.headers.get("location", "")
    return {k: v for k, v in told.items() if k not in ("password", "key", "request_id")} if isinstance(told, dict) else told


def test_every_change_has_its_case() -> None:
    assert {o for o in OPERATION if not o.startswith("GET ")} - SIGN_IN == set(CASES)


@pytest.mark.parametrize("operation", sorted(CASES))
def test_five_at_once_have_one_effect(town: Town, dsns: Dsns, operation: str) -> None:
    who, path, more = CASES[operation](town)
    person, key, verb = town.people[who], f"five times {operation}", operation.split(" ")[0]
    more["headers"] = (more.get("headers") or {}) | {"Idempotency-Key": key}
    before = rows(dsns)
    with connect(dsns.superuser) as conn:
        last = conn.execute("SELECT coalesce(max(id), 0) AS id FROM audit").fetchone()["id"]  # type: ignore[index]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: person.request(verb, path, **more), range(5)))
    after = rows(dsns)
    again = person.request(verb, path, **more)
    told = [a for a in answers if a.status_code < 400]
    codes = [a.status_code for a in answers]
    effect = {table: after[table] - n for table, n in before.items() if after[table] != n}
    if operation.endswith(("/export", "/reveal")):
        assert codes == [200] * 5 and effect == {"audit": 5}
        return
    if operation in COMPUTED:
        assert effect == {} and len({*codes, again.status_code}) == 1, codes
        return
    assert told and set(codes) <= {told[0].status_code} | WAIT, [a.text[:300] for a in answers if a.status_code >= 400]
    assert all(same(a) == same(again) and a.status_code == again.status_code for a in told), (told[0].text[:300], again.text[:300])
    assert rows(dsns) == after  # a sixth, later, has no effect either
    assert effect.get("audit", 0) >= 1 or operation == "POST /account/sessions", effect
    with connect(dsns.superuser) as conn:
        twice = conn.execute("""SELECT operation, layer, object_id, count(*) AS n FROM audit WHERE id > %s
                                GROUP BY 1, 2, 3, after HAVING count(*) > 1""", (last,)).fetchall()  # fmt: skip
    assert twice == []
    most = 2 if operation in ("POST /api/changes/approve", "POST /api/layers/{layer}/imports/{batch}/commit",
                              "POST /api/layers/{layer}/imports/{batch}/approve") else 1  # fmt: skip
    assert [t for t in ONE_EACH if effect.get(t, 0) > most] == [], effect
