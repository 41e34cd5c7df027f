"""People to shelters: as many as can be placed at all, and among those ways the one with the least travel, as a minimum-cost flow.

The network holds every arc within the distance limit, not a shortlist of near ones, so what it leaves over cannot be placed by anybody
within that limit. Exact: OR-tools' network simplex on integers (seconds rounded up).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from riskmap.errors import BadInput

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_PEOPLE = 2**40


@dataclass(frozen=True, slots=True)
class Assignment:
    """Rows of the table that sends people somewhere, parallel: `group` and `shelter` are positions in the inputs."""

    group: Ints
    shelter: Ints
    people: Ints
    unmet: Ints                       # people left over, per group
    gap: float | None = None          # whole groups only: how far from the best it may be, 0 = proved best; None for flows, which are best

    @property
    def met(self) -> int:
        return int(self.people.sum())


def assign(people: Ints, places: Ints, seconds: Floats) -> Assignment:
    """Split groups over shelters. people int[n]; places int[m], free ones; seconds float[n, m], nan where out of reach. Raises BadInput."""
    people, places = _checked(people, places, seconds)
    n, m = seconds.shape
    i, j = np.nonzero(np.isfinite(seconds) & (people[:, None] > 0) & (places[None, :] > 0))
    cost = np.ceil(seconds[i, j]).astype(np.int64)
    source, sink = n + m, n + m + 1
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([i, np.full(n, source), n + np.arange(m)]).astype(np.int32),
        np.concatenate([n + j, np.arange(n), np.full(m, sink)]).astype(np.int32),
        np.concatenate([np.minimum(people[i], places[j]), people, places]),
        np.concatenate([cost, np.zeros(n + m, dtype=np.int64)]))
    total = int(people.sum())
    flow.set_nodes_supplies(np.array([source, sink], dtype=np.int32), np.array([total, -total], dtype=np.int64))
    status = flow.solve_max_flow_with_min_cost()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"min-cost flow: status {status}")
    moved = np.asarray(flow.flows(arcs[:len(i)]), dtype=np.int64)
    kept = moved > 0
    unmet = people.copy()
    np.subtract.at(unmet, i[kept], moved[kept])
    return Assignment(i[kept].astype(np.int64), j[kept].astype(np.int64), moved[kept], unmet)


def assign_whole(people: Ints, places: Ints, seconds: Floats, *, limit_s: float = 10.0, nearest: int = 20) -> Assignment:
    """Each group to one shelter as a whole, or nowhere: as many people as possible, then the least travel (HiGHS).

    Of each group the `nearest` shelters that hold all of it are offered; `gap` says how far from the best of that offer it may be when
    time ran out. A group that no shelter in reach can hold is left over whole: split it with `assign`. Raises BadInput.
    """
    people, places = _checked(people, places, seconds)
    n, m = seconds.shape
    fits = np.isfinite(seconds) & (people[:, None] > 0) & (places[None, :] >= people[:, None])
    order = np.argsort(np.where(fits, seconds, np.inf), axis=1, kind="stable")[:, :nearest]
    i = np.repeat(np.arange(n), order.shape[1])
    j = order.ravel()
    offered = fits[i, j]
    i, j = i[offered], j[offered]
    if not len(i):
        empty = np.empty(0, dtype=np.int64)
        return Assignment(empty, empty, empty, people.copy(), 0.0)
    longest = float(np.nanmax(seconds[i, j])) + 1
    # one person placed outweighs any travel saved: travel per person is under 1 after division
    gain = people[i] * (1 - seconds[i, j] / longest / (2 * max(1, int(people.sum()))))
    k = np.arange(len(i))
    rows = csr_array((np.concatenate([np.ones(len(i)), people[i]]), (np.concatenate([i, n + j]), np.concatenate([k, k]))), shape=(n + m, len(i)))
    found = milp(-gain, integrality=np.ones(len(i)), bounds=Bounds(0, 1), options={"time_limit": limit_s, "mip_rel_gap": 0.0},
                 constraints=LinearConstraint(rows, -np.inf, np.concatenate([np.ones(n), places]).astype(np.float64)))  # fmt: skip
    if found.x is None:
        empty = np.empty(0, dtype=np.int64)
        return Assignment(empty, empty, empty, people.copy(), 1.0)
    chosen = found.x > 0.5
    unmet = people.copy()
    unmet[i[chosen]] = 0
    return Assignment(i[chosen], j[chosen], people[i[chosen]], unmet, max(0.0, float(found.mip_gap or 0.0)))


def _checked(people: Ints, places: Ints, seconds: Floats) -> tuple[Ints, Ints]:
    people, places = np.asarray(people, dtype=np.int64), np.asarray(places, dtype=np.int64)
    if seconds.shape != (len(people), len(places)):
        raise BadInput("行程表与人群、场所的数目不符 / the table of times does not fit", where="seconds", remedy=f"{len(people)} × {len(places)}")
    if (people < 0).any() or (places < 0).any() or int(people.sum()) > MOST_PEOPLE:
        raise BadInput("人数和空位不能为负 / people and places are not negative", where="people, places")
    if (seconds[np.isfinite(seconds)] < 0).any() or np.isinf(seconds).any():
        raise BadInput("行程时间须非负，走不到为空 / times are not negative, nan where out of reach", where="seconds")
    return people, places
