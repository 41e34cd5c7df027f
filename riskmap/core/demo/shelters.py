"""Emergency shelters of all five levels. Their places do not suffice everywhere, and some capacities are not known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmap.core.demo import names
from riskmap.core.demo.enterprises import addresses
from riskmap.core.demo.land import Land, pick

# level code → number, capacity from … to, service radius, stay, what it is called
LEVELS = {
    "1": (3, (30_000, 120_000), 5000, "long", ("城市公园", "体育中心")),
    "2": (28, (15_000, 60_000), 3000, "long", ("公园", "体育中心", "会展中心")),
    "3": (176, (5_000, 20_000), 2000, "short", ("公园", "中学", "广场", "体育场")),
    "4": (430, (1_500, 6_000), 1000, "short", ("小学", "中学", "文化中心", "绿地")),
    "5": (551, (300, 1_500), 500, "emergency", ("社区活动中心", "绿地", "广场", "村委会")),
}
FACILITIES = ("access", "signs", "water", "power", "toilet", "waste", "medical", "tent", "fire", "stock", "command", "parking",
              "guide")
INDOOR = ("文化中心", "社区活动中心", "会展中心", "村委会")
UNKNOWN_CAPACITY = 0.06


def open_up(land: Land, seed: int, verified: NDArray[np.str_]) -> dict[str, list]:
    """The registration table of all shelters."""
    rng = np.random.default_rng([seed, 5])
    level = [key for key, (n, *_) in LEVELS.items() for _ in range(n)]
    # parks are where room is: half by people, half evenly over settled ground; the old town has too few
    weight = np.sqrt(land.residents.astype(float)) * (land.density > 120)
    at = pick(rng, weight, len(level))
    order = np.lexsort((at, land.district[at]))
    at, level = at[order], [level[i] for i in order.tolist()]
    district = land.district[at]
    lon, lat = land.scatter(rng, at)
    town = land.nearest_town(lon, lat, district)
    codes = [land.districts[d].code for d in district.tolist()]
    kinds = [LEVELS[one][4][int(rng.integers(0, len(LEVELS[one][4])))] for one in level]
    ranks = names.within(district * 100 + np.array([sorted(set(kinds)).index(k) for k in kinds])).tolist()
    capacity, area = _capacities(rng, level)
    state = np.array(["normal", "opened", "full", "closed"])[pick(rng, np.array([0.955, 0.02, 0.003, 0.022]), len(level))]
    return {
        "code": names.codes("SH", codes),
        "name": [f"{land.districts[d].name[:-1]}{names.ordinal(r)}{k}避难场所"
                 for d, r, k in zip(district.tolist(), ranks, kinds, strict=True)],
        "district": codes, "town": [land.towns[t].code for t in town.tolist()], "address": addresses(rng, land, town),
        "lon": lon.tolist(), "lat": lat.tolist(), "verified_on": verified[rng.integers(0, 540, len(level))].tolist(),
        "shelter_level": level, "space": ["indoor" if k in INDOOR else "outdoor" for k in kinds],
        "duration": [LEVELS[one][3] for one in level],
        "overall_function": ["general" if int(one) <= 3 else "single" for one in level],
        "capacity": capacity, "effective_area_m2": area, "service_radius_m": [LEVELS[one][2] for one in level],
        "state": state.tolist(), "facilities": [_facilities(rng, int(one)) for one in level],
        "keeper": names.people(rng, len(level)), "phone": names.phones(rng, len(level)),
    }


def _capacities(rng: np.random.Generator, level: list[str]) -> tuple[list[int | None], list[float | None]]:
    """(people, m²): round figures as registers hold them, about 2 m² a person; None where nobody counted."""
    capacity: list[int | None] = []
    area: list[float | None] = []
    for one in level:
        low, high = LEVELS[one][1]
        people = int(round(low * (high / low) ** float(rng.random()), -1))
        unknown = rng.random() < UNKNOWN_CAPACITY
        capacity.append(None if unknown else people)
        area.append(None if unknown and rng.random() < 0.5 else round(people * float(rng.uniform(1.5, 3.0)), 0))
    return capacity, area


def _facilities(rng: np.random.Generator, level: int) -> list[str]:
    """The higher the level, the more is there."""
    n = int(rng.integers(3, 6)) + max(0, 4 - level) * 2
    return list(FACILITIES[:min(n, len(FACILITIES))])
