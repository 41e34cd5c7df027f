"""Districts (method §4, §5): exact sums, D and T, the computed grade, what is overdue and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading.hazard import Weighed
from riskmap.core.grading.inputs import NEVER, Sources
from riskmap.core.grading.method import MICRO, Method
from riskmap.core.grading.risk import borders_micro

Ints = NDArray[np.int64]
SPLIT = 10_000                                        # ρ in two digits of this base keeps Σ residents · ρ within 64 bits

SUMS = ("risk_high", "risk_low", "worst", "sources", "counted", "mass_high", "mass_low", "fresh_high", "fresh_low",
        "open", "overdue", "overdue_major", "overdue_worst", "level_1", "level_2", "level_3", "level_4")


@dataclass(eq=False)
class Sums:
    """Integer sums of one row a district, in the columns SUMS. Adding differences to them is exact in any order.

    risk_*: Σ residents (milli) · ρ (micro) as high · SPLIT + low. worst: residents (milli) of Ⅰ cells. sources: approved records,
    counted: without the hazards a linked source stands for, level_n: counted ones of a level. mass_*, fresh_*: Σ w·m, of all and
    of those verified within validity, split at 1e6. open, overdue, overdue_major: hidden dangers. overdue_worst: overdue 重大隐患
    at an Ⅰ or Ⅱ source.
    """

    table: Ints

    @classmethod
    def zero(cls, districts: int) -> Sums:
        return cls(np.zeros((districts, len(SUMS)), dtype=np.int64))

    def copy(self) -> Sums:
        return Sums(self.table.copy())

    def add(self, district: Ints, column: str, value: Ints, sign: int = 1) -> None:
        inside = district >= 0
        what = sign * np.asarray(value, dtype=np.int64)[inside]
        np.add.at(self.table[:, SUMS.index(column)], district[inside].astype(np.int64), what)

    def add_risk(self, district: Ints, residents: Ints, risk: Ints, level: NDArray[np.int8], sign: int = 1) -> None:
        """What fragments bring: parallel arrays of district, residents (milli), ρ (micro) and level of their cell."""
        high, low = np.divmod(risk, SPLIT)
        self.add(district, "risk_high", residents * high, sign)
        self.add(district, "risk_low", residents * low, sign)
        self.add(district, "worst", np.where(level == 1, residents, 0), sign)

    def add_sources(self, sources: Sources, weighed: Weighed, as_of: int, method: Method, sign: int = 1) -> None:
        """What sources bring: presence, freshness and their own hidden dangers (a linked hazard's stay with the hazard)."""
        d = sources.district.astype(np.int64)
        high, low = np.divmod(weighed.mass, MICRO)
        new = fresh(sources.verified, weighed.level, as_of, method)
        open_ = sources.major.astype(np.int64) + sources.general
        self.add(d, "sources", np.ones(len(d), dtype=np.int64), sign)
        self.add(d, "counted", weighed.counted.astype(np.int64), sign)
        for column, value in (("mass_high", high), ("mass_low", low), ("fresh_high", high * new), ("fresh_low", low * new),
                              ("open", open_), ("overdue", sources.overdue), ("overdue_major", sources.overdue_major),
                              ("overdue_worst", np.where(weighed.level <= 2, sources.overdue_major, 0))):
            self.add(d, column, value, sign)
        for n in (1, 2, 3, 4):
            self.add(d, f"level_{n}", ((weighed.level == n) & weighed.counted).astype(np.int64), sign)

    def value(self, district: int, column: str) -> int:
        return int(self.table[district, SUMS.index(column)])

    def risk(self, district: int) -> int:
        """Σ residents · ρ, milli-persons × micro, exact."""
        return self.value(district, "risk_high") * SPLIT + self.value(district, "risk_low")


def fresh(verified: Ints, level: NDArray[np.int8], as_of: int, method: Method) -> NDArray[np.bool_]:
    """Whether each verification is within its validity; the last valid day counts. `as_of` in days since 1970-01-01."""
    validity = np.array((0, *method.validity_days), dtype=np.int64)
    return (verified != NEVER) & (as_of - verified.astype(np.int64) <= validity[level.astype(np.int64)])


@dataclass(frozen=True)
class Computed:
    """A district as computed, before the fold. D and T are rounded down, so they meet a border exactly when D or T does."""

    d_micro: int | None
    t_micro: int | None
    grade: int | None                                 # 固有; None 未评估
    fall_grade: int | None                            # the same with every border lowered by the margin
    confidence: str | None
    fresh_share: float | None
    caps: tuple[str, ...] = ()                        # why the letter is capped: area_residents, unknown_coping
    overdue: tuple[dict, ...] = ()                    # rules that make 现状 one level worse: [{rule, count, of}]
    sources: int = 0
    counted: int = 0
    levels: tuple[int, int, int, int] = (0, 0, 0, 0)
    open: int = 0
    overdue_count: int = 0


def grade_of(d_micro: int, t_micro: int, method: Method, margin: float = 0.0) -> int:
    """Grade 1..4 of D and T, with every border times (1 − margin)."""
    keep = MICRO - round(margin * MICRO)
    borders = zip(borders_micro(method.d_borders).tolist(), borders_micro(method.t_borders).tolist(), strict=True)
    for level, (d, t) in enumerate(borders, 1):
        if d_micro * MICRO >= d * keep or t_micro * MICRO >= t * keep:
            return level
    return 4


def computed(sums: Sums, district: int, residents_milli: int, caps: tuple[str, ...], method: Method) -> Computed:
    """D, T, grade, confidence and the overdue rules of one district from its sums."""
    get = lambda column: sums.value(district, column)  # noqa: E731
    if get("sources") == 0:
        return Computed(None, None, None, None, None, None)
    d = sums.risk(district) // residents_milli if residents_milli else 0
    t = get("worst") * MICRO // residents_milli if residents_milli else 0
    mass = get("mass_high") * MICRO + get("mass_low")
    new = get("fresh_high") * MICRO + get("fresh_low")
    letter = letter_of(new, mass, caps, method)
    return Computed(
        d, t, grade_of(d, t, method), grade_of(d, t, method, method.fall_margin), letter, new / mass if mass else None, caps,
        overdue_rules(get("overdue_worst"), get("overdue_major"), get("overdue"), get("open"), method),
        get("sources"), get("counted"), tuple(get(f"level_{n}") for n in (1, 2, 3, 4)), get("open"), get("overdue"))  # type: ignore[arg-type]


def letter_of(fresh_mass: int, mass: int, caps: tuple[str, ...], method: Method) -> str:
    """A, B or C from exact masses; any cap keeps A from being given."""
    a, b = (round(x * MICRO) for x in method.confidence_borders)
    if mass and fresh_mass * MICRO >= a * mass:
        return "B" if caps else "A"
    return "B" if mass and fresh_mass * MICRO >= b * mass else "C"


def overdue_rules(worst: int, major: int, overdue: int, open_: int, method: Method) -> tuple[dict, ...]:
    """Which rules of §5 make the shown grade one level worse."""
    rules: list[dict] = []
    if worst > 0:
        rules.append({"rule": "overdue_major_at_worst", "count": worst})
    if major >= method.overdue_major_count:
        rules.append({"rule": "overdue_major_count", "count": major, "border": method.overdue_major_count})
    if overdue and overdue * MICRO >= round(method.overdue_share * MICRO) * open_:
        rules.append({"rule": "overdue_share", "count": overdue, "of": open_, "border": method.overdue_share})
    return tuple(rules)


@dataclass(frozen=True)
class Caps:
    """What keeps a district from letter A, by district index."""

    by_area: frozenset[int] = frozenset()
    unknown_coping: frozenset[int] = field(default_factory=frozenset)

    def of(self, district: int) -> tuple[str, ...]:
        reasons = (("area_residents", self.by_area), ("unknown_coping", self.unknown_coping))
        return tuple(reason for reason, where in reasons if district in where)

