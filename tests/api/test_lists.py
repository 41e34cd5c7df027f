"""三张清单 over HTTP: figures that agree with the map and /dangers, per unit; what leaves is audited, marked, masked, no formula."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made

LISTS = ("districts", "enterprises", "risks", "dangers", "violations", "inspections")


@pytest.fixture
def app(db: Database) -> FastAPI:
    return create_app(settings(), db, grading=False)


@pytest.fixture
def people(app: FastAPI, db: Database) -> dict[str, Person]:
    for login, role, org in (("tian", "district_clerk", "110115"), ("bie", "district_clerk", "110105"), ("shi", "risk_officer", "110000"),
                             ("zhi", "commander", "110000")):  # fmt: skip
        made(db, login, role, org)
    out = {login: Person(app).signed(login) for login in ("tian", "bie", "shi", "zhi")}
    for n, (district, lon, lat, clerk) in enumerate((("大兴区", 116.33, 39.72, "tian"), ("朝阳区", 116.5, 39.95, "bie"))):
        firm = out["shi"].post("/api/layers/enterprise/features", json={"name": f"企业{n}", "lon": lon, "lat": lat, "district": district}).json()
        for i, severity in enumerate((5, 4, 2)):
            source = {"name": f"源{n}-{i}", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": severity, "district": district,
                      "lon": lon + i * 0.004, "lat": lat, "parent_code": firm["properties"]["code"]}  # fmt: skip
            id = out["shi"].post("/api/layers/risk_source/features", json=source).json()["id"]
        given = {"feature_id": id, "title": "=1+1 报警器", "grade": "major", "basis": "未投用", "found_on": "2026-10-01", "deadline_on": "2026-10-15",
                 "unit": "企业", "person": "张大力"}  # fmt: skip
        assert out[clerk].post("/api/dangers", json=given).status_code == 201
        wrong = {"feature_id": firm["id"], "kind": "facility", "fact": "报警器未投用", "basis": "法", "measure": "fine", "amount_yuan": "1000.50"}
        assert out[clerk].post("/api/violations", json=wrong | {"basis": "安全生产法"}).status_code == 201
        look = {"feature_id": firm["id"], "kind": "joint", "unit": "区局", "inspectors": "李某某", "result": "found", "findings": "报警器"}
        assert out[clerk].post("/api/inspections", json=look).status_code == 201
    return out


def rows(person: Person, name: str, **asked: str) -> list[dict[str, Any]]:
    answer = person.get(f"/api/lists/{name}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_figures_are_those_of_the_map_and_of_the_dangers(people: dict[str, Person]) -> None:
    city = people["shi"]
    told = {one["district_code"]: one for one in rows(city, "districts")}
    assert set(told) == {"110115", "110105"}
    for code, one in told.items():
        assert one["risks"] == city.get("/api/layers/risk_source/count", params={"district": code}).json()["count"] == 3
        assert one["r1"] == city.get("/api/layers/risk_source/count", params={"district": code, "level": "1"}).json()["count"]
        counts = city.get("/api/dangers", params={"district": code, "state": "open"}).json()["counts"]
        assert (one["open"], one["major"], one["overdue"]) == (counts["open"], counts["major"], counts["overdue"]) == (1, 1, 1)
        assert one["violations"] == 1 and float(one["amount_yuan"]) == 1000.5
        assert len(rows(city, "risks", district=code)) == 3 and len(rows(city, "dangers", district=code, state="overdue")) == 1
    firms = rows(city, "enterprises")
    assert [(f["risks"], f["open"], f["violations"]) for f in firms] == [(3, 1, 1)] * 2
    assert {r["parent_name"] for r in rows(city, "risks", enterprise=str(firms[0]["id"]))} == {firms[0]["name"]}
    assert len(rows(city, "violations", enterprise=str(firms[0]["id"]))) == 1 and rows(city, "risks", q="没有的") == []


def test_each_unit_has_its_own(people: dict[str, Person]) -> None:
    for login, code in (("tian", "110115"), ("bie", "110105")):
        assert [one["district_code"] for one in rows(people[login], "districts")] == [code]
        assert len(rows(people[login], "risks")) == 3 and len(rows(people[login], "violations")) == 1
        assert rows(people[login], "enterprises")[0]["violations"] == 1 and len(rows(people[login], "enterprises")) == 1


@pytest.mark.parametrize("name", LISTS)
def test_it_leaves_marked_audited_and_without_a_formula(people: dict[str, Person], db: Database, name: str) -> None:
    answer = people["tian"].post(f"/api/lists/{name}/export", json={"filters": {"district": "110115"} if name in ("risks", "dangers") else {}})
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [c for row in book.worksheets[0].iter_rows(min_row=2) for c in row]
    assert cells and not any(c.data_type == "f" for c in cells) and "某tian" in str(book["说明"]["A2"].value)
    assert answer.headers["x-rows"] == str(len(rows(people["tian"], name)))
    csv = people["tian"].post("/lists/export", data={"csrf": people["tian"].token, "list": name, "format": "csv"})
    assert csv.status_code == 200 and "%E6%9F%90tian.csv" in csv.headers["content-disposition"] and b"\n=1" not in csv.content
    paper = people["tian"].post("/lists/export", data={"csrf": people["tian"].token, "list": name, "format": "print"})
    assert paper.status_code == 200 and "某tian" in paper.text and 'id="mark"' in paper.text
    with db.as_engine() as conn:
        told = conn.execute("SELECT operation, after FROM audit WHERE operation LIKE 'lists.%' ORDER BY id").fetchall()
    assert [t["operation"] for t in told] == ["lists.export", "lists.export", "lists.print"] and told[0]["after"]["list"] == name


def test_persons_are_masked_where_they_are_not_ones_own(people: dict[str, Person]) -> None:
    assert rows(people["tian"], "dangers")[0]["person"] == "张大力" and rows(people["tian"], "inspections")[0]["inspectors"] == "李某某"
    for one in rows(people["zhi"], "dangers"):
        assert one["person"] == "张****"
    assert {one["inspectors"] for one in rows(people["zhi"], "inspections")} == {"李****"}
    text = people["zhi"].post("/lists/export", data={"csrf": people["zhi"].token, "list": "dangers", "format": "csv"}).content.decode()
    assert "张大力" not in text and "张****" in text


@pytest.mark.parametrize("query", ["district=1", "enterprise=x", "level=9", "state=x", "cursor=x&list=dangers", "q=" + "a" * 101])
def test_what_is_not_a_filter_is_refused(people: dict[str, Person], query: str) -> None:
    assert people["shi"].get(f"/api/lists/dangers?{query}").status_code == 422
    for name in LISTS:
        assert people["shi"].get(f"/lists?list={name}").status_code == 200
