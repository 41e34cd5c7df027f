"""The story of a unit's week, from the sign-in: a clerk confirms what is unchanged, writes down an inspection and a violation; the lists show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import Person, made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import LIGHTS, found


@pytest.fixture
def home(db: Database) -> Iterator[tuple[str, int]]:
    for login, role, org in (("tian", "district_clerk", "110115"), ("shen", "reviewer", "110115"), ("shi", "risk_officer", "110000")):
        made(db, login, role, org)
    city = Person(create_app(settings(), db, grading=False)).signed("shi")
    at = {"lon": 116.33, "lat": 39.72, "district": "大兴区"}
    firm = city.post("/api/layers/enterprise/features", json={"name": "大兴甲一净水剂厂", **at}).json()
    for n, name in enumerate(("液氯储存单元", "加氯间")):
        source = {"name": name, "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5 - n, "verified_on": "2026-03-01",
                  "parent_code": firm["properties"]["code"]} | at | {"lon": 116.331 + n / 200}  # fmt: skip
        city.post("/api/layers/risk_source/features", json=source)
    with served(db, grading=False, plain_http=True) as address:
        yield address, firm["id"]


def clean(tab: Page) -> None:
    assert found(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("light", ["dark", "phone"])
def test_a_clerks_week(home: tuple[str, int], fresh_tab: Callable[..., Page], light: str) -> None:
    address, firm = home
    dress = f"theme={'dark' if light == 'dark' else 'light'}"
    tab = fresh_tab(*LIGHTS[light], touch=light == "phone")
    enter(tab, address, "tian", f"/enterprises/{firm}?{dress}")
    clean(tab)
    tab.click("#confirm-all")
    expect(tab.locator("#sat")).to_contain_text("已确认 3 条本期无变化")
    clean(tab)
    tab.click("#unconfirm")
    expect(tab.locator("#sat")).to_contain_text("已撤销 3 条的确认")
    tab.goto(f"{address}/enterprises/{firm}/inspection/new?{dress}")
    tab.select_option("#f-kind", "routine")
    tab.fill("#f-unit", "大兴区应急管理局")
    tab.fill("#f-inspectors", "李某、王某")
    tab.check("input[value=found]")
    clean(tab)
    tab.click("#save")
    expect(tab.locator("[role=alert]")).to_contain_text("发现问题须写明")
    expect(tab.locator("#f-unit")).to_have_value("大兴区应急管理局")
    tab.fill("#f-findings", "报警器未投用")
    tab.click("#save")
    expect(tab.locator("#inspections")).to_contain_text("报警器未投用")
    tab.goto(f"{address}/enterprises/{firm}/violation/new?{dress}")
    tab.select_option("#f-kind", "facility")
    tab.fill("#f-fact", "可燃气体报警器未投用")
    tab.fill("#f-basis", "安全生产法第三十六条")
    tab.select_option("#f-measure", "fine")
    tab.fill("#f-amount_yuan", "20,000")
    clean(tab)
    tab.click("#save")
    expect(tab.locator("#violations")).to_contain_text("20,000.00")
    for page in ("districts", "enterprises", "risks", "dangers", "violations", "inspections"):
        tab.goto(f"{address}/lists?list={page}&{dress}")
        clean(tab)
    tab.goto(f"{address}/lists?list=districts&{dress}")
    expect(tab.locator("#figures tbody tr").first).to_contain_text("20,000.00")
    with tab.expect_popup() as paper:
        tab.click("#out-print")
    expect(paper.value.locator("#mark")).to_contain_text("某tian")
    clean(paper.value)
    tab.goto(f"{address}/activity?{dress}")
    expect(tab.locator("#feed")).to_contain_text("可燃气体报警器未投用")
    clean(tab)
    other = fresh_tab(*LIGHTS[light], touch=light == "phone")
    enter(other, address, "shen", f"/enterprises/{firm}?{dress}")
    other.click("#violations details summary")
    other.fill("#violations input[name=reason]", "登错了企业")
    other.click("#violations details button")
    expect(other.locator("#violations")).to_contain_text("没有登记过违法行为")
