"""Rows of one file that are the same place twice: same code (hard), within a metre (exact), similar name near by (soft)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

METRES_PER_DEGREE = 111_195.0
NUMBERING = re.compile(r"[^0-9一二三四五六七八九十]")
SIMILAR = 0.75


def same_code(codes: Sequence[str | None]) -> np.ndarray:
    """int64[n]: index of the first row with the same code, -1 where the row is the first or has none."""
    first: dict[str, int] = {}
    out = np.full(len(codes), -1, dtype=np.int64)
    for i, code in enumerate(codes):
        if code is not None:
            out[i] = first.setdefault(code, i)
            if out[i] == i:
                out[i] = -1
    return out


def same_place(lon: np.ndarray, lat: np.ndarray, within_m: float = 1.0) -> np.ndarray:
    """int64[n]: index of the first row within `within_m` metres, -1 where there is none before it. NaN places match nothing.

    lon, lat: float64[n], WGS 84 degrees. Chains hold together: a row near a twin of the first counts as a twin.
    """
    out = np.full(len(lon), -1, dtype=np.int64)
    for a, b in _pairs(lon, lat, within_m):  # a < b, in order of b
        root = a if out[a] < 0 else out[a]
        out[b] = root if out[b] < 0 else min(out[b], root)
    return out


def similar_names(
    names: Sequence[str | None], parents: Sequence[str | None], lon: np.ndarray, lat: np.ndarray, within_m: float = 100.0
) -> np.ndarray:
    """int64[n]: index of the first row within `within_m` metres with a similar name, -1 where there is none.

    Names that differ only in their numbering (1 号罐, 2 号罐) are different things; so are records of different parents.
    """
    out = np.full(len(lon), -1, dtype=np.int64)
    pairs = _pairs(lon, lat, within_m)
    number = _factor([NUMBERING.sub("", name) if name else None for name in names])
    parent = _factor(parents)
    a, b = pairs[:, 0], pairs[:, 1]
    alike = (number[a] == number[b]) & (number[a] >= 0) & ((parent[a] == parent[b]) | (parent[a] < 0) | (parent[b] < 0))
    for a, b in pairs[alike]:
        one, two = names[a], names[b]
        if out[b] >= 0:
            continue
        if one == two or alike_names(one, two):
            out[b] = a
    return out


@lru_cache(maxsize=100_000)
def alike_names(one: str, two: str) -> bool:
    """Whether two names share enough of their letters in order. Kept, since a city's names repeat."""
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= SIMILAR


def _pairs(lon: np.ndarray, lat: np.ndarray, within_m: float) -> np.ndarray:
    """int64[k, 2] index pairs a < b no farther apart than within_m, sorted by b then a."""
    here = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if len(here) < 2:
        return np.empty((0, 2), dtype=np.int64)
    middle = np.cos(np.radians(np.mean(lat[here])))
    flat = np.column_stack([lon[here] * METRES_PER_DEGREE * middle, lat[here] * METRES_PER_DEGREE])
    found = cKDTree(flat).query_pairs(within_m, output_type="ndarray")
    pairs = np.sort(here[found].astype(np.int64), axis=1)
    return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]


def _factor(values: Sequence[str | None]) -> np.ndarray:
    """int64[n]: equal values get equal numbers, None gets -1."""
    known: dict[str, int] = {}
    return np.array([-1 if v is None else known.setdefault(v, len(known)) for v in values], dtype=np.int64)
