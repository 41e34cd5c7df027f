"""A file of 5,000 rows from the sign-in to force and back: 7 % of them faulty, mended in the grid by the keyboard, approved by another, undone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from riskmap.core.actor import OPERATOR
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import found

pytestmark = pytest.mark.browser
ROWS, FAULTY = 5_000, 350


@pytest.fixture
def home(db: Database) -> Iterator[str]:
    made(db, "clerk", "district_clerk", "110115")
    made(db, "reviewer", "reviewer", "110115")
    with served(db, grading=False, plain_http=True) as address:
        yield address


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Risk sources of 大兴区; a likelihood of 9 in 348 rows, a date that is none in the first and the last."""
    dice = random.Random(11)
    bad = set(dice.sample(range(1, ROWS - 1), FAULTY - 2))
    lines = ["风险源名称,类别,可能事故,可能性,后果,经度,纬度,行政区,核验日期"]
    for i in range(ROWS):
        day = "2026-13-40" if i in (0, ROWS - 1) else "2026-11-12"
        lon, lat = 116.30 + i % 100 * 0.0006, 39.70 + i // 100 * 0.0006
        lines.append(f"氨罐 {i} 号,危险化学品,中毒,{9 if i in bad else 3},4,{lon:.5f},{lat:.5f},大兴区,{day}")
    made_at = tmp_path / "大兴区风险源.csv"
    made_at.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return made_at


def refused(tab: Page) -> str:
    return tab.locator("#c-refused b").inner_text()


def in_force(db: Database) -> int:
    with db.as_user(OPERATOR) as conn:
        return conn.execute("SELECT count(*) AS n FROM feature WHERE layer = 'risk_source'").fetchone()["n"]


def test_five_thousand_rows_there_and_back(home: str, db: Database, table: Path, fresh_tab: Callable[..., Page]) -> None:
    tab = fresh_tab()
    tab.set_default_timeout(90_000)
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    enter(tab, home, "clerk", "/import/risk_source")
    assert found(tab) == []
    tab.set_input_files("#file", str(table))
    tab.click("#go")
    tab.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    tab.wait_for_selector("body[data-ready='1']")
    here = tab.url
    assert refused(tab) == str(FAULTY) and tab.locator("#c-new b").inner_text() == "4,650"
    assert found(tab) == []

    # the two dates by the keyboard, cell by cell
    tab.click("#c-refused")
    tab.wait_for_selector("body[data-ready='1']")
    tab.locator("td[data-c='0']").first.focus()
    tab.keyboard.press("n")
    assert tab.evaluate("document.activeElement.querySelector('.v').textContent") == "2026-13-40"
    tab.keyboard.press("Enter")
    tab.keyboard.insert_text("2026-11-12")
    tab.keyboard.press("Enter")
    expect(tab.locator("#c-refused b")).to_have_text(str(FAULTY - 1), timeout=60_000)

    # the others at once: one value for the column in every row of this fault
    tab.locator("#faults a", has_text="可能性").or_(tab.locator("#faults a").first).first.click()
    tab.wait_for_selector("body[data-ready='1']")
    tab.click("#bulk > summary")
    tab.select_option("#b-column", "可能性")
    tab.fill("#b-equals", "9")
    tab.fill("#b-value", "4")
    tab.click("#m-mend button[type=submit] >> nth=-1")
    tab.goto(here)
    expect(tab.locator("#c-refused b")).to_have_text("1")
    assert tab.locator("#c-new b").inner_text() == "4,999"
    tab.fill("#m-submit input[name=note]", "首批普查")
    tab.click("#m-submit button[type=submit]")
    expect(tab.locator("#state")).to_have_text("待审核")
    assert in_force(db) == 0 and wrong == []

    desk = fresh_tab()
    desk.set_default_timeout(90_000)
    enter(desk, home, "reviewer", "/review")
    desk.click("#batches")
    desk.click(f"a[href='{here.removeprefix(home)}']")
    desk.wait_for_url(here)
    assert found(desk) == []
    desk.click("#m-approve button[type=submit]")
    expect(desk.locator("#state")).to_have_text("已生效", timeout=60_000)
    assert in_force(db) == 4_999
    desk.click("#m-undo button[type=submit]")
    expect(desk.locator("#state")).to_have_text("已撤销", timeout=60_000)
    assert in_force(db) == 0
