"""From the open map to a plan that is signed: the commander's story in two actions and one more, by mouse, by keyboard, on a phone, by role."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from riskmap import catalogue
from riskmap.core.actor import OFFICER
from riskmap.settings import settings
from riskmap.store.cluster import Cluster
from riskmap.store.database import Database
from tests.api.people import made
from tests.api.test_incidents import put
from tests.browser.server import served
from tests.browser.signed import enter
from tests.conftest import create_database, dsns_of

pytestmark = pytest.mark.browser
LON, LAT = 116.3381, 39.7271
WIND = "wind_ms=3&wind_from_deg=180&rate_kg_s=0.9&stability=D"
STRUCK = {"in_zone", "downwind"}


def away(bearing: float, metres: float) -> tuple[float, float]:
    """The place so far from the plant in that direction."""
    north, east = metres * math.cos(math.radians(bearing)), metres * math.sin(math.radians(bearing))
    return LON + east / (111_195 * math.cos(math.radians(LAT))), LAT + north / 111_195


@pytest.fixture(scope="module")
def town(cluster: Cluster, template: str) -> Iterator[Database]:
    """A chlorine plant with shelters all around it, one 20° off the wind's axis, and who lives and waits there. With accounts."""
    name = "riskmap_command"
    create_database(cluster, name, template)
    dsns = dsns_of(cluster, name)
    layers = catalogue.load(settings().layers_dir, settings().data_dir / "codes")
    with Database(dsns.app, dsns.engine, pool_size=8, staff_layers=layers.staff_layers()) as db:
        enterprise = put(db, "enterprise", "甲一净水剂厂", LON, LAT, {})  # its name: enterprise 甲一净水剂厂
        hazard = put(db, "major_hazard", "液氯库", LON, LAT, {"hazard_grade": "三级"}, parent=enterprise)
        for bearing in (0, 20, 90, 180, 270):
            put(db, "shelter", f"避难{bearing:03d}", *away(bearing, 4500), {"capacity": 900, "state": "normal"})
        put(db, "protected_site", "第三小学", *away(10, 220), {"site_kind": "school", "occupants": 500})
        depot = put(db, "depot", "旧宫库", *away(265, 5200), {"depot_level": "district"})
        put(db, "rescue_team", "危化一队", *away(200, 6000), {"team_kind": "chemical", "duty_24h": True, "members": 30})
        with db.as_user(OFFICER, write=True) as conn:
            conn.execute(
                "INSERT INTO holding (feature_id, steward_org, chemical, cas, design_max_t, actor) VALUES (%s, 1, '氯', '7782-50-5', 30, 'officer')",
                (hazard,),
            )
            lot = conn.execute(
                """INSERT INTO stock_batch (feature_id, steward_org, supply_code, supply_name, unit, minimum_reserve, actor)
                   VALUES (%s, 1, '1110202', '毯子', '条', 100, 'officer') RETURNING id""",
                (depot,),
            ).fetchone()
            conn.execute(
                "INSERT INTO stock_movement (stock_id, steward_org, kind, quantity, actor) VALUES (%s, 1, 'receipt', 400, 'officer')", (lot["id"],)
            )  # type: ignore[index]
            conn.execute("UPDATE feature SET search = lower(name || ' ' || coalesce(code, ''))")
        for login, role, org in (("zhi", "commander", "110000"), ("tian", "district_clerk", "110115")):
            made(db, login, role, org)
        yield db


@pytest.fixture(scope="module")
def site(town: Database) -> Iterator[str]:
    """Served to people who sign in."""
    with served(town, plain_http=True) as address:
        yield address


def one(db: Database, query: str, *given: Any) -> Any:
    with db.as_user(OFFICER) as conn:
        return next(iter((conn.execute(query, given).fetchone() or {}).values()))  # type: ignore[union-attr]


def hazard(db: Database) -> int:
    return one(db, "SELECT id FROM feature WHERE layer = 'major_hazard'")


def watched(tab: Page) -> list[str]:
    """What the console and the policy complain about."""
    wrong: list[str] = []
    tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda e: wrong.append(str(e)))
    return wrong


def answered(tab: Page, act: Callable[[], Any]) -> dict[str, Any]:
    """The last trial's answer that is on the screen after an act."""
    before = int(tab.evaluate("document.body.dataset.trial || 0"))
    with tab.expect_response(lambda r: r.url.endswith("/api/incidents/trial") and r.ok) as told:
        act()
    for _ in range(100):  # the page's own policy forbids the tests' shorter way of waiting
        if int(tab.evaluate("document.body.dataset.trial || 0")) > before:
            break
        tab.wait_for_timeout(50)
    tab.wait_for_selector('#sheet[aria-busy="false"]')
    return told.value.json()["outcome"]


def slide(tab: Page, to: int) -> Callable[[], None]:
    turn = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    return lambda: tab.locator("#s-wind_from_deg").evaluate(turn, str(to))


def verdicts(plan: dict[str, Any]) -> dict[str, str | None]:
    return {s["name"].split(" ")[1]: s["why"] for s in plan["shelters"]}


