"""The whole demo city in one call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from riskmap.core.chemical import Tables
from riskmap.core.demo import dangers, depots, enterprises, hazards, posts, shelters, sources
from riskmap.core.demo.land import District, Land, Town, lay
from riskmap.core.fragments import Fragments

SEED = 20_260_101
Table = dict[str, list]


@dataclass(frozen=True, eq=False)
class City:
    """Tables by column, each column a list of equal length, None where missing.

    layers    layer name → registration table, keyed by field name; parents stand before their children
    holdings  feature_code (a major hazard), chemical, cas, class_symbol, quantity_t, design_max_t
    dangers   code, feature_code (a risk source), title, grade, found_on
    events    danger_code, state, deadline_on, person, note, happened_on
    stock     feature_code (a depot), supply_code, supply_name, unit, batch_no, location, expires_on, minimum_reserve, quantity
    cell, cell_district, residents_milli   the population grid: parallel arrays, every district sums to its census
    """

    layers: dict[str, Table]
    holdings: Table
    dangers: Table
    events: Table
    stock: Table
    cell: NDArray[np.int64]
    cell_district: list[str]
    residents_milli: NDArray[np.int64]
    land: Land


def build(districts: Sequence[District], towns: Sequence[Town], water: shapely.Geometry, fragments: Fragments, tables: Tables,
          today: dt.date, seed: int = SEED) -> City:
    """The city as of `today`. Same arguments, same bytes. `towns`: the official ones; `tables`: GB 18218."""
    land = lay(districts, towns, water, fragments, seed)
    days_ago = np.array([(today - dt.timedelta(days=n)).isoformat() for n in range(1_200)])
    firms = enterprises.found(land, seed, days_ago)
    units = hazards.install(land, firms, tables, seed, days_ago, days_ago[60:1_000])
    risks = sources.rate(land, firms, units, seed, days_ago)
    found, events = dangers.find(risks, seed, today)
    stores, stock = depots.stock_up(land, seed, days_ago, today)
    lived = np.flatnonzero(land.residents > 0)
    return City(
        layers={
            "enterprise": firms.table, "major_hazard": units.table, "risk_source": risks.table,
            "shelter": shelters.open_up(land, seed, days_ago), "depot": stores, "rescue_team": posts.teams(land, seed, days_ago),
            "protected_site": posts.sites(land, seed, days_ago),
        },
        holdings=units.holdings, dangers=found, events=events, stock=stock,
        cell=land.cell[lived], cell_district=[land.districts[d].code for d in land.district[lived].tolist()],
        residents_milli=land.residents[lived], land=land,
    )
