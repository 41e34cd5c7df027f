"""What the engine is fed: columns, one position a record. Only approved records with a place are ever here.

Missing is missing: −1 in a count that cannot be negative, NaN in a radius, NEVER in a date.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NEVER = -2_147_483_648                                # a date that is not known, in days since 1970-01-01
OUTSIDE = -1                                          # district index of what stands outside the city


def column(dtype: Any) -> Any:
    return field(default_factory=lambda: np.empty(0, dtype=dtype), metadata={"dtype": np.dtype(dtype)})


class Columns:
    """Equal-length one-dimensional arrays; subclasses are dataclasses of `column`s and the first is `id`."""

    def __post_init__(self) -> None:
        sizes = set()
        for f in dataclasses.fields(self):            # type: ignore[arg-type]
            values = np.ascontiguousarray(getattr(self, f.name), dtype=f.metadata["dtype"])
            object.__setattr__(self, f.name, values)
            sizes.add(len(values))
        if len(sizes) != 1:
            raise ValueError(f"{type(self).__name__}: columns of unequal length {sorted(sizes)}")

    def __len__(self) -> int:
        return len(self.id)                           # type: ignore[attr-defined]

    def take(self, at: Any) -> Self:
        """The rows at these positions (or under this mask), in that order."""
        return type(self)(**{f.name: getattr(self, f.name)[at] for f in dataclasses.fields(self)})   # type: ignore[arg-type]

    def join(self, other: Self) -> Self:
        """These rows, then the other's."""
        names = [f.name for f in dataclasses.fields(self)]                                           # type: ignore[arg-type]
        return type(self)(**{n: np.concatenate([getattr(self, n), getattr(other, n)]) for n in names})

    def changed(self, **columns: Any) -> Self:
        """A copy with these columns put in place."""
        return dataclasses.replace(self, **columns)   # type: ignore[type-var]


@dataclass(frozen=True, eq=False)
class Sources(Columns):
    """Risk sources and major hazard installations. `hazard_id` links a risk source to its major hazard (−1: none)."""

    id: Ints = column(np.int64)
    cell: Ints = column(np.int64)                     # H3, resolution 9
    district: NDArray[np.int16] = column(np.int16)    # index into Ground.districts, OUTSIDE beyond the city
    level: NDArray[np.int8] = column(np.int8)         # worse of registered and GB 18218 level, 1..4
    is_hazard: NDArray[np.bool_] = column(np.bool_)
    hazard_id: Ints = column(np.int64)
    footprint_m: Floats = column(np.float64)          # radius of its accident type
    modelled_m: Floats = column(np.float64)           # approved modelled radius, NaN when there is none
    major: NDArray[np.int32] = column(np.int32)       # open 重大隐患
    general: NDArray[np.int32] = column(np.int32)     # open 一般隐患
    overdue: NDArray[np.int32] = column(np.int32)     # of all open ones, past their deadline
    overdue_major: NDArray[np.int32] = column(np.int32)
    verified: NDArray[np.int32] = column(np.int32)    # days since 1970-01-01, or NEVER


@dataclass(frozen=True, eq=False)
class Shelters(Columns):
    """`capacity` in people; −1 unknown. `closed` ones and unknown ones shelter nobody."""

    id: Ints = column(np.int64)
    cell: Ints = column(np.int64)
    district: NDArray[np.int16] = column(np.int16)
    capacity: Ints = column(np.int64)
    closed: NDArray[np.bool_] = column(np.bool_)


@dataclass(frozen=True, eq=False)
class Posts(Columns):
    """Rescue teams, or depots: `ready` is whether it counts (a depot: above its minimum reserve)."""

    id: Ints = column(np.int64)
    cell: Ints = column(np.int64)
    ready: NDArray[np.bool_] = column(np.bool_)


@dataclass(frozen=True, eq=False)
class Occupants(Columns):
    """Protected sites (schools, hospitals, homes); `people` −1 unknown, then nobody is added and it is told."""

    id: Ints = column(np.int64)
    cell: Ints = column(np.int64)
    people: Ints = column(np.int64)


KINDS: dict[str, type[Columns]] = {
    "sources": Sources, "shelters": Shelters, "teams": Posts, "depots": Posts, "occupants": Occupants}


@dataclass(frozen=True, eq=False)
class Inputs:
    """All records of a day, or, in a change, the rows now in force among the changed ids."""

    sources: Sources = field(default_factory=Sources)
    shelters: Shelters = field(default_factory=Shelters)
    teams: Posts = field(default_factory=Posts)
    depots: Posts = field(default_factory=Posts)
    occupants: Occupants = field(default_factory=Occupants)

    def kinds(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in KINDS}


def after(base: Any, gone: Ints, now: Any) -> Any:
    """One kind after a change: without the ids `gone`, with the rows `now` (replacing their ids)."""
    leave = np.isin(base.id, np.concatenate([np.asarray(gone, dtype=np.int64), now.id]), invert=True)
    return base.take(leave).join(now)
