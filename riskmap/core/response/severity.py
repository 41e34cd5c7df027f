"""The level of a production accident proposed from what it cost, by 国务院令第 493 号 article 3: 以上 includes, 以下 excludes, the worst counts."""

from __future__ import annotations

from dataclasses import dataclass

CLAUSE = "国务院令第 493 号第三条 / State Council Decree 493, article 3"
# level → from deaths, serious injuries, direct loss in 万元
BOUNDS = {1: (30, 100, 10_000), 2: (10, 50, 5_000), 3: (3, 10, 1_000)}


@dataclass(frozen=True, slots=True)
class Proposed:
    """`level` 1 Ⅰ 特别重大 to 4 Ⅳ 一般; None: nothing is known it could be told from. `least`: something is not known, it may be worse."""

    level: int | None
    least: bool


def proposed(deaths: int | None, serious: int | None, loss_wan: float | None) -> Proposed:
    """The level from deaths, serious injuries and direct loss in 万元; None is not known."""
    known = (deaths, serious, loss_wan)
    if all(v is None for v in known):
        return Proposed(None, True)
    worst = next(
        (level for level, bounds in BOUNDS.items() if any(v is not None and v >= b for v, b in zip(known, bounds, strict=True))),
        4,
    )
    return Proposed(worst, worst > 1 and any(v is None for v in known))
