"""People on fragments, in milli-persons, so that every district sums to its census exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskmap.errors import BadInput

Ints = NDArray[np.int64]
MILLI = 1000


def apportion(total: int, weights: ArrayLike) -> Ints:
    """Share `total` (an integer) over integer `weights` by largest remainder; the parts sum to `total` exactly.

    Ties of remainders go to the earlier position. All-zero weights with a positive total raise BadInput: people are not lost.
    """
    w = np.asarray(weights, dtype=np.int64)
    if (w < 0).any() or total < 0:
        raise BadInput("人口不能为负 (people cannot be negative)", where="residents")
    whole = int(w.sum(dtype=object)) if len(w) else 0
    if whole == 0:
        if total == 0:
            return np.zeros(len(w), dtype=np.int64)
        raise BadInput("没有可分摊人口的网格 (no fragment to put the residents on)", where="residents",
                       remedy="检查行政区边界与人口网格 check the borders and the population grid")
    if whole == total:
        return w.copy()
    shares = [divmod(total * v, whole) for v in w.tolist()]           # Python integers: total × weight may pass 64 bits
    parts = np.fromiter((q for q, _ in shares), dtype=np.int64, count=len(w))
    left = total - int(parts.sum())
    if left:
        rest = [r for _, r in shares]
        first = sorted(range(len(rest)), key=lambda i: (-rest[i], i))[:left]
        parts[first] += 1
    return parts


def residents(district: NDArray[np.int16], area_m2: NDArray[np.float64], census: list[int],
              grid_milli: Ints | None) -> tuple[Ints, set[int]]:
    """Milli-persons of each fragment, and the districts whose people were shared by area.

    district: index per fragment, −1 outside (gets nobody); census: people per district index;
    grid_milli: a population grid's milli-persons per fragment, or None. A district of which the grid knows nothing goes by area.
    """
    out = np.zeros(len(district), dtype=np.int64)
    by_area: set[int] = set()
    square_mm = np.rint(np.asarray(area_m2) * 1e6).astype(np.int64)
    order = np.argsort(district, kind="stable")
    edges = np.searchsorted(district[order], np.arange(len(census) + 1))
    for d, people in enumerate(census):
        at = order[edges[d]:edges[d + 1]]
        weights = grid_milli[at] if grid_milli is not None else None
        if weights is None or not weights.any():
            weights = square_mm[at]
            by_area.add(d)
        out[at] = apportion(people * MILLI, weights)
    return out, by_area
