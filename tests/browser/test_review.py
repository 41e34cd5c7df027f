"""The review desk as a reviewer meets it: by the keyboard, on a phone, when the server is away, with a record that moved on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from riskmap import catalogue
from riskmap.core.actor import OFFICER
from riskmap.flows import propose, register, review
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store.cluster import Cluster
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.people import PASSWORD
from tests.api.people import made as account
from tests.browser.proposals import NEW, clerk, handed_in
from tests.browser.server import served
from tests.conftest import create_database, dsns_of

pytestmark = pytest.mark.browser
LAYER = "risk_source"
HOSTILE = "<img src=x onerror=window.__x=1>"


@pytest.fixture
def db(cluster: Cluster, template: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    name = f"riskmap_desk_{abs(hash(request.node.name)) % 10**8}"
    create_database(cluster, name, template)
    dsns = dsns_of(cluster, name)
    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    with Database(dsns.app, dsns.engine, pool_size=8, staff_layers=layers.staff_layers()) as made:
        yield made


@pytest.fixture
def desk(db: Database) -> Desk:
    with db.as_user(OFFICER) as conn:
        return Desk(
            catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), settings().soft_duplicate_m
        )


@pytest.fixture
def site(db: Database) -> Iterator[str]:
    with served(db) as address:
        yield address


def in_force(db: Database, desk: Desk, **values) -> int:
    with db.as_user(OFFICER, write=True) as conn:
        return register.save(conn, desk, desk.catalogue.layer(LAYER), NEW | values, OFFICER, dt.datetime.now(dt.UTC))


def at_desk(tab: Page, site: str, query: str = "") -> list[str]:
    """Opens the desk; what the console and the policy complain about is gathered."""
    wrong: list[str] = []
    tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda e: wrong.append(str(e)))
    tab.goto(f"{site}/review{query}")
    tab.wait_for_selector('body[data-ready="1"]')
    return wrong


def kept(db: Database, id: int) -> dict:
    with db.as_user(OFFICER) as conn:
        return conn.execute("SELECT state, checker, reason, feature_id FROM feature_change WHERE id = %s", (id,)).fetchone()


def test_a_reviewer_approves_by_keyboard_and_returns_with_a_reason(tab: Page, site: str, db: Database, desk: Desk) -> None:
    first, _ = handed_in(db, desk, NEW | {"name": "一号库"}, 80)
    second, _ = handed_in(db, desk, NEW | {"name": "二号库", "lon": 116.45}, 30)
    third, _ = handed_in(db, desk, NEW | {"name": "三号库", "lon": 116.47}, 2)
    wrong = at_desk(tab, site)
    expect(tab.locator("#badge")).to_have_text("3")
    assert [name.strip() for name in tab.locator("#rows .li-a").all_inner_texts()] == ["一号库", "二号库", "三号库"]
    expect(tab.locator("#rows .li").first).to_contain_text("3 天")
    expect(tab.locator("#sheet h1")).to_contain_text("一号库")
    tab.keyboard.press("j")
    expect(tab.locator("#sheet h1")).to_contain_text("二号库")
    tab.keyboard.press("k")
    expect(tab.locator("#sheet h1")).to_contain_text("一号库")
    tab.keyboard.press("a")
    expect(tab.locator("#toasts")).to_contain_text("已通过：一号库")
    expect(tab.locator("#sheet h1")).to_contain_text("二号库")
    expect(tab.locator("#badge")).to_have_text("2")
    assert kept(db, first)["state"] == "approved" and kept(db, first)["checker"] == "officer"
    tab.keyboard.press("r")
    assert tab.evaluate("document.activeElement.dataset.code") == "duplicate"
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    for _ in range(7):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "reason"
    tab.keyboard.type("门牌对不上 a j k")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("#toasts")).to_contain_text("已退回：二号库")
    assert kept(db, second) == {
        "state": "returned",
        "checker": "officer",
        "reason": "位置与地址不符；门牌对不上 a j k",
        "feature_id": None,
    }
    assert kept(db, third)["state"] == "submitted"
    expect(tab.locator("#sheet h1")).to_contain_text("三号库")
    expect(tab.locator("#phrase-box [aria-pressed=true]")).to_have_count(0)
    assert wrong == []


def test_a_return_without_a_reason_says_what_is_missing(tab: Page, site: str, db: Database, desk: Desk) -> None:
    id, _ = handed_in(db, desk, NEW, 1)
    at_desk(tab, site)
    tab.click("#return")
    expect(tab.locator("#reason-bad")).to_be_visible()
    assert tab.evaluate("document.activeElement.dataset.code") == "duplicate"
    assert kept(db, id)["state"] == "submitted"


def test_a_change_is_a_diff_with_its_metres_level_and_grade(tab: Page, site: str, db: Database, desk: Desk) -> None:
    feature = in_force(db, desk, name="液氯单元")
    other = in_force(db, desk, name="旁边的罐", lon=116.43185)
    id, _ = handed_in(db, desk, {"lon": 116.4318, "severity": 3}, 1, kind="change", feature=feature, base_version=1)
    wrong = at_desk(tab, site)
    table = tab.locator(".rvt").first
    expect(table.locator("tr", has_text="位置")).to_contain_text("移动 410 米")
    expect(table.locator("tr", has_text="后果")).to_contain_text("5")
    expect(table.locator("tr", has_text="登记等级")).to_contain_text("降 2 级")
    assert table.locator("tbody tr").count() == 3
    tab.locator(".sub .seg button").nth(1).click()
    assert table.locator("tbody tr").count() > 6
    expect(tab.locator("#sheet")).to_contain_text("50 米内的同类记录")
    expect(tab.locator("#sheet a", has_text="旁边的罐")).to_have_attribute("href", f"/?id={LAYER}:{other}")
    expect(tab.locator("#pair-key")).to_contain_text("移动 410 米")
    expect(tab.locator("#effect")).to_contain_text("大兴区")
    expect(tab.locator("#effect dl")).to_contain_text("→")
    assert tab.evaluate("[...document.querySelectorAll('#pair canvas')].some(c => c.width > 300)")
    tab.keyboard.press("a")
    expect(tab.locator("#dialog")).to_contain_text("处疑点，仍然通过？")
    tab.keyboard.press("Enter")  # the safe one has the focus
    expect(tab.locator("#dialog")).to_be_hidden()
    assert kept(db, id)["state"] == "submitted"
    tab.keyboard.press("a")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator("#toasts")).to_contain_text("已通过：液氯单元")
    assert kept(db, id)["state"] == "approved"
    expect(tab.locator("#rows")).to_contain_text("都办完了")
    assert wrong == []


def test_history_help_and_the_record_by_keys(tab: Page, site: str, db: Database, desk: Desk) -> None:
    feature = in_force(db, desk, name="液氯单元")
    handed_in(db, desk, {"severity": 4}, 1, kind="change", feature=feature, base_version=1)
    at_desk(tab, site)
    tab.keyboard.press("h")
    expect(tab.locator("#dialog")).to_contain_text("clerk-110115")
    expect(tab.locator("#dialog")).to_contain_text("第 1 版")
    tab.keyboard.press("Escape")
    tab.keyboard.press("?")
    for key in ("j", "k", "a", "r", "e", "h", "?"):
        expect(tab.locator("#dialog .kbd", has_text=re.compile(f"^{re.escape(key)}$")).first).to_be_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("e")
    tab.wait_for_url(re.compile(rf"/\?.*id={LAYER}(:|%3A){feature}|/\?.*id={feature}"))
    expect(tab.locator("#card h2")).to_have_text("液氯单元")
    tab.click("#nav-review")
    expect(tab.locator("#sheet h1")).to_contain_text("液氯单元")


def test_a_record_that_moved_on_is_shown_in_both_versions(tab: Page, site: str, db: Database, desk: Desk) -> None:
    feature = in_force(db, desk, name="液氯单元")
    id, _ = handed_in(db, desk, {"severity": 3}, 1, kind="change", feature=feature, base_version=1)
    at_desk(tab, site)
    with db.as_user(OFFICER, write=True) as conn:
        register.save(conn, desk, desk.catalogue.layer(LAYER), {"severity": 4}, OFFICER, dt.datetime.now(dt.UTC), feature, 1)
    tab.keyboard.press("a")
    tab.locator("#dialog-yes").click()
    expect(tab.locator("#notices")).to_contain_text("在用记录已被他人修改")
    expect(tab.locator("#sheet .ban-bad")).to_contain_text("第 1 版变为第 2 版")
    line = tab.locator(".rvt tr", has_text="后果").first
    assert [c.strip() for c in line.locator("td").all_inner_texts()] == ["5", "4", "3"]
    assert kept(db, id)["state"] == "submitted"


def test_another_reviewer_was_first(tab: Page, site: str, db: Database, desk: Desk) -> None:
    id, version = handed_in(db, desk, NEW | {"name": "一号库"}, 3)
    handed_in(db, desk, NEW | {"name": "二号库", "lon": 116.45}, 2)
    at_desk(tab, site)
    mate = clerk(db).__class__(id="mate", name="mate", role="reviewer", org=clerk(db).org, scope="org", orgs=clerk(db).orgs)
    with db.as_user(mate, write=True) as conn:
        review.send_back(conn, desk, id, version, ["place"], "", mate, dt.datetime.now(dt.UTC))
    tab.keyboard.press("a")
    expect(tab.locator("#notices")).to_contain_text("新的变动")
    expect(tab.locator("#sheet .ban-warn")).to_contain_text("已由 mate 退回")
    assert kept(db, id)["state"] == "returned"


def test_those_without_findings_go_together_after_a_question(tab: Page, site: str, db: Database, desk: Desk) -> None:
    ids = [handed_in(db, desk, NEW | {"name": f"{n} 号库", "lon": 116.42 + n / 50}, 10 - n)[0] for n in range(3)]
    feature = in_force(db, desk, name="要注销的", lat=39.75)
    with db.as_user(OFFICER, write=True) as conn:
        register.save(conn, desk, desk.catalogue.layer(LAYER), {"address": "一街"}, OFFICER, dt.datetime.now(dt.UTC), feature, 1)
    doubtful, _ = handed_in(db, desk, {"severity": 1}, 1, kind="change", feature=feature, base_version=2)
    at_desk(tab, site)
    tab.locator("#chips .chip", has_text="有疑点").click()
    expect(tab.locator("#rows .li-a")).to_have_text(["要注销的"])
    expect(tab.locator("#bulk")).to_be_hidden()
    tab.locator("#chips .chip", has_text="全部").click()
    expect(tab.locator("#approve-clean")).to_contain_text("3")
    tab.click("#approve-clean")
    expect(tab.locator("#dialog")).to_contain_text("3")
    tab.click("#dialog-yes")
    expect(tab.locator("#toasts")).to_contain_text("已通过 3 条")
    assert [kept(db, id)["state"] for id in [*ids, doubtful]] == ["approved"] * 3 + ["submitted"]
    expect(tab.locator("#badge")).to_have_text("1")


def test_one_s_own_is_another_s_to_decide(tab: Page, site: str, db: Database, desk: Desk) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        id = propose.draft(conn, desk, desk.catalogue.layer(LAYER), "create", NEW, OFFICER, dt.datetime.now(dt.UTC))
    at_desk(tab, site)
    expect(tab.locator("#rows")).to_contain_text("都办完了")
    tab.locator("#whose button", has_text="我提交的").click()
    expect(tab.locator("#rows .li .tag")).to_have_text("草稿")
    tab.click("#submit")
    expect(tab.locator("#toasts")).to_contain_text("已提交")
    expect(tab.locator("#sheet")).to_contain_text("须由他人审核")
    expect(tab.locator("#approve")).to_have_count(0)
    tab.keyboard.press("a")
    tab.wait_for_timeout(300)
    assert kept(db, id)["state"] == "submitted"


def test_names_are_text_and_the_page_keeps_its_policy(tab: Page, site: str, db: Database, desk: Desk) -> None:
    handed_in(db, desk, NEW | {"name": HOSTILE, "address": "</script><script>window.__x=1</script>"}, 1)
    wrong = at_desk(tab, site)
    expect(tab.locator("#sheet h1")).to_contain_text(HOSTILE)
    expect(tab.locator(".rvt tr", has_text="地址")).to_contain_text("</script>")
    assert tab.evaluate("window.__x") is None and wrong == []
    answer = tab.request.get(f"{site}/review")
    assert "default-src 'none'" in answer.headers["content-security-policy"] and HOSTILE not in answer.text()
    asked = tab.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).origin)")
    assert set(asked) == {site}


def test_a_server_that_stops_answering_says_so_and_a_try_later_works(tab: Page, site: str, db: Database, desk: Desk) -> None:
    id, _ = handed_in(db, desk, NEW, 1)
    tab.route("**/approve", lambda route: route.abort())  # before the page: a browser at work takes a moment to begin holding requests
    at_desk(tab, site)
    tab.keyboard.press("a")
    expect(tab.locator("#notices")).to_contain_text("服务器没有答复")
    assert kept(db, id)["state"] == "submitted"
    tab.unroute("**/approve")
    tab.keyboard.press("a")
    expect(tab.locator("#toasts")).to_contain_text("已通过")
    tab.route("**/api/changes?**", lambda route: route.abort())
    tab.reload()
    expect(tab.locator("#rows")).to_contain_text("服务器没有答复")
    tab.unroute("**/api/changes?**")
    tab.locator("#rows .btn-main").click()
    expect(tab.locator("#rows")).to_contain_text("都办完了")


def test_an_answer_that_was_lost_is_not_a_second_act(tab: Page, site: str, db: Database, desk: Desk) -> None:
    id, _ = handed_in(db, desk, NEW, 1)

    def lost(route) -> None:
        route.fetch()
        route.abort()

    tab.route("**/approve", lost)
    at_desk(tab, site)
    tab.keyboard.press("a")
    expect(tab.locator("#notices")).to_contain_text("服务器没有答复")
    assert kept(db, id)["state"] == "approved"
    tab.unroute("**/approve")
    tab.keyboard.press("a")
    expect(tab.locator("#toasts")).to_contain_text("已通过")
    with db.as_user(OFFICER) as conn:
        assert conn.execute("SELECT count(*) AS n FROM feature").fetchone() == {"n": 1}


def test_on_a_phone_one_page_at_a_time(fresh_tab: Callable[..., Page], site: str, db: Database, desk: Desk) -> None:
    handed_in(db, desk, NEW | {"name": "一号库"}, 3)
    handed_in(db, desk, NEW | {"name": "二号库", "lon": 116.45}, 2)
    tab = fresh_tab(360, 740, touch=True)
    at_desk(tab, site)
    expect(tab.locator("#sheet")).to_be_hidden()
    tab.locator("#rows .li-a").nth(1).click()
    expect(tab.locator("#sheet h1")).to_contain_text("二号库")
    expect(tab.locator("#queue")).to_be_hidden()
    box = tab.locator("#approve").bounding_box()
    assert box and box["height"] >= 44 and box["y"] + box["height"] <= 740
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.locator(".back").click()
    expect(tab.locator("#queue")).to_be_visible()


@pytest.mark.parametrize("query", ["", "?lang=en", "?theme=dark"])
def test_everything_has_a_name_and_no_text_is_missing(tab: Page, site: str, db: Database, desk: Desk, query: str) -> None:
    feature = in_force(db, desk, name="液氯单元")
    handed_in(db, desk, {}, 1, kind="retire", feature=feature, base_version=1, note="已拆除")
    at_desk(tab, site, query)
    expect(tab.locator("#effect dl, #effect p").first).to_be_visible()
    assert "⟦" not in tab.locator("body").inner_text()
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll('button, a, input, textarea, select, [role]')].filter(n => n.offsetParent !== null)
           .filter(n => ![n.textContent.trim(), ...['aria-label', 'title', 'placeholder'].map(a => n.getAttribute(a))].some(Boolean))
           .map(n => n.outerHTML)"""
    )
    assert nameless == []


