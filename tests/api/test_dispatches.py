"""Supplies leave a depot for an incident: the book moves, the reserve stays, the first to expire goes first, nothing is promised twice."""

from __future__ import annotations

import datetime as dt
import random
import threading
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from riskmap import catalogue
from riskmap.api.app import create_app
from riskmap.core.actor import Actor
from riskmap.errors import Conflict, Problem
from riskmap.flows import dispatch as flow
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store import incidents
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from riskmap.store.places import gazetteer
from tests.api.people import Person, made

RICE = "1010200"
DEPOT = {"name": "大兴库", "depot_level": "区级", "lon": 116.34, "lat": 39.73, "district": "大兴区"}


class Stores:
    """A depot of 大兴 with three lots, 100 kg of rice to stay; who orders, who keeps the book, who receives."""

    def __init__(self, db: Database) -> None:
        self.db = db
        for login, role, org in (("chief", "commander", ""), ("chief2", "commander", ""), ("officer1", "risk_officer", ""),
                                 ("keeper", "district_clerk", "110115"), ("keeper2", "district_clerk", "110115"),
                                 ("far", "district_clerk", "110105")):  # fmt: skip
            made(db, login, role, org)
        self.app: FastAPI = create_app(settings(), db, grading=False)
        self.who = {name: Person(self.app).signed(name) for name in ("chief", "chief2", "officer1", "keeper", "keeper2", "far")}
        self.depot = self.ask("officer1", "/api/layers/depot/features", DEPOT)["id"]
        lots = [("A", "2099-06-01", 300), ("B", "2099-01-01", 200), ("C", "2020-01-01", 500)]
        lines = [{"supply_code": RICE, "unit": "kg", "batch_no": n, "expires_on": e, "quantity": q} for n, e, q in lots]
        self.ask("keeper", f"/api/depots/{self.depot}/stock", {"kind": "receipt", "lines": lines})
        self.ask("keeper", f"/api/depots/{self.depot}/minimum", {"supply_code": RICE, "unit": "kg", "minimum": 100})
        self.incidents = [self.ask("chief", "/api/incidents", {"lon": 116.33, "lat": 39.72, "kind": "accident.fire"})["id"] for _ in range(2)]

    def ask(self, who: str, path: str, body: dict[str, Any], code: int = 0) -> Any:
        answer = self.who[who].post(path, json=body)
        assert answer.status_code == code if code else answer.status_code in (200, 201), (path, answer.status_code, answer.text)
        return answer.json()

    def order(self, who: str, quantity: float, incident: int = 0, code: int = 0, **more: Any) -> Any:
        line = {"depot": self.depot, "supply_code": RICE, "unit": "kg", "quantity": quantity}
        return self.ask(who, f"/api/incidents/{self.incidents[incident]}/dispatches", {"lines": [line]} | more, code)

    def step(self, who: str, id: int, step: str, code: int = 0, answer: str = "") -> Any:
        return self.ask(who, f"/api/dispatches/{id}/{step}", {"answer": answer}, code)

    def lots(self) -> dict[str, float]:
        return {x["batch_no"]: x["quantity"] for x in self.who["keeper"].get(f"/api/depots/{self.depot}/stock").json()["lots"]}


@pytest.fixture
def stores(db: Database) -> Stores:
    return Stores(db)


def test_ordered_loaded_received_with_the_book_moving(stores: Stores) -> None:
    told = stores.order("chief", 250)["documents"][0]
    seen = stores.who["chief2"].get(f"/api/incidents/{stores.incidents[0]}/dispatches").json()["documents"][0]
    taken = {x["batch_no"]: x["quantity"] for x in seen["lines"]}
    assert taken == {"B": 200, "A": 50} and seen["state"] == "ordered"  # first expired first, the expired lot never
    assert stores.lots() == {"A": 300, "B": 200, "C": 500}  # promised, not gone
    with stores.db.as_user(Actor("x", "x", "commander", 1, "city", (1,))) as conn:
        assert incidents.reserved(conn)[(stores.depot, "stock", RICE)] == 250
        assert (stores.depot, "stock", RICE) not in incidents.reserved(conn, stores.incidents[0])
    stores.order("chief2", 151, incident=1, code=409)  # 500 good − 250 promised − 100 to stay: a second commander sees what is taken
    stores.order("chief2", 150, incident=1)
    stores.step("chief", told["id"], "load", 403)  # commands, keeps no book
    stores.step("far", told["id"], "load", 404)
    assert stores.step("keeper", told["id"], "load")["state"] == "loaded"
    assert stores.lots() == {"A": 250, "B": 0, "C": 500}
    stores.step("keeper", told["id"], "load", 409)
    stores.step("keeper", told["id"], "receive", 403)  # who loaded does not receive
    assert stores.step("chief", told["id"], "receive")["state"] == "received"
    stores.step("keeper", told["id"], "return", 409, "太迟了")
    assert stores.lots() == {"A": 250, "B": 0, "C": 500}


