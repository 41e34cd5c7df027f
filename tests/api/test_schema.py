"""Every operation of /api/openapi.json as every role: no 5xx, no answer that is not described. The long run is tests/long/test_schema.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from riskmap.api.allowed import OPERATION
from riskmap.api.app import create_app
from riskmap.api.described import FILES, KNOWN
from riskmap.catalogue import load
from riskmap.core.role import MAY, OPERATIONS, ROLES
from riskmap.settings import settings
from riskmap.store.cluster import Cluster
from riskmap.store.database import Database
from tests.api.fuzzed import tried
from tests.api.people import Person, made
from tests.api.test_keys import Program, make
from tests.api.town import Town
from tests.conftest import create_database, dsns_of


@pytest.fixture(scope="module")
def town(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A city with a record of every kind, and a person of every role."""
    create_database(cluster, "riskmap_schema", template)
    dsns = dsns_of(cluster, "riskmap_schema")
    bounds = settings().model_copy(update={"var_dir": tmp_path_factory.mktemp("var"), "signin_overall": 10_000, "key_per_minute": 100_000})
    staff = load(bounds.layers_dir, bounds.data_dir / "codes").staff_layers()
    with Database(dsns.app, dsns.engine, pool_size=4, staff_layers=staff) as db:
        made_up = Town(create_app(bounds, db, grading=False), db)
        made_up.record(), made_up.handed_in(), made_up.danger(), made_up.lot(), made_up.shelter(opened=True), made_up.method(), made_up.incident()
        made_up.batch("clerk")
        for role in ROLES:
            made(db, f"as-{role.replace('_', '-')}", role)
        yield made_up


def asker_of(town: Town, role: str) -> Person | Program:
    if role == "key":
        return Program(town.app, make(town.db))
    return Person(town.app) if role == "nobody" else Person(town.app).signed(f"as-{role.replace('_', '-')}")


def test_every_answer_is_described(town: Town) -> None:
    """Each operation once as one who may and once as one who may not: whose turn it is goes round."""
    routes = sorted(r for r, what in OPERATION.items() if what in OPERATIONS)
    turn: dict[str, set[str]] = {}
    for n, route in enumerate(routes):
        may = sorted(r for r in ROLES if OPERATION[route] in MAY[r])
        others = [*sorted(set(ROLES) - set(may)), "key", "nobody"]
        turn[route] = {may[n % len(may)], others[n % len(others)]}
    statuses: set[int] = set()
    for role in [*ROLES, "key", "nobody"]:
        wrong, seen = tried(town.app.openapi(), asker_of(town, role).request, lambda label, role=role: int(role in turn[label]))
        assert wrong == [], "\n".join(wrong)
        statuses |= set(seen)
    assert statuses >= {200, 401, 403, 404, 422}


def test_the_description_names_what_there_is(town: Town) -> None:
    document = town.app.openapi()
    found = {f"{verb.upper()} {path}": said for path, verbs in document["paths"].items() for verb, said in verbs.items()}
    assert len(found) > 100 and set(found) <= set(OPERATION) and set(FILES) | KNOWN <= set(found)
    for route, said in found.items():
        assert said["responses"]["4XX"]["content"]["application/problem+json"], route
        keyed = any(p["name"] == "Idempotency-Key" for p in said.get("parameters", ()))
        assert keyed == (not route.startswith("GET")), route