def test_a_reviewer_signs_in_and_decides_and_the_next_district_sees_nothing(
    tab: Page, fresh_tab: Callable[..., Page], db: Database, desk: Desk
) -> None:
    id, _ = handed_in(db, desk, NEW | {"name": "一号库"}, 3)
    back, _ = handed_in(db, desk, NEW | {"name": "二号库", "lon": 116.45}, 2)
    account(db, "shen", "reviewer", "110115")
    account(db, "ping", "reviewer", "110105")
    with served(db, plain_http=True) as site:
        other = fresh_tab()
        for page, login in ((tab, "shen"), (other, "ping")):
            page.goto(f"{site}/review")
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector('body[data-ready="1"]')
        expect(other.locator("#rows")).to_contain_text("都办完了")
        other.goto(f"{site}/review?id={id}")
        expect(other.locator("#sheet")).to_contain_text("没有这条记录")
        expect(tab.locator("#sheet h1")).to_contain_text("一号库")
        tab.keyboard.press("a")
        expect(tab.locator("#toasts")).to_contain_text("已通过：一号库")
        expect(tab.locator("#sheet h1")).to_contain_text("二号库")
        tab.keyboard.press("r")
        tab.keyboard.press("Space")
        tab.click("#return")
        expect(tab.locator("#toasts")).to_contain_text("已退回：二号库")
    assert (kept(db, id)["state"], kept(db, id)["checker"]) == ("approved", "shen")
    assert (kept(db, back)["state"], kept(db, back)["reason"]) == ("returned", "疑似重复")
