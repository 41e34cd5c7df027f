"""How far a threshold is reached, or why that is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """The greatest distance at which `level` is met, metres. With `below` the true one is shorter than the model's first metre
    (`distance_m` is that metre), with `beyond` longer than its last (`distance_m` is that last metre): neither is the answer itself."""

    level: float
    distance_m: float
    below: bool = False
    beyond: bool = False


def reach(level: float, value: Callable[[float], float], low_m: float, high_m: float) -> Reach:
    """The distance at which a falling `value(x)` comes down to `level`, between the ends of the model's range."""
    if value(low_m) < level:
        return Reach(level, low_m, below=True)
    if value(high_m) >= level:
        return Reach(level, high_m, beyond=True)
    low, high = low_m, high_m
    for _ in range(200):  # halves until neighbouring floats
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if value(middle) >= level else (low, middle)
    return Reach(level, low)
