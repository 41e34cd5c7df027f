"""Roads as a file tells them, before they are a network: lines with what is said of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FORWARD = frozenset({"yes", "true", "1", "ft", "forward", "是", "单向", "单行", "y"})
BACKWARD = frozenset({"-1", "reverse", "backward", "tf", "反向"})
BOTH = frozenset({"", "no", "false", "0", "b", "both", "n", "否", "双向", "双行", "none", "nan"})


@dataclass
class Lines:
    """Roads of one file. Line i runs through points start[i]:start[i + 1] of `lon`, `lat` (or x, y of `crs`).

    `key`: a number for each point, the same for the same node (OSM ids, ids of a table); None: points are the same where their
    coordinates are. `metres`: length told by the file, nan: not told. `crs`: what the file says its coordinates are in, None: nothing.
    """

    lon: Floats
    lat: Floats
    start: Ints
    kind: list[str | None]
    oneway: NDArray[np.int8]  # 1 as drawn, −1 against it, 0 both ways
    limit_kmh: Floats  # nan: not told
    name: list[str | None]
    metres: Floats
    key: Ints | None = None
    crs: str | None = None
    remarks: list[dict[str, Any]] = field(default_factory=list)  # {code, count, text}

    def __len__(self) -> int:
        return len(self.start) - 1


def direction(said: Any) -> int | None:
    """1, −1 or 0 of what a file says about one-way traffic; None for a word nobody knows."""
    text = "" if said is None else str(said).strip().lower().removesuffix(".0")
    return 1 if text in FORWARD else -1 if text in BACKWARD else 0 if text in BOTH else None


def limit(said: Any) -> float:
    """km/h of a posted limit ("60", "60 km/h", "40 mph"); nan where it is not a number."""
    text = "" if said is None else str(said).strip().lower()
    mph = text.endswith("mph")
    text = text.removesuffix("mph").removesuffix("km/h").removesuffix("kmh").strip()
    try:
        value = float(text)
    except ValueError:
        return float("nan")
    return value * 1.609344 if mph else value
