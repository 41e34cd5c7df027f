"""Every route stands in the product's own table with the operation it needs; a route that is not there fails; each is tried as each role.

Without accounts there is one role, the built-in officer, on the loopback address. With accounts the matrix is role × route, signed in for real.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from riskmap import catalogue
from riskmap.api.allowed import OPERATION, PUBLIC
from riskmap.api.app import create_app
from riskmap.core.role import OPERATIONS, ROLES, may
from riskmap.settings import settings
from riskmap.store.cluster import Cluster
from riskmap.store.database import Database
from tests.api.people import Person, made
from tests.conftest import create_database, dsns_of

NAME = "riskmap_routes"
READS = {
    "/", "/healthz", "/readyz", "/metrics", "/api/openapi.json",
    "/signin", "/signin/totp", "/signin/password", "/signin/oidc", "/signin/oidc/back",
    "/roles", "/account", "/api/roles", "/api/me", "/api/audit", "/audit", "/api/accounts",
    "/api/keys", "/people",
    "/api/status", "/api/districts.geojson", "/api/water.geojson", "/api/basemaps", "/api/near",
    "/tiles/{source}/{z}/{x}/{y}",
    "/api/cells", "/api/cells/{cell}", "/api/districts", "/api/districts/{code}/grade", "/api/districts/{code}/downgrade",
    "/api/districts/{code}/changes",
    "/api/layers", "/api/layers/{layer}", "/api/layers/{layer}/template.xlsx",
    "/api/layers/{layer}/features", "/api/layers/{layer}/features/{id}", "/api/layers/{layer}/count", "/api/layers/{layer}/facets",
    "/register", "/register/{layer}", "/register/{layer}/{id}", "/drafts", "/drafts/{change}", "/drafts/{change}/summary", "/api/place",
    "/api/chemicals", "/hazards/{id}", "/enterprises", "/enterprises/{id}",
    "/activity", "/api/activity", "/api/waiting",
    "/api/incidents", "/api/incidents/{id}", "/command", "/incidents", "/incidents/{id}", "/incidents/{id}/plans/{n}",
    "/lists", "/api/lists/{name}", "/api/inspections", "/api/violations", "/enterprises/{id}/{what}/new",
    "/api/incidents/{id}/reports",
    "/api/incidents/{id}/dispatches", "/incidents/{id}/dispatches",
    "/incidents/{id}/reports", "/incidents/{id}/reports/{number}", "/incidents/{id}/timeline",
    "/api/changes/{id}/attachments", "/api/attachments/{id}",
    "/api/dangers", "/api/dangers/stats", "/api/dangers/{id}", "/dangers", "/dangers/new", "/dangers/{id}",
    "/review", "/api/changes", "/api/changes/{id}",
    "/api/methods", "/api/methods/{id}", "/api/methods/{id}/beside", "/api/closings/difference",
    "/method", "/method/new", "/method/{id}", "/closings",
    "/api/layers/{layer}/districts", "/api/layers/{layer}/points",
    "/api/imports/progress/{key}", "/api/imports", "/import", "/import/{layer}", "/import/{layer}/{batch}",
    "/api/stock", "/api/stock/movements", "/api/depots/{id}/stock", "/api/depots/{id}/proposal",
    "/stock", "/stock/{id}",
    "/api/shelters/{id}/states", "/api/shelters/{id}/occupancy", "/shelters/{id}/state",
    "/api/layers/{layer}/imports/{batch}", "/api/layers/{layer}/imports/{batch}/rows", "/api/layers/{layer}/imports/{batch}/workbook",
}  # fmt: skip
# Every one of these asks for an Idempotency-Key, also those that only compute: the client cannot know whether its first try arrived.
WRITES = {
    "POST /incidents/{id}/log", "POST /incidents/{id}/hold",
    "POST /api/layers/{layer}/features", "PATCH /api/layers/{layer}/features/{id}", "POST /api/layers/{layer}/features/{id}/retire",
    "POST /api/layers/{layer}/imports", "POST /api/layers/{layer}/imports/{batch}/commit", "POST /api/layers/{layer}/imports/{batch}/undo",
    "POST /api/layers/{layer}/imports/{batch}/submit", "POST /api/layers/{layer}/imports/{batch}/withdraw",
    "POST /api/layers/{layer}/imports/{batch}/return", "POST /api/layers/{layer}/imports/{batch}/approve",
    "POST /api/layers/{layer}/imports/{batch}/ask-undo", "POST /api/layers/{layer}/imports/{batch}/mend",
    "POST /api/layers/{layer}/changes", "PATCH /api/changes/{id}", "POST /api/changes/{id}/submit", "POST /api/changes/{id}/withdraw",
    "POST /api/changes/{id}/return", "POST /api/changes/{id}/approve", "POST /api/changes/approve", "POST /api/changes/{id}/effect",
    "POST /api/hazards/assess",
    "POST /api/incidents", "POST /api/incidents/trial", "POST /api/incidents/{id}/plan", "POST /api/incidents/{id}/reservations",
    "POST /api/incidents/{id}/reports", "POST /incidents/{id}/reports", "POST /api/incidents/{id}/reports/{number}/export",
    "POST /incidents/{id}/reports/{number}/export",
    "POST /api/incidents/{id}/dispatches", "POST /incidents/{id}/dispatches",
    "POST /api/dispatches/{id}/{step}", "POST /dispatches/{id}/{step}",
    "POST /api/incidents/{id}/log", "POST /api/incidents/{id}/plans/{number}/export", "POST /incidents/{id}/plans/{number}/export",
    "POST /api/layers/{layer}/export", "POST /api/layers/{layer}/features/{id}/reveal",
    "POST /api/whatif", "POST /api/ledgers/{ledger}/imports",
    "POST /register/{layer}", "POST /register/{layer}/{id}", "POST /drafts/{change}", "POST /drafts/{change}/submit",
    "POST /api/depots/{id}/stock", "POST /api/depots/{id}/minimum", "POST /api/stock/documents/{id}/decide",
    "POST /api/stock/documents/{id}/receive", "POST /api/stock/documents/{id}/reverse", "POST /api/stock/export",
    "POST /drafts/{change}/withdraw", "POST /drafts/{change}/files", "POST /drafts/{change}/files/{file}/remove",
    "POST /stock/export", "POST /stock/{id}/minimum", "POST /stock/{id}/{kind}", "POST /stock/documents/{id}/decide",
    "POST /stock/documents/{id}/receive", "POST /stock/documents/{id}/reverse",
    "POST /api/shelters/{id}/states", "POST /api/shelters/{id}/occupancy", "POST /shelters/{id}/state", "POST /shelters/{id}/occupancy",
    "POST /account/sessions", "POST /account/code", "POST /audit/export", "POST /api/audit/export",
    "POST /api/dangers", "POST /api/dangers/{id}/{move}", "POST /api/dangers/export",
    "POST /import/{layer}", "POST /import/{layer}/{batch}/{move}",
    "POST /lists/export", "POST /api/lists/{name}/export",
    "POST /api/inspections", "POST /api/inspections/{id}/withdraw", "POST /api/violations", "POST /api/violations/{id}/withdraw",
    "POST /enterprises/{id}/{what}/new", "POST /enterprises/{id}/{what}/{finding}/withdraw",
    "POST /api/confirmations", "POST /api/confirmations/{sitting}/undo", "POST /enterprises/{id}/confirm", "POST /enterprises/{id}/unconfirm",
    "POST /dangers/new", "POST /dangers/export", "POST /dangers/{id}/{move}",
    "POST /api/methods", "POST /api/methods/{id}/activate", "POST /api/methods/{id}/discard",
    "POST /method/new", "POST /method/{id}/approve", "POST /method/{id}/discard",
    "POST /api/accounts", "POST /api/accounts/{login}/role", "POST /api/accounts/{login}/disable", "POST /api/accounts/{login}/enable",
    "POST /api/accounts/{login}/reset-password", "POST /api/accounts/{login}/unlock", "POST /api/accounts/{login}/confirm",
    "POST /people/new", "POST /people/keys/new", "POST /people/keys/{id}/{move}", "POST /people/{login}/{move}",
    "POST /api/accounts/{login}/subject", "POST /api/keys", "POST /api/keys/{id}/confirm", "POST /api/keys/{id}/revoke",
}  # fmt: skip
# The sign-in's own forms: a person's browser has no key to send, and each has an effect that may be had twice.
FORMS = {"POST /signin", "POST /signin/totp", "POST /signin/password", "POST /signout"}
MANAGED = {w for w in WRITES if w.startswith(("POST /api/accounts", "POST /api/keys", "POST /people")) or "audit" in w}  # not the officer's to do
SAMPLE = {
    "layer": "shelter",
    "id": "1",
    "batch": "1",
    "change": "1",
    "file": "1",
    "code": "110101",
    "cell": "8931aa42657ffff",
    "ledger": "stock",
    "login": "no-such-person",
    "key": "no-such-key",
    "move": "close",
    "kind": "issue",
    "number": "1",
    "step": "load",
    "n": "1",
    "source": "none",
    "what": "violation",
    "name": "risks",
    "finding": "1",
    "sitting": "00000000-0000-4000-8000-000000000000",
    "z": "1",
    "x": "0",
    "y": "0",
}


UNKNOWN = {"id": "999999999"}  # where only the role is asked about, nothing is there to be worked out


@pytest.fixture
def app(db: Database) -> FastAPI:
    return create_app(settings(), db, grading=False)


@pytest.fixture(scope="module")
def page(cluster: Cluster, template: str) -> Iterator[TestClient]:
    """One house for all that is only asked, or refused: nothing is left behind in it."""
    create_database(cluster, NAME, template)
    dsns = dsns_of(cluster, NAME)
    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    with Database(dsns.app, dsns.engine, pool_size=4, staff_layers=layers.staff_layers()) as db:
        yield from opened(create_app(settings(), db, grading=False))


def opened(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 4711), raise_server_exceptions=False) as made:
        yield made


def listed(app: FastAPI) -> set[str]:
    """Every operation as "VERB path", from the running application's own routes."""
    found: set[str] = set()

    def walk(routes: object, prefix: str) -> None:
        for route in routes:  # type: ignore[attr-defined]
            if isinstance(route, APIRoute):
                found.update(f"{verb} {prefix}{route.path}" for verb in route.methods)
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes, prefix + getattr(route.include_context, "prefix", ""))

    walk(app.routes, "")
    return found


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    found = listed(app)
    assert len(found) >= 30
    assert {f.split(" ", 1)[1] for f in found if f.startswith("GET ")} | {"/api/openapi.json"} == READS
    assert {f for f in found if not f.startswith(("GET ", "HEAD "))} == WRITES | FORMS
    assert found == set(OPERATION)
    assert {what for what in OPERATION.values() if what != PUBLIC} <= set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(WRITES - MANAGED))
