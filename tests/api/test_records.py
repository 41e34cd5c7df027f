"""One record: what a form may send, what comes back, and what happens when two people are at it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

RISK = "/api/layers/risk_source/features"


def test_a_record_is_registered_with_level_place_and_code(client, source):
    made = client.post(RISK, json=source)
    assert made.status_code == 201, made.text
    properties = made.json()["properties"]
    assert (properties["level"], properties["effective_level"]) == (1, 1)  # 4 × 5 = 20 → Ⅰ
    assert properties["district"] == "110115"
    assert properties["code"].startswith("RS-110115-")
    assert properties["status"] == "approved" and properties["missing"] == []
    assert [v["operation"] for v in made.json()["history"]] == ["create"]


def test_a_change_needs_the_version_it_was_read_at(client, source):
    made = client.post(RISK, json=source).json()
    url = f"{RISK}/{made['id']}"
    assert client.patch(url, json={"likelihood": 1}).status_code == 428
    changed = client.patch(url, json={"likelihood": 1}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.json()["properties"]["level"] == 4  # 1 × 5 = 5 → Ⅳ, S came from the record
    late = client.patch(url, json={"name": "别的名字"}, headers={"If-Match": '"1"'})
    assert late.status_code == 409 and late.json()["current"]["version"] == 2
    assert client.get(url).json()["properties"]["name"] == source["name"]


def test_null_empties_a_field_and_a_required_one_becomes_incomplete(client, source):
    made = client.post(RISK, json=source | {"measures": "双人双锁"}).json()
    url = f"{RISK}/{made['id']}"
    assert (
        client.patch(url, json={"measures": None}, headers={"If-Match": "1"}).json()["properties"]["attributes"].get("measures")
        is None
    )
    emptied = client.patch(url, json={"name": None}, headers={"If-Match": "2"}).json()["properties"]
    assert emptied["status"] == "incomplete" and emptied["missing"] == ["name"]


def test_bad_values_are_told_by_field_and_store_nothing(client, source):
    bad = client.post(RISK, json=source | {"likelihood": 9, "kind": "不存在的类别"})
    assert bad.status_code == 422
    told = {f["field"]: f for f in bad.json()["findings"]}
    assert {"likelihood", "kind"} <= set(told)
    assert all(f["reason"] and f["remedy"] for f in told.values())
    assert client.get("/api/layers/risk_source/count").json() == {"count": 0}


def test_unknown_fields_and_nested_values_are_refused(client, source):
    assert client.post(RISK, json=source | {"approved_by": "me"}).status_code == 422
    assert client.post(RISK, json=source | {"name": {"$ne": 1}}).status_code == 422
    assert client.post(RISK, json={}).status_code == 422


def test_a_second_record_within_a_metre_is_a_suspected_duplicate(client, source):
    first = client.post(RISK, json=source).json()
    again = client.post(RISK, json=source | {"name": "另一名称"})
    assert again.status_code == 409
    assert again.json()["where"] == str(first["id"])


def test_five_times_the_same_post_has_one_effect(client, source):
    def send(_: int):
        return client.post(RISK, json=source, headers={"Idempotency-Key": "the-same-key"})

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))
    assert all(a.status_code == 201 for a in answers), [a.text for a in answers]
    assert len({a.json()["id"] for a in answers}) == 1
    assert client.get("/api/layers/risk_source/count").json() == {"count": 1}
    other = client.post(RISK, json=source | {"name": "x"}, headers={"Idempotency-Key": "the-same-key"})
    assert other.status_code == 409
    assert client.post(RISK, json=source, headers={"Idempotency-Key": "short"}).status_code == 428


def test_retired_stays_but_leaves_the_list(client, source):
    made = client.post(RISK, json=source).json()
    gone = client.post(f"{RISK}/{made['id']}/retire", headers={"If-Match": "1"})
    assert gone.json() == {"id": made["id"], "status": "retired"}
    assert client.get("/api/layers/risk_source/count").json() == {"count": 0}
    assert client.get("/api/layers/risk_source/count?status=retired").json() == {"count": 1}
    assert [v["operation"] for v in client.get(f"{RISK}/{made['id']}").json()["history"]] == ["retire", "create"]


def test_a_source_takes_the_worse_level_of_its_major_hazard(client, source):
    hazard = client.post(
        "/api/layers/major_hazard/features", json={"name": "液氯罐区", "hazard_grade": "一级", "lon": 116.34, "lat": 39.73}
    ).json()
    linked = client.post(RISK, json=source | {"likelihood": 1, "severity": 1, "parent_code": hazard["properties"]["code"]})
    assert linked.status_code == 201, linked.text
    assert (linked.json()["properties"]["level"], linked.json()["properties"]["effective_level"]) == (4, 1)
    milder = client.patch(
        f"/api/layers/major_hazard/features/{hazard['id']}", json={"hazard_grade": "四级"}, headers={"If-Match": "1"}
    )
    assert milder.json()["properties"]["level"] == 3
    assert client.get(f"{RISK}/{linked.json()['id']}").json()["properties"]["effective_level"] == 3


def test_absent_is_the_same_404_everywhere(client):
    for url in (f"{RISK}/999999", f"{RISK}/-1", f"{RISK}/{2**70}"):
        answer = client.get(url)
        assert answer.status_code == 404, url
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/layers/no_such_layer/features").status_code == 404
