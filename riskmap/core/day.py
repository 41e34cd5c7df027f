"""Dates as people write them → 'YYYY-MM-DD'."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from riskmap.core.numeral import DIGIT, chinese_integer
from riskmap.core.raw import NOTHING, Parsed, Trouble, plain

_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?" + _TIME + "$")
_MONTH = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?$")


def date(value: Any) -> Parsed:
    """'YYYY-MM-DD'. Text in the usual forms, 20240305, Excel serial numbers; a month becomes its first day, told."""
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d"), None
    bad = Trouble("not-a-date", "refuse", "不是日期 (not a date)", "请写成 2024-03-05 或 2024年3月5日")
    if isinstance(value, bool):
        return None, bad
    if isinstance(value, float) and not value.is_integer():
        if 20_000 <= value <= 80_000:  # an Excel serial with a time of day
            return _serial(int(value)), None
        if 1900 <= value <= 2100 and re.fullmatch(r"\d{4}\.(0[1-9]|1[12])", repr(value)):
            value = repr(value)  # 2024.03 typed as a figure; 2024.1 may be January or October
        else:
            return None, bad
    written = plain(value)
    if written.casefold() in NOTHING:
        return None, None
    if any(c in "一二三四五六七八九〇○" for c in written):
        written = _chinese_date(written)
    if match := _DATE.match(written):
        return _calendar(*(int(g) for g in match.groups()))
    if re.fullmatch(r"\d{8}", written):
        return _calendar(int(written[:4]), int(written[4:6]), int(written[6:]))
    if re.fullmatch(r"\d{5}(\.0+)?", written) and 20_000 <= float(written) <= 80_000:
        return _serial(int(float(written))), None
    month = _MONTH.match(written) or re.fullmatch(r"(\d{4})(\d{2})", written)
    if month:
        day, trouble = _calendar(int(month[1]), int(month[2]), 1)
        return day, trouble or Trouble(
            "month-only", "warn", f"只有年月，按 {day} 登记 (only a month; taken as its first day)", "请补全到日"
        )
    return None, bad


def _serial(days: int) -> str:
    """Excel's 1900 day count: 1 = 1900-01-01, with the leap day that never was."""
    return (dt.date(1899, 12, 30) + dt.timedelta(days=days)).isoformat()


def _calendar(year: int, month: int, day: int) -> Parsed:
    try:
        if not 1900 <= year <= 2200:
            raise ValueError
        return dt.date(year, month, day).isoformat(), None
    except ValueError:
        return None, Trouble(
            "no-such-day", "refuse", f"{year}-{month}-{day} 不存在或不在 1900–2200 年 (no such day)", "请核对年月日"
        )


def _chinese_date(written: str) -> str:
    """二〇二四年三月五日 → 2024年3月5日."""

    def part(match: re.Match[str]) -> str:
        digits = match[0]
        if "十" in digits:
            return str(chinese_integer(digits))
        return "".join(str(DIGIT[c]) for c in digits)

    return re.sub(r"[零一二三四五六七八九〇○十]+", part, written)
