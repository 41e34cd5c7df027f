"""Rescue teams, and the sites whose people cannot leave by themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskmap.core.demo import names
from riskmap.core.demo.enterprises import addresses
from riskmap.core.demo.land import Floats, Land, pick

# kind → number, members from … to, what it is called, what it brings
TEAMS = {
    "fire": (206, (18, 60), "消防救援站", "水罐车 3、泡沫车 1、抢险车 1"),
    "chemical": (14, (15, 40), "危化品救援队", "洗消车 1、堵漏工具 4"),
    "mine": (5, (20, 45), "矿山救护队", "正压氧呼吸器 20"),
    "flood": (46, (20, 80), "防汛抢险队", "大型排水机组 2、冲锋舟 4"),
    "utility": (52, (10, 40), "市政抢险队", "抢修车 4、发电机 2"),
    "medical": (64, (8, 24), "急救站", "救护车 3"),
    "forest": (34, (20, 60), "森林消防队", "风力灭火机 20、水泵 6"),
    "volunteer": (58, (15, 120), "应急志愿队", "急救包 20"),
}
# kind → number, occupants from … to, what it is called, whether it has beds
SITES = {
    "school": (1_640, (400, 2_600), ("小学", "中学", "职业学校"), False),
    "kindergarten": (1_930, (90, 420), ("幼儿园",), False),
    "hospital": (720, (60, 2_200), ("社区医院", "中医院", "医院"), True),
    "nursing_home": (574, (40, 460), ("养老院", "老年公寓"), True),
    "welfare": (28, (50, 300), ("福利院",), True),
    "venue": (96, (800, 18_000), ("体育馆", "影剧院", "展览馆"), False),
    "station": (42, (1_500, 60_000), ("客运站", "地铁换乘站"), False),
}


def teams(land: Land, seed: int, verified: NDArray[np.str_]) -> dict[str, list]:
    """The registration table of rescue teams: by people and room; forest teams in the hills."""
    rng = np.random.default_rng([seed, 7])
    kinds = [kind for kind, (n, *_) in TEAMS.items() for _ in range(n)]
    even = np.sqrt(land.residents.astype(float)) * land.whole * (land.density > 60)
    hills = (land.density < 60) * land.whole * (land.density > 8)
    at = np.concatenate([pick(rng, (hills if kind in ("forest", "mine") else even).astype(float), n)
                         for kind, (n, *_) in TEAMS.items()])
    common, order = _common(rng, land, at, "RT", kinds, [TEAMS[k][2] for k in kinds], verified, 200)
    kinds = [kinds[i] for i in order]
    return common | {
        "team_kind": kinds, "members": [int(rng.integers(*TEAMS[k][1])) for k in kinds],
        "equipment": [TEAMS[k][3] for k in kinds],
        "duty_24h": [k in ("fire", "medical", "chemical") or bool(rng.random() < 0.4) for k in kinds],
        "leader": names.people(rng, len(kinds)), "phone": names.phones(rng, len(kinds)),
    }


def sites(land: Land, seed: int, verified: NDArray[np.str_]) -> dict[str, list]:
    """The registration table of protected sites: where people live."""
    rng = np.random.default_rng([seed, 8])
    kinds = [kind for kind, (n, *_) in SITES.items() for _ in range(n)]
    weight: Floats = land.residents.astype(float)
    at = pick(rng, weight, len(kinds))
    called = [SITES[k][2][int(rng.integers(0, len(SITES[k][2])))] for k in kinds]
    common, order = _common(rng, land, at, "PS", kinds, called, verified, 500)
    kinds = [kinds[i] for i in order]
    occupants = [int(low * (high / low) ** float(rng.random() ** 1.5)) for low, high in (SITES[k][1] for k in kinds)]
    return common | {
        "site_kind": kinds, "occupants": occupants,
        "beds": [n if SITES[k][3] else None for k, n in zip(kinds, occupants, strict=True)],
        "grade": [_grade(n) if k == "hospital" else None for k, n in zip(kinds, occupants, strict=True)],
        "contact": names.people(rng, len(kinds)), "phone": names.phones(rng, len(kinds)),
    }


def _common(rng: np.random.Generator, land: Land, at: NDArray[np.int64], prefix: str, kinds: list[str], called: list[str],
            verified: NDArray[np.str_], oldest: int) -> tuple[dict[str, list], list[int]]:
    """(common fields in order of district, that order)."""
    order = np.lexsort((np.arange(len(at)), land.district[at]))
    at, called = at[order], [called[i] for i in order.tolist()]
    district = land.district[at]
    lon, lat = land.scatter(rng, at)
    town = land.nearest_town(lon, lat, district)
    codes = [land.districts[d].code for d in district.tolist()]
    listed = sorted(set(called))
    ranks = names.within(district * 1_000 + np.array([listed.index(c) for c in called])).tolist()
    return {
        "code": names.codes(prefix, codes),
        "name": [f"{land.districts[d].name[:-1]}{names.ordinal(r)}{c}"
                 for d, r, c in zip(district.tolist(), ranks, called, strict=True)],
        "district": codes, "town": [land.towns[t].code for t in town.tolist()], "address": addresses(rng, land, town),
        "lon": lon.tolist(), "lat": lat.tolist(), "verified_on": verified[rng.integers(0, oldest, len(at))].tolist(),
    }, order.tolist()


def _grade(beds: int) -> str:
    return "三级" if beds >= 500 else "二级" if beds >= 100 else "一级"
