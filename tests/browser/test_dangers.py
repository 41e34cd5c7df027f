"""The story of a hidden danger from the sign-in, by the keyboard: an overdue 重大隐患 holds its district, 销账 restores it, the card says so."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from riskmap.api.app import create_app
from riskmap.core.actor import OFFICER
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import made
from tests.browser.signed import enter
from tests.browser.test_axe import AXE, found
from tests.flows.test_danger import NOW, TODAY, source

LAST = TODAY - dt.timedelta(days=3)


@pytest.fixture
def site(db: Database) -> Iterator[tuple[str, int, object]]:
    for login, role in (("clerk", "district_clerk"), ("check", "reviewer"), ("head", "district_head")):
        made(db, login, role, "110115")
    id = source(db)
    with db.as_user(OFFICER, write=True) as conn:
        conn.execute("UPDATE feature SET verified_on = %s WHERE id = %s", (NOW.date(), id))
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    app = create_app(settings().model_copy(update={"plain_http": True}), db)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    app.state.grader.wait()
    yield f"http://127.0.0.1:{door.getsockname()[1]}", id, app
    server.should_exit = True
    thread.join(10)


def to(tab: Page, id: str) -> None:
    for _ in range(90):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == id:
            return
    raise AssertionError(f"no way to {id} by Tab")


def button(tab: Page, move: str) -> None:
    """Tab until the move's button has the focus, then press it."""
    for _ in range(90):
        tab.keyboard.press("Tab")
        if tab.evaluate(f"document.activeElement.matches('#m-{move} button')"):
            tab.keyboard.press("Enter")
            return
    raise AssertionError(f"no button for {move}")


def card(tab: Page, site: str, until: Callable[[dict], bool]) -> dict:
    for _ in range(100):
        answer = tab.request.get(f"{site}/api/districts/110115/grade").json()
        if until(answer):
            return answer
        time.sleep(0.1)
    raise AssertionError(answer)


def test_the_story_of_an_overdue_major_hidden_danger(site, fresh_tab: Callable[..., Page]) -> None:
    home, id, _ = site
    clerk = fresh_tab()
    enter(clerk, home, "clerk", f"/dangers/new?source={id}")
    before = card(clerk, home, lambda c: c["computed"] is not None)
    assert before["restored"] == [] and not any(d["rule"].startswith("overdue") for d in before["difference"])
    to(clerk, "f-title")
    clerk.keyboard.insert_text("罐区紧急切断阀失效")
    to(clerk, "f-grade")
    for _ in range(2):
        clerk.keyboard.press("ArrowDown")
    to(clerk, "f-found_on")
    clerk.keyboard.type(f"{LAST - dt.timedelta(days=10):%m%d%Y}")
    to(clerk, "f-criterion")
    for _ in range(5):
        clerk.keyboard.press("ArrowDown")
    to(clerk, "f-deadline_on")
    clerk.keyboard.type(f"{LAST:%m%d%Y}")
    for name, text in (("f-unit", "甲一净水剂厂"), ("f-person", "李某")):
        to(clerk, name)
        clerk.keyboard.insert_text(text)
    to(clerk, "save")
    clerk.keyboard.press("Enter")
    clerk.wait_for_url(lambda url: url.rsplit("/", 1)[1].isdigit())
    expect(clerk.locator("#state")).to_have_text("挂账")
    expect(clerk.locator("main")).to_contain_text("已超期 3 天")
    expect(clerk.locator("main")).to_contain_text("罐区未实现紧急切断功能")
    worse = card(clerk, home, lambda c: any(d["rule"] == "overdue_major_at_worst" for d in c["difference"]))
    assert worse["computed"] == before["computed"] and worse["shown"] == max(1, worse["computed"] - 1)
    assert worse["shown"] < (before["shown"] or 5)
    assert "罐区紧急切断阀失效" in worse["difference"][0]["text"]
    here = clerk.url
    to(clerk, "rectify-note")
    clerk.keyboard.insert_text("已更换阀门，联锁试验合格")
    button(clerk, "rectify")
    expect(clerk.locator("#state")).to_have_text("待复查")
    expect(clerk.locator("#m-close")).to_have_count(0)

    check = fresh_tab()
    check.set_default_timeout(60_000)
    enter(check, home, "check", "/dangers")
    check.wait_for_selector("body[data-ready='1']")
    check.keyboard.press("j")
    check.keyboard.press("Enter")
    check.wait_for_url(here)
    button(check, "close")
    expect(check.locator("#state")).to_have_text("已销账")
    after = card(check, home, lambda c: bool(c["restored"]))
    assert after["shown"] == before["shown"] and "销账" in after["restored"][0]["text"]
    check.goto(f"{home}/?district=110115")  # the card itself says why, and so does the 定级说明卡
    expect(check.locator(".ban-good").first).to_contain_text("罐区紧急切断阀失效")
    check.goto(f"{home}/?district=110115&why=1")
    expect(check.locator(".ban-good").first).to_contain_text("罐区紧急切断阀失效")


def test_without_javascript_it_goes_the_whole_way(site, chromium) -> None:
    home, id, _ = site
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    tab = context.new_page()
    enter(tab, home, "clerk", "/dangers/new?q=液氯")
    tab.click(f"a[href='/dangers/new?source={id}']")
    tab.fill("#f-title", "可燃气体报警器失效")
    tab.select_option("#f-grade", "major")
    tab.click("#save")
    expect(tab.locator("[role=alert]")).to_contain_text("判定标准")
    assert tab.input_value("#f-title") == "可燃气体报警器失效"
    tab.select_option("#f-criterion", "chem-12")
    tab.click("#save")
    expect(tab.locator("#state")).to_have_text("待挂账")
    expect(tab.locator("main")).to_contain_text("由以下角色办理")
    tab.fill("#list-deadline_on", (TODAY + dt.timedelta(days=9)).isoformat())
    tab.fill("#list-unit", "甲")
    tab.fill("#list-person", "李")
    tab.click("#m-list button")
    expect(tab.locator("#state")).to_have_text("挂账")
    tab.goto(f"{home}/dangers?grade=major&overdue=no")
    expect(tab.locator("#rows")).to_contain_text("可燃气体报警器失效")
    context.close()


@pytest.mark.parametrize("light", ["light", "dark", "phone"])
def test_axe_finds_nothing_serious(site, fresh_tab: Callable[..., Page], light: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make dev")
    home, id, _ = site
    tab = fresh_tab(*((360, 740) if light == "phone" else (1440, 900)), touch=light == "phone")
    more = f"theme={'dark' if light == 'dark' else 'light'}"
    enter(tab, home, "clerk", f"/dangers/new?source={id}&{more}")
    assert found(tab) == []
    tab.fill("#f-title", "阀门泄漏")
    tab.select_option("#f-grade", "general")
    tab.click("#save")
    tab.wait_for_selector("#state")
    assert found(tab) == []
    tab.goto(f"{home}/dangers?{more}")
    assert found(tab) == []
