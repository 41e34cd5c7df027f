"""Stories of a person at the one map. Each is read from the page, never from the code behind it."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tabs import held, open_map, settled, total

pytestmark = pytest.mark.browser


def test_an_officer_filters_reads_and_sends_the_link(tab: Page, fresh_tab, site: str) -> None:
    """Open the map, leave only Ⅰ, open a record, copy the address: a clean browser shows the same."""
    open_map(tab, site)
    everything = total(tab)
    tab.locator('[data-layer="risk_source"] .lg [data-level="1"]').dblclick()
    expect(tab.locator("#chips")).to_contain_text("Ⅰ 重大")
    settled(tab)
    first = total(tab)
    assert 0 < first < everything
    rows = tab.locator("#rows .li")
    assert all(
        label == "Ⅰ 重大"
        for label in rows.locator("svg.lv").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    )
    name = rows.first.locator(".li-a").inner_text()
    rows.first.locator(".li-a").click()
    expect(tab.locator("#card h2")).to_have_text(name)
    assert "id=" in tab.url and "f.level=1" in tab.url
    other = fresh_tab()
    other.goto(tab.url)
    settled(other)
    expect(other.locator("#card h2")).to_have_text(name)
    assert total(other) == first
    assert other.locator("#rows .li.is-sel .li-a").inner_text() == name
    assert other.evaluate("riskmap.view.view().zoom.toFixed(2)") == tab.evaluate("riskmap.view.view().zoom.toFixed(2)")


def test_map_and_list_are_one_set_when_only_the_view_counts(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,12&view=1")
    assert total(tab) > 0
    assert held(tab, "risk_source")["all"] == total(tab)
    tab.locator('[data-layer="risk_source"] .lg [data-level="4"]').click()
    settled(tab)
    assert held(tab, "risk_source")["all"] == total(tab) > 0
    tab.keyboard.press("-")
    settled(tab)
    assert held(tab, "risk_source")["all"] == total(tab)


def test_a_row_and_its_symbol_light_up_together(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,13&view=1&f.level=1")
    row = tab.locator("#rows .li").first
    row.hover()
    hovered = tab.evaluate("riskmap.view.hovered.point && riskmap.view.hovered.point.id")
    assert str(hovered) == row.get_attribute("data-id")
    row.locator(".li-a").click()
    settled(tab)
    assert str(tab.evaluate("riskmap.view.chosen.point.id")) == row.get_attribute("data-id")


def test_clicking_a_symbol_opens_its_card_and_marks_its_row(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,13&view=1&f.level=1")
    id, x, y = tab.evaluate(
        """() => { const v = riskmap.view, box = v.map.getContainer().getBoundingClientRect();
        for (const f of riskmap.list.items) { const [lng, lat] = f.geometry.coordinates, p = v.map.latLngToContainerPoint([lat, lng]);
          if (p.x > 200 && p.y > 150 && p.x < box.width - 80 && p.y < box.height - 150) return [f.id, p.x + box.left, p.y + box.top]; }
        return [0, 0, 0]; }"""
    )
    assert id
    tab.mouse.click(x, y)
    expect(tab.locator("#card")).to_be_visible()
    assert re.search(r"[?&]id=\d+", tab.url)
    settled(tab)
    chosen = tab.evaluate("riskmap.state.get().id.id")
    expect(tab.locator(f'#rows .li[data-id="{chosen}"]')).to_have_class(re.compile("is-sel"))


def test_back_and_forward_walk_through_what_was_done(tab: Page, site: str) -> None:
    open_map(tab, site)
    start = total(tab)
    tab.keyboard.press("4")
    settled(tab)
    less = total(tab)
    assert less < start
    tab.locator("#rows .li-a").first.click()
    expect(tab.locator("#card")).to_be_visible()
    tab.go_back()
    expect(tab.locator("#card")).to_be_hidden()
    tab.go_back()
    settled(tab)
    assert total(tab) == start and "f.level" not in tab.url
    tab.go_forward()
    settled(tab)
    assert total(tab) == less


def test_panning_does_not_fill_the_history(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,12")
    before = tab.evaluate("history.length")
    for _ in range(3):
        tab.mouse.move(700, 400)
        tab.mouse.down()
        tab.mouse.move(640, 360, steps=4)
        tab.mouse.up()
        settled(tab)
    assert tab.evaluate("history.length") == before
    assert "v=39.9,116.4,12" not in tab.url and "v=" in tab.url


def test_everything_by_keys_alone(tab: Page, site: str) -> None:
    open_map(tab, site)
    tab.keyboard.press("?")
    expect(tab.locator("#dialog")).to_be_visible()
    for key in ("/", "j", "k", "Enter", "m", "?", "Esc"):
        expect(tab.locator("#dialog .kbd", has_text=re.compile(f"^{re.escape(key)}$")).first).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("#dialog")).to_be_hidden()
    tab.keyboard.press("j")
    first = tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("j")
    second = tab.evaluate("document.activeElement.textContent")
    assert first and second and tab.evaluate("riskmap.list.focus") == 1
    tab.keyboard.press("k")
    assert tab.evaluate("document.activeElement.textContent") == first
    tab.keyboard.press("Enter")
    expect(tab.locator("#card h2")).to_have_text(first)
    tab.keyboard.press("Escape")
    expect(tab.locator("#card")).to_be_hidden()
    tab.keyboard.press("m")
    expect(tab.locator("#list")).to_be_hidden()
    tab.keyboard.press("Escape")
    expect(tab.locator("#list")).to_be_visible()
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "q"
    tab.keyboard.type("j")
    assert tab.input_value("#q") == "j"


def test_the_list_pages_on_while_scrolled_and_holds_few_rows(tab: Page, site: str) -> None:
    open_map(tab, site)
    many = total(tab)
    assert many > 200
    for _ in range(12):
        tab.evaluate("() => { const box = document.getElementById('rows'); box.scrollTop = box.scrollHeight; }")
        settled(tab)
        if tab.evaluate("riskmap.list.items.length") == many:
            break
    assert tab.evaluate("riskmap.list.items.length") == min(many, tab.evaluate("riskmap.list.items.length"))
    assert tab.evaluate("riskmap.list.items.length") > 200
    assert len(set(tab.evaluate("riskmap.list.items.map(one => one.id)"))) == tab.evaluate("riskmap.list.items.length")
    assert tab.locator("#rows .li").count() < 60


def test_a_filter_that_leaves_nothing_says_what_to_take_away(tab: Page, site: str) -> None:
    open_map(tab, site, "f.level=1&q=此名不存在于任何记录")
    expect(tab.locator("#rows-state")).to_contain_text("没有符合的风险源")
    tab.locator("#rows-state .chip", has_text="此名不存在").click()
    settled(tab)
    assert total(tab) > 0 and "q=" not in tab.url


def test_search_counts_are_announced_and_its_chip_takes_it_off(tab: Page, site: str) -> None:
    open_map(tab, site)
    start = total(tab)
    tab.fill("#q", "罐")
    expect(tab.locator("#chips")).to_contain_text("罐")
    settled(tab)
    found = total(tab)
    assert 0 < found < start
    assert all("罐" in text for text in tab.locator("#rows .li-a").all_inner_texts())
    assert tab.locator("#count").get_attribute("aria-live") == "polite"
    tab.locator("#chips button[aria-label]").first.click()
    settled(tab)
    assert total(tab) == start and tab.input_value("#q") == ""


def test_a_server_that_stops_answering_leaves_the_old_picture_and_says_so(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,12")
    tab.route("**/api/**", lambda route: route.abort())
    tab.keyboard.press("-")
    expect(tab.locator("#notices")).to_contain_text("服务器没有答复")
    tab.unroute("**/api/**")
    tab.locator("#notices button").click()
    settled(tab)
    expect(tab.locator("#notices")).to_be_empty()


def test_the_export_says_how_many_and_gives_just_those(tab: Page, site: str) -> None:
    open_map(tab, site, "f.level=1")
    n = total(tab)
    tab.click("#export")
    expect(tab.locator("#export-menu p")).to_contain_text(f"{n:,}")
    with tab.expect_download() as download:
        tab.locator("#export-menu button", has_text="CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))  # as a spreadsheet reads it: a name may hold any line separator but a line feed
    assert len(rows) - 1 == n
