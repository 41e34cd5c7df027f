"""The registration form in a real browser: by the keyboard alone, saved as it is typed, nothing lost, nothing handed in twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from riskmap.core.actor import OPERATOR
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import AXE, found


@pytest.fixture
def people(db: Database) -> Database:
    made(db, "clerk", "district_clerk")
    made(db, "reviewer", "reviewer")
    return db


@pytest.fixture
def home(people: Database) -> Iterator[str]:
    with served(people, grading=False, plain_http=True) as address:
        yield address


def form(tab: Page, home: str, path: str = "/register/risk_source") -> None:
    if "/signin" in tab.url or tab.url == "about:blank":
        enter(tab, home, "clerk", path)
    else:
        tab.goto(home + path)
    tab.wait_for_selector("body[data-ready='1']")


def stored(db: Database) -> list[dict]:
    with db.as_user(OPERATOR) as conn:
        return conn.execute("SELECT id, state, version, payload -> 'values' AS values FROM feature_change ORDER BY id").fetchall()


def saved(tab: Page) -> None:
    tab.wait_for_selector("#saved[data-state='saved']")


def to(tab: Page, id: str) -> None:
    """Tab until the field has the focus."""
    for _ in range(80):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == id:
            return
    raise AssertionError(f"no way to {id} by Tab")


def test_a_clerk_registers_by_the_keyboard_alone_and_the_reviewer_sees_it(
    home: str, people: Database, fresh_tab: Callable[..., Page]
) -> None:
    tab = fresh_tab()
    enter(tab, home, "clerk", "/register")
    tab.locator("a[href='/register/risk_source']").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector("body[data-ready='1']")
    to(tab, "f-name")
    tab.keyboard.type("甲一净水剂厂 液氯间")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "f-code"  # Enter moves on
    to(tab, "f-kind")
    tab.keyboard.type("危险化学品")
    to(tab, "f-accident_type")
    tab.keyboard.type("中毒")
    to(tab, "f-place")
    tab.keyboard.type("116.4860 39.9219".replace(" ", ","))
    tab.keyboard.press("Enter")
    expect(tab.locator("#told")).to_contain_text("朝阳区")
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.closest('#matrix') !== null"):
            break
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):  # from 5 × 1 to 4 × 5
        tab.keyboard.press(key)
    expect(tab.locator("#why")).to_contain_text("4 × 5 = 20")
    expect(tab.locator("#why")).to_contain_text("Ⅰ 重大")
    tab.keyboard.press("Control+s")
    saved(tab)
    assert [one["state"] for one in stored(people)] == ["draft"]
    to(tab, "submit")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/summary")
    assert [one["state"] for one in stored(people)] == ["draft"]  # the summary first
    to(tab, "hand-in")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/drafts?done=*")
    assert [one["state"] for one in stored(people)] == ["submitted"]

    desk = fresh_tab()
    enter(desk, home, "reviewer", "/review")
    expect(desk.locator("#rows")).to_contain_text("甲一净水剂厂 液氯间")


@pytest.mark.parametrize("pause_ms", [0, 1500, 3000, 4500])
def test_a_killed_tab_loses_at_most_five_seconds_of_typing(
    home: str, people: Database, fresh_tab: Callable[..., Page], pause_ms: int
) -> None:
    """One sign every 100 ms for a while; at the kill all but the last five seconds stand on the server."""
    tab = fresh_tab()
    form(tab, home)
    tab.focus("#f-measures")
    typed = 40 + pause_ms // 100
    for i in range(typed):
        tab.keyboard.type(str(i % 10))
        tab.wait_for_timeout(100)
    tab.context.close()  # no beforeunload, no flush that waits
    kept = stored(people)
    assert len(kept) == 1
    text = kept[0]["values"]["measures"]
    assert text == ("0123456789" * 20)[: len(text)] and len(text) >= typed - 50


def test_without_a_connection_it_stays_in_the_page_and_goes_up_once(home: str, people: Database, tab: Page) -> None:
    form(tab, home)
    answers: list[str] = []

    def lost(route: Route) -> None:  # the server does it, the answer never arrives
        answers.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    tab.route("**/api/layers/risk_source/changes", lost, times=2)
    tab.fill("#f-name", "丙三液氨库")
    tab.press("#f-name", "Tab")
    tab.wait_for_selector("#saved[data-state='offline']")
    assert tab.input_value("#f-name") == "丙三液氨库"
    saved(tab)
    assert len(answers) == 2 and len(set(answers)) == 1
    assert [one["values"]["name"] for one in stored(people)] == ["丙三液氨库"]


def test_two_tabs_get_both_versions(home: str, people: Database, fresh_tab: Callable[..., Page]) -> None:
    one = fresh_tab()
    form(one, home)
    one.fill("#f-name", "丁四")
    one.press("#f-name", "Tab")
    saved(one)
    two = one.context.new_page()
    two.goto(one.url)
    two.wait_for_selector("body[data-ready='1']")
    one.fill("#f-address", "一号")
    one.press("#f-address", "Tab")
    expect(one.locator("#saved[data-state='saved']")).to_be_visible()
    one.wait_for_function("document.getElementById('form').dataset.version === '2'")
    two.fill("#f-address", "二号")
    two.press("#f-address", "Tab")
    two.locator("#notices button").click()
    expect(two.locator("main")).to_contain_text("一号")
    expect(two.locator("main")).to_contain_text("二号")
    two.locator("button[name=act]").click()
    two.wait_for_selector("body[data-ready='1']")
    assert two.input_value("#f-address") == "二号"
    assert stored(people)[0]["values"]["address"] == "二号"


def test_what_is_refused_is_told_beside_the_field_and_in_the_summary(home: str, tab: Page) -> None:
    form(tab, home, "/register/enterprise")
    tab.fill("#f-uscc", "91110105MA00000000")
    tab.press("#f-uscc", "Tab")
    expect(tab.locator("[data-field=uscc] .hint-bad")).to_contain_text("校验位")
    expect(tab.locator("#summary a")).to_have_attribute("href", "#f-uscc")
    assert tab.get_attribute("#f-uscc", "aria-invalid") == "true"
    tab.fill("#f-uscc", "")
    tab.press("#f-uscc", "Tab")
    expect(tab.locator("[data-field=uscc] .hint-bad")).to_have_count(0)


def test_a_click_on_the_map_puts_the_point(home: str, people: Database, tab: Page) -> None:
    form(tab, home)
    tab.locator("#place-map").click(position={"x": 300, "y": 140})
    saved(tab)
    values = stored(people)[0]["values"]
    assert 115 < values["lon"] < 118 and 39 < values["lat"] < 42
    assert re.fullmatch(r"1\d\d\.\d{1,7}", tab.input_value("#f-lon"))


def test_without_javascript_it_is_registered_too(home: str, people: Database, chromium) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    tab = context.new_page()
    enter(tab, home, "clerk", "/register/shelter")
    tab.fill("#f-name", "静安小学")
    tab.select_option("#f-space", "indoor")
    tab.check("input[type=checkbox][name=facilities] >> nth=0")
    tab.fill("#f-capacity", "三百")
    tab.fill("#f-place", "116.4860, 39.9219")
    tab.click("#save")
    assert "/drafts/" in tab.url
    tab.click("#submit")
    expect(tab.locator("main")).to_contain_text("室内型")
    expect(tab.locator("main")).to_contain_text("还缺")
    tab.click("#hand-in")
    assert stored(people)[0]["state"] == "submitted" and stored(people)[0]["values"]["capacity"] == 300
    context.close()


@pytest.mark.parametrize("light", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious_in_the_forms(home: str, fresh_tab: Callable[..., Page], light: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make dev")
    tab = fresh_tab(*((360, 740) if light == "phone" else (1440, 900)), touch=light == "phone")
    more = f"?theme={'dark' if light == 'dark' else 'light'}"
    for layer in ("risk_source", "shelter", "enterprise"):
        form(tab, home, f"/register/{layer}{more}")
        assert found(tab) == [], layer
    tab.fill("#f-uscc", "9111")
    tab.press("#f-uscc", "Tab")
    saved(tab)
    expect(tab.locator("#summary")).to_be_visible()
    assert found(tab) == []
    tab.click("#submit")
    tab.wait_for_url("**/summary*")
    assert found(tab) == []
    tab.goto(f"{home}/drafts{more}")
    assert found(tab) == []
