"""Proposals over HTTP: the built-in officer at the desk, clerks and reviewers of two districts beside him on the same database."""

from __future__ import annotations

import threading

import pytest

from riskmap.core.actor import OFFICER
from riskmap.flows import propose, review
from tests.flows.test_propose import NOW, TANK, desk, handed_in, in_force, people  # noqa: F401

QUEUE = "/api/changes"


def match(version: int, **more: str) -> dict[str, str]:
    return {"If-Match": f'"{version}"'} | more


@pytest.fixture
def waiting(db, desk, people) -> tuple[int, int]:  # noqa: F811
    """A new record a clerk handed in."""
    return handed_in(db, desk, people.clerk, TANK)


def test_a_draft_is_begun_saved_and_handed_in(client):
    made = client.post("/api/layers/risk_source/changes", json={"values": {"name": "新单元", "severity": "九"}})
    assert made.status_code == 201, made.text
    one = made.json()
    assert one["state"] == "draft" and one["values"]["severity"] == "九" and one["may"]["edit"]
    assert any(f["field"] == "severity" and f["severity"] == "refuse" for f in one["findings"])
    assert client.patch(f"{QUEUE}/{one['id']}", json={"values": TANK}).status_code == 428
    saved = client.patch(f"{QUEUE}/{one['id']}", json={"values": TANK}, headers=match(1))
    assert saved.status_code == 200 and saved.json()["version"] == 2
    late = client.patch(f"{QUEUE}/{one['id']}", json={"values": {"severity": 2}}, headers=match(1))
    assert late.status_code == 409 and late.json()["current"]["version"] == 2
    assert client.post(f"{QUEUE}/{one['id']}/submit", headers=match(2)).json()["state"] == "submitted"
    own = client.post(f"{QUEUE}/{one['id']}/approve", headers=match(4))
    assert own.status_code == 403 and "自己" in own.json()["title"]
    assert client.get(f"{QUEUE}?mine=false").json()["count"] == 0
    assert client.get(f"{QUEUE}?mine=true").json()["changes"][0]["id"] == one["id"]
    assert client.get("/api/layers/risk_source/count").json() == {"count": 0}


def test_the_queue_the_longest_waiting_first_in_pages(client, db, desk, people):  # noqa: F811
    ids = [handed_in(db, desk, people.clerk, TANK | {"name": f"{n} 号库", "lon": 116.31 + n / 50})[0] for n in range(5)]
    begun = client.post("/api/layers/risk_source/changes", json={"values": {"name": "草稿"}}).json()["id"]
    seen, cursor = [], ""
    while cursor is not None:
        body = client.get(QUEUE, params={"limit": 2, "cursor": cursor}).json()
        assert body["count"] == 5 and body["clean"] == 5
        seen += body["changes"]
        cursor = body["cursor"]
    assert [c["id"] for c in seen] == ids
    first = seen[0]
    assert (first["name"], first["layer"], first["kind"], first["level"], first["maker"]) == (
        "0 号库",
        "risk_source",
        "create",
        1,
        "clerk",
    )
    assert first["may_decide"] and first["age_s"] >= 0 and first["district_code"] == "110115"
    assert [c["id"] for c in client.get(f"{QUEUE}?state=draft").json()["changes"]] == [begun]
    assert client.get(f"{QUEUE}?district=110106").json()["count"] == 0
    assert client.get(f"{QUEUE}?kind=retire").json()["count"] == 0
    assert client.get(f"{QUEUE}?findings=true").json()["changes"] == []


@pytest.mark.parametrize(
    "query", ["state=gone", "state=", "kind=stolen", "district=1", "limit=0", "limit=999", "cursor=%27--", "layer=none"]
)
def test_a_wrong_question_is_told(client, query):
    answer = client.get(f"{QUEUE}?{query}")
    assert answer.status_code in (404, 422) and answer.json()["title"]


def test_returned_with_a_reason_then_approved(client, db, desk, people, waiting):  # noqa: F811
    id, version = waiting
    assert client.post(f"{QUEUE}/{id}/return", json={}, headers=match(version)).status_code == 422
    back = client.post(f"{QUEUE}/{id}/return", json={"phrases": ["place", "duplicate"], "text": "见图"}, headers=match(version))
    assert back.status_code == 200, back.text
    shown = client.get(f"{QUEUE}/{id}").json()
    assert shown["reason"] == "位置与地址不符；疑似重复；见图" and shown["moves"][-1]["to"] == "returned"
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.edit(conn, desk, id, shown["version"], {"address": "某路 1 号"}, people.clerk, NOW)
        version = propose.submit(conn, desk, id, version, people.clerk, NOW)
    done = client.post(f"{QUEUE}/{id}/approve", headers=match(version))
    assert done.status_code == 200, done.text
    feature = client.get(f"/api/layers/risk_source/features/{done.json()['feature_id']}").json()
    assert feature["properties"]["address"] == "某路 1 号" and feature["properties"]["status"] == "approved"
    again = client.post(f"{QUEUE}/{id}/approve", headers=match(done.json()["version"]))
    assert again.status_code == 409 and again.json()["state"] == "approved"


