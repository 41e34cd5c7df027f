"""The other shapes of the page: district and cell cards, the grade page, phone and wall."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tabs import open_map, settled

pytestmark = pytest.mark.browser


def test_far_out_every_district_is_named_or_marked_and_counted(tab: Page, site: str) -> None:
    open_map(tab, site)
    assert tab.evaluate("riskmap.view.labelHits.length") == 16
    counts = tab.evaluate("Object.fromEntries(riskmap.view.labelItems.map(one => [one.code, one.pill]))")
    assert sum(int(text.replace(",", "") or 0) for text in counts.values()) > 0


def test_a_click_on_a_district_opens_its_card_and_the_card_its_arithmetic(tab: Page, site: str) -> None:
    open_map(tab, site)
    x, y = tab.evaluate(
        """() => { const v = riskmap.view, one = v.labelItems.find(d => d.code === '110105');
        const p = v.map.latLngToContainerPoint([one.lat, one.lon]), b = v.map.getContainer().getBoundingClientRect();
        return [p.x + b.left, p.y + b.top]; }"""
    )
    tab.mouse.click(x, y)
    settled(tab)
    assert "district=110105" in tab.url
    expect(tab.locator("#card h2")).to_contain_text("朝阳区")
    tab.locator("#card .btn-main").click()
    settled(tab)
    assert "why=1" in tab.url
    expect(tab.locator("#why h1")).to_contain_text("朝阳区")
    expect(tab.locator("#why .brd")).to_have_count(2)
    expect(tab.locator("#main")).to_be_hidden()
    tab.keyboard.press("Escape")
    expect(tab.locator("#main")).to_be_visible()
    expect(tab.locator("#why")).to_be_hidden()


def test_a_contributor_can_be_clicked_through_to(tab: Page, site: str) -> None:
    open_map(tab, site, "district=110105&why=1")
    name = tab.locator("#why .x-name").first
    text = name.inner_text()
    name.click()
    settled(tab)
    expect(tab.locator("#why")).to_be_hidden()
    expect(tab.locator("#card h2")).to_have_text(text)


def test_what_if_shows_a_new_value_and_writes_nothing(tab: Page, site: str) -> None:
    open_map(tab, site, "district=110105&why=1")
    before = tab.locator(".x-dl").inner_text()
    tab.locator(".wi input").first.check()
    settled(tab)
    expect(tab.locator(".x-dl b").first).to_be_visible()
    assert "→" in tab.locator(".x-dl").inner_text()
    tab.reload()
    settled(tab)
    assert tab.locator(".x-dl").inner_text() == before


def test_a_cell_opens_its_own_card(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,12&layers=cells,districts&l=districts")
    x, y, cell = tab.evaluate(
        """() => { const v = riskmap.view, b = v.map.getContainer().getBoundingClientRect();
        for (let i = 0; i < 400; i++) { const px = 300 + (i * 37) % (b.width - 500), py = 150 + (i * 53) % (b.height - 400);
          const at = v._at({latlng: v.map.containerPointToLatLng([px, py]), containerPoint: {x: px, y: py}});
          if (at.kind === 'cell') return [px + b.left, py + b.top, at.cell]; } return [0, 0, '']; }"""
    )
    assert cell
    tab.mouse.click(x, y)
    settled(tab)
    assert f"cell={cell}" in tab.url
    expect(tab.locator("#card h2")).to_contain_text("网格")


def test_facilities_show_counts_and_single_icons(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,12&l=shelter&view=1")
    assert tab.evaluate("riskmap.view.held('shelter').drawn") > 0
    tab.locator("#rows .li-a").first.click()
    expect(tab.locator("#card")).to_be_visible()


def test_on_a_phone_the_list_is_a_sheet(fresh_tab, site: str) -> None:
    tab = fresh_tab(width=360, height=740, touch=True)
    open_map(tab, site)
    sheet = tab.locator("#list")
    height = 740

    def share() -> float:
        tab.wait_for_timeout(300)
        return sheet.bounding_box()["height"] / height

    assert share() == pytest.approx(0.25, abs=0.03)
    tab.locator("#grab").tap()
    assert share() == pytest.approx(0.55, abs=0.03)
    tab.locator("#grab").press("ArrowUp")
    assert share() > 0.9
    tab.locator("#grab").press("ArrowDown")
    tab.locator("#rows .li-a").first.tap()
    expect(tab.locator("#card")).to_be_visible()
    tab.locator("#card [data-close]").tap()
    expect(tab.locator("#card")).to_be_hidden()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    small = tab.evaluate(
        """() => [...document.querySelectorAll('button, a.li-a, select')]
        .filter(one => one.offsetParent && !one.closest('#left, .chip-x, dl'))
        .map(one => { const b = one.getBoundingClientRect(); return [one.id || one.className, b.width, b.height]; })
        .filter(([, w, h]) => w > 0 && (h < 24 || w < 24))"""
    )
    assert [one for one in small if one[0] not in ("grab", "li-a", "t cut li-a")] == []


def test_the_wall_has_no_controls_and_says_how_fresh_it_is(fresh_tab, site: str) -> None:
    tab = fresh_tab(width=1920, height=1080)
    tab.goto(f"{site}/?mode=wall&refresh=5&rotate=5")
    settled(tab)
    assert tab.locator("button, input, select, a").count() == 0
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(tab.locator("#w-clock")).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(tab.locator("#w-fresh")).to_contain_text("评定")
    first = tab.locator("#w-pages .is-now").inner_text()
    tab.wait_for_timeout(6500)
    assert tab.locator("#w-pages .is-now").inner_text() != first
    smallest = tab.evaluate(
        """() => Math.min(...[...document.querySelectorAll('header *, aside *, footer *')]
        .filter(one => [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
        .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
    )
    assert smallest * 2 >= 27.9


def test_the_wall_says_in_red_when_its_data_is_old(fresh_tab, site: str) -> None:
    tab = fresh_tab(width=1920, height=1080)
    tab.clock.install()
    tab.goto(f"{site}/?mode=wall&refresh=5")
    tab.wait_for_selector('body[data-ready="1"]')
    expect(tab.locator("#w-old")).to_be_hidden()
    tab.route("**/api/**", lambda route: route.abort())
    tab.clock.fast_forward(120_000)
    expect(tab.locator("#w-old")).to_be_visible()
    expect(tab.locator("#w-old")).to_contain_text("数据陈旧")


def test_demo_data_is_marked_on_every_screen(tab: Page, site: str) -> None:
    for query in ("", "v=39.9,116.4,12", "district=110105&why=1", "mode=wall"):
        open_map(tab, site, query)
        expect(tab.locator("#demo-tag")).to_be_visible()
        expect(tab.locator("#demo-tag")).to_have_text("演示数据")
