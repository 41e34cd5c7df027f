"""Map, list, counts and export are one set: asked of the API five hundred times, and of the page itself."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.tabs import held, open_map, settled, total

pytestmark = pytest.mark.browser

LAYERS = ("risk_source", "shelter", "depot", "major_hazard")
DISTRICTS = ("110101", "110105", "110108", "110112", "110115", "110118")
WORDS = ("罐", "街道", "东城", "zhsys", "01", "不存在的名字")


def sequences(seed: int, n: int) -> list[tuple[str, dict[str, str]]]:
    """Filters as a person would pile them up: each step adds or drops one, now and then the layer changes."""
    draw, out = random.Random(seed), []
    layer, asked = "risk_source", {}
    for _ in range(n):
        step = draw.choice(["level", "district", "danger", "verified", "status", "q", "bbox", "drop", "drop", "layer"])
        if step == "layer":
            layer, asked = draw.choice(LAYERS), {}
        elif step == "drop" and asked:
            asked = {k: v for k, v in asked.items() if k != draw.choice(list(asked))}
        elif step == "bbox":
            west, south = draw.uniform(115.5, 117.2), draw.uniform(39.5, 40.8)
            asked = asked | {
                "bbox": f"{west:.5f},{south:.5f},{west + draw.uniform(0.05, 0.9):.5f},{south + draw.uniform(0.05, 0.7):.5f}"
            }
        elif step != "drop":
            asked = asked | {
                step: {
                    "level": lambda: ",".join(map(str, draw.sample([1, 2, 3, 4, 0], draw.randint(1, 3)))),
                    "district": lambda: ",".join(draw.sample(DISTRICTS, draw.randint(1, 3))),
                    "danger": lambda: draw.choice(["open", "major", "overdue"]),
                    "verified": lambda: draw.choice(["valid", "lapsed", "unknown"]),
                    "status": lambda: draw.choice(["approved", "incomplete", "approved,incomplete,retired"]),
                    "q": lambda: draw.choice(WORDS),
                }[step]()
            }
        out.append((layer, dict(asked)))
    return out


def every(api: httpx.Client, layer: str, asked: dict[str, str]) -> list[int]:
    """Ids of all pages, by the links of the list."""
    ids: list[int] = []
    url: str | None = f"/api/layers/{layer}/features"
    query: dict[str, Any] | None = asked | {"limit": "1000", "facts": "false"}
    while url:
        body = api.get(url, params=query).raise_for_status().json()
        ids += [f["id"] for f in body["features"]]
        url, query = next((link["href"] for link in body["links"] if link["rel"] == "next"), None), None
    assert body.get("numberMatched", len(ids)) == len(ids)
    return ids


def test_map_list_and_counts_agree_in_500_filter_sequences(site: str) -> None:
    found = 0
    with httpx.Client(base_url=site, timeout=60) as api:
        for layer, asked in sequences(7, 500):
            ids = every(api, layer, asked)
            assert len(set(ids)) == len(ids), (layer, asked)
            found += len(ids)
            assert api.get(f"/api/layers/{layer}/count", params=asked).json()["count"] == len(ids), (layer, asked)
            districts = api.get(f"/api/layers/{layer}/districts", params=asked).json()
            assert sum(districts.values()) == len(ids), (layer, asked)
            if "bbox" in asked:
                alone = api.get(f"/api/layers/{layer}/points", params=asked | {"zoom": "18"}).json()
                assert sorted(alone["singles"]["id"]) == sorted(ids), (layer, asked)
                joined = api.get(f"/api/layers/{layer}/points", params=asked | {"zoom": "11"}).json()
                assert joined["count"] == len(joined["singles"]["id"]) + sum(joined["clusters"]["count"]) == len(ids), (
                    layer,
                    asked,
                )
    assert found > 10_000


def test_an_export_holds_the_rows_of_the_list(site: str) -> None:
    with httpx.Client(base_url=site, timeout=60) as api:
        for i, (layer, asked) in enumerate(sequences(11, 20)):
            ids = every(api, layer, asked)
            answer = api.post(
                f"/api/layers/{layer}/export",
                json={"format": "csv", "filters": asked},
                headers={"Idempotency-Key": f"agreement-{i:04d}"},
            )
            assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) - 1 == len(ids), (layer, asked)


def test_the_page_shows_one_set_through_a_walk_of_filters(tab: Page, site: str) -> None:
    """Legend, facets, search and panning in turn; after each step the map holds what the list counts."""
    open_map(tab, site, "v=39.9,116.4,12&view=1")
    draw = random.Random(3)
    seen = set()
    for _ in range(24):
        step = draw.choice(["level", "level", "pan", "zoom", "search", "facet", "back"])
        if step == "level":
            tab.locator(f'[data-layer="risk_source"] .lg [data-level="{draw.randint(1, 4)}"]').click()
        elif step == "pan":
            tab.mouse.move(700, 450)
            tab.mouse.down()
            tab.mouse.move(700 + draw.randint(-180, 180), 450 + draw.randint(-150, 150), steps=4)
            tab.mouse.up()
        elif step == "zoom":
            tab.locator(draw.choice(["#zoom-in", "#zoom-out"])).click()
        elif step == "search":
            tab.fill("#q", draw.choice(["", "罐", "间"]))
        elif step == "facet":
            tab.click("#tab-filters")
            settled(tab)
            tab.locator("[data-facet=district] input[type=checkbox]").nth(draw.randint(0, 4)).click()
            tab.click("#tab-layers")
        elif tab.evaluate("history.length") > 3:
            tab.go_back()
        settled(tab)
        if tab.evaluate("riskmap.view.view().zoom") > 9.4:
            assert held(tab, "risk_source")["all"] == total_or_none(tab), (step, tab.url)
            seen.add(total_or_none(tab))
    assert len(seen) > 4


def total_or_none(tab: Page) -> int:
    return total(tab) if tab.locator("#count b").count() else 0
