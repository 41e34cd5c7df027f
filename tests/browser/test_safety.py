"""Hostile names are text everywhere; the page asks nobody but its own server; its policy is never even tried."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import ROAD
from tests.browser.hostile import HOSTILE
from tests.browser.tabs import open_map, settled, total

pytestmark = pytest.mark.browser

# What must never happen: a dialog, a script of a name, a broken policy, an error, a request to another place.
WATCH = """window.__csp = [];
document.addEventListener('securitypolicyviolation', e => window.__csp.push(e.violatedDirective + ' ' + e.blockedURI));"""
NAMES_IN_SIGHT = "() => [...document.querySelectorAll('#rows .li-a')].map(one => one.textContent)"
OPEN = """(id) => { riskmap.state.set({ id: { layer: 'risk_source', id }, district: '', cell: '' }); }"""
OPENED = "([name, id]) => { const h = document.querySelector('#card h2'); return h && riskmap.state.get().id.id === id && h.textContent === name; }"
TIP = """(name) => { riskmap.view.say('hover', { kind: 'point', layer: 'risk_source', id: 1, name, level: 1, x: 300, y: 300 });
  const said = document.querySelector('#tip b').textContent; riskmap.view.say('hover', null); return said; }"""


class Watched:
    """A tab and everything bad that happened in it."""

    def __init__(self, tab: Page, site: str) -> None:
        self.tab, self.bad = tab, []
        tab.add_init_script(WATCH)
        tab.on("pageerror", lambda e: self.bad.append(f"error {e}"))
        tab.on("dialog", lambda d: (self.bad.append(f"dialog {d.message}"), d.dismiss()))
        tab.on(
            "request", lambda r: None if r.url.startswith((f"{site}/", "data:", "blob:")) else self.bad.append(f"request {r.url}")
        )

    def clean(self) -> bool:
        assert self.tab.evaluate("() => window.__x") is None
        assert self.tab.evaluate("() => window.__csp") == []
        assert self.bad == []
        return True


def test_there_are_two_hundred_hostile_names() -> None:
    assert len(set(HOSTILE)) >= 200


def test_every_hostile_name_is_literal_in_the_list(tab: Page, site: str, hostile_ids: dict[str, int]) -> None:
    """All of them, by scrolling the list from its top to its end."""
    watched = Watched(tab, site)
    open_map(tab, site, f"l=risk_source&q={ROAD}")
    assert total(tab) == len(HOSTILE)
    seen: set[str] = set()
    for top in range(0, len(HOSTILE) * 56 + 600, 560):
        tab.evaluate("(top) => { document.querySelector('#rows').scrollTop = top; }", top)
        settled(tab)
        seen |= set(tab.evaluate(NAMES_IN_SIGHT))
    assert seen == set(HOSTILE)
    tab.locator("#rows .li").last.hover()
    assert watched.clean()


def test_every_hostile_name_is_literal_in_its_card_and_beside_the_pointer(
    tab: Page, site: str, hostile_ids: dict[str, int]
) -> None:
    watched = Watched(tab, site)
    open_map(tab, site, f"l=risk_source&q={ROAD}&v=39.9,116.4,11")
    for name in HOSTILE:
        tab.evaluate(OPEN, hostile_ids[name])
        tab.wait_for_function(OPENED, arg=[name, hostile_ids[name]])
        assert tab.locator("#card h2").get_attribute("title") == name
        assert tab.evaluate(TIP, name) == name
    assert watched.clean()


def test_hostile_names_are_literal_around_a_record_on_the_map_and_on_the_wall(
    tab: Page, site: str, hostile_ids: dict[str, int]
) -> None:
    watched = Watched(tab, site)
    for name in HOSTILE[::25]:
        open_map(tab, site, f"l=risk_source&id={hostile_ids[name]}&v=39.9,116.4,15")
        expect(tab.locator("#card h2")).to_be_visible()
        assert tab.locator("#card h2").text_content() == name
        tab.locator("#card .rec-f button").first.click()  # flies there: the name is drawn on the map, its neighbours are listed
        settled(tab)
        assert watched.clean()
    tab.locator("#export").click()
    expect(tab.locator("#export-menu")).to_contain_text("xlsx")
    tab.goto(f"{site}/?mode=wall&rotate=5")
    settled(tab)
    tab.wait_for_timeout(6000)  # the page of Ⅰ sources has had its turn
    assert watched.clean()


def test_search_words_come_back_as_text(tab: Page, site: str) -> None:
    watched = Watched(tab, site)
    open_map(tab, site)
    for name in HOSTILE[::8]:
        tab.evaluate("(q) => riskmap.state.set({ q })", name)
        chip = tab.locator("#chips .chip > span").first
        expect(chip).to_be_visible()
        assert chip.text_content().endswith(name)
        assert tab.locator("#q").input_value() == name
    tab.fill("#q", HOSTILE[0])
    settled(tab)
    expect(tab.locator("#chips")).to_contain_text(HOSTILE[0])
    assert watched.clean()


@pytest.mark.parametrize(
    "query", ["", "v=39.9,116.4,12", "district=110105&why=1", "mode=wall", "theme=dark&lang=en", "v=39.9,116.4,15&l=shelter"]
)
def test_nothing_off_origin_is_asked_and_the_policy_is_never_hit(fresh_tab, site: str, query: str) -> None:
    tab = fresh_tab()
    asked: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.add_init_script(WATCH)
    tab.goto(f"{site}/?{query}")
    settled(tab)
    assert [url for url in asked if not url.startswith((f"{site}/", "data:", "blob:"))] == []
    assert tab.evaluate("window.__csp") == []
    assert len(asked) > 20


def test_the_policy_forbids_what_it_should(tab: Page, site: str) -> None:
    answer = tab.goto(f"{site}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "'nonce-" in policy
    assert tab.goto(f"{site}/").headers["content-security-policy"] != policy


def test_no_graphics_processor_is_needed(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.9,116.4,11")
    assert tab.evaluate("() => !document.createElement('canvas').getContext('webgl')")
    painted = tab.evaluate(
        """() => { const c = riskmap.view.hexes._container, d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 400) if (d[i]) n++; return n; }"""
    )
    assert painted > 50
