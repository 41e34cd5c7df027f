# ruff: noqa: F811
"""A clerk's file between two people: handed in, decided as exactly its plan, taken back; nobody alone, nobody else's."""

from __future__ import annotations

import datetime as dt
import json

import psycopg
import pytest

from riskmap.core.actor import OFFICER, Actor
from riskmap.core.feature import check
from riskmap.core.role import MAY, may
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Precondition
from riskmap.flows import batch, register, review
from riskmap.flows.register import Source
from riskmap.store import batches, changes, imports
from tests.flows.test_propose import NOW, People, desk, people  # noqa: F401 - fixtures

ROWS = [
    {"name": "1 号氨罐", "kind": "chemical", "accident_type": "中毒", "likelihood": 3, "severity": 4, "lon": 116.3381, "lat": 39.7271,
     "district": "大兴区", "verified_on": "2026-11-12"},
    {"name": "锅炉房", "kind": "chemical", "accident_type": "容器爆炸", "likelihood": 2, "severity": 4, "lon": 116.36, "lat": 39.74,
     "district": "大兴区", "verified_on": "2026-11-12"},
    {"name": "坏行", "kind": "chemical", "accident_type": "中毒", "likelihood": 9, "severity": 4, "lon": 116.37, "lat": 39.75,
     "district": "大兴区", "verified_on": "2026-11-12"},
    {"name": "丰台的库", "kind": "chemical", "accident_type": "中毒", "likelihood": 2, "severity": 3, "lon": 116.2869, "lat": 39.8584,
     "district": "大兴区", "verified_on": "2026-11-12"},
]  # fmt: skip
LATER = NOW + dt.timedelta(minutes=5)


def planned(db, desk, who: Actor, rows=ROWS, layer="risk_source"):
    columns = {k: [r.get(k) for r in rows] for k in dict.fromkeys(k for r in rows for k in r)}
    checked = check(desk.catalogue.layer(layer), desk.catalogue.codes, columns, gazetteer=desk.gazetteer)
    with db.as_user(who, write=True) as conn:
        made = register.plan(conn, desk, checked, Source("file.xlsx", steward=None if who.scope == "city" else who.org), who)
        return made["id"], made["plan_hash"]


def handed_in(db, desk, people, rows=ROWS):
    id, seen = planned(db, desk, people.clerk, rows)
    with db.as_user(people.clerk, write=True) as conn:
        done = batch.submit(conn, desk, id, seen, people.clerk, NOW, note="边界上的一户")
    return id, done


def everything(db):
    with db.as_user(OFFICER) as conn:
        return [json.dumps(r["row"], sort_keys=True) for r in
                conn.execute("SELECT app.feature_row(f) AS row FROM feature f ORDER BY code, id").fetchall()]  # fmt: skip


def test_who_brings_files_is_who_proposes() -> None:
    assert {r for r in MAY if may(r, "import.propose")} == {r for r in MAY if may(r, "feature.propose")}


def test_handed_in_approved_and_taken_back(db, desk, people) -> None:
    before = everything(db)
    id, done = handed_in(db, desk, people)
    assert done["state"] == "submitted" and done["split"] == 1
    assert everything(db) == before
    with db.as_user(people.reviewer, write=True) as conn:
        put = batch.approve(conn, desk, id, done["plan_hash"], people.reviewer, LATER)
    assert put["counts"]["created"] == 2 and not put["repeated"]
    with db.as_user(people.clerk) as conn:
        rows = imports.planned(conn, id, None, -1, 10)
        assert [r["outcome"] for r in rows] == ["new", "new", "refused", "new"]
        assert [r["change_id"] is not None for r in rows] == [False, False, False, True]
        names = {r["name"] for r in conn.execute("SELECT name FROM feature").fetchall()}
    assert names == {"1 号氨罐", "锅炉房"}
    # the doubtful row is decided by itself, and what is put in force is what was handed in
    with db.as_user(people.reviewer, write=True) as conn:
        held = changes.one(conn, rows[3]["change_id"])
        assert held["state"] == "submitted" and held["maker"] == "clerk" and held["payload"]["note"] == "边界上的一户"
        assert review.approve_many(conn, desk, [(held["id"], held["version"])], people.reviewer, LATER)["approved"] == []
        review.approve(conn, desk, held["id"], held["version"], people.reviewer, LATER)
    alone = everything(db)
    assert len(alone) == len(before) + 3
    with db.as_user(people.clerk, write=True) as conn:
        batch.ask_undo(conn, id, "整批坐标系选错", people.clerk, LATER)
    with pytest.raises((Forbidden, NotFound)), db.as_user(people.clerk, write=True) as conn:
        register.undo(conn, desk, id, people.clerk, LATER)
    with db.as_user(people.head, write=True) as conn:
        register.undo(conn, desk, id, people.head, LATER)
    assert len(everything(db)) == len(before) + 1
    with db.as_user(OFFICER) as conn:
        audit = conn.execute("SELECT operation FROM audit WHERE object_id = %s AND operation LIKE 'import%%' ORDER BY id", (id,)).fetchall()
        told = [r["operation"] for r in audit]
        assert told == ["import.submit", "import.approve", "import.ask_undo", "import.undo"]
        assert imports.batch(conn, "risk_source", id)["undone_by"] == "head"


