"""A city with people, and how each change of the product is asked for: what test_five_times.py sends five times at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from riskmap.store.database import Database
from tests.api.people import Person, made
from tests.test_attachment import png

SOURCE = {"name": "液氯储存单元", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "district": "大兴区",
          "verified_on": "2026-11-12"}  # fmt: skip
RICE = {"supply_code": "1010200", "unit": "kg", "batch_no": "B1", "location": "A-01", "expires_on": "2028-01-05"}
PEOPLE = {"clerk": ("district_clerk", "110115"), "checker": ("reviewer", "110115"), "city": ("risk_officer", "110000"),
          "keeper": ("security_admin", "110000"), "second": ("risk_officer", "110000"), "far": ("district_clerk", "110105"),
          "auditor": ("auditor", "110000")}  # fmt: skip
INSPECTION = {"kind": "routine", "unit": "大兴区应急管理局", "inspectors": "李某、王某", "result": "found", "findings": "通道堵塞"}
VIOLATION = {"kind": "facility", "fact": "报警器未投用", "basis": "安全生产法第三十六条", "measure": "order"}
_numbers = itertools.count(1)
Request = tuple[str, str, dict[str, Any]]  # who asks, path, the rest


class Town:
    """A clerk and a reviewer of 大兴区, a clerk of 朝阳区, an officer of the city, a security administrator; each signed in."""

    def __init__(self, app: FastAPI, db: Database) -> None:
        self.app, self.db = app, db
        for login, (role, org) in PEOPLE.items():
            made(db, login, role, org)
        self.people = {login: Person(app).signed(login) for login in PEOPLE}
        self.depot, self.depot_code = self.store("大兴库", 116.33, 39.73, "大兴区")
        self.other, _ = self.store("朝阳库", 116.5, 39.95, "朝阳区")

    def ask(self, who: str, path: str, **more: Any) -> Any:
        answer = self.people[who].post(path, **more)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()

    def store(self, name: str, lon: float, lat: float, district: str) -> tuple[int, str]:
        sent = {"name": name, "depot_level": "区级", "lon": lon, "lat": lat, "district": district}
        done = self.ask("city", "/api/layers/depot/features", json=sent)
        return done["id"], done["properties"]["code"]

    def source(self) -> dict[str, Any]:
        """A record nobody had before: a place and a name of its own."""
        n = next(_numbers)
        return SOURCE | {"name": f"液氯储存单元 {n}", "lon": round(116.30 + n % 70 * 0.002, 4), "lat": round(39.70 + n // 70 * 0.002, 4)}

    def method(self) -> int:
        """A drafted method that another may approve."""
        n = next(_numbers)
        return self.ask("city", "/api/methods", json={"name": f"草稿 {n}", "changes": {"seed": n}})["id"]

    def incident(self) -> int:
        """An incident with a plan."""
        return self.ask("city", "/api/incidents", json=INCIDENT)["id"]

    def order(self) -> dict[str, Any]:
        """Rice for an incident; it is there."""
        self.lot()
        return {"lines": [{"depot": self.depot, "supply_code": "1010200", "unit": "kg", "quantity": 5}]}

    def dispatch(self) -> int:
        return self.ask("city", f"/api/incidents/{self.incident()}/dispatches", json=self.order())["documents"][0]["id"]

    def reported(self) -> int:
        """An incident with a first report."""
        id = self.incident()
        self.ask("city", f"/api/incidents/{id}/reports", json=REPORT)
        return id

    def record(self) -> int:
        return self.ask("city", "/api/layers/risk_source/features", json=self.source())["id"]

    def sitting(self, id: int) -> str:
        """A confirmation of a record."""
        return self.ask("clerk", "/api/confirmations", json={"records": [{"id": id, "version": 1}]})["sitting"]

    def firm(self) -> int:
        """An enterprise of 大兴区."""
        n = next(_numbers)
        sent = {"name": f"甲一净水剂厂 {n}", "lon": round(116.30 + n % 70 * 0.002, 4), "lat": 39.71, "district": "大兴区"}
        return self.ask("city", "/api/layers/enterprise/features", json=sent)["id"]

    def found(self, what: str, given: dict[str, Any]) -> int:
        """An inspection or a violation that the clerk wrote down."""
        return self.ask("clerk", f"/api/{what}", json={"feature_id": self.record()} | given)["id"]

    def draft(self) -> int:
        return self.ask("clerk", "/api/layers/risk_source/changes", json={"kind": "create", "values": self.source()})["id"]

    def handed_in(self) -> tuple[int, int]:
        id = self.draft()
        return id, self.ask("clerk", f"/api/changes/{id}/submit", headers=seen(1))["version"]

    def csv(self) -> dict[str, Any]:
        """An upload of two rows."""
        rows = [self.source() for _ in range(2)]
        text = "风险源名称,类别,可能事故,可能性,严重程度,经度,纬度,行政区,核验日期\n" + "".join(
            f"{r['name']},危险化学品,中毒,3,4,{r['lon']},{r['lat']},大兴区,2026-11-12\n" for r in rows
        )
        return {"files": {"file": ("a.csv", text.encode())}}

    def batch(self, who: str, *steps: str) -> tuple[str, dict[str, Any]]:
        """A batch after these steps, as the address it has and the plan it stands at."""
        done = self.ask(who, "/api/layers/risk_source/imports", **self.csv())
        url, plan = f"/api/layers/risk_source/imports/{done['id']}", done["plan_hash"]
        for step in steps:
            asker = "checker" if step in ("approve", "return") else who
            plan = self.ask(asker, f"{url}/{step}", json={"plan_hash": plan}).get("plan_hash") or plan
        return url, {"plan_hash": plan}

    def danger(self, *moves: tuple[str, str, dict[str, Any]]) -> tuple[int, int]:
        given = {"feature_id": self.record(), "title": "紧急切断阀失效", "grade": "general", "found_on": "2026-11-01"}
        made = self.ask("clerk", "/api/dangers", json=given)
        for who, move, body in moves:
            made = self.ask(who, f"/api/dangers/{made['id']}/{move}", json=body, headers=seen(made["version"]))
        return made["id"], made["version"]

    def document(self, who: str, kind: str, lines: list[dict[str, Any]], **more: Any) -> int:
        body = {"kind": kind, "lines": lines, "reason": "例行"} | more
        return self.ask(who, f"/api/depots/{self.depot}/stock", json=body)["id"]

    def lot(self) -> int:
        """100 kg of rice, a batch of its own."""
        number = f"B{next(_numbers)}"
        self.document("clerk", "receipt", [RICE | {"quantity": 100, "batch_no": number}])
        lots = self.people["clerk"].get(f"/api/depots/{self.depot}/stock").json()["lots"]
        return next(one["id"] for one in lots if one["batch_no"] == number)

    def shelter(self, opened: bool = False) -> int:
        n = next(_numbers)
        sent = {"name": f"场所{n}", "shelter_level": "县级", "capacity": 300, "lon": round(116.30 + n * 0.003, 4), "lat": 39.75, "district": "大兴区"}
        id = self.ask("city", "/api/layers/shelter/features", json=sent)["id"]
        if opened:
            self.ask("clerk", f"/api/shelters/{id}/states", json={"state": "opened"})
        return id

    def account(self) -> str:
        login = f"neu{next(_numbers)}"
        made(self.db, login, "district_clerk", "110115")
        return login

    def second_keeper(self) -> Person:
        """A second security administrator, made when first asked for."""
        if "keeper2" not in self.people:
            made(self.db, "keeper2", "security_admin")
            self.people["keeper2"] = Person(self.app).signed("keeper2")
        return self.people["keeper2"]

    def form(self, path: str, **more: str) -> dict[str, Any]:
        """The plain form of a page of the clerk's, as a browser without JavaScript sends it."""
        text = self.people["clerk"].get(path).text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        hidden.pop("key", None)
        return {"data": hidden | {"csrf": self.people["clerk"].token} | more}


