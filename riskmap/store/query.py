"""Named SQL: one statement, one file under sql/, called by name.

    rows(conn, "features_near", lon=116.4, lat=39.9, limit=5) -> [{"id": …}, …]

A file may say
    %include(name)   to take in another file's text (the one filter of list, map and export);
    %given(key)      at the head of a line, to leave the line out when that parameter is None: what is not asked costs no planning;
                     before an %include it governs every line of it;
    {key}            where a column or direction is chosen: `choose={"key": "by_level"}` fills it; only plain words and < > pass.
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
GIVEN = re.compile(r"\s*%given\((\w+)\)")
CHOICE = re.compile(r"[a-z_][a-z0-9_]*|ASC|DESC|<|>")

Conn = Connection[dict[str, Any]]

jsonb = Jsonb  # wraps a list that is to be stored as jsonb; dicts are taken as jsonb by themselves


@cache
def sql(name: str) -> str:
    """The text of sql/<name>.sql without its comment lines (a per-cent sign in a comment would look like a parameter)."""
    text = (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(_included(line) for line in lines).strip()


def _included(line: str) -> str:
    """A line with the files it includes; its own %given stands before every line of theirs, and what follows on a line of its own."""
    if not INCLUDE.search(line):
        return line
    keys = "".join(f"%given({key}) " for key in _conditions(line)[0])
    return INCLUDE.sub(lambda found: sql(found[1]).replace("\n", f"\n{keys}") + f"\n{keys}", line)


def _conditions(line: str) -> tuple[list[str], str]:
    """The parameters a line hangs on, and the rest of it."""
    keys = []
    while found := GIVEN.match(line):
        keys.append(found[1])
        line = line[found.end() :]
    return keys, line


@cache
def _asked(name: str, missing: frozenset[str]) -> str:
    """The text without the lines that hang on a missing parameter."""
    split = [_conditions(line) for line in sql(name).splitlines()]
    return "\n".join(text for keys, text in split if not missing.intersection(keys))


def chosen(name: str, choose: Mapping[str, str] | None, params: Mapping[str, Any]) -> str:
    """The text of what is asked, its {choices} filled in. Raises ValueError for a choice that is not a plain word: never a person's text."""
    text = _asked(name, frozenset(key for key, value in params.items() if value is None))
    if choose is None:
        return text
    for value in choose.values():
        if not CHOICE.fullmatch(value):
            raise ValueError(f"not a plain word: {value!r}")
    return text.format(**choose)


def rows(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> list[dict[str, Any]]:
    """Every row of the named statement, as dicts."""
    return conn.execute(chosen(name, choose, params), params).fetchall()  # type: ignore[arg-type]


def tuples(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> list[tuple[Any, ...]]:
    """Every row of the named statement, as tuples: for what is asked hundreds of times a second."""
    with conn.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(chosen(name, choose, params), params).fetchall()  # type: ignore[arg-type]


def row(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> dict[str, Any] | None:
    """The first row of the named statement, or None."""
    return conn.execute(chosen(name, choose, params), params).fetchone()  # type: ignore[arg-type]


def run(conn: Conn, name: str, /, choose: Mapping[str, str] | None = None, **params: Any) -> int:
    """Run the named statement; how many rows it touched."""
    return conn.execute(chosen(name, choose, params), params).rowcount  # type: ignore[arg-type]
