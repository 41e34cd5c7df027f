"""三张清单 in figures: risks, hidden dangers and violations, by district and by enterprise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from riskmap.store.query import Conn, rows


def districts(conn: Conn, layers: Sequence[str], today: dt.date) -> list[dict[str, Any]]:
    """Figures of each district one sees something of; '' is the district that is not known, last."""
    return rows(conn, "lists_districts", layers=list(layers), today=today)


def enterprises(
    conn: Conn, layers: Sequence[str], enterprise: str, today: dt.date, limit: int, districts: list[str] | None = None, q: str | None = None
) -> list[dict[str, Any]]:
    """Figures of the worst `limit` enterprises, each with `n`, how many there are; `q`: text of name, code, address, credit code."""
    text = None if not q else "%" + q.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return rows(conn, "lists_enterprises", layers=list(layers), enterprise=enterprise, districts=districts, q=text, today=today, limit=limit)