def test_returned_goes_back_into_its_lots_and_cancelled_frees_what_was_promised(stores: Stores) -> None:
    one = stores.order("chief", 400)["documents"][0]["id"]
    stores.step("keeper", one, "load")
    assert stores.lots() == {"A": 100, "B": 0, "C": 500}
    stores.step("keeper2", one, "return", 422)
    stores.step("keeper2", one, "return", answer="道路不通，退回")
    assert stores.lots() == {"A": 300, "B": 200, "C": 500}
    two = stores.order("chief", 400)["documents"][0]["id"]
    stores.order("chief2", 1, incident=1, code=409)
    stores.step("chief", two, "cancel", answer="改由市级库出")
    stores.order("chief2", 400, incident=1)
    page = stores.who["keeper"].get(f"/incidents/{stores.incidents[0]}/dispatches").text
    assert "已退回" in page and "已取消" in page and "道路不通" in page
    assert "应急调拨" in stores.who["keeper"].get(f"/stock/{stores.depot}").text and "已下达" in stores.who["keeper"].get("/stock").text


def test_who_orders_alone_does_not_load_and_other_units_see_nothing(stores: Stores) -> None:
    one = stores.order("officer1", 10)["documents"][0]["id"]
    stores.step("officer1", one, "load", 403)
    line = {"depot": stores.depot, "supply_code": RICE, "unit": "kg", "quantity": 1}
    stores.ask("keeper", f"/api/incidents/{stores.incidents[0]}/dispatches", {"lines": [line]}, 403)
    assert stores.who["far"].get(f"/api/incidents/{stores.incidents[0]}/dispatches").json() == {"documents": []}
    goal = {"name": "朝阳场所", "shelter_level": "县级", "capacity": 300, "lon": 116.5, "lat": 39.95, "district": "朝阳区"}
    shelter = stores.ask("officer1", "/api/layers/shelter/features", goal)["id"]
    two = stores.order("chief", 10, to=shelter)["documents"][0]["id"]
    stores.step("keeper", two, "load")
    assert stores.step("far", two, "receive")["state"] == "received"  # the shelter's own unit


def test_nothing_goes_to_a_closed_incident_and_an_order_is_whole_or_not_at_all(stores: Stores) -> None:
    other = stores.ask("officer1", "/api/layers/depot/features", DEPOT | {"name": "空库", "lon": 116.36})["id"]
    lines = [{"depot": d, "supply_code": RICE, "unit": "kg", "quantity": 5} for d in (stores.depot, other)]
    stores.ask("chief", f"/api/incidents/{stores.incidents[0]}/dispatches", {"lines": lines}, 409)
    assert stores.who["chief"].get(f"/api/incidents/{stores.incidents[0]}/dispatches").json() == {"documents": []}
    stores.ask("chief", f"/api/incidents/{stores.incidents[0]}/dispatches", {}, 409)  # no plan to go by
    stores.ask("chief", f"/api/incidents/{stores.incidents[0]}/log", {"move": "close", "note": "处置完毕"})
    stores.order("chief", 5, code=409)


def test_the_database_holds_the_reserve_the_expiry_and_the_order_of_lots(stores: Stores, dsns: Dsns) -> None:
    with connect(dsns.superuser) as conn:
        conn.execute("SELECT set_config('app.role', 'operator', false), set_config('app.actor', 'x', false), set_config('app.scope', 'city', false)")
        lots = {r["batch_no"]: r["id"] for r in conn.execute("SELECT id, batch_no FROM stock_batch").fetchall()}
        for lines, name in (({"A": 10}, "dispatch_first"), ({"C": 10}, "dispatch_expired"), ({"B": 200, "A": 201}, "dispatch_reserve"),
                            ({"B": 201}, "dispatch_room")):  # fmt: skip
            with pytest.raises(psycopg.errors.CheckViolation) as told, conn.transaction():
                begun = conn.execute("""INSERT INTO stock_document (kind, incident_id, feature_id, steward_org)
                                        SELECT 'dispatch', %s, id, steward_org FROM feature WHERE id = %s RETURNING id""",
                                     (stores.incidents[0], stores.depot)).fetchone()  # fmt: skip
                id = begun["id"]  # type: ignore[index]
                for lot, quantity in lines.items():
                    conn.execute("""INSERT INTO stock_line (document_id, steward_org, stock_id, quantity)
                                    SELECT %s, steward_org, id, %s FROM stock_batch WHERE id = %s""", (id, quantity, lots[lot]))  # fmt: skip
                conn.execute("UPDATE stock_document SET state = 'ordered' WHERE id = %s", (id,))
            assert told.value.diag.constraint_name == name
        with pytest.raises(psycopg.errors.RestrictViolation), conn.transaction():
            conn.execute("DELETE FROM stock_document")


