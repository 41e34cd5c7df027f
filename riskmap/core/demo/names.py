"""Invented names, people, telephones and credit codes: plausible at a glance, plainly nobody's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEMS = "甲乙丙丁戊己庚辛壬癸"
DIGITS = "零一二三四五六七八九"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"                # GB 32100-2015
_VALUE = {c: i for i, c in enumerate(USCC_ALPHABET)}
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def ordinal(i: int) -> str:
    """0 → 甲一, 1 → 甲二 … 9 → 乙一: a stem and a numeral, up to 癸九十九 and then with a further stem."""
    stem, number = divmod(i, 99)
    head = STEMS[stem % 10] if stem < 10 else STEMS[stem // 10 % 10] + STEMS[stem % 10]
    return head + numeral(number + 1)


def numeral(n: int) -> str:
    """1..99 in Chinese."""
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


def people(rng: np.random.Generator, n: int) -> list[str]:
    """王某, 李某 …: a surname and nobody."""
    return [SURNAMES[i] + "某" for i in rng.integers(0, len(SURNAMES), n).tolist()]


def phones(rng: np.random.Generator, n: int) -> list[str]:
    """010-6000xxxx: one block, so that a real subscriber is the exception."""
    return [f"010-6000{i:04d}" for i in rng.integers(0, 10_000, n).tolist()]


def codes(prefix: str, districts: list[str]) -> list[str]:
    """PREFIX-110106-000001 …: numbered within each district in the order given."""
    seen: dict[str, int] = {}
    out = []
    for code in districts:
        seen[code] = seen.get(code, 0) + 1
        out.append(f"{prefix}-{code}-{seen[code]:06d}")
    return out


def credit_codes(districts: list[str]) -> list[str]:
    """Codes with a right check character whose organisation part DEMnnnnnn is never issued."""
    out = []
    for i, district in enumerate(districts):
        first = f"91{district}DEM{i:06d}"
        total = sum(_VALUE[c] * w for c, w in zip(first, _WEIGHTS, strict=True))
        out.append(first + USCC_ALPHABET[(31 - total % 31) % 31])
    return out


def within(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many equal values stand before each one: 0 for the first of its group."""
    order = np.argsort(groups, kind="stable")
    ranked = groups[order]
    starts = np.r_[0, np.flatnonzero(np.diff(ranked)) + 1] if len(ranked) else np.empty(0, np.int64)
    counts = np.diff(np.r_[starts, len(ranked)])
    out = np.empty(len(groups), dtype=np.int64)
    out[order] = np.arange(len(groups)) - np.repeat(starts, counts)
    return out
