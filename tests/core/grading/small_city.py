"""A small city: 217 cells in three districts, borders running through cells, a part outside."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import strategies as st

from riskmap.core import cell as h3cell
from riskmap.core.coordinates import LonLat
from riskmap.core.grading.ground import Ground
from riskmap.core.grading.inputs import NEVER, Occupants, Posts, Shelters, Sources

DAY = dt.date(2026, 11, 24)
TODAY = (DAY - dt.date(1970, 1, 1)).days
DISTRICTS = ["110101", "110102", "110105"]
CENSUS = [60_001, 140_003, 20_007]
CELLS = h3cell.disk(h3cell.cell_of(LonLat(116.39, 39.91)), 8)


def small_ground(grid: bool = True) -> Ground:
    """Every third cell is shared by two districts; every seventh has a part outside."""
    lon, _ = h3cell.center(CELLS)
    third = np.digitize(lon, np.quantile(lon, [0.33, 0.66]))
    area = h3cell.area_m2(CELLS)
    rng = np.random.default_rng(7)
    people = (rng.pareto(1.2, len(CELLS)) * 1e6).astype(np.int64)
    rows = []
    for i, c in enumerate(CELLS.tolist()):
        own = DISTRICTS[third[i]]
        if i % 3 == 0:
            other = DISTRICTS[(third[i] + 1) % 3]
            rows += [(c, own, area[i] * 0.6, people[i] // 2), (c, other, area[i] * 0.4, people[i] // 3)]
        elif i % 7 == 0:
            rows += [(c, own, area[i] * 0.7, people[i]), (c, "000000", area[i] * 0.3, 0)]
        else:
            rows.append((c, own, area[i], people[i]))
    cell, district, size, milli = zip(*rows, strict=True)
    return Ground.build(DISTRICTS, CENSUS, np.array(cell), list(district), np.array(size), np.array(milli) if grid else None)


def make_source(id: int, cell: int, level: int = 3, **more: object) -> Sources:
    """One source row."""
    values: dict[str, object] = {
        "id": id, "cell": cell, "district": 0, "level": level, "is_hazard": False, "hazard_id": -1, "footprint_m": 100.0,
        "modelled_m": np.nan, "major": 0, "general": 0, "overdue": 0, "overdue_major": 0, "verified": NEVER}
    values |= more
    return Sources(**{k: np.array([v]) for k, v in values.items()})


def table(rows: list[Sources]) -> Sources:
    out = Sources()
    for row in rows:
        out = out.join(row)
    return out


@st.composite
def source_rows(draw: st.DrawFn, ids: range = range(1, 40), least: int = 0) -> Sources:
    """Sources and hazards with all their quirks: links (also to nobody), shared cells, cells outside, no verification."""
    chosen = draw(st.lists(st.sampled_from(list(ids)), unique=True, min_size=least, max_size=12))
    places = st.sampled_from([*CELLS[::9].tolist(), *CELLS[100:104].tolist(), OUTSIDE_CELL])
    rows = []
    for i in chosen:
        hazard = draw(st.booleans())
        major, general = draw(st.integers(0, 2)), draw(st.integers(0, 8))
        overdue_major = draw(st.integers(0, major))
        rows.append(make_source(
            i, draw(places), draw(st.integers(1, 4)), district=draw(st.integers(-1, 2)), is_hazard=hazard,
            hazard_id=-1 if hazard else draw(st.sampled_from([-1, *list(ids)[:8]])),
            footprint_m=draw(st.sampled_from([50.0, 100.0, 300.0])),
            modelled_m=draw(st.sampled_from([np.nan, np.nan, 20.0, 900.0, 9000.0])),
            major=major, general=general, overdue_major=overdue_major, overdue=overdue_major + draw(st.integers(0, general)),
            verified=draw(st.sampled_from([NEVER, TODAY, TODAY - 90, TODAY - 91, TODAY - 400]))))
    return table(rows)


OUTSIDE_CELL = int(h3cell.disk(int(CELLS[0]), 12)[0])


def posts(first: int, cells: list[int], ready: bool = True) -> Posts:
    return Posts(np.arange(first, first + len(cells)), np.array(cells), np.full(len(cells), ready))


def shelters(first: int, cells: list[int], capacity: list[int], closed: bool = False) -> Shelters:
    n = len(cells)
    return Shelters(np.arange(first, first + n), np.array(cells), np.zeros(n), np.array(capacity), np.full(n, closed))


def occupants(first: int, cells: list[int], people: list[int]) -> Occupants:
    return Occupants(np.arange(first, first + len(cells)), np.array(cells), np.array(people))