def test_two_actions_from_the_open_map_and_one_more_to_the_page_to_sign(tab: Page, site: str, town: Database) -> None:
    enter(tab, site, "zhi", "/?v=39.7271,116.3381,14&l=major_hazard")
    wrong = watched(tab)
    tab.locator("#rows .li .li-a").first.click()                                            # action 1: the plant
    with tab.expect_response(lambda r: r.url.endswith("/api/incidents/trial") and r.ok) as told:
        tab.locator("#assess").click()                                                      # action 2: 研判
    plan = told.value.json()["outcome"]
    sheet = tab.locator("#sheet")
    expect(sheet.locator('[data-figure="unmet"]')).to_be_visible()
    met, unmet = (sheet.locator(f'[data-figure="{k}"] .v').evaluate("e => getComputedStyle(e).fontSize") for k in ("placed", "unmet"))
    assert met == unmet                                                                     # as large as the met one
    assert plan["zone"]["substance"] == "氯" and plan["zone"]["every_direction"]             # no wind is known: the full circle
    for words in ("第三小学", "毯", "危化一队", "风未知", "在册存量最大的物质"):
        expect(sheet).to_contain_text(words)
    for assumption in plan["assumptions"]:
        expect(sheet.locator(f'[data-table="assumptions"] tr[data-key="{assumption["name"]}"]')).to_have_count(1)
    for missing in [*plan["lacks"], *plan["warnings"]]:
        expect(sheet.locator(".c-unknowns")).to_contain_text(missing.split(" / ")[0])
    tab.locator("#sign").click()                                                            # one more: the page to sign
    tab.wait_for_url(re.compile(r"/incidents/\d+/plans/1$"))
    expect(tab.locator("#plan")).to_contain_text("第三小学")
    expect(tab.locator("#plan .a4-sign")).to_contain_text("签发")
    expect(tab.locator("#plan svg.pl-svg")).to_be_visible()
    assert tab.locator("#plan").get_attribute("data-hash") == one(town, "SELECT hash FROM plan ORDER BY id DESC LIMIT 1")
    assert wrong == []


def test_the_wind_turns_by_a_quarter_and_all_of_it_follows(tab: Page, site: str, town: Database) -> None:
    enter(tab, site, "zhi", f"/command?id=major_hazard:{hazard(town)}&{WIND}")
    tab.wait_for_selector('[data-table="assumptions"]')
    south = answered(tab, slide(tab, 181))
    why = verdicts(south)
    assert why["避难000"] in STRUCK and why["避难020"] in STRUCK                             # 20° off the axis: never safe
    assert why["避难180"] is None
    lines = tab.locator('[data-lines="struck"] li')
    assert set(lines.locator("s").all_inner_texts()) == {f"shelter {n}" for n, w in why.items() if w in STRUCK}
    rows = tab.locator('[data-table="shelters"] tbody tr')
    assert not any("避难020" in text or "避难000" in text for text in rows.all_inner_texts())
    east = answered(tab, slide(tab, 271))
    turned = verdicts(east)
    assert turned["避难090"] in STRUCK and turned["避难000"] is None and turned["避难020"] is None
    assert south["zone"]["shape"] != east["zone"]["shape"] and south["assignment"] != east["assignment"]
    assert "shelter 避难090" in lines.locator("s").all_inner_texts() and "shelter 避难000" not in lines.locator("s").all_inner_texts()
    assert "wind_from_deg=271" in tab.url                                                   # the address is the scenario
    expect(tab.locator("#compass")).to_have_attribute("aria-label", re.compile("271"))
    expect(tab.locator('[data-table="assumptions"] tr[data-key="wind_from_deg"]')).to_contain_text("W 271°")


