"""Major hazard installations and the chemicals they hold; their grades are computed by GB 18218, never drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmap.core.chemical import Holding, Tables, assess
from riskmap.core.demo import names
from riskmap.core.demo.enterprises import Enterprises
from riskmap.core.demo.kinds import BY_KEY, KINDS
from riskmap.core.demo.land import Floats, Ints, Land

COUNT = 326
MOST_NEIGHBOURS = 3_000              # within 500 m: such units were moved out of the dense city long ago
OWNERS = {"chemical": 0.62, "storage": 0.2, "gas_heating": 0.18}


class Store(NamedTuple):
    """A chemical and the unit it usually lies in. `ratios`: q/Q it spans."""

    name: str
    chemical: str
    cas: str
    symbol: str                       # class of table 2, as the safety data sheet would give it
    critical_t: float
    ratios: tuple[float, float]
    owner: str
    unit: str
    radius_m: int | None              # a modelled radius where one is on file


STORES = (
    Store("液氯储存单元", "氯", "7782-50-5", "J3", 5, (1, 60), "chemical", "storage", 1500),
    Store("液氨储罐", "氨", "7664-41-7", "J3", 10, (1, 40), "chemical", "storage", 800),
    Store("溶剂罐区", "甲苯", "108-88-3", "W5.3", 500, (1, 14), "chemical", "storage", None),
    Store("甲醇罐区", "甲醇", "67-56-1", "W5.3", 500, (1, 5), "chemical", "storage", None),
    Store("环氧乙烷装置", "环氧乙烷", "75-21-8", "W2", 10, (1, 30), "chemical", "production", 600),
    Store("丙酮储罐", "丙酮", "67-64-1", "W5.3", 500, (1, 3), "chemical", "storage", None),
    Store("氢气站", "氢", "1333-74-0", "W2", 5, (1, 12), "chemical", "production", None),
    Store("乙炔充装间", "乙炔", "74-86-2", "W2", 1, (1, 9), "chemical", "production", None),
    Store("油库", "汽油", "86290-81-5", "W5.3", 200, (2, 140), "chemical", "storage", None),
    Store("苯储罐", "苯", "71-43-2", "W5.3", 50, (1, 45), "chemical", "storage", None),
    Store("氨制冷系统", "氨", "7664-41-7", "J3", 10, (1, 9), "storage", "production", 600),
    Store("危化品仓库", "乙醇", "64-17-5", "W5.3", 500, (1, 2), "storage", "storage", None),
    Store("液化石油气储罐区", "液化石油气", "68476-85-7", "W2", 50, (1, 60), "gas_heating", "storage", 700),
    Store("天然气储罐区", "天然气", "8006-14-2", "W2", 50, (1, 40), "gas_heating", "storage", 500),
)
SIDE = (("氯化氢", "7647-01-0", "J3", 20.0), ("氧", "7782-44-7", "W4", 200.0), ("乙醇", "64-17-5", "W5.3", 500.0))


@dataclass(frozen=True, eq=False)
class Hazards:
    """Parallel to the table; `holdings` is a table of its own with `feature_code`."""

    enterprise: Ints                  # index of the owner
    lon: Floats
    lat: Floats
    grade: list[str]
    table: dict[str, list]
    holdings: dict[str, list]


def install(land: Land, firms: Enterprises, tables: Tables, seed: int, verified: NDArray[np.str_],
            filed: NDArray[np.str_]) -> Hazards:
    """COUNT installations at enterprises that would have one, each above its critical quantity (S ≥ 1)."""
    rng = np.random.default_rng([seed, 3])
    few = land.people_within(firms.lon, firms.lat, 500.0) < MOST_NEIGHBOURS
    owner = np.sort(np.concatenate([
        rng.choice(np.flatnonzero(few & (firms.kind == KINDS.index(BY_KEY[key]))), round(COUNT * share), replace=False)
        for key, share in OWNERS.items()]))
    lon, lat = land.beside(rng, firms.lon[owner], firms.lat[owner], firms.district[owner], 60.0)
    people = land.people_within(lon, lat, 500.0)
    districts = [land.districts[d].code for d in firms.district[owner].tolist()]
    codes = names.codes("MH", districts)
    own = ("name", "hazard_grade", "r_value", "unit_kind", "main_chemical", "modelled_radius_m")
    table: dict[str, list] = {key: [] for key in own}
    each = ("feature_code", "chemical", "cas", "class_symbol", "quantity_t", "design_max_t")
    holdings: dict[str, list] = {key: [] for key in each}
    for i, firm in enumerate(owner.tolist()):
        stores = [s for s in STORES if s.owner == KINDS[firms.kind[firm]].key]
        store = stores[int(rng.integers(0, len(stores)))]
        held = _fill(rng, store)
        verdict = assess([Holding(c, q, cas, (symbol,)) for c, cas, symbol, q in held], int(people[i]), tables)
        row = (store.name, verdict.grade, round(float(verdict.r), 2), store.unit, store.chemical, store.radius_m)
        for key, value in zip(own, row, strict=True):
            table[key].append(value)
        for chemical, cas, symbol, q in held:
            on_site = None if rng.random() < 0.08 else round(q * float(rng.uniform(0.2, 0.95)), 2)
            for key, value in zip(each, (codes[i], chemical, cas, symbol, on_site, q), strict=True):
                holdings[key].append(value)
    pick = owner.tolist()
    common = {
        "code": codes, "parent_code": [firms.table["code"][f] for f in pick], "district": districts,
        "town": [firms.table["town"][f] for f in pick], "address": [firms.table["address"][f] for f in pick],
        "lon": lon.tolist(), "lat": lat.tolist(), "verified_on": verified[rng.integers(0, 110, len(pick))].tolist(),
        "population_500m": people.tolist(), "filed_on": filed[rng.integers(0, len(filed), len(pick))].tolist(),
        "contact": [firms.table["contact"][f] for f in pick], "phone": [firms.table["phone"][f] for f in pick],
    }
    return Hazards(owner, lon, lat, table["hazard_grade"], common | table, holdings)


def _fill(rng: np.random.Generator, store: Store) -> list[tuple[str, str, str, float]]:
    """(chemical, cas, symbol, design maximum in tonnes) of one unit: the main one, log-spread, and at times another."""
    low, high = store.ratios
    ratio = low * (high / low) ** float(rng.random() ** 1.15)
    held = [(store.chemical, store.cas, store.symbol, round(max(ratio * store.critical_t, store.critical_t), 1))]
    if rng.random() < 0.3:
        chemical, cas, symbol, critical = SIDE[int(rng.integers(0, len(SIDE)))]
        if chemical != store.chemical:
            held.append((chemical, cas, symbol, round(float(rng.uniform(0.02, 0.5)) * critical, 1)))
    return held
