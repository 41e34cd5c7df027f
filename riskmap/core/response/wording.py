"""The words of a plan in both languages: names of its assumptions, where a value comes from, what a value means."""

from __future__ import annotations

LEVELS = {1: "特别重大 / extraordinarily serious", 2: "重大 / serious", 3: "较大 / major", 4: "一般 / ordinary"}

BASIS = {"given": "指挥员给出 / by the commander", "record": "在册 / on record", "default": "默认假定 / assumed", "computed": "算出 / worked out"}

NAMES = {
    "substance": "物质 / Substance",
    "mass_t": "存量 / Amount",
    "kind": "影响区 / Kind of zone",
    "radius_m": "半径 / Radius",
    "inner_m": "内半径 / Inner radius",
    "mode": "转移方式 / Way of going",
    "limit_m": "最长路程 / Longest way",
    "rate_kg_s": "泄漏速率 / Release rate",
    "level": "定区阈值 / Level that decides",
    "terrain": "地形 / Terrain",
    "wind_ms": "风速 / Wind speed",
    "wind_from_deg": "风的来向 / Wind from",
    "stability": "大气稳定度 / Stability",
    "days": "天数 / Days",
    "detour": "绕行系数 / Detour factor",
    "speed_kmh": "行进速度 / Speed",
    "fireball_radius_m": "火球半径 / Fireball radius",
    "tnt_kg": "TNT 当量 / TNT equivalent",
}

VALUES = {
    ("kind", "circle"): "圆 / circle",
    ("kind", "ring"): "环 / ring",
    ("kind", "polygon"): "手画多边形 / drawn polygon",
    ("kind", "plume"): "有毒烟羽，按风的摆动扫过 / toxic plume swept over the wind",
    ("kind", "fireball"): "火球热辐射 / fireball",
    ("kind", "blast"): "爆炸超压 / blast",
    ("mode", "walk"): "步行 / on foot",
    ("mode", "drive"): "乘车 / by vehicle",
    ("terrain", "rural"): "开阔 / open country",
    ("terrain", "urban"): "城区 / built-up",
}

# units of needs and lots that have a word in English; the others stand as they are on record
UNITS = {
    "升": "升 / L",
    "人日": "人日 / person-days",
    "条": "条 / pieces",
    "件": "件 / pieces",
    "个": "个 / pieces",
    "床": "床 / pieces",
    "张": "张 / pieces",
    "顶": "顶 / pieces",
    "座": "座 / pieces",
    "套": "套 / sets",
    "具": "具 / pieces",
    "箱": "箱 / boxes",
    "瓶": "瓶 / bottles",
}