def seen(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def posted(t: Town, who: str, **more: str) -> dict[str, Any]:
    """A plain form as a browser sends it."""
    return {"data": {"csrf": t.people[who].token} | more}


def of_draft(step: str) -> Callable[[Town], Request]:
    return lambda t: ("clerk", f"/api/changes/{t.draft()}/{step}", {"headers": seen(1)})


def of_handed_in(step: str, **more: Any) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        id, version = t.handed_in()
        return "checker", f"/api/changes/{id}/{step}", {"headers": seen(version)} | more

    return case


def of_batch(who: str, step: str, *before: str, asker: str = "", **more: Any) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        url, plan = t.batch(who, *before)
        body = {} if step in ("withdraw", "undo", "ask-undo") else plan
        return asker or who, f"{url}/{step}", {"json": body | more}

    return case


def mended(t: Town) -> Request:
    url, plan = t.batch("clerk")
    return "clerk", f"{url}/mend", {"json": plan | {"every": {}, "cells": {"可能性": "2"}}}


def on_page(t: Town) -> Request:
    url, plan = t.batch("clerk")
    number = url.rsplit("/", 1)[1]
    return "clerk", f"/import/risk_source/{number}/submit", posted(t, "clerk", plan_hash=plan["plan_hash"], note="请审核")


def of_account(step: str, **more: Any) -> Callable[[Town], Request]:
    return lambda t: ("keeper", f"/api/accounts/{t.account()}/{step}", {"json": more})


def confirmed(t: Town) -> Request:
    login = t.account()
    made(t.db, second := f"second{login}", "security_admin")
    Person(t.app).signed(second).post(f"/api/accounts/{login}/reset-password", json={})
    return "keeper", f"/api/accounts/{login}/confirm", {"json": {}}


def of_key(step: str) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        id = t.ask("keeper", "/api/keys", json={"name": "程序", "org": "110000"})["id"]
        if step == "revoke":
            return "keeper", f"/api/keys/{id}/revoke", {"json": {}}
        t.second_keeper()
        return "keeper2", f"/api/keys/{id}/confirm", {"json": {}}

    return case


def many(t: Town) -> Request:
    waiting = [t.handed_in() for _ in range(2)]
    return "checker", "/api/changes/approve", {"json": {"changes": [{"id": id, "version": v} for id, v in waiting]}}


def stocked(step: str, kind: str, who: str, asker: str, body: dict[str, Any], **more: Any) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        to = {"to": t.other} if kind == "transfer" else {}
        id = t.document(who, kind, [{"stock_id": t.lot(), "quantity": 7}], **to)
        return asker, f"/api/stock/documents/{id}/{step}", {"json": body}

    return case


def by_form(case: Callable[[Town], Request]) -> Callable[[Town], Request]:
    """The same by the page's form instead of the API."""

    def form(t: Town) -> Request:
        who, path, more = case(t)
        return who, path.removeprefix("/api"), {"data": more["json"] | {"csrf": t.people[who].token, "depot": str(t.depot)}}

    return form


def moved(form: bool) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        id, version = t.danger()
        given = {"deadline_on": "2027-01-01", "unit": "甲一净水剂厂", "person": "李某"}
        if form:
            return "clerk", f"/dangers/{id}/list", t.form(f"/dangers/{id}", version=str(version), **given)
        return "clerk", f"/api/dangers/{id}/list", {"json": given, "headers": seen(version)}

    return case


def hung(t: Town) -> Request:
    id = t.draft()
    return "clerk", f"/drafts/{id}/files", {"data": {"csrf": t.people["clerk"].token}, "files": {"file": ("现场.png", png())}}


def taken_away(t: Town) -> Request:
    _, path, more = hung(t)
    t.people["clerk"].post(path, **more)
    id = path.split("/")[2]
    file = t.people["clerk"].get(f"/api/changes/{id}/attachments").json()["attachments"][0]["id"]
    return "clerk", f"{path}/{file}/remove", {"data": {"csrf": t.people["clerk"].token}}


def stock_file(t: Town) -> Request:
    text = f"储备库编号,物资编码,物资名称,数量,单位,批号,有效期至\n{t.depot_code},1010200,大米,20,kg,F1,2028-01-05\n"
    return "city", "/api/ledgers/stock/imports", {"files": {"file": ("a.csv", text.encode())}}


def draft_form(step: str, **more: str) -> Callable[[Town], Request]:
    def case(t: Town) -> Request:
        id = t.draft()
        return "clerk", f"/drafts/{id}{step}", t.form(f"/drafts/{id}", **more)

    return case


def record_form(t: Town) -> Request:
    path = f"/register/risk_source/{t.record()}"
    return "clerk", path, t.form(path, name="改了名称")


INCIDENT = {"lon": 116.33, "lat": 39.72, "kind": "accident.fire", "scenario": {"kind": "circle", "radius_m": 500}}
REPORT = {"kind": "first", "title": "库房起火", "nature": "accident.fire", "place": "大兴区", "reported_at": "2026-11-25T01:00:00+08:00"}
CASES: dict[str, Callable[[Town], Request]] = {
    "POST /api/incidents": lambda t: ("city", "/api/incidents", {"json": INCIDENT}),
    "POST /api/incidents/trial": lambda t: ("city", "/api/incidents/trial", {"json": {"lon": 116.33, "lat": 39.72}}),
    "POST /api/incidents/{id}/plan": lambda t: ("city", f"/api/incidents/{t.incident()}/plan", {"json": {"kind": "circle"}}),
    "POST /api/incidents/{id}/reservations": lambda t: ("city", f"/api/incidents/{t.incident()}/reservations", {"json": {}}),
    "POST /api/incidents/{id}/log": lambda t: ("city", f"/api/incidents/{t.incident()}/log", {"json": {"note": "风向改变"}}),
    "POST /api/incidents/{id}/dispatches": lambda t: ("city", f"/api/incidents/{t.incident()}/dispatches", {"json": t.order()}),
    "POST /incidents/{id}/dispatches": lambda t: (
        "city", f"/incidents/{t.incident()}/dispatches", posted(t, "city", **{k: str(v) for k, v in t.order()["lines"][0].items()})),
    "POST /api/dispatches/{id}/{step}": lambda t: ("clerk", f"/api/dispatches/{t.dispatch()}/load", {"json": {}}),
    "POST /dispatches/{id}/{step}": lambda t: ("clerk", f"/dispatches/{t.dispatch()}/cancel", posted(t, "clerk", answer="不需要了")),
    "POST /api/incidents/{id}/reports": lambda t: ("city", f"/api/incidents/{t.incident()}/reports", {"json": REPORT}),
    "POST /incidents/{id}/reports": lambda t: ("city", f"/incidents/{t.incident()}/reports", posted(t, "city", **REPORT)),
    "POST /api/incidents/{id}/reports/{number}/export": lambda t: (
        "city", f"/api/incidents/{t.reported()}/reports/1/export", {"json": {"format": "docx"}}),
    "POST /incidents/{id}/reports/{number}/export": lambda t: (
        "city", f"/incidents/{t.reported()}/reports/1/export", posted(t, "city", format="docx")),
    "POST /api/incidents/{id}/plans/{number}/export": lambda t: (
        "city", f"/api/incidents/{t.incident()}/plans/1/export", {"json": {"format": "docx"}}),
    "POST /incidents/{id}/plans/{number}/export": lambda t: ("city", f"/incidents/{t.incident()}/plans/1/export", posted(t, "city", format="docx")),
    "POST /incidents/{id}/log": lambda t: (
        "city", f"/incidents/{t.incident()}/log", posted(t, "city", move="note", note="风向改变")),
    "POST /incidents/{id}/hold": lambda t: (
        "city", f"/incidents/{t.incident()}/hold", posted(t, "city")),
    "POST /api/whatif": lambda t: ("city", "/api/whatif", {"json": {"district": "110101"}}),
    "POST /api/layers/{layer}/features": lambda t: ("city", "/api/layers/risk_source/features", {"json": t.source()}),
    "PATCH /api/layers/{layer}/features/{id}": lambda t: (
        "city", f"/api/layers/risk_source/features/{t.record()}", {"json": {"severity": 3}, "headers": seen(1)}),
    "POST /api/layers/{layer}/features/{id}/retire": lambda t: (
        "city", f"/api/layers/risk_source/features/{t.record()}/retire", {"headers": seen(1)}),
    "POST /api/layers/{layer}/features/{id}/reveal": lambda t: (
        "city", f"/api/layers/depot/features/{t.depot}/reveal", {"json": {"reason": "联系值班人员"}}),
    "POST /api/layers/{layer}/imports": lambda t: ("clerk", "/api/layers/risk_source/imports", t.csv()),
    "POST /api/layers/{layer}/imports/{batch}/commit": of_batch("city", "commit"),
    "POST /api/layers/{layer}/imports/{batch}/undo": of_batch("city", "undo", "commit"),
    "POST /api/layers/{layer}/imports/{batch}/submit": of_batch("clerk", "submit"),
    "POST /api/layers/{layer}/imports/{batch}/withdraw": of_batch("clerk", "withdraw", "submit"),
    "POST /api/layers/{layer}/imports/{batch}/return": of_batch("clerk", "return", "submit", asker="checker", reason="缺核验日期"),
    "POST /api/layers/{layer}/imports/{batch}/approve": of_batch("clerk", "approve", "submit", asker="checker"),
    "POST /api/layers/{layer}/imports/{batch}/ask-undo": of_batch("clerk", "ask-undo", "submit", "approve", reason="选错了坐标系"),
    "POST /api/ledgers/{ledger}/imports": stock_file,
    "POST /api/layers/{layer}/export": lambda t: ("city", "/api/layers/risk_source/export", {"json": {"format": "csv"}}),
    "POST /api/hazards/assess": lambda t: ("clerk", "/api/hazards/assess", {"json": {"holdings": [{"chemical": "氨", "amount": 15}]}}),
    "POST /api/layers/{layer}/changes": lambda t: ("clerk", "/api/layers/risk_source/changes", {"json": {"values": t.source()}}),
    "PATCH /api/changes/{id}": lambda t: ("clerk", f"/api/changes/{t.draft()}", {"json": {"values": {"severity": 2}}, "headers": seen(1)}),
    "POST /api/changes/{id}/submit": of_draft("submit"),
    "POST /api/changes/{id}/withdraw": of_draft("withdraw"),
    "POST /api/changes/{id}/return": of_handed_in("return", json={"text": "请核对"}),
    "POST /api/changes/{id}/approve": of_handed_in("approve"),
    "POST /api/changes/{id}/effect": of_handed_in("effect"),
    "POST /api/changes/approve": many,
    "POST /register/{layer}": lambda t: ("clerk", "/register/risk_source", t.form("/register/risk_source", name="表单登记")),
    "POST /register/{layer}/{id}": record_form,
    "POST /drafts/{change}": draft_form("", name="改了名称"),
    "POST /drafts/{change}/submit": draft_form("/submit"),
    "POST /drafts/{change}/withdraw": draft_form("/withdraw"),
    "POST /drafts/{change}/files": hung,
    "POST /drafts/{change}/files/{file}/remove": taken_away,
    "POST /api/layers/{layer}/imports/{batch}/mend": mended,
    "POST /import/{layer}": lambda t: ("clerk", "/import/risk_source", {"data": {"csrf": t.people["clerk"].token}} | t.csv()),
    "POST /import/{layer}/{batch}/{move}": on_page,
    "POST /api/methods": lambda t: ("city", "/api/methods", {"json": {"name": f"草稿 {next(_numbers)}", "changes": {"seed": 7}}}),
    "POST /api/methods/{id}/activate": lambda t: ("second", f"/api/methods/{t.method()}/activate", {"json": {"day": "2099-01-01"}}),
    "POST /api/methods/{id}/discard": lambda t: ("city", f"/api/methods/{t.method()}/discard", {}),
    "POST /method/new": lambda t: ("city", "/method/new", posted(t, "city", **{"name": f"草稿 {next(_numbers)}", "p.seed": "8"})),
    "POST /method/{id}/approve": lambda t: ("second", f"/method/{t.method()}/approve", posted(t, "second", day="2099-01-01")),
    "POST /method/{id}/discard": lambda t: ("city", f"/method/{t.method()}/discard", posted(t, "city")),
    "POST /api/dangers": lambda t: (
        "clerk", "/api/dangers", {"json": {"feature_id": t.record(), "title": "阀门失效", "grade": "general", "found_on": "2026-11-01"}}),
    "POST /api/dangers/{id}/{move}": moved(False),
    "POST /api/dangers/export": lambda t: ("clerk", "/api/dangers/export", {"json": {}}),
    "POST /dangers/new": lambda t: (
        "clerk", "/dangers/new", {"data": {"csrf": t.people["clerk"].token, "source": str(t.record()), "title": "阀门失效", "grade": "general",
                                           "found_on": "2026-11-01"}}),
    "POST /dangers/{id}/{move}": moved(True),
    "POST /dangers/export": lambda t: ("clerk", "/dangers/export", {"data": {"csrf": t.people["clerk"].token}}),
    "POST /api/depots/{id}/stock": lambda t: (
        "clerk", f"/api/depots/{t.depot}/stock", {"json": {"kind": "receipt", "lines": [RICE | {"quantity": 9, "batch_no": "B9"}]}}),
    "POST /api/depots/{id}/minimum": lambda t: (
        "clerk", f"/api/depots/{t.depot}/minimum", {"json": {"supply_code": "1010200", "unit": "kg", "minimum": 5}}),
    "POST /api/stock/documents/{id}/decide": stocked("decide", "scrap", "clerk", "checker", {"act": "approve"}),
    "POST /api/stock/documents/{id}/receive": stocked("receive", "transfer", "clerk", "far", {"act": "receive"}),
    "POST /api/stock/documents/{id}/reverse": stocked("reverse", "issue", "clerk", "clerk", {"reason": "记错了"}),
    "POST /api/stock/export": lambda t: ("clerk", "/api/stock/export", {"json": {}}),
    "POST /stock/{id}/{kind}": lambda t: (
        "clerk", f"/stock/{t.depot}/receipt",
        {"data": {"csrf": t.people["clerk"].token, "n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": "3"}}),
    "POST /stock/{id}/minimum": lambda t: (
        "clerk", f"/stock/{t.depot}/minimum", {"data": {"csrf": t.people["clerk"].token, "supply_code": "1010200", "unit": "kg", "minimum": "5"}}),
    "POST /stock/documents/{id}/decide": by_form(stocked("decide", "scrap", "clerk", "checker", {"act": "approve"})),
    "POST /stock/documents/{id}/receive": by_form(stocked("receive", "transfer", "clerk", "far", {"act": "receive"})),
    "POST /stock/documents/{id}/reverse": by_form(stocked("reverse", "issue", "clerk", "clerk", {"answer": "记错了"})),
    "POST /stock/export": lambda t: ("clerk", "/stock/export", {"data": {"csrf": t.people["clerk"].token}}),
    "POST /api/shelters/{id}/states": lambda t: ("clerk", f"/api/shelters/{t.shelter()}/states", {"json": {"state": "opened"}}),
    "POST /api/shelters/{id}/occupancy": lambda t: ("clerk", f"/api/shelters/{t.shelter(True)}/occupancy", {"json": {"people": 12}}),
    "POST /shelters/{id}/state": lambda t: (
        "clerk", f"/shelters/{t.shelter()}/state", {"data": {"csrf": t.people["clerk"].token, "state": "opened"}}),
    "POST /shelters/{id}/occupancy": lambda t: (
        "clerk", f"/shelters/{t.shelter(True)}/occupancy", {"data": {"csrf": t.people["clerk"].token, "people": "12"}}),
    "POST /lists/export": lambda t: ("clerk", "/lists/export", posted(t, "clerk", list="districts", format="csv")),
    "POST /api/lists/{name}/export": lambda t: ("clerk", "/api/lists/violations/export", {"json": {}}),
    "POST /api/inspections": lambda t: ("clerk", "/api/inspections", {"json": {"feature_id": t.record()} | INSPECTION}),
    "POST /api/violations": lambda t: ("clerk", "/api/violations", {"json": {"feature_id": t.record()} | VIOLATION}),
    "POST /api/inspections/{id}/withdraw": lambda t: (
        "checker", f"/api/inspections/{t.found('inspections', INSPECTION)}/withdraw", {"json": {"reason": "登错了企业"}}),
    "POST /api/violations/{id}/withdraw": lambda t: (
        "checker", f"/api/violations/{t.found('violations', VIOLATION)}/withdraw", {"json": {"reason": "登错了企业"}}),
    "POST /enterprises/{id}/{what}/new": lambda t: (
        "clerk", f"/enterprises/{t.firm()}/violation/new", posted(t, "clerk", **VIOLATION)),
    "POST /enterprises/{id}/{what}/{finding}/withdraw": lambda t: (
        "checker", f"/enterprises/{t.firm()}/violation/{t.found('violations', VIOLATION)}/withdraw", posted(t, "checker", reason="登错了企业")),
    "POST /api/confirmations": lambda t: ("clerk", "/api/confirmations", {"json": {"records": [{"id": t.record(), "version": 1}]}}),
    "POST /api/confirmations/{sitting}/undo": lambda t: ("clerk", f"/api/confirmations/{t.sitting(t.record())}/undo", {}),
    "POST /enterprises/{id}/confirm": lambda t: (
        "clerk", f"/enterprises/{t.record()}/confirm", posted(t, "clerk", seen=f"{t.record()}:1")),
    "POST /enterprises/{id}/unconfirm": lambda t: (
        "clerk", f"/enterprises/{(id := t.record())}/unconfirm", posted(t, "clerk", sitting=t.sitting(id))),
    "POST /audit/export": lambda t: ("auditor", "/audit/export", {"data": {"csrf": t.people["auditor"].token}}),
    "POST /api/audit/export": lambda t: ("auditor", "/api/audit/export", {"json": {}}),
    "POST /account/sessions": lambda t: ("far", "/account/sessions", {"data": {"csrf": t.people["far"].token, "session": "others"}}),
    "POST /api/accounts": lambda t: ("keeper", "/api/accounts", {"json": {"login": "neu", "name": "某", "role": "commander", "org": "110000"}}),
    "POST /api/accounts/{login}/role": of_account("role", role="reviewer", org="110115"),
    "POST /api/accounts/{login}/disable": of_account("disable"),
    "POST /api/accounts/{login}/enable": of_account("enable"),
    "POST /api/accounts/{login}/reset-password": of_account("reset-password"),
    "POST /api/accounts/{login}/unlock": of_account("unlock"),
    "POST /api/accounts/{login}/confirm": confirmed,
    "POST /api/accounts/{login}/subject": of_account("subject", subject="248289761001"),
    "POST /people/new": lambda t: (
        "keeper", "/people/new", posted(t, "keeper", login="neu2", name="某", role="commander", org="110000")),
    "POST /people/{login}/{move}": lambda t: ("keeper", f"/people/{t.account()}/disable", posted(t, "keeper")),
    "POST /people/keys/new": lambda t: ("keeper", "/people/keys/new", posted(t, "keeper", name="程序", org="110000", days="9")),
    "POST /people/keys/{id}/{move}": lambda t: (
        "keeper", f"/people/keys/{t.ask('keeper', '/api/keys', json={'name': '程序', 'org': '110000'})['id']}/revoke", posted(t, "keeper")),
    "POST /api/keys": lambda t: ("keeper", "/api/keys", {"json": {"name": "程序", "org": "110000"}}),
    "POST /api/keys/{id}/confirm": of_key("confirm"),
    "POST /api/keys/{id}/revoke": of_key("revoke"),
}  # fmt: skip
