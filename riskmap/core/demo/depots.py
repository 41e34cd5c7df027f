"""Reserve depots of city, district and street, and stock by GB/T 38565: 1,820,000 relief and 160,000 emergency pieces."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmap.core.demo import names
from riskmap.core.demo.enterprises import addresses
from riskmap.core.demo.land import Land, pick
from riskmap.core.grading.people import apportion

RELIEF, EMERGENCY = 1_820_000, 160_000               # the city's own figures of 2019, pieces
CITY_DEPOTS, DISTRICT_DEPOTS = 6, 3                  # the latter a district; streets and towns have one each
SIZE = {"city": 60.0, "district": 9.0, "street": 1.0}
AREA = {"city": (4_000, 20_000), "district": (600, 3_000), "street": (40, 240)}


class Supply(NamedTuple):
    """A GB/T 38565 code, its unit, how common it is, and for how many years it keeps (None: it does not spoil)."""

    code: str
    name: str
    unit: str
    share: float
    years: int | None
    street: bool


SUPPLIES = (
    Supply("1120100", "单帐篷", "顶", 3.0, 8, False), Supply("1120200", "棉帐篷", "顶", 1.5, 8, False),
    Supply("1110202", "毯子", "条", 14.0, 8, True), Supply("1110203", "寝具及类似填充用品", "套", 12.0, 8, True),
    Supply("1110101", "棉衣裤", "套", 10.0, 8, True), Supply("1110105", "单衣裤", "套", 6.0, 8, False),
    Supply("1110201", "床褥单", "条", 7.0, 8, False), Supply("1130501", "折叠床", "张", 6.0, 10, True),
    Supply("1110301", "救生衣", "件", 5.0, 6, True), Supply("1130700", "雨具", "件", 9.0, 5, True),
    Supply("1100401", "饮用水", "箱", 8.0, 1, True), Supply("1100106", "压缩食品", "箱", 6.0, 3, True),
    Supply("1100107", "罐头", "箱", 3.0, 3, False), Supply("1100199", "其他方便食品", "箱", 4.0, 1, True),
    Supply("1130101", "烹饪炊具", "套", 1.2, None, False), Supply("1140100", "移动式简易厕所", "座", 0.3, 10, False),
    Supply("2070201", "手电筒", "个", 9.0, 5, True), Supply("2070202", "应急灯", "个", 5.0, 5, True),
    Supply("2110107", "灭火器", "具", 10.0, 5, True), Supply("2010109", "防尘口罩", "只", 16.0, 3, True),
    Supply("2010202", "化学品防护服", "套", 1.5, 5, False),
    Supply("2010101", "正压式呼吸器", "具", 1.2, 15, False), Supply("2010807", "安全绳", "条", 3.0, 5, True),
    Supply("2020204", "液压破拆工具", "套", 0.4, None, False), Supply("2030102", "急救背囊（箱）", "个", 2.5, 3, True),
    Supply("2030608", "消毒及消杀药品", "桶", 2.5, 2, True), Supply("2050100", "冲锋舟", "艘", 0.15, None, False),
    Supply("2060203", "发电机（组）", "台", 0.5, None, False), Supply("2130105", "潜水泵", "台", 0.9, None, True),
    Supply("2130101", "大型排水机组", "台", 0.1, None, False), Supply("2120204", "吸附材料", "箱", 1.2, 5, False),
    Supply("2120201", "围油栏", "米", 1.0, None, False), Supply("2100100", "通用手工工具", "把", 8.0, None, True),
    Supply("2170302", "集群通信系统设备", "台", 0.6, None, False), Supply("3010900", "绳类", "条", 3.0, None, True),
)


def stock_up(land: Land, seed: int, verified: NDArray[np.str_], today: dt.date) -> tuple[dict[str, list], dict[str, list]]:
    """(depots, stock): the registration table, and one row a batch with `feature_code`, supply, quantity, expiry."""
    rng = np.random.default_rng([seed, 6])
    level, at, town = _stand(rng, land)
    district = land.district[at]
    lon, lat = land.scatter(rng, at)
    codes = [land.districts[d].code for d in district.tolist()]
    ranks = names.within(district * 3 + np.array([list(SIZE).index(one) for one in level])).tolist()
    depots = {
        "code": names.codes("DP", codes),
        "name": [_name(land, *row) for row in zip(level, district.tolist(), town.tolist(), ranks, strict=True)],
        "district": codes, "town": [land.towns[t].code for t in town.tolist()], "address": addresses(rng, land, town),
        "lon": lon.tolist(), "lat": lat.tolist(), "verified_on": verified[rng.integers(0, 300, len(level))].tolist(),
        "depot_level": level,
        "area_m2": [float(int(low * (high / low) ** float(rng.random()))) for low, high in (AREA[one] for one in level)],
        "keeper": names.people(rng, len(level)), "phone": names.phones(rng, len(level)),
    }
    return depots, _batches(rng, depots["code"], level, today)


def _stand(rng: np.random.Generator, land: Land) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """(level, fragment, town) of every depot, by district: the city's at the rim, the others near people, one a town."""
    people = np.sqrt(land.residents.astype(float)) * land.whole
    rim = people * (np.abs(np.hypot(*land.xy.T) - 18) < 8)
    level, at = ["city"] * CITY_DEPOTS, [pick(rng, rim, CITY_DEPOTS)]
    for d in range(len(land.districts)):
        level += ["district"] * DISTRICT_DEPOTS
        at.append(pick(rng, people * (land.district == d), DISTRICT_DEPOTS))
    nearest = land.nearest_town(land.lon, land.lat, land.district)
    order = np.argsort(nearest, kind="stable")
    edges = np.searchsorted(nearest[order], np.arange(len(land.towns) + 1))
    for t in range(len(land.towns)):
        own = order[edges[t]:edges[t + 1]]
        level.append("street")
        at.append(own[pick(rng, people[own] + 1e-9, 1)])
    where = np.concatenate(at)
    by = np.lexsort((np.arange(len(where)), land.district[where]))
    return [level[i] for i in by.tolist()], where[by], nearest[where[by]]


