"""How fast a road of a class is driven, by the product's table (data/codes/road_class.tsv) and a stated factor for traffic.

A class nobody knows is driven like the class `unknown` of the table; how many edges that was is told with the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FACTOR = 0.6  # of the design speed or the posted limit: a city under way
WALK_KMH = 4.0  # with children and old people
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RoadClass:
    """`design_kmh` None: not driven. `names`: what files call it beside its code."""

    code: str
    design_kmh: float | None
    walk: bool
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Speeds:
    """The table of classes. `of` finds a class by any of its names."""

    classes: Mapping[str, RoadClass]
    names: Mapping[str, str]

    def of(self, said: str | None) -> RoadClass:
        """The class of a road by what its file calls it."""
        return self.classes[self.names.get((said or "").strip().lower(), UNKNOWN)]

    def drive_kmh(self, one: RoadClass, limit_kmh: float | None, factor: float = FACTOR) -> float:
        """Speed under way; 0: not driven. A posted limit counts where it is lower than the class's design speed or that is not known."""
        if one.design_kmh is None:
            return 0.0
        top = one.design_kmh if limit_kmh is None or not 5 <= limit_kmh <= 150 else min(limit_kmh, max(one.design_kmh, 20.0))
        return top * factor


def speeds(rows: Iterable[Mapping[str, str]]) -> Speeds:
    """From the rows of the table."""
    classes = {
        r["code"]: RoadClass(
            r["code"],
            float(r["design_kmh"]) if r["design_kmh"] else None,
            r["walk"] == "yes",
            tuple(filter(None, r["names"].split(";"))),
        )
        for r in rows
    }
    names = {name.lower(): one.code for one in classes.values() for name in (one.code, *one.names)}
    return Speeds(classes, names)