def test_a_record_that_moved_on_is_409_with_both_versions(client, db, desk, people):  # noqa: F811
    feature = in_force(db, desk)
    id, version = handed_in(db, desk, people.clerk, {"severity": 3}, kind="change", feature=feature, base_version=1)
    assert client.patch(f"/api/layers/risk_source/features/{feature}", json={"severity": 4}, headers=match(1)).status_code == 200
    told = client.post(f"{QUEUE}/{id}/approve", headers=match(version))
    assert told.status_code == 409
    sides = {f["field"]: (f["base"], f["current"], f["proposed"], f["label"]["en"]) for f in told.json()["fields"]}
    assert sides["severity"][:3] == (5, 4, 3) and sides["severity"][3]


@pytest.mark.parametrize(
    "verb, path",
    [("GET", ""), ("PATCH", ""), ("POST", "/submit"), ("POST", "/withdraw"), ("POST", "/return"), ("POST", "/approve")],
)
def test_an_absent_proposal_is_404(client, verb, path):
    answer = client.request(
        verb, f"{QUEUE}/4711{path}", headers=match(1), json={"text": "不对"} if path == "/return" else {} if path == "" else None
    )
    assert answer.status_code == 404, answer.text


def test_every_post_five_times_at_once_has_one_effect(client, db, desk, people, waiting):  # noqa: F811
    id, version = waiting

    def five(path: str, body: dict | None, headers: dict) -> list[int]:
        told: list = []
        threads = [threading.Thread(target=lambda: told.append(client.post(path, json=body, headers=headers))) for _ in range(5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert all(r.json() == told[0].json() for r in told), [r.text for r in told]
        return [r.status_code for r in told]

    assert (
        five("/api/layers/risk_source/changes", {"values": TANK | {"lon": 116.5}}, {"Idempotency-Key": "five-drafts"})
        == [201] * 5
    )
    assert five(f"{QUEUE}/{id}/return", {"text": "补地址"}, match(version, **{"Idempotency-Key": "five-returns"})) == [200] * 5
    with db.as_user(people.clerk, write=True) as conn:
        version = propose.submit(conn, desk, id, version + 1, people.clerk, NOW)
    assert five(f"{QUEUE}/{id}/approve", None, match(version, **{"Idempotency-Key": "five-approvals"})) == [200] * 5
    other, version = handed_in(db, desk, people.clerk, TANK | {"lon": 116.35})
    assert (
        five(f"{QUEUE}/approve", {"changes": [{"id": other, "version": version}]}, {"Idempotency-Key": "five-bulks"}) == [200] * 5
    )
    mine = client.get(f"{QUEUE}?state=draft").json()["changes"]
    assert len(mine) == 1
    assert five(f"{QUEUE}/{mine[0]['id']}/submit", None, match(1, **{"Idempotency-Key": "five-submits"})) == [200] * 5
    draft = client.post("/api/layers/risk_source/changes", json={"values": {"name": "不要了"}}).json()["id"]
    assert five(f"{QUEUE}/{draft}/withdraw", None, match(1, **{"Idempotency-Key": "five-withdrawals"})) == [200] * 5
    with db.as_user(OFFICER) as conn:
        moves = conn.execute("SELECT change_id, from_state, to_state FROM feature_change_event ORDER BY id").fetchall()
        per = {c: [m["to_state"] for m in moves if m["change_id"] == c] for c in {m["change_id"] for m in moves}}
        assert per == {id: ["draft", "submitted", "returned", "submitted", "approved"], other: ["draft", "submitted", "approved"],
                       mine[0]["id"]: ["draft", "submitted"], draft: ["draft", "withdrawn"]}  # fmt: skip
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 2}


def test_two_reviewers_at_once_one_wins_the_other_gets_409(client, db, desk, people):  # noqa: F811
    for n in range(3):
        id, version = handed_in(db, desk, people.clerk, TANK | {"name": f"{n} 号库", "lon": 116.31 + n / 50})
        start, told = threading.Barrier(2), []

        def officer(id: int = id, version: int = version, start: threading.Barrier = start, told: list = told) -> None:
            start.wait()
            told.append(client.post(f"{QUEUE}/{id}/approve", headers=match(version)).status_code)

        def reviewer(id: int = id, version: int = version, start: threading.Barrier = start, told: list = told) -> None:
            start.wait()
            try:
                with db.as_user(people.reviewer, write=True) as conn:
                    review.send_back(conn, desk, id, version, ["place"], "", people.reviewer, NOW)
                told.append(200)
            except Exception as refused:
                told.append(refused.status)  # type: ignore[attr-defined]

        threads = [threading.Thread(target=act) for act in (officer, reviewer)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(told) == [200, 409]


NO_PROPOSAL = [{"kind": "split"}, {"kind": "change"}, {"kind": "create", "feature_id": 1}, {"values": {"name": {"a": 1}}}, {"maker": "x"},
               {"values": {"no_such": 1}}, {"state": "approved"}]  # fmt: skip


@pytest.mark.parametrize("body", NO_PROPOSAL)
def test_what_is_not_a_proposal_is_refused(client, body):
    assert client.post("/api/layers/risk_source/changes", json=body).status_code == 422


def test_the_effect_without_a_grader_says_so(client, waiting):
    assert client.post(f"{QUEUE}/{waiting[0]}/effect").json()["code"] == "unavailable"