def _name(land: Land, level: str, district: int, town: int, rank: int) -> str:
    if level == "city":
        return f"市级{names.ordinal(rank)}应急物资储备库（{land.districts[district].name}）"
    if level == "district":
        return f"{land.districts[district].name}{names.ordinal(rank)}应急物资储备库"
    return f"{land.towns[town].name}应急物资储备点"


def _batches(rng: np.random.Generator, depots: list[str], level: list[str], today: dt.date) -> dict[str, list]:
    """One to three lots of each supply a depot keeps; relief and emergency pieces sum exactly to the city's figures."""
    rows: list[tuple[int, int, float]] = []
    for i, one in enumerate(level):
        for s, supply in enumerate(SUPPLIES):
            kept = rng.random() < (0.97 if one == "city" else 0.8 if one == "district" else 0.62 if supply.street else 0.0)
            for _ in range(int(rng.integers(1, 4)) if kept and one != "street" else int(kept)):
                rows.append((i, s, supply.share * SIZE[one] * float(np.exp(rng.normal(0, 0.5)))))
    depot, which, weight = (np.array(v) for v in zip(*rows, strict=True))
    relief = np.array([s.code.startswith("1") for s in SUPPLIES])[which]
    quantity = np.ones(len(rows), dtype=np.int64)
    for total, at in ((RELIEF, np.flatnonzero(relief)), (EMERGENCY, np.flatnonzero(~relief))):
        quantity[at] += apportion(total - len(at), np.rint(weight[at] * 1e6).astype(np.int64))
    age = rng.random(len(rows))
    low = rng.random(len(rows)) < 0.04                # below their minimum reserve
    own = ("feature_code", "supply_code", "supply_name", "unit", "batch_no", "location", "expires_on", "minimum_reserve",
           "quantity")
    out: dict[str, list] = {key: [] for key in own}
    for i, (d, s, n) in enumerate(zip(depot.tolist(), which.tolist(), quantity.tolist(), strict=True)):
        supply = SUPPLIES[s]
        made = today - dt.timedelta(days=int(float(age[i]) * 365 * ((supply.years or 8) * 1.04)))
        expires = None if supply.years is None else (made + dt.timedelta(days=365 * supply.years)).isoformat()
        reserve = int(n * (1.3 if low[i] else 0.3))
        for key, value in zip(out, (depots[d], supply.code, supply.name, supply.unit, f"{made:%Y%m}-{i % 97 + 1:02d}",
                                    f"{'ABCD'[i % 4]} 区 {i % 12 + 1} 架", expires, reserve, n), strict=True):
            out[key].append(value)
    return out