def test_changes_are_restored_to_the_letter(db, desk, people) -> None:
    id, done = handed_in(db, desk, people, ROWS[:2])
    with db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, done["plan_hash"], people.reviewer, LATER)
        codes = {r["name"]: r["code"] for r in conn.execute("SELECT name, code FROM feature").fetchall()}
    before = everything(db)
    changed = [r | {"code": codes[r["name"]], "severity": 5, "address": "新地址"} for r in ROWS[:2]]
    second, done = handed_in(db, desk, people, [*changed, ROWS[1] | {"name": "新的", "lon": 116.4, "lat": 39.7}])
    with db.as_user(people.reviewer, write=True) as conn:
        put = batch.approve(conn, desk, second, done["plan_hash"], people.reviewer, LATER)
        assert (put["counts"]["created"], put["counts"]["updated"]) == (1, 2)
    assert everything(db) != before
    with db.as_user(people.reviewer, write=True) as conn:
        register.undo(conn, desk, second, people.reviewer, LATER + dt.timedelta(minutes=1))
    assert everything(db) == before


def test_a_doubtful_change_goes_its_own_way(db, desk, people) -> None:
    id, done = handed_in(db, desk, people, ROWS[:1])
    with db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, done["plan_hash"], people.reviewer, LATER)
        code = conn.execute("SELECT code FROM feature").fetchone()["code"]
    moved = ROWS[0] | {"code": code, "lon": 116.2869, "lat": 39.8584, "severity": 5}
    id, done = handed_in(db, desk, people, [moved])
    assert done["split"] == 1
    with db.as_user(people.reviewer, write=True) as conn:
        change = imports.planned(conn, id, None, -1, 1)[0]["change_id"]
        version = changes.one(conn, change)["version"]
        review.approve(conn, desk, change, version, people.reviewer, LATER)
        now_ = conn.execute("SELECT ST_X(geom) AS lon, attributes ->> 'severity' AS s, version FROM feature").fetchone()
    assert (now_["lon"], now_["s"], now_["version"]) == (116.2869, "5", 2)


def test_nobody_alone_and_nobody_elses(db, desk, people) -> None:
    id, done = handed_in(db, desk, people)
    seen = done["plan_hash"]
    for who, error in (
        (people.clerk, Forbidden),
        (people.stranger, NotFound),
        (people.their_reviewer, NotFound),
        (people.second, (Forbidden, NotFound)),
    ):
        with pytest.raises(error), db.as_user(who, write=True) as conn:
            batch.approve(conn, desk, id, seen, who, LATER)
    with pytest.raises((Forbidden, NotFound)), db.as_user(people.second, write=True) as conn:
        batch.withdraw(conn, id, people.second, LATER)
    with pytest.raises(Precondition), db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, "0" * 64, people.reviewer, LATER)
    with db.as_user(people.reviewer, write=True) as conn:
        batch.send_back(conn, desk, id, seen, "坐标系不对", people.reviewer, LATER)
    with db.as_user(people.clerk, write=True) as conn:
        again = batch.submit(conn, desk, id, seen, people.clerk, LATER, note="已核对")
        assert again["split"] == 0
    with db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, again["plan_hash"], people.reviewer, LATER)
    with pytest.raises(Conflict), db.as_user(people.head, write=True) as conn:  # the other one is told
        batch.approve(conn, desk, id, again["plan_hash"], people.head, LATER)
    with db.as_user(people.reviewer, write=True) as conn:
        assert batch.approve(conn, desk, id, again["plan_hash"], people.reviewer, LATER)["repeated"]
    city = Actor("shi", "s", "risk_officer", 1, "city", (1,))
    own, seen = planned(db, desk, city, [ROWS[1] | {"name": "另一处", "lon": 116.45, "lat": 39.72}])
    with db.as_user(city, write=True) as conn:
        done = batch.submit(conn, desk, own, seen, city, NOW)
    with pytest.raises(Forbidden), db.as_user(city, write=True) as conn:
        batch.approve(conn, desk, own, done["plan_hash"], city, LATER)


