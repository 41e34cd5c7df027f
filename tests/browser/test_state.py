"""The address: every state survives the way there and back, unknown keys do no harm, what is written is canonical."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tabs import open_map, settled, total

pytestmark = pytest.mark.browser

ROUND_TRIP = """async () => {
  const url = await import('/static/js/url.js');
  let seed = 20260101;
  const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648; };
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (list) => list.filter(() => random() < 0.4);
  const words = ['', '液氯', 'a b', '100% "x" & <b>', "'\\\\`${1}", '，、', 'A,B', '%2C', '+ #?=&'];
  const layers = ['risk_source', 'shelter', 'depot', 'districts'];
  const filters = () => ({ level: some([0, 1, 2, 3, 4]), district: some(['110101', '110105', '110115']),
    status: some(['approved', 'incomplete', 'retired']),
    danger: pick([undefined, 'open', 'major', 'overdue']), verified: pick([undefined, 'valid', 'lapsed', 'unknown']),
    parent: pick([undefined, 7]),
    attr: { kind: some(['chemical', 'a,b', '50%', '%2C', '中文']), accident_type: some(['01', '02']) } });
  const bad = [];
  for (let i = 0; i < 200; i++) {
    const state = url.blank();
    state.list = pick(layers);
    const near = (low, span, digits) => Number((low + random() * span).toFixed(digits));
    if (random() < 0.7) state.view = { lat: near(39, 2, 5), lng: near(115.5, 2, 5), zoom: near(8, 10, 2) };
    if (random() < 0.5) state.layers = some(['cells', 'depot', 'districts', 'risk_source', 'shelter']);
    for (const layer of layers) {
      const tidy = random() < 0.5 ? url.tidyFilters(filters()) : {};
      if (Object.keys(tidy).length) state.filters[layer] = tidy;
    }
    state.q = pick(words); state.inView = random() < 0.5;
    if (random() < 0.4) state.id = { layer: pick(layers.slice(0, 3)), id: Math.floor(random() * 1e6) };
    state.district = pick(['', '110108']); state.why = state.district !== '' && random() < 0.5;
    state.cell = pick(['', '89318d2cb3bffff']); state.on = pick(['', '2026-03-31']);
    state.sort = pick(['', '-verified_on', 'name']);
    state.base = pick(['', 'tianditu-vec-w']); state.mode = pick(['', 'wall']);
    state.lang = pick(['', 'en']); state.theme = pick(['', 'dark']);
    const text = url.format(state), back = url.parse(text);
    const object = (value) => value && typeof value === 'object' && !Array.isArray(value);
  const plain = (one) => JSON.stringify(one, (key, value) => (object(value) ? Object.fromEntries(Object.entries(value).sort()) : value));
    if (plain(back) !== plain(state) || url.format(back) !== text) bad.push([text, plain(state), plain(back)]);
  }
  return bad;
}"""


def test_200_random_states_survive_the_address(tab: Page, site: str) -> None:
    open_map(tab, site)
    assert tab.evaluate(ROUND_TRIP) == []


@pytest.mark.parametrize(
    "query",
    ["v=abc", "v=1,2", "v=91,0,5", "l=<script>", "l=none_such", "f.level=9,x", "f.level=", "f.status=gone", "id=x", "district=1", "on=2026-13-99",
     "sort=%27", "base=../x", "nonsense=1&__proto__=2", "layers=%00", "f.a.b.c=1", "q=%E0%A4%A"],
)  # fmt: skip
def test_an_address_that_says_nonsense_opens_the_map_all_the_same(tab: Page, site: str, query: str) -> None:
    errors: list[str] = []
    tab.on("pageerror", lambda e: errors.append(str(e)))
    tab.goto(f"{site}/?{query}")
    settled(tab)
    assert errors == []
    expect(tab.locator("#list-tabs [role=tab]").first).to_be_visible()


def test_a_view_in_the_address_is_the_view_on_the_screen(tab: Page, site: str) -> None:
    open_map(tab, site, "v=39.91234,116.41234,13.3")
    x, y = tab.evaluate(
        """() => { const p = riskmap.view.map.latLngToContainerPoint([39.91234, 116.41234]), s = riskmap.view.map.getSize();
        return [p.x - s.x / 2, p.y - s.y / 2]; }"""
    )
    assert abs(x) <= 1 and abs(y) <= 1
    assert tab.evaluate("riskmap.view.map.getZoom()") == pytest.approx(13.3)


def test_filters_of_another_layer_stay_when_the_list_changes(tab: Page, site: str) -> None:
    open_map(tab, site, "l=risk_source&f.level=1")
    n = total(tab)
    tab.locator("#list-tab-shelter").click()
    settled(tab)
    assert "f.risk_source.level=1" in tab.url
    tab.locator("#list-tab-risk_source").click()
    settled(tab)
    assert total(tab) == n


def test_english_is_english_and_stays_in_the_address(tab: Page, site: str) -> None:
    open_map(tab, site)
    tab.click("#lang")
    settled(tab)
    assert "lang=en" in tab.url and tab.evaluate("document.documentElement.lang") == "en"
    expect(tab.locator("#tab-filters")).to_contain_text("Filters")
    tab.click("#tab-filters")
    settled(tab)
    assert "⟦" not in tab.inner_text("body")
