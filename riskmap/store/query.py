"""Named SQL: one statement, one file under sql/, called by name.

    rows(conn, "features_near", lon=116.4, lat=39.9, limit=5) -> [{"id": …}, …]

A file may say `%include(name)` to take in another file's text (the one filter of list, map and export), and `{key}` where a
column or direction is chosen: `choose={"key": "by_level"}` fills it, and only plain words and < > pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

SQL_DIR = Path(__file__).parent / "sql"
INCLUDE = re.compile(r"%include\((\w+)\)")
CHOICE = re.compile(r"[a-z_][a-z0-9_]*|ASC|DESC|<|>")

Conn = Connection[dict[str, Any]]

jsonb = Jsonb  # wraps a list that is to be stored as jsonb; dicts are taken as jsonb by themselves


@cache
def sql(name: str) -> str:
    """The text of sql/<name>.sql without its comment lines (a per-cent sign in a comment would look like a parameter)."""
    text = (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).strip()
    return INCLUDE.sub(lambda found: sql(found[1]), text)


def chosen(name: str, choose: Mapping[str, str] | None) -> str:
    """The text with its {choices} filled in. Raises ValueError for a choice that is not a plain word: never a person's text."""
    if choose is None:
        return sql(name)
    for value in choose.values():
        if not CHOICE.fullmatch(value):
            raise ValueError(f"not a plain word: {value!r}")
    return sql(name).format(**choose)


def rows(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> list[dict[str, Any]]:
    """Every row of the named statement, as dicts."""
    return conn.execute(chosen(name, choose), params).fetchall()  # type: ignore[arg-type]


def tuples(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> list[tuple[Any, ...]]:
    """Every row of the named statement, as tuples: for what is asked hundreds of times a second."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(chosen(name, choose), params).fetchall()  # type: ignore[arg-type]


def row(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> dict[str, Any] | None:
    """The first row of the named statement, or None."""
    return conn.execute(chosen(name, choose), params).fetchone()  # type: ignore[arg-type]


def run(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> int:
    """Run the named statement; how many rows it touched."""
    return conn.execute(chosen(name, choose), params).rowcount  # type: ignore[arg-type]