def test_outside_wants_a_word_and_an_empty_batch_is_not_handed_in(db, desk, people) -> None:
    id, seen = planned(db, desk, people.clerk)
    with pytest.raises(BadInput), db.as_user(people.clerk, write=True) as conn:
        batch.submit(conn, desk, id, seen, people.clerk, NOW)
    id, seen = planned(db, desk, people.clerk, ROWS[2:3])
    with pytest.raises(BadInput), db.as_user(people.clerk, write=True) as conn:
        batch.submit(conn, desk, id, seen, people.clerk, NOW, note="x y")


def test_the_database_keeps_it_without_the_flows(db, desk, people) -> None:
    id, done = handed_in(db, desk, people)
    refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation, psycopg.errors.CheckViolation, Forbidden, Conflict)
    tries = [
        (people.clerk, "UPDATE import_batch SET state = 'committed', checker = 'reviewer', decided_at = now() WHERE id = %s"),
        (people.clerk, "UPDATE import_batch SET plan_hash = 'x' WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET plan_hash = 'x', state = 'committed', checker = 'reviewer', decided_at = now() WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET state = 'committed', checker = 'head', decided_at = now() WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET state = 'withdrawn' WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET state = 'undone', undone_by = 'reviewer' WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET state = 'returned', checker = 'reviewer', decided_at = now() WHERE id = %s"),
        (people.reviewer, "UPDATE import_batch SET actor = 'head' WHERE id = %s"),
    ]
    for who, statement in tries:
        with pytest.raises(refused), db.as_user(who, write=True) as conn:
            conn.execute(statement, (id,))
    with db.as_user(people.clerk, write=True) as conn:  # handed in: its rows stand still
        assert conn.execute("UPDATE import_row SET outcome = 'new' WHERE batch_id = %s", (id,)).rowcount == 0
        assert conn.execute("DELETE FROM import_row WHERE batch_id = %s", (id,)).rowcount == 0
    with db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, done["plan_hash"], people.reviewer, LATER)
    with db.as_user(people.reviewer, write=True) as conn:
        assert conn.execute("DELETE FROM feature").rowcount == 0
    for statement in ("UPDATE feature SET name = 'x', version = version + 1",
                      "UPDATE feature SET name = 'x'"):  # fmt: skip
        with pytest.raises(refused), db.as_user(people.reviewer, write=True) as conn:
            conn.execute(statement)


def test_a_row_changed_in_secret_stops_the_approval(db, desk, people) -> None:
    id, done = handed_in(db, desk, people)
    with db.as_user(OFFICER, write=True) as conn:
        conn.execute("UPDATE import_row SET payload = jsonb_set(payload, '{name}', '\"别的\"') WHERE batch_id = %s AND outcome = 'new'", (id,))
    with pytest.raises(Precondition), db.as_user(people.reviewer, write=True) as conn:
        batch.approve(conn, desk, id, done["plan_hash"], people.reviewer, LATER)


def test_another_units_record_is_not_changed_by_a_file(db, desk, people) -> None:
    theirs = {"name": "操场", "shelter_level": "市级", "capacity": 900, "lon": 116.2869, "lat": 39.8584, "code": "SH-FT-1", "district": "丰台区"}
    with db.as_user(people.stranger, write=True) as conn:
        org = people.stranger.org
    with db.as_user(OFFICER, write=True) as conn:
        register.save(conn, desk, desk.catalogue.layer("shelter"), theirs, OFFICER, NOW)
        assert conn.execute("SELECT steward_org FROM feature WHERE code = 'SH-FT-1'").fetchone()["steward_org"] == org
    who = Actor(**{k: getattr(people.clerk, k) for k in ("id", "name", "role", "org", "scope", "orgs")} | {"staff_layers": ("shelter",)}) \
        if hasattr(people.clerk, "staff_layers") else people.clerk
    id, seen = planned(db, desk, who, [theirs | {"capacity": 5}], "shelter")
    with db.as_user(who) as conn:
        meets = imports.planned(conn, id, None, -1, 1)[0]["base_version"]
    if meets is not None:  # the layer is visible to all staff
        with pytest.raises(Conflict), db.as_user(who, write=True) as conn:
            batch.submit(conn, desk, id, seen, who, NOW, note="x y")


def test_the_list(db, desk, people) -> None:
    id, _ = handed_in(db, desk, people)
    with db.as_user(people.reviewer) as conn:
        assert [b["id"] for b in batches.page(conn, None, ["submitted"], 10)] == [id]
        assert batches.page(conn, "reviewer", None, 10) == []
    with db.as_user(people.stranger) as conn:
        assert batches.page(conn, None, None, 10) == []
