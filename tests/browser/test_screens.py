"""The other shapes of the page: district and cell cards, the grade page, phone and wall."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tabs import open_map, settled

pytestmark = pytest.mark.browser


def test_far_out_every_district_is_named_or_marked_and_counted(tab: Page, site: str) -> None:
    open_map(tab, site)
    assert tab.evaluate("new Set(riskmap.view.labelHits.map(one => one.code)).size") == 16
    counts = tab.evaluate("Object.fromEntries(riskmap.view.labelItems.map(one => [one.code, one.pill]))")
    assert sum(int(text.replace(",", "") or 0) for text in counts.values()) > 0


BADGES = """() => { const sums = {}; for (const one of riskmap.view.labelItems) for (const { icon, text } of one.badges) {
  const layer = icon.split('/').slice(-2)[0]; sums[layer] = (sums[layer] || 0) + Number(text.replace(/,/g, '')); } return sums; }"""


def test_far_out_facilities_are_counted_by_district(tab: Page, site: str) -> None:
    """What is switched on and not the list is counted with its icon, under its own filters, and drawn where there is room."""
    open_map(tab, site)
    count = {
        layer: tab.request.get(f"{site}/api/layers/{layer}/count").json()["count"]
        for layer in ("shelter", "depot", "rescue_team")
    }
    shown = tab.evaluate(BADGES)
    assert set(shown) == {"shelter", "depot"}
    assert 0 < shown["shelter"] <= count["shelter"] and 0 < shown["depot"] <= count["depot"]
    assert tab.evaluate("riskmap.view.labelHits.length") > 16 + 6
    assert tab.locator('[data-layer="shelter"] .ly-n').inner_text().replace(",", "") == str(count["shelter"])
    tab.locator('[data-layer="rescue_team"] input').check()
    settled(tab)
    assert 0 < tab.evaluate(BADGES)["rescue_team"] <= count["rescue_team"]
    open_map(tab, site, "f.shelter.district=110105")
    assert tab.evaluate(BADGES)["shelter"] < shown["shelter"]
    assert tab.evaluate(
        "riskmap.view.labelItems.filter(one => one.badges.some(b => b.icon.includes('shelter'))).map(one => one.code)"
    ) == ["110105"]


def test_when_the_page_says_ready_it_is_drawn(tab: Page, site: str) -> None:
    tab.goto(f"{site}/?v=39.9,116.4,12")
    tab.wait_for_selector('body[data-ready="1"]')
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    painted = tab.evaluate(
        """() => { const c = riskmap.view.hexes._container, d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 400) if (d[i]) n++; return n; }"""
    )
    assert painted > 50
    assert tab.locator("#rows .li").count() > 5


@pytest.mark.parametrize("query", ["", "v=39.9,116.4,12", "v=39.9,116.4,12&l=districts"])
def test_scripts_fetched_at_the_start_stay_within_160_kb(tab: Page, site: str, query: str) -> None:
    open_map(tab, site, query)
    scripts = tab.evaluate(
        """() => performance.getEntriesByType('resource').filter(one => new URL(one.name).pathname.endsWith('.js'))
        .map(one => one.encodedBodySize)"""
    )
    assert len(scripts) > 20 and min(scripts) > 0
    assert sum(scripts) <= 160_000


def test_small_hexagons_are_where_large_ones_are(tab: Page, site: str) -> None:
    """Two ways of painting, one picture: the same cells cover the same part of the screen in both, and h3 agrees cell by cell."""
    open_map(tab, site, "v=39.9,116.4,12&layers=cells&l=districts")
    wrong = tab.evaluate(
        """() => { const v = riskmap.view, c = v.hexes._container, g = c.getContext('2d'), off = v.hexes.offset();
        const cell = h3.gridDisk(h3.latLngToCell(39.9, 116.4, 9), 12), level = cell.map(() => 2), known = new Set(cell);
        v.map.setView([39.9, 116.4], 11, { animate: false }); riskmap.feed.refresh = () => {};
        v.setCells({ resolution: 9, cell, level, risk: level, count: level, worst: level });
        v.hexes._drawn = null; v.hexes._update(); v.hexes._draw();
        const box = v.hexes._bounds, d = g.getImageData(0, 0, c.width, c.height).data, ratio = c.width / box.getSize().x;
        let wrong = 0, inside = 0;
        for (let y = 2; y < c.height; y += 3) for (let x = 2; x < c.width; x += 3) {
          const at = v.map.layerPointToLatLng([box.min.x + (x + .5) / ratio, box.min.y + (y + .5) / ratio]);
          const is = known.has(h3.latLngToCell(at.lat, at.lng, 9)); inside += is; wrong += is !== d[4 * (y * c.width + x) + 3] > 0; }
        return inside > 500 ? wrong / inside : 1; }"""
    )
    assert wrong < 0.02


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
    scale, tag = tab.locator("#scale").bounding_box(), tab.locator("#demo-tag").bounding_box()
    assert scale["y"] >= tag["y"] + tag["height"] or scale["x"] >= tag["x"] + tag["width"]
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


def test_the_wall_names_the_next_level_of_the_district_not_of_one_number(fresh_tab, site: str) -> None:
    """A border that leaves the worse of D and T as it is, is no border of the district."""
    tab = fresh_tab(width=1920, height=1080)
    tab.goto(f"{site}/?mode=wall")
    settled(tab)
    near = tab.locator("section", has=tab.locator("h2", has_text="离界最近")).locator("li")
    numerals = ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"]
    computed = {one["name"]: one["computed"] for one in tab.request.get(f"{site}/api/districts").json()["districts"]}
    assert near.count() > 0
    for row in near.all():
        name, told = row.locator(".w-n").inner_text(), row.locator(".w-d").inner_text()
        assert numerals[computed[name] - 1] in told, (name, told)


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
