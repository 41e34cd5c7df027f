"""A day without a mouse: a file brought in, mended, handed in, approved and undone; a unit with three chemicals registered and approved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from riskmap.core.actor import OPERATOR
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter

pytestmark = pytest.mark.browser
ROWS = 12
HEAD = "风险源名称,类别,可能事故,可能性,后果,经度,纬度,行政区,核验日期"


@pytest.fixture
def home(db: Database) -> Iterator[str]:
    made(db, "clerk", "district_clerk", "110115")
    made(db, "reviewer", "reviewer", "110115")
    with served(db, grading=False, plain_http=True) as address:
        yield address


def to(tab: Page, selector: str, most: int = 160) -> None:
    """Tab until what has the focus is the one asked for."""
    for _ in range(most):
        tab.keyboard.press("Tab")
        if tab.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by Tab")


def no_mouse(tab: Page) -> Page:
    """Whatever a pointer does is an error of the story."""
    tab.add_init_script("addEventListener('mousedown', () => { throw new Error('a mouse was used'); }, true)")
    tab.set_default_timeout(60_000)
    return tab


def count(db: Database, layer: str) -> int:
    with db.as_user(OPERATOR) as conn:
        return conn.execute("SELECT count(*) AS n FROM feature WHERE layer = %s", (layer,)).fetchone()["n"]


def test_a_file_there_and_back(home: str, db: Database, fresh_tab: Callable[..., Page], tmp_path: Path) -> None:
    lines = [HEAD, *(f"氨罐 {i} 号,危险化学品,中毒,{9 if i == 7 else 3},4,{116.33 + i * 0.001:.4f},39.73,大兴区,2026-11-12" for i in range(ROWS))]
    file = tmp_path / "大兴.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    clerk, asked = no_mouse(fresh_tab()), []
    clerk.on("filechooser", lambda one: asked.append(one))  # before the page: held from the start
    enter(clerk, home, "clerk", "/import")
    to(clerk, "a[href='/import/risk_source']")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url("**/import/risk_source")
    to(clerk, "#file")
    clerk.keyboard.press("Enter")
    for _ in range(100):
        if asked:
            break
        clerk.wait_for_timeout(100)
    asked[0].set_files(file)
    to(clerk, "#go")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(re.compile(r"/import/risk_source/\d+"))
    clerk.wait_for_selector("body[data-ready='1']")
    here = clerk.url
    expect(clerk.locator("#c-refused b")).to_have_text("1")
    to(clerk, "#grid td[data-c]")
    clerk.keyboard.press("n")
    assert clerk.evaluate("document.activeElement.querySelector('.v').textContent") == "9"
    clerk.keyboard.press("Enter")
    clerk.keyboard.press("Control+a")
    clerk.keyboard.insert_text("4")
    clerk.keyboard.press("Enter")
    expect(clerk.locator("#c-refused b")).to_have_text("0")
    to(clerk, "#m-submit button")
    clerk.keyboard.press("Enter")
    expect(clerk.locator("#state")).to_have_text("待审核")
    assert count(db, "risk_source") == 0

    desk = no_mouse(fresh_tab())
    enter(desk, home, "reviewer", "/review")
    desk.wait_for_selector("body[data-ready='1']")
    to(desk, "#batches")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/import?**")
    to(desk, f"a[href='{here.removeprefix(home)}']")
    desk.keyboard.press("Enter")
    desk.wait_for_url(here)
    to(desk, "#m-approve button")
    desk.keyboard.press("Enter")
    expect(desk.locator("#state")).to_have_text("已生效")
    assert count(db, "risk_source") == ROWS
    to(desk, "#m-undo button")
    desk.keyboard.press("Enter")
    expect(desk.locator("#state")).to_have_text("已撤销")
    assert count(db, "risk_source") == 0


def test_three_chemicals_and_the_reviewer(home: str, db: Database, fresh_tab: Callable[..., Page]) -> None:
    clerk = no_mouse(fresh_tab())
    enter(clerk, home, "clerk", "/register/major_hazard")
    clerk.wait_for_selector("body[data-ready='1']")
    for field, text in (("name", "甲一净水剂厂 液氯储存单元"), ("place", "116.3381,39.7271")):
        to(clerk, f"#f-{field}")
        clerk.keyboard.insert_text(text)
        clerk.keyboard.press("Enter")
    to(clerk, "#f-population_500m")
    clerk.keyboard.type("126")
    for i, (name, amount) in enumerate((("液氯", "30"), ("7664-41-7", "8"), ("苯", "20"))):
        to(clerk, f"#holdings .hz-l:nth-of-type({i + 1}) [name='holdings.chemical']")
        clerk.keyboard.insert_text(name)
        to(clerk, "[name='holdings.amount']")
        clerk.keyboard.type(amount)
    clerk.keyboard.press("Tab")
    expect(clerk.locator(".hz-v")).to_have_attribute("data-s", "7.2")  # 30 ÷ 5 + 8 ÷ 10 + 20 ÷ 50
    expect(clerk.locator(".hz-w")).to_contain_text("30 ÷ 5 = 6")
    clerk.keyboard.press("Control+s")
    clerk.wait_for_selector("#saved[data-state='saved']")
    to(clerk, "#submit")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url("**/summary")
    to(clerk, "#hand-in")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url("**/drafts?done=*")

    desk = no_mouse(fresh_tab())
    enter(desk, home, "reviewer", "/review")
    desk.wait_for_selector("body[data-ready='1']")
    expect(desk.locator("#chemicals")).to_contain_text("7.2")
    desk.keyboard.press("a")
    expect(desk.locator("#dialog-yes")).to_be_visible()  # the day of verification is missing: a doubt is asked about
    to(desk, "#dialog-yes", 5)
    desk.keyboard.press("Enter")
    expect(desk.locator("#toasts")).to_contain_text("已通过")
    assert count(db, "major_hazard") == 1
