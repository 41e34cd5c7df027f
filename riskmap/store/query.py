"""Named SQL: one statement, one file under sql/, called by name.

    rows(conn, "features_near", lon=116.4, lat=39.9, limit=5) -> [{"id": …}, …]
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

SQL_DIR = Path(__file__).parent / "sql"

Conn = Connection[dict[str, Any]]

jsonb = Jsonb  # wraps a list that is to be stored as jsonb; dicts are taken as jsonb by themselves


@lru_cache(maxsize=None)
def sql(name: str) -> str:
    """The text of sql/<name>.sql without its comment lines (a per-cent sign in a comment would look like a parameter)."""
    text = (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).strip()


def rows(conn: Conn, name: str, **params: Any) -> list[dict[str, Any]]:
    """Every row of the named statement, as dicts."""
    return conn.execute(sql(name), params).fetchall()  # type: ignore[arg-type]


def row(conn: Conn, name: str, **params: Any) -> dict[str, Any] | None:
    """The first row of the named statement, or None."""
    return conn.execute(sql(name), params).fetchone()  # type: ignore[arg-type]


def run(conn: Conn, name: str, **params: Any) -> int:
    """Run the named statement; how many rows it touched."""
    return conn.execute(sql(name), params).rowcount  # type: ignore[arg-type]