def test_what_writes_asks_for_an_idempotency_key(page: TestClient, operation: str) -> None:
    verb, path = operation.split(" ", 1)
    path = path.format(**SAMPLE)
    assert page.request(verb, path, json={}, headers={"If-Match": '"1"'}).status_code in (428, 422)
    answer = page.request(verb, path, json={}, headers={"Idempotency-Key": "short", "If-Match": '"1"'})
    assert answer.status_code in (422, 428)


@pytest.mark.parametrize("path", sorted(READS))
def test_no_read_breaks_on_an_empty_city(page: TestClient, path: str) -> None:
    answer = page.get(
        path.format(**SAMPLE), params={"bbox": "116,39,117,40", "zoom": 10, "resolution": 7, "lon": 116.4, "lat": 39.9}
    )
    away = answer.status_code == 503 and (path == "/readyz" or answer.json()["code"] == "unavailable")  # no grader, no sealer in this process
    assert answer.status_code < 500 or away, answer.text[:300]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.9:8000", "localhost.evil.example:80", ""])
def test_a_name_that_is_not_this_machine_is_refused(page: TestClient, host: str) -> None:
    assert page.get("/api/layers", headers={"Host": host}).status_code in (400, 403)
    assert page.get("/healthz", headers={"Host": "app:8000"}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8001", "[::1]:8000", "LOCALHOST"])
def test_the_loopback_by_any_of_its_names(page: TestClient, host: str) -> None:
    assert page.get("/api/layers", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_says_and_nothing_else(app: FastAPI, db: Database, role: str) -> None:
    """Role × route: answered (whatever with) exactly where the role has the operation, 403 everywhere else."""
    made(db, "tried", role)
    wrong = {}
    with Person(app) as person:
        person.signed("tried")
        for route, operation in OPERATION.items():
            verb, path = route.split(" ", 1)
            if operation == PUBLIC:
                continue
            answer = person.request(verb, path.format(**SAMPLE | UNKNOWN), **({} if verb == "GET" else {"json": {}}))
            passed = answer.status_code not in (401, 403)
            broken = answer.status_code >= 500 and answer.status_code != 503  # 503: no grader in this process
            if broken or passed != may(role, operation) or (
                not passed and (answer.status_code, answer.json()["where"]) != (403, operation)
            ):
                wrong[route] = (answer.status_code, answer.text[:200])
    assert wrong == {}


def test_nobody_may_nothing_once_accounts_exist(app: FastAPI, db: Database) -> None:
    made(db, "first", "security_admin")
    with Person(app) as nobody:
        for route, operation in OPERATION.items():
            verb, path = route.split(" ", 1)
            answer = nobody.request(verb, path.format(**SAMPLE), **({} if verb == "GET" else {"json": {}}))
            if operation == PUBLIC:
                assert answer.status_code not in (401, 403) or verb == "POST", route
            elif path.startswith("/api/"):
                assert answer.status_code == 401 and answer.json()["code"] == "unauthorized", route
            else:
                assert answer.status_code == 303 and answer.headers["location"].startswith("/signin?next=%2F"), route
        assert nobody.get("/api/openapi.json").status_code == 401
        assert nobody.get("/static/css/tokens.css").status_code == 200
        assert nobody.get("/healthz", headers={"Host": "app:8000"}).status_code == 200


def test_a_route_outside_the_table_is_refused(app: FastAPI) -> None:
    """The table decides, not the router: what nobody entered is nobody's, the officer's neither."""
    from fastapi import APIRouter, Depends

    from riskmap.api.allowed import allowed

    extra = APIRouter()
    extra.add_api_route("/api/forgotten", lambda: {})
    app.include_router(extra, dependencies=[Depends(allowed)])
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 4711), raise_server_exceptions=False) as page:
        assert page.get("/api/forgotten").status_code == 403


def test_any_name_is_answered_once_everybody_signs_in(app: FastAPI, db: Database) -> None:
    made(db, "first", "commander")
    with Person(app) as person:
        person.signed("first")
        assert person.get("/api/layers", headers={"Host": "map.intranet"}).status_code == 200
        assert Person(app).get("/api/layers", headers={"Host": "map.intranet"}).status_code == 401
