"""Hostile names are text everywhere; the page asks nobody but its own server; its policy is never even tried."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import HOSTILE
from tests.browser.tabs import open_map, settled

pytestmark = pytest.mark.browser


def test_every_hostile_name_is_shown_as_it_is(tab: Page, site: str, hostile_ids: dict[str, int]) -> None:
    errors: list[str] = []
    tab.on("pageerror", lambda e: errors.append(str(e)))
    for name in HOSTILE:
        open_map(tab, site, f"l=risk_source&id={hostile_ids[name]}&v=39.9,116.4,15")
        expect(tab.locator("#card h2")).to_have_text(name)
        tab.locator("#card .btn-main").click()
        settled(tab)
    open_map(tab, site, "l=risk_source&q=__x")
    assert set(tab.locator("#rows .li-a").all_inner_texts()) >= {name for name in HOSTILE if "__x" in name}
    tab.locator("#rows .li").first.hover()
    open_map(tab, site, "mode=wall")
    assert tab.evaluate("() => window.__x") is None
    assert errors == []


def test_the_search_word_comes_back_as_text(tab: Page, site: str) -> None:
    open_map(tab, site)
    tab.fill("#q", HOSTILE[0])
    settled(tab)
    expect(tab.locator("#chips")).to_contain_text(HOSTILE[0])
    assert tab.evaluate("() => window.__x") is None


@pytest.mark.parametrize(
    "query", ["", "v=39.9,116.4,12", "district=110105&why=1", "mode=wall", "theme=dark&lang=en", "v=39.9,116.4,15&l=shelter"]
)
def test_nothing_off_origin_is_asked_and_the_policy_is_never_hit(fresh_tab, site: str, query: str) -> None:
    tab = fresh_tab()
    asked: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.add_init_script(
        """window.__csp = [];
        document.addEventListener('securitypolicyviolation', e => window.__csp.push(e.violatedDirective + ' ' + e.blockedURI));"""
    )
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