def test_killed_midway_it_has_one_effect(stores: Stores, dsns: Dsns) -> None:
    """The server's connection dies after the order was written and before it was kept; the repeat with the same key does it once."""
    with stores.db.as_user(Actor("x", "x", "commander", 1, "city", (1,))) as conn:
        desk = Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)
    line = {"depot": stores.depot, "supply_code": RICE, "unit": "kg", "quantity": 30}
    with pytest.raises(Exception), stores.db.as_user(Actor("chief", "某", "commander", 1, "city", (1,)), write=True) as conn:  # noqa: B017
        flow.ordered(conn, desk, stores.incidents[0], [line], Actor("chief", "某", "commander", 1, "city", (1,)), dt.datetime.now(dt.UTC))
        pid = conn.execute("SELECT pg_backend_pid() AS pid").fetchone()["pid"]  # type: ignore[index]
        with connect(dsns.superuser) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        conn.execute("SELECT 1")
    key = {"Idempotency-Key": "the-same-key-again"}
    answers = [stores.who["chief"].post(f"/api/incidents/{stores.incidents[0]}/dispatches", json={"lines": [line]}, headers=key) for _ in range(3)]
    assert {a.status_code for a in answers} == {201} and all(a.json() == answers[0].json() for a in answers)
    assert len(stores.who["chief"].get(f"/api/incidents/{stores.incidents[0]}/dispatches").json()["documents"]) == 1


def rush(stores: Stores, each: int, threads: int, seed: int) -> dict[str, int]:
    """Many order, load, receive, return and cancel at the same time; what came of it."""
    with stores.db.as_user(Actor("x", "x", "commander", 1, "city", (1,))) as conn:
        desk = Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)
    with connect(stores.db_superuser) as conn:  # type: ignore[attr-defined]
        org = conn.execute("SELECT steward_org AS o FROM feature WHERE id = %s", (stores.depot,)).fetchone()["o"]  # type: ignore[index]
    chief, keeper = Actor("c", "某", "commander", 1, "city", (1,)), Actor("k", "某", "district_clerk", org, "org", (org,))
    came: dict[str, int] = {}
    lock = threading.Lock()

    def tell(word: str) -> None:
        with lock:
            came[word] = came.get(word, 0) + 1

    def work(n: int) -> None:
        dice = random.Random(seed * 1000 + n)
        for _ in range(each):
            line = {"depot": stores.depot, "supply_code": RICE, "unit": "kg", "quantity": Decimal(dice.randint(1, 90))}
            try:
                with stores.db.as_user(chief, write=True) as conn:
                    id = flow.ordered(conn, desk, stores.incidents[n % 2], [line], chief, dt.datetime.now(dt.UTC))[0]["id"]
                out = ("load", "receive") if dice.random() < 0.1 else ("load", "return")
                way = dice.choice((("cancel",), ("load",) if dice.random() < 0.1 else ("load", "return"), out))
                for step in way:
                    who = chief if step in ("receive", "cancel") else keeper
                    with stores.db.as_user(who, write=True) as conn:
                        flow.stepped(conn, id, step, "随机", who, dt.datetime.now(dt.UTC))
                tell(" ".join(way))
            except Conflict:
                tell("refused")
            except Problem as fault:
                tell(type(fault).__name__)

    runners = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    return came


def balanced(dsns: Dsns, depot: int) -> None:
    """No lot below nothing, the expired one untouched, the reserve held, each document's movements its own lines, and all of it adds up."""
    with connect(dsns.superuser) as conn:
        found = conn.execute("SELECT batch_no, quantity FROM stock_now WHERE feature_id = %s", (depot,)).fetchall()
        lots = {r["batch_no"]: r["quantity"] for r in found}
        assert lots["C"] == 500 and min(lots.values()) >= 0 and lots["A"] + lots["B"] >= 100, lots
        wrong = conn.execute("""
            SELECT d.id, d.state, (SELECT sum(quantity) FROM stock_line l WHERE l.document_id = d.id) AS said,
                   (SELECT coalesce(sum(quantity), 0) FROM stock_movement m WHERE m.document_id = d.id) AS moved
            FROM stock_document d WHERE d.kind = 'dispatch'""").fetchall()  # fmt: skip
        assert wrong and [d for d in wrong if d["moved"] != (-d["said"] if d["state"] in ("loaded", "received") else 0)] == []
        gone = sum(d["said"] for d in wrong if d["state"] in ("loaded", "received"))
        assert lots["A"] + lots["B"] + gone == 500


def test_many_at_once_leave_the_book_balanced(stores: Stores, dsns: Dsns) -> None:
    stores.db_superuser = dsns.superuser  # type: ignore[attr-defined]
    came = rush(stores, each=8, threads=4, seed=1)
    assert sum(came.values()) == 32 and set(came) <= {"cancel", "load", "load return", "load receive", "refused"}, came
    balanced(dsns, stores.depot)
