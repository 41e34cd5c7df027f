"""A made-up road network: a bent grid with one-way streets, classes, gaps and an island that nothing leads to. The same seed, the same town."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from riskmap.catalogue import road_speeds
from riskmap.core.road.build import built
from riskmap.core.road.lines import Lines
from riskmap.core.road.network import Network
from riskmap.core.road.speed import Speeds

LON, LAT = 116.30, 39.85  # south-west corner
STEP = 0.004  # degrees between crossings
CLASSES = ("primary", "secondary", "tertiary", "residential", "footway", "trunk")


def speeds() -> Speeds:
    return road_speeds(Path("data/codes"))


def lines(side: int = 24, seed: int = 1, west: float = LON, south: float = LAT) -> Lines:
    """A grid of side × side crossings; streets run from crossing to crossing with a bend in the middle, one in ten is missing."""
    rng = np.random.default_rng(seed)
    x = west + STEP * (np.arange(side)[None, :] + rng.uniform(-0.25, 0.25, (side, side)))
    y = south + STEP * (np.arange(side)[:, None] + rng.uniform(-0.25, 0.25, (side, side)))
    streets = []
    for i in range(side):
        for j in range(side):
            streets += [((i, j), (i, j + 1))] if j + 1 < side else []
            streets += [((i, j), (i + 1, j))] if i + 1 < side else []
    streets = [s for s in streets if rng.random() > 0.1]
    runs, kind, oneway, limit = [], [], [], []
    for a, b in streets:
        p, q = (x[a], y[a]), (x[b], y[b])
        bend = ((p[0] + q[0]) / 2 + rng.uniform(-1, 1) * STEP / 8, (p[1] + q[1]) / 2 + rng.uniform(-1, 1) * STEP / 8)
        runs.append([p, bend, q])
        kind.append(str(rng.choice(CLASSES, p=(0.2, 0.25, 0.25, 0.2, 0.05, 0.05))))
        oneway.append(int(rng.choice((0, 1, -1), p=(0.7, 0.2, 0.1))))
        limit.append(float(rng.choice((np.nan, 30.0, 50.0), p=(0.8, 0.1, 0.1))))
    away = west + STEP * (side + 12)  # an island of one street, farther than any snapping limit
    runs.append([(away, south), (away + 0.002, south + 0.001), (away + 0.004, south)])
    kind.append("residential")
    oneway.append(0)
    limit.append(np.nan)
    xy = np.array([p for run in runs for p in run])
    n = len(runs)
    way = np.array(oneway, dtype=np.int8)
    names: list[str | None] = [f"路 {i}" for i in range(n)]
    return Lines(xy[:, 0], xy[:, 1], np.arange(0, 3 * n + 1, 3), kind, way, np.array(limit), names, np.full(n, np.nan))


def town(side: int = 24, seed: int = 1, west: float = LON, south: float = LAT) -> Network:
    return built(lines(side, seed, west, south), speeds(), "wgs84")[0]
