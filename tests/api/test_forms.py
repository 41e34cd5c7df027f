"""The registration forms without JavaScript: plain posts, what was typed is kept, nothing is handed in twice."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.core.form import sections
from riskmap.core.identifier import uscc_check
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made

NEW = {"name": "甲一净水剂厂 液氯间", "kind": "危险化学品", "accident_type": "中毒", "likelihood": "4", "severity": "5", "lon": "116.4860",
       "lat": "39.9219", "address": "静安里 1 号", "verified_on": "2026-11-20"}  # fmt: skip


@pytest.fixture
def app(db: Database) -> FastAPI:
    made(db, "clerk", "district_clerk")
    made(db, "other", "district_clerk", "110106")
    made(db, "reviewer", "reviewer")
    return create_app(settings(), db, grading=False)


@pytest.fixture
def clerk(app: FastAPI) -> Iterator[Person]:
    with Person(app) as person:
        yield plain(person.signed("clerk"))


def plain(person: Person) -> Person:
    """A browser without JavaScript: no header of ours, only what stands in the form."""
    person.csrf, person.token = person.token, ""  # type: ignore[attr-defined]
    return person


def send(person: Person, path: str, **fields: Any) -> Any:
    """A form as a browser posts it, with its hidden fields."""
    data = {"csrf": person.csrf, "key": uuid.uuid4().hex} | {k: v for k, v in fields.items()}  # type: ignore[attr-defined]
    return person.post(path, data=data, headers={"Idempotency-Key": ""})


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found[1]


def begun(person: Person, **fields: str) -> int:
    answer = send(person, "/register/risk_source", **(NEW | fields))
    assert answer.status_code == 303, answer.text[:2000]
    return int(re.fullmatch(r"/drafts/(\d+)", answer.headers["location"])[1])  # type: ignore[index]


def test_a_record_is_registered_and_handed_in_without_javascript(clerk: Person, app: FastAPI) -> None:
    page = clerk.get("/register/risk_source").text
    assert "<form" in page and 'name="likelihood"' in page and "单位" in page
    id = begun(clerk)
    page = clerk.get(f"/drafts/{id}").text
    assert "甲一净水剂厂 液氯间" in page and "可能性 L × 后果 S = 4 × 5 = 20" in page and "Ⅰ 重大" in page
    answer = send(clerk, f"/drafts/{id}", version=hidden(page, "version"), act="submit")
    assert answer.headers["location"] == f"/drafts/{id}/summary"
    page = clerk.get(answer.headers["location"]).text
    assert "提交审核" in page and "危险化学品" in page and "116.486, 39.9219" in page
    version, key = hidden(page, "version"), uuid.uuid4().hex
    for _ in range(5):
        answer = clerk.post(f"/drafts/{id}/submit", data={"csrf": clerk.csrf, "key": key, "version": version}, headers={"Idempotency-Key": ""})
        assert answer.headers["location"] == f"/drafts?done={id}"
    assert "已提交" in clerk.get(f"/drafts?done={id}").text
    with Person(app) as reviewer:
        reviewer.signed("reviewer")
        queue = reviewer.get("/api/changes").json()
        assert [one["id"] for one in queue["changes"]] == [id]
    assert clerk.get(f"/drafts/{id}").status_code == 303


def test_what_is_refused_stays_in_the_form_with_its_reason(clerk: Person) -> None:
    id = begun(clerk, likelihood="9", kind="没有这种", name="")
    page = clerk.get(f"/drafts/{id}").text
    assert 'value="9"' in page and "没有这种" in page
    summary = re.search(r'id="summary".*?</ul>', page, re.S)
    assert summary and {"#f-likelihood", "#f-kind"} <= set(re.findall(r'href="(#f-\w+)"', summary[0]))
    assert 'aria-invalid="true"' in page and "超出允许范围" in page
    assert "待补" in page and "不能定级：按未评估，不是低风险" in page
    shown = clerk.get(f"/drafts/{id}/summary").text
    assert re.search(r'id="hand-in" disabled', shown)
    answer = send(clerk, f"/drafts/{id}/submit", version=hidden(shown, "version"))
    assert answer.status_code == 422 and "未提交" in answer.text


def test_a_form_without_the_token_changes_nothing(clerk: Person) -> None:
    answer = clerk.post("/register/risk_source", data=NEW | {"key": uuid.uuid4().hex}, headers={"Idempotency-Key": ""})
    assert answer.status_code == 403
    assert clerk.post("/register/risk_source", data=NEW | {"key": uuid.uuid4().hex, "csrf": "0" * 64}).status_code == 403
    assert "没有草稿" in clerk.get("/drafts").text


def test_the_same_form_sent_five_times_is_one_draft(clerk: Person) -> None:
    key = uuid.uuid4().hex
    places = {clerk.post("/register/risk_source", data=NEW | {"csrf": clerk.csrf, "key": key}, headers={"Idempotency-Key": ""}).headers["location"]
              for _ in range(5)}  # fmt: skip
    assert len(places) == 1
    assert clerk.get("/drafts").text.count('href="/drafts/') == 1


def test_a_coordinate_in_another_datum_is_converted_and_stands_as_wgs84(clerk: Person) -> None:
    id = begun(clerk, lon="", lat="", place="116°29′10″E 39°55′19″N", crs="gcj02")
    page = html.unescape(clerk.get(f"/drafts/{id}").text)
    lon = float(re.search(r'name="lon"[^>]*value="([^"]+)"', page)[1])  # type: ignore[index]
    assert 0.004 < 116.486111 - lon < 0.008
    told = clerk.get("/api/place", params={"text": "116.486111, 39.921944", "crs": "gcj02"}).json()
    assert told["district"]["zh"] == "朝阳区" and 400 < told["moved_m"] < 700 and told["town"] is None
    swapped = clerk.get("/api/place", params={"text": "39.921944, 116.486111"}).json()
    assert swapped["lon"] is None and swapped["doubts"][0]["code"] == "swapped"
    answer = send(clerk, f"/drafts/{id}", version="1", place="39.9, 116.4", crs="wgs84", name="改名")
    assert answer.status_code == 422 and "颠倒" in answer.text and "改名" in answer.text and 'value="39.9, 116.4"' in answer.text


def test_two_tabs_of_one_draft_get_both_versions_and_a_choice_each(clerk: Person) -> None:
    id = begun(clerk)
    assert send(clerk, f"/drafts/{id}", version="1", name="第一页的名称", address="静安里 1 号").status_code == 303
    answer = send(clerk, f"/drafts/{id}", version="1", name="第二页的名称", address="静安里 2 号")
    assert answer.status_code == 409
    assert all(text in answer.text for text in ("第一页的名称", "第二页的名称", "静安里 2 号", "静安里 1 号"))
    again = send(clerk, f"/drafts/{id}", version=hidden(answer.text, "version"), name="第二页的名称", address="静安里 2 号",
                 **{"pick.name": "theirs", "pick.address": "mine"})  # fmt: skip
    assert again.status_code == 303, again.text[:500]
    page = clerk.get(f"/drafts/{id}").text
    assert "第一页的名称" in page and "静安里 2 号" in page and "第二页的名称" not in page


def test_another_districts_draft_and_record_are_404(clerk: Person, app: FastAPI) -> None:
    id = begun(clerk)
    with Person(app) as other:
        plain(other.signed("other"))
        for path in (f"/drafts/{id}", f"/drafts/{id}/summary", "/register/risk_source/999999"):
            assert other.get(path).status_code == 404
        for path in (f"/drafts/{id}", f"/drafts/{id}/submit", f"/drafts/{id}/withdraw"):
            assert send(other, path, version="1", name="x").status_code == 404
        assert "液氯间" not in other.get("/drafts").text


def test_an_emptied_field_is_missing_and_never_nought(clerk: Person) -> None:
    id = begun(clerk)
    assert send(clerk, f"/drafts/{id}", version="1", severity="", likelihood="4").status_code == 303
    told = clerk.get(f"/api/changes/{id}").json()
    assert told["values"]["severity"] is None and told["level"]["new"] is None
    assert "缺后果 S，不能定级" in told["why"][0]["zh"]


def test_every_layer_has_its_form(clerk: Person) -> None:
    with_fields = 0
    for layer in settings().layers_dir.glob("*/layer.toml"):
        answer = clerk.get(f"/register/{layer.parent.name}")
        assert answer.status_code == 200, layer
        names = set(re.findall(r'name="(\w+)"', answer.text))
        declared = re.findall(r'(?m)^\[\[field\]\]\nname = "(\w+)"', layer.read_text("utf-8"))
        assert set(declared) <= names and {"name", "lon", "lat", "district", "town"} <= names
        with_fields += len(declared)
    assert with_fields > 40


def test_a_change_of_a_record_in_force_keeps_it_in_force(clerk: Person, app: FastAPI) -> None:
    id = begun(clerk)
    version = hidden(clerk.get(f"/drafts/{id}/summary").text, "version")
    send(clerk, f"/drafts/{id}/submit", version=version)
    with Person(app) as reviewer:
        reviewer.signed("reviewer")
        at = reviewer.get(f"/api/changes/{id}").json()
        record = reviewer.post(f"/api/changes/{id}/approve", headers={"If-Match": f'"{at["version"]}"'}).json()["feature_id"]
    page = clerk.get(f"/register/risk_source/{record}").text
    assert "甲一净水剂厂 液氯间" in page and 'value="2026-11-20"' in page
    answer = send(clerk, f"/register/risk_source/{record}", base=hidden(page, "base"), name="甲一净水剂厂 液氯间", severity="2", likelihood="4")
    assert answer.status_code == 303
    change = int(answer.headers["location"].rsplit("/", 1)[1])
    told = clerk.get(f"/api/changes/{change}").json()
    assert {f["name"] for f in told["fields"] if f["changed"]} == {"severity"} and told["level"] == {"old": 1, "new": 4}
    assert clerk.get(f"/register/risk_source/{record}").headers["location"] == f"/drafts/{change}"
    assert clerk.get(f"/api/layers/risk_source/features/{record}").json()["properties"]["level"] == 1


def test_a_record_that_moved_on_is_set_beside_the_proposal_and_chosen_field_by_field(clerk: Person, app: FastAPI, db: Database) -> None:
    made(db, "chief", "risk_officer")
    with Person(app) as officer:
        officer.signed("chief")
        values = {**NEW, "lon": 116.486, "lat": 39.9219, "likelihood": 4, "severity": 5}
        record = officer.post("/api/layers/risk_source/features", json=values).json()["id"]
        answer = send(clerk, f"/register/risk_source/{record}", base="1", name="申请的名称", address="申请的地址")
        change = int(answer.headers["location"].rsplit("/", 1)[1])
        moved = officer.patch(f"/api/layers/risk_source/features/{record}", json={"name": "在册的新名称"}, headers={"If-Match": '"1"'})
        assert moved.status_code == 200, moved.text
    assert "在册记录在此期间已被修改" in clerk.get(f"/drafts/{change}").text
    page = clerk.get(f"/drafts/{change}/summary").text
    assert "申请的名称" in page and "在册的新名称" in page and re.search(r'id="hand-in" disabled', page)
    answer = send(clerk, f"/drafts/{change}", version=hidden(page, "version"), base_version=hidden(page, "base_version"), act="submit",
                  **{"pick.name": "theirs", "theirs.name": "在册的新名称", "pick.address": "mine"})  # fmt: skip
    assert answer.headers.get("location") == f"/drafts/{change}/summary", answer.text[:800]
    page = clerk.get(f"/drafts/{change}/summary").text
    told = clerk.get(f"/api/changes/{change}").json()
    assert {f["name"]: f["new"] for f in told["fields"] if f["changed"]} == {"address": "申请的地址"} and not told["stale"]
    assert send(clerk, f"/drafts/{change}/submit", version=hidden(page, "version")).status_code == 303


def test_an_enterprise_on_record_is_offered_by_its_credit_code(clerk: Person, app: FastAPI, db: Database) -> None:
    made(db, "chief", "risk_officer")
    code = "91110105MA01A2B3C" + uscc_check("91110105MA01A2B3C")
    with Person(app) as officer:
        officer.signed("chief")
        known = {"name": "甲一净水剂厂", "uscc": code, "lon": 116.486, "lat": 39.9219}
        record = officer.post("/api/layers/enterprise/features", json=known).json()["id"]
    id = int(send(clerk, "/register/enterprise", name="甲一", uscc=code).headers["location"].rsplit("/", 1)[1])
    page = clerk.get(f"/drafts/{id}").text
    assert 'id="namesake"' in page and f"/register/enterprise/{record}" in page
    assert 'id="namesake"' not in clerk.get(f"/register/enterprise/{record}").text


def test_the_form_is_drawn_from_the_declaration_alone() -> None:
    from riskmap.catalogue import load

    at = load(settings().layers_dir, settings().data_dir / "codes")
    for layer in at.layers.values():
        drawn = sections(layer, at.options, {})
        names = [item.name for one in drawn for item in one.items]
        assert len(names) == len(set(names)) and set(layer.fields()) <= set(names)
        assert all(item.options for one in drawn for item in one.items if item.name in layer.fields() and layer.fields()[item.name].type == "code")


def test_dates_are_dates(clerk: Person) -> None:
    id = begun(clerk, verified_on="2026-11-20")
    assert clerk.get(f"/api/changes/{id}").json()["values"]["verified_on"] == dt.date(2026, 11, 20).isoformat()
