"""csv as Excel opens it: UTF-8 with mark, CRLF, formula-safe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskmap.core.formula import escape


def write(columns: Sequence[Any], rows: Iterable[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow([escape(c.heading) for c in columns])
    for row in rows:
        lines.writerow([shown(row.get(c.name)) for c in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def shown(value: Any) -> Any:
    """A value as it stands in a csv cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        return value
    return escape(plain(value))


def plain(value: Any) -> str:
    """Any other value as text; lists joined by 、."""
    return "、".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
