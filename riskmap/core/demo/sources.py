"""Risk sources: 248,415 of them, ranked by gravity into the city's own pyramid of levels, rated L × S to match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskmap.core.demo import names
from riskmap.core.demo.enterprises import SCALES, Enterprises
from riskmap.core.demo.hazards import Hazards
from riskmap.core.demo.kinds import KINDS, MEASURES, PARTS, REGULATORS
from riskmap.core.demo.land import KM_LAT, KM_LON, Floats, Ints, Land
from riskmap.core.grading.people import apportion

COUNT = 248_415
LEVELS = (414, 15_002, 87_016)                       # Ⅰ, Ⅱ, Ⅲ; the rest is Ⅳ
# (L, S) that give each level by L × S: ≥ 20, ≥ 15, ≥ 9, below.
RATINGS = (((4, 5), (5, 4), (5, 5)), ((3, 5), (4, 4), (5, 3)), ((3, 3), (2, 5), (3, 4), (4, 3)),
           ((1, 2), (2, 2), (1, 3), (2, 3), (1, 4), (2, 4), (2, 1), (3, 2), (4, 2), (1, 5)))
BUSY = {"large": 9.0, "medium": 3.2, "small": 1.1, "micro": 0.45}
VALID_DAYS = np.array([90, 180, 365, 730])           # how long a verification of each level counts
GROUNDS_M, SEED_GAP_M = 120.0, 22.0                  # how far an enterprise's sources reach, and how far apart they stand
HAZARD_GRAVITY = {"一级": 9.0, "二级": 8.0, "三级": 4.4, "四级": 3.2}
KEYS = tuple(PARTS)


@dataclass(frozen=True, eq=False)
class Sources:
    """Parallel arrays and the registration table; ordered by enterprise, hence by district."""

    enterprise: Ints
    level: Ints                                      # 1..4, registered
    table: dict[str, list]


def rate(land: Land, firms: Enterprises, hazards: Hazards, seed: int, verified: NDArray[np.str_]) -> Sources:
    """All risk sources. `verified`: dates by days ago."""
    rng = np.random.default_rng([seed, 4])
    firm, kind, part, linked = _parts(rng, firms, hazards)
    level = _levels(rng, firms, hazards, firm, kind, part, linked)
    ratings = np.zeros((COUNT, 2), dtype=np.int64)
    for i, options in enumerate(RATINGS):
        at = np.flatnonzero(level == i + 1)
        ratings[at] = np.array(options)[rng.integers(0, len(options), len(at))]
    district = firms.district[firm]
    lon, lat = _grounds(rng, land, firms, firm)
    own = linked >= 0
    lon[own], lat[own] = hazards.lon[linked[own]], hazards.lat[linked[own]]
    districts = [land.districts[d].code for d in district.tolist()]
    pick, kinds = firm.tolist(), [KEYS[k] for k in kind.tolist()]
    parts = [PARTS[k][p] for k, p in zip(kinds, part.tolist(), strict=True)]
    again = names.within(firm * 1_000 + kind * 20 + part).tolist()
    parent = [firms.table["code"][f] for f in pick]
    title = [p.name if not n else f"{p.name}{n + 1}" for p, n in zip(parts, again, strict=True)]
    for i in np.flatnonzero(own).tolist():
        parent[i], title[i] = hazards.table["code"][linked[i]], hazards.table["name"][linked[i]]
    table = {
        "code": names.codes("RS", districts), "name": title, "parent_code": parent, "district": districts,
        "town": [firms.table["town"][f] for f in pick], "address": [firms.table["address"][f] for f in pick],
        "lon": lon.tolist(), "lat": lat.tolist(), "verified_on": verified[_age(rng, land, district, level)].tolist(),
        "kind": kinds, "accident_type": [p.accident for p in parts],
        "likelihood": ratings[:, 0].tolist(), "severity": ratings[:, 1].tolist(),
        "measures": [MEASURES[m] for m in rng.integers(0, len(MEASURES), COUNT).tolist()],
        "regulator": [REGULATORS[k] for k in kinds],
        "contact": [firms.table["contact"][f] for f in pick], "phone": [firms.table["phone"][f] for f in pick],
    }
    return Sources(firm, level, table)


def _parts(rng: np.random.Generator, firms: Enterprises, hazards: Hazards) -> tuple[Ints, Ints, Ints, Ints]:
    """(enterprise, kind, part, linked hazard or −1) of every source: each enterprise has one at least, a station its station."""
    busy = np.array([BUSY[s] for s in SCALES])[firms.scale] * np.array([k.busy for k in KINDS])[firms.kind]
    busy = busy * np.exp(rng.normal(0, 0.5, len(busy)))
    owned = np.bincount(hazards.enterprise, minlength=len(busy))
    counts = 1 + owned + apportion(COUNT - len(busy) - len(hazards.enterprise), np.rint(busy * 1e6).astype(np.int64))
    firm = np.repeat(np.arange(len(busy)), counts)
    place = names.within(firm)
    kind, part = np.zeros(COUNT, dtype=np.int64), np.zeros(COUNT, dtype=np.int64)
    for k, one in enumerate(KINDS):
        at = np.flatnonzero(firms.kind[firm] == k)
        mix = np.array([KEYS.index(key) for key in one.mix]), np.array(list(one.mix.values()))
        kind[at] = mix[0][np.searchsorted(np.cumsum(mix[1])[:-1], rng.random(len(at)), side="right")]
        if one.key in ("petrol_station", "gas_station"):
            kind[at[place[at] == 0]] = KEYS.index(one.key)
    sizes = np.array([len(PARTS[key]) for key in KEYS])
    part = (rng.random(COUNT) * sizes[kind]).astype(np.int64)
    linked = np.full(COUNT, -1, dtype=np.int64)
    first = np.r_[0, np.cumsum(counts)[:-1]]
    at = first[hazards.enterprise] + 1               # the second one, so that every owner keeps a source of its own
    linked[at] = np.arange(len(at))
    chemical = KEYS.index("chemical")
    kind[at] = chemical
    part[at] = [_likest(name) for name in hazards.table["name"]]
    return firm, kind, part, linked


def _grounds(rng: np.random.Generator, land: Land, firms: Enterprises, firm: Ints) -> tuple[Floats, Floats]:
    """Places spread over each enterprise's grounds like seeds of a sunflower, so that no two stand on one spot."""
    n = np.bincount(firm)[firm]
    k = names.within(firm)
    r = SEED_GAP_M * np.sqrt(k + 0.6) * np.minimum(1.0, GROUNDS_M / (SEED_GAP_M * np.sqrt(n + 0.6)))
    turn = k * 2.399963 + rng.random(int(firm.max()) + 1)[firm] * 2 * np.pi          # the golden angle
    lon, lat = firms.lon[firm].copy(), firms.lat[firm].copy()
    todo = np.arange(len(firm))
    for _ in range(8):
        lon[todo] = np.round(firms.lon[firm[todo]] + r[todo] * np.cos(turn[todo]) / (KM_LON * 1000), 6)
        lat[todo] = np.round(firms.lat[firm[todo]] + r[todo] * np.sin(turn[todo]) / (KM_LAT * 1000), 6)
        todo = todo[~land.allowed(lon[todo], lat[todo], firms.district[firm[todo]])]
        if not len(todo):
            return lon, lat
        r[todo] *= 0.6                                                               # the grounds end at a border or a shore
    lon[todo], lat[todo] = firms.lon[firm[todo]], firms.lat[firm[todo]]
    return lon, lat


