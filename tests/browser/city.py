"""A small city of the demo's own records for the stories: every Ⅰ source, some of the rest, all ledgers that hang on them."""

from __future__ import annotations

import dataclasses
from typing import Any

from riskmap.core.demo.city import City
from tests.browser.hostile import HOSTILE

ROAD = "字面巷"  # the address of the records with hostile names, by which a search finds them all
OTHERS = 1500

Table = dict[str, list[Any]]


def only(table: Table, keep: list[int]) -> Table:
    """The rows of a table at these positions."""
    return {name: [column[i] for i in keep] for name, column in table.items()}


def having(table: Table, column: str, wanted: set[Any]) -> list[int]:
    return [i for i, value in enumerate(table[column]) if value in wanted]


def small(whole: City, others: int = OTHERS) -> City:
    """About two thousand sources spread over the districts as the whole city's are; the first two hundred carry hostile names."""
    layers = dict(whole.layers)
    sources = layers["risk_source"]
    values = [likely * severe for likely, severe in zip(sources["likelihood"], sources["severity"], strict=True)]
    first = [i for i, value in enumerate(values) if value >= 20]
    rest = [i for i, value in enumerate(values) if value < 20]
    layers["risk_source"] = only(sources, sorted({*first, *rest[:: max(1, len(rest) // others)]}))
    layers["risk_source"]["name"] = [*HOSTILE, *layers["risk_source"]["name"][len(HOSTILE) :]]
    layers["risk_source"]["address"] = [
        *(f"{ROAD}{i + 1}号" for i in range(len(HOSTILE))), *layers["risk_source"]["address"][len(HOSTILE) :]
    ]  # fmt: skip
    parents = set(layers["risk_source"]["parent_code"])
    hazards = having(layers["major_hazard"], "code", parents) or list(range(20))
    layers["major_hazard"] = only(layers["major_hazard"], hazards)
    parents |= set(layers["major_hazard"]["parent_code"])
    layers["enterprise"] = only(layers["enterprise"], having(layers["enterprise"], "code", parents))
    for name, step in (("shelter", 4), ("depot", 4), ("rescue_team", 2), ("protected_site", 10)):
        layers[name] = only(layers[name], list(range(0, len(layers[name]["code"]), step)))
    dangers = only(whole.dangers, having(whole.dangers, "feature_code", set(layers["risk_source"]["code"])))
    return dataclasses.replace(
        whole,
        layers=layers,
        dangers=dangers,
        holdings=only(whole.holdings, having(whole.holdings, "feature_code", set(layers["major_hazard"]["code"]))),
        events=only(whole.events, having(whole.events, "danger_code", set(dangers["code"]))),
        stock=only(whole.stock, having(whole.stock, "feature_code", set(layers["depot"]["code"]))),
    )
