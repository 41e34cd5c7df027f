"""From the sign-in to force: a clerk registers a chemical plant's unit with three chemicals, the reviewer sees the working and approves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from riskmap.core.actor import OPERATOR
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter

pytestmark = pytest.mark.browser
THREE = (("液氯", "30"), ("7664-41-7", "8"), ("氢", "0.4"))


@pytest.fixture
def home(db: Database) -> Iterator[str]:
    made(db, "clerk", "district_clerk")
    made(db, "reviewer", "reviewer")
    with served(db, plain_http=True) as address:
        yield address


def test_three_chemicals_from_the_form_to_force(home: str, db: Database, fresh_tab: Callable[..., Page]) -> None:
    tab, desk = fresh_tab(), fresh_tab()
    for one in (tab, desk):
        one.set_default_timeout(60_000)
    expect.set_options(timeout=30_000)
    wrong: list[str] = []
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    enter(tab, home, "clerk", "/register/major_hazard")
    tab.wait_for_selector("body[data-ready='1']")
    for field, text in (("name", "甲一净水剂厂 液氯储存单元"), ("population_500m", "126"), ("lon", "116.4431"), ("lat", "39.9215")):
        tab.fill(f"#f-{field}", text)
    tab.focus("[name='holdings.chemical'] >> nth=0")
    for i, (name, amount) in enumerate(THREE):
        row = tab.locator("#holdings .hz-l").nth(i)
        row.locator("[name='holdings.chemical']").fill(name)
        row.locator("[name='holdings.amount']").fill(amount)
        if name == "氢":
            row.locator("[name='holdings.symbols']").fill("W2")
    tab.keyboard.press("Tab")
    expect(tab.locator(".hz-v")).to_have_attribute("data-s", "6.88")
    expect(tab.locator(".hz-v")).to_have_attribute("data-r", "51.44")  # 2 × (4 × 6 + 2 × 0.8 + 1.5 × 0.08)
    expect(tab.locator(".hz-v strong")).to_have_text("二级")
    expect(tab.locator("#holdings .hz-l").nth(1).locator("[name='holdings.chemical']")).to_have_value("氨")
    expect(tab.locator(".hz-w")).to_contain_text("30 ÷ 5 = 6")
    expect(tab.locator(".hz-w")).to_contain_text("4.3 表5")
    tab.wait_for_selector("#saved[data-state='saved']")
    tab.click("#submit")
    tab.wait_for_url(re.compile(r"/drafts/\d+/summary"))
    tab.click("form[action$='/submit'] button[type=submit]")
    tab.wait_for_url(re.compile(r"/drafts\?done="))
    assert wrong == []
    enter(desk, home, "reviewer", "/review")
    expect(desk.locator("#chemicals .hz-v strong")).to_have_text("二级")
    expect(desk.locator("#chemicals")).to_contain_text("6 + 0.8 + 0.08 = 6.88")
    desk.keyboard.press("a")
    for _ in range(100):
        with db.as_user(OPERATOR) as conn:
            found = conn.execute("SELECT id, attributes FROM feature WHERE layer = 'major_hazard'").fetchone()
        if found:
            break
        desk.wait_for_timeout(200)
        if desk.locator("#dialog button.btn-main").is_visible():
            desk.locator("#dialog button.btn-main").click()
    assert found and (found["attributes"]["hazard_grade"], found["attributes"]["r_value"]) == ("二级", 51.44)
    tab.goto(f"{home}/hazards/{found['id']}")
    expect(tab.locator(".hz-v")).to_have_attribute("data-r", "51.44")
    expect(tab.locator("main")).to_contain_text("与最近一次审批保存的结果一致")


def test_without_scripts_a_post_adds_lines_and_works_it_out(home: str, chromium) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    tab = context.new_page()
    tab.goto(f"{home}/register/major_hazard")
    tab.fill("[name=login]", "clerk")
    from tests.api.people import PASSWORD

    tab.fill("[name=password]", PASSWORD)
    tab.press("[name=password]", "Enter")
    tab.goto(f"{home}/register/major_hazard")
    tab.fill("#f-name", "氨罐区")
    tab.fill("#f-population_500m", "60")
    for i, (name, amount) in enumerate((("氨", "15"), ("氯", "3"))):
        tab.locator("[name='holdings.chemical']").nth(i).fill(name)
        tab.locator("[name='holdings.amount']").nth(i).fill(amount)
    tab.click("#hz-more")
    tab.wait_for_url(re.compile(r"/drafts/\d+"))
    expect(tab.locator(".hz-v")).to_have_attribute("data-r", "8.1")
    expect(tab.locator("#holdings .hz-l")).to_have_count(5)
    expect(tab.locator("[name='holdings.amount']").nth(1)).to_have_value("3")
    context.close()
