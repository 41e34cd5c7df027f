"""Chinese numerals, as far as office tables use them."""

from __future__ import annotations

SCALE = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}


def chinese_integer(written: str) -> int | None:
    """十二 → 12, 三百零五 → 305, 两万 → 20000; None when it is not one."""
    if not written or any(c not in DIGIT and c not in SCALE for c in written):
        return None
    total = section = digit = 0
    for c in written:
        if c in DIGIT:
            digit = DIGIT[c]
        elif c in "万亿":
            total, section, digit = (total + section + digit) * SCALE[c], 0, 0
        else:
            section, digit = section + (digit or 1) * SCALE[c], 0
    return total + section + digit
