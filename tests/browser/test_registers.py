"""Two stories from the sign-in: a shelter is opened and filled; a depot's stock comes in, is counted short, and a second person says yes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from riskmap.store.database import Database
from tests.api.test_stock import at  # noqa: F401
from tests.browser.server import served
from tests.browser.signed import enter
from tests.browser.test_axe import LIGHTS, found


@pytest.fixture
def home(at: dict, db: Database) -> Iterator[tuple[str, dict]]:  # noqa: F811
    sent = {"name": "大兴一小", "shelter_level": "县级", "capacity": 300, "lon": 116.33, "lat": 39.73, "district": "大兴区"}
    at["school"] = at["shi"].post("/api/layers/shelter/features", json=sent).json()["id"]
    with served(db, grading=False, plain_http=True) as address:
        yield address, at


def clean(tab: Page) -> None:
    assert found(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_shelter_is_opened_and_filled(home: tuple[str, dict], fresh_tab: Callable[..., Page]) -> None:
    address, people = home
    tab = fresh_tab(360, 740, touch=True)
    enter(tab, address, "ku", f"/shelters/{people['school']}/state")
    clean(tab)
    tab.check("input[value=opened]")
    tab.click("#f-state button")
    expect(tab.locator("#state")).to_have_text("启用")
    expect(tab.locator("#free")).to_have_text("未知")
    tab.fill("#people", "120")
    tab.click("#f-people button")
    expect(tab.locator("#free")).to_have_text("180 人")
    tab.check("input[value=closed]")
    tab.click("#f-state button")
    expect(tab.locator("[role=alert]")).to_contain_text("场所内还有 120 人")
    tab.fill("#people", "300")
    tab.click("#f-people button")
    expect(tab.locator("#state")).to_have_text("已满")
    expect(tab.locator("#free")).to_have_text("0 人")
    clean(tab)
    wide = fresh_tab()
    enter(wide, address, "zhi", f"/?id=shelter:{people['school']}")
    expect(wide.locator("#card-body")).to_contain_text("300 人")
    expect(wide.locator("#card-body a[href$='/state']")).to_contain_text("截至")


@pytest.mark.parametrize("light", LIGHTS)
def test_stock_comes_in_and_is_counted_short(home: tuple[str, dict], fresh_tab: Callable[..., Page], light: str) -> None:
    address, people = home
    page, dress = f"/stock/{people['mine']}", f"theme={'dark' if light == 'dark' else 'light'}"
    tab = fresh_tab(*LIGHTS[light], touch=light == "phone")
    enter(tab, address, "ku", "/stock")
    tab.click(f"#depots a[href='{page}']")
    tab.goto(f"{address}{page}?do=receipt&{dress}")
    for name, text in (("supply_code", "1010200"), ("quantity", "100"), ("unit", "kg"), ("batch_no", "B1"), ("expires_on", "2027-01-05")):
        tab.fill(f"#f-n0-{name}", text)
    clean(tab)
    tab.click("#save")
    expect(tab.locator("#lots")).to_contain_text("100 kg")
    tab.goto(f"{address}{page}?do=count&{dress}")
    quantity = tab.locator("input[name^='q-']")
    quantity.fill("93")
    tab.fill("#f-reason", "受潮损失")
    clean(tab)
    tab.click("#save")
    expect(tab.locator(".st-doc").first).to_contain_text("账面 100，实盘 93 kg")
    expect(tab.locator("#lots")).to_contain_text("100 kg")
    clean(tab)
    other = fresh_tab()
    enter(other, address, "shen", f"/stock?{dress}")
    clean(other)
    other.click("#waiting table a")
    other.click("button[value=approve]")
    expect(other.locator("#lots")).to_contain_text("93 kg")
