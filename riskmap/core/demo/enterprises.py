"""Enterprises: shops and halls where people live, industry in parks away from dwellings, mines in the hills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.core.demo import names
from riskmap.core.demo.kinds import HILLS, KINDS, PARKS
from riskmap.core.demo.land import Floats, Ints, Land, pick

SCALES = ("large", "medium", "small", "micro")
SCALE_SHARES = (0.02, 0.10, 0.48, 0.40)
EMPLOYEES = {"large": (300, 4000), "medium": (80, 300), "small": (12, 80), "micro": (2, 12)}
# Shops, halls and offices stand where the day is spent: more of them a resident in the heart of the city.
DAYTIME = {"110101": 2.1, "110102": 2.1, "110105": 1.5, "110108": 1.3, "110106": 1.1}
PARK_COUNT = 90
PARK_KM = 0.45                       # spread of a park


@dataclass(frozen=True, eq=False)
class Enterprises:
    """Parallel arrays, ordered by district, and their registration table."""

    kind: Ints                       # index into KINDS
    scale: Ints                      # index into SCALES
    district: Ints
    lon: Floats
    lat: Floats
    town: Ints
    table: dict[str, list]


def found(land: Land, seed: int, verified: NDArray[np.str_]) -> Enterprises:
    """All enterprises. `verified`: dates of verification to draw from, newest first."""
    rng = np.random.default_rng([seed, 2])
    weights = where(rng, land)
    at = np.concatenate([pick(rng, weights[kind.place], kind.count) for kind in KINDS])
    kind = np.repeat(np.arange(len(KINDS)), [k.count for k in KINDS])
    order = np.lexsort((at, kind, land.district[at]))
    at, kind = at[order], kind[order]
    district = land.district[at]
    lon, lat = land.scatter(rng, at)
    town = land.nearest_town(lon, lat, district)
    scale = pick(rng, np.array(SCALE_SHARES), len(at))
    codes = [land.districts[d].code for d in district.tolist()]
    table = {
        "code": names.codes("EN", codes), "name": _names(rng, land, kind, district),
        "uscc": names.credit_codes(codes), "district": codes,
        "town": [land.towns[t].code for t in town.tolist()], "address": addresses(rng, land, town),
        "lon": lon.tolist(), "lat": lat.tolist(),
        "verified_on": verified[rng.integers(0, 365, len(at))].tolist(),
        "industry": [KINDS[k].section for k in kind.tolist()], "scale": [SCALES[s] for s in scale.tolist()],
        "employees": _employees(rng, scale), "contact": names.people(rng, len(at)), "phone": names.phones(rng, len(at)),
    }
    return Enterprises(kind, scale, district, lon, lat, town, table)


def where(rng: np.random.Generator, land: Land) -> dict[str, Floats]:
    """Weight of every fragment for each way of standing somewhere."""
    people = land.residents.astype(float)
    area = np.maximum(land.dry_km2, 0)
    density = land.density
    # half by people, half by people and room: shops thin out less than dwellings do
    mixed = np.sqrt(people / people.max()) * area * (density > 60)
    park = np.zeros(len(people))
    hill = np.zeros(len(people))
    rural = (density < 3_000) & land.whole
    town = land.nearest_town(land.lon, land.lat, land.district)
    near_town = np.exp(-np.hypot(*(land.xy - land.town_xy[town]).T) / 2.5)
    for d, one in enumerate(land.districts):
        mine = land.district == d
        if one.code in PARKS:
            at = np.flatnonzero(mine & rural & (density > 25))
            number = max(1, round(PARK_COUNT * PARKS[one.code] / sum(PARKS.values())))
            centres = land.xy[at[pick(rng, near_town[at] / (1 + density[at] / 400), number)]]
            spread = np.zeros(len(at))
            for centre in centres:
                spread += np.exp(-((land.xy[at] - centre) ** 2).sum(axis=1) / (2 * PARK_KM**2))
            spread /= 1 + (density[at] / 800) ** 2
            park[at] = PARKS[one.code] * spread / spread.sum()
        if one.code in HILLS:
            at = np.flatnonzero(mine & land.whole & (density < 40))
            hill[at] = HILLS[one.code] / len(at)
    daytime = np.array([DAYTIME.get(one.code, 1.0) for one in land.districts])[land.district]
    dwellings = daytime * (people / people.sum() + 0.25 * mixed / mixed.sum())
    return {"people": dwellings, "mixed": mixed, "park": park, "hill": hill}


def addresses(rng: np.random.Generator, land: Land, town: Ints) -> list[str]:
    """旧宫镇演示路 12 号: the town is real, the road is not."""
    numbers = rng.integers(1, 400, len(town)).tolist()
    return [f"{land.towns[t].name}演示路 {n} 号" for t, n in zip(town.tolist(), numbers, strict=True)]


def _names(rng: np.random.Generator, land: Land, kind: Ints, district: Ints) -> list[str]:
    """丰台甲一餐饮店: unique within its district and type."""
    which = np.array([rng.integers(0, len(KINDS[k].types)) for k in kind.tolist()])
    ranks = names.within(district * 10_000 + kind * 100 + which)
    return [f"{land.districts[d].name[:-1]}{names.ordinal(r)}{KINDS[k].types[w]}"
            for d, r, k, w in zip(district.tolist(), ranks.tolist(), kind.tolist(), which.tolist(), strict=True)]


def _employees(rng: np.random.Generator, scale: Ints) -> list[int]:
    low, high = np.array([EMPLOYEES[s] for s in SCALES], dtype=float).T
    return np.exp(np.log(low)[scale] + rng.random(len(scale)) * np.log(high / low)[scale]).astype(int).tolist()