def _likest(name: str) -> int:
    """The part of a chemical enterprise that a hazard of this name is."""
    for i, one in enumerate(PARTS["chemical"]):
        if one.name[:2] == name[:2]:
            return i
    return 3


def _levels(rng: np.random.Generator, firms: Enterprises, hazards: Hazards, firm: Ints, kind: Ints, part: Ints,
            linked: Ints) -> Ints:
    """Level by rank of gravity: what it is, how large its enterprise, whether a major hazard stands behind it, and chance."""
    widest = max(len(parts) for parts in PARTS.values())
    gravity = np.array([[p.gravity for p in PARTS[key]] + [0.0] * (widest - len(PARTS[key])) for key in KEYS])[kind, part]
    gravity = gravity + np.array([0.9, 0.4, 0.0, -0.3])[firms.scale[firm]] + rng.normal(0, 1.25, COUNT)
    own = np.flatnonzero(linked >= 0)
    gravity[own] = [HAZARD_GRAVITY[hazards.grade[i]] for i in linked[own].tolist()] + rng.normal(0, 0.8, len(own))
    order = np.argsort(-gravity, kind="stable")
    level = np.full(COUNT, 4, dtype=np.int64)
    for i, low in reversed(list(enumerate(np.cumsum(LEVELS)))):
        level[order[:low]] = i + 1
    return level


def _age(rng: np.random.Generator, land: Land, district: Ints, level: Ints) -> Ints:
    """Days since verification: most within validity, some districts diligent and some behind."""
    behind = np.linspace(0.05, 0.55, len(land.districts))[rng.permutation(len(land.districts))][district]
    share = rng.random(COUNT)
    lapsed = rng.random(COUNT) < behind
    return (VALID_DAYS[level - 1] * np.where(lapsed, 1.02 + 0.5 * share, 0.02 + 0.96 * share)).astype(np.int64)