def test_an_older_answer_never_overtakes_a_newer_one(tab: Page, site: str, town: Database) -> None:
    """The answer to the first wind is held back until the second one is on the screen."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        asked = json.loads(route.request.post_data)["scenario"].get("wind_from_deg")
        held.append(route) if asked == 90 else route.continue_()

    enter(tab, site, "zhi", "/roles")
    tab.route("**/api/incidents/trial", hold)
    tab.goto(f"{site}/command?id=major_hazard:{hazard(town)}&{WIND}")
    tab.wait_for_selector('[data-table="assumptions"]')
    slide(tab, 90)()
    tab.wait_for_timeout(400)
    assert held
    answered(tab, slide(tab, 200))
    try:
        held[0].continue_()
    except Exception:  # noqa: BLE001 - the browser gave the request up already
        pass
    tab.wait_for_timeout(400)
    expect(tab.locator('[data-table="assumptions"] tr[data-key="wind_from_deg"]')).to_contain_text("200°")


def test_a_place_by_search_by_coordinates_and_by_click(tab: Page, site: str) -> None:
    enter(tab, site, "zhi", "/command")
    tab.wait_for_selector('body[data-ready="1"]')
    expect(tab.locator("#sheet")).to_contain_text("还没有位置")
    expect(tab.locator("#sign")).to_be_disabled()
    tab.fill("#q", "甲一净水剂厂")
    tab.press("#q", "Enter")
    plan = answered(tab, tab.locator("#found .c-hit").first.click)
    assert plan["zone"]["substance"] == "氯"
    tab.fill("#q", "116.3443, 39.7285")
    tab.select_option("#crs", "gcj02")
    plan = answered(tab, lambda: tab.press("#q", "Enter"))
    assert math.hypot((plan["place"]["lon"] - LON) * 85_000, (plan["place"]["lat"] - LAT) * 111_000) < 60  # GCJ-02, set right
    before = plan["place"]
    box = tab.locator("#map").bounding_box()
    plan = answered(tab, lambda: tab.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3))  # type: ignore[index]
    assert plan["place"]["feature_id"] is None and plan["place"]["lon"] < before["lon"]


def test_by_keyboard_only(tab: Page, site: str, town: Database) -> None:
    enter(tab, site, "zhi", f"/command?id=major_hazard:{hazard(town)}&{WIND}")
    tab.wait_for_selector('[data-table="assumptions"]')
    tab.focus("#s-wind_from_deg")
    plan = answered(tab, lambda: [tab.keyboard.press("ArrowRight") for _ in range(5)])
    tab.wait_for_timeout(300)
    expect(tab.locator('[data-table="assumptions"] tr[data-key="wind_from_deg"]')).to_contain_text("185°")
    assert plan["zone"]["kind"] == "plume"
    tab.focus("#keep")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "sign"
    tab.keyboard.press("Enter")
    tab.wait_for_url(re.compile(r"/plans/1$"))
    tab.goto(tab.url.rsplit("/plans", 1)[0])
    tab.focus("#f-note")
    tab.keyboard.type("风向转为东南")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.locator("#log li").first).to_contain_text("风向转为东南")


def test_an_exercise_is_marked_wherever_it_is_shown(tab: Page, site: str, town: Database) -> None:
    enter(tab, site, "zhi", f"/command?id=major_hazard:{hazard(town)}&{WIND}")
    tab.wait_for_selector('[data-table="assumptions"]')
    tab.check("#r-exercise")
    expect(tab.locator("#drill")).to_be_visible()
    tab.fill("#r-title", "液氯泄漏演练")
    tab.fill("#r-happened_at", "2026-11-24T21:06")
    tab.locator("#sign").click()
    expect(tab.locator("#exercise")).to_have_text("演练")
    expect(tab.locator("#plan h1")).to_have_text("液氯泄漏演练")
    tab.goto(f"{site}/incidents")
    row = tab.locator("#rows tr", has_text="液氯泄漏演练")
    expect(row).to_contain_text("演练")
    expect(row).to_contain_text("11-24 21:06")                                              # happened, apart from reported and recorded
    row.locator("a").click()
    expect(tab.locator(".inc .tag-drill")).to_be_visible()
    expect(tab.locator("#level")).to_contain_text("第 493 号")                               # the clause, also where no level is proposed
    tab.locator("summary", has_text="更新情况").click()
    tab.fill("#f-deaths", "3")
    tab.locator("#better").click()
    expect(tab.locator("#level")).to_contain_text("Ⅲ 较大")
    expect(tab.locator("#level")).to_contain_text("第 493 号第三条")
    tab.locator("#hold").click()
    expect(tab.locator("#holds")).to_contain_text("占用中")
    expect(tab.locator("#holds [data-until]").first).to_contain_text("分")
    tab.locator("#release").click()
    expect(tab.locator("#holds")).to_contain_text("已释放")


def test_a_clerk_may_not_and_reads_why(tab: Page, site: str, town: Database) -> None:
    enter(tab, site, "tian", "/?v=39.7271,116.3381,14&l=major_hazard")
    tab.wait_for_selector('body[data-ready="1"]')
    assert tab.locator("#nav-command").count() == 0
    tab.goto(f"{site}/command?id=major_hazard:{hazard(town)}")
    expect(tab.locator("main")).to_contain_text("区填报员不能做这件事")
    tab.goto(f"{site}/incidents")                                                           # may read
    expect(tab.locator("h1")).to_have_text("突发事件")
    assert tab.locator('a[href="/command"]').count() == 0


def test_on_a_phone(fresh_tab: Callable[..., Page], site: str, town: Database) -> None:
    tab = fresh_tab(360, 740, touch=True)
    enter(tab, site, "zhi", f"/command?id=major_hazard:{hazard(town)}&{WIND}")
    tab.wait_for_selector('[data-table="assumptions"]')
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for id in ("sign", "keep", "go", "map-in"):
        assert tab.locator(f"#{id}").bounding_box()["height"] >= 32  # type: ignore[index]
    tab.locator("#sign").tap()
    tab.wait_for_url(re.compile(r"/plans/1$"))
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tab.goto(tab.url.rsplit("/plans", 1)[0])
    tab.wait_for_selector('body[data-ready="1"]')
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
