"""Every statement under sql/ is used by name, says what it is, and prepares on a migrated database as the role that runs it."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from riskmap.store.cluster import Dsns
from riskmap.store.migrate import connect
from riskmap.store.query import GIVEN, INCLUDE, SQL_DIR, chosen, sql

FILES = sorted(SQL_DIR.glob("*.sql"))
INCLUDED = {name for path in FILES for name in INCLUDE.findall(path.read_text(encoding="utf-8"))}
# What PostgreSQL does not prepare; the tests of the flows run these.
UTILITY = {"COPY", "CREATE", "LOCK", "TRUNCATE", "SET", "ANALYZE", "DROP"}
PARAMETER = re.compile(r"%\((\w+)\)s")
CHOICE = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
# One valid value for each choice a statement may leave open.
CHOICES = {"key": "by_id", "direction": "ASC", "beyond": ">", "type": "bigint", "column": "district_code"}


def code() -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in Path("riskmap").rglob("*.py"))


def prepared(name: str, given: bool) -> str:
    """The statement with numbered parameters, ready for PREPARE: with every line that hangs on a parameter, or with none."""
    keys = {key for line in sql(name).splitlines() for key in GIVEN.findall(line)}
    text = chosen(name, CHOICES if CHOICE.search(sql(name)) else None, dict.fromkeys(keys, True if given else None))
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return PARAMETER.sub(number, text).replace("%%", "%")


def test_there_are_statements() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_has_its_header(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"-- \S.*", lines[0]), "first line says what"
    header = "\n".join(line for line in lines if line.startswith("--"))
    wanted = ["-- in:", "-- index:"] if path.stem in INCLUDED else ["-- in:", "-- out:", "-- index:"]
    assert [w for w in wanted if w not in header] == []


def test_every_statement_is_used_by_its_name() -> None:
    text = code()
    unused = [p.stem for p in FILES if p.stem not in INCLUDED and not re.search(rf"['\"]{p.stem}['\"]", text)]
    assert unused == []


def test_no_sql_is_built_from_strings() -> None:
    """A verb of SQL at the head of an f-string or of a format() is a statement made of strings."""
    verbs = r"(SELECT|INSERT|UPDATE|DELETE|WITH|TRUNCATE)\b"
    found = [
        f"{path}:{n}"
        for path in Path("riskmap").rglob("*.py")
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(rf"\bf\"\"\"\s*{verbs}|\bf[\"']{verbs}", line)
    ]
    assert found == []


def test_every_statement_prepares(dsns: Dsns) -> None:
    faults = []
    with connect(dsns.superuser) as conn, conn.transaction():
        for path in FILES:
            if sql(path.stem).startswith("CREATE TEMP"):  # what other statements of its module stand on
                conn.execute(sql(path.stem))  # type: ignore[arg-type]
        for path in FILES:
            if path.stem in INCLUDED or sql(path.stem).split()[0] in UTILITY:
                continue
            for given in (True, False):
                try:
                    with conn.transaction(force_rollback=True):
                        conn.execute(f"PREPARE tried AS {prepared(path.stem, given)}")  # type: ignore[arg-type]
                        conn.execute("DEALLOCATE tried")
                except (psycopg.Error, KeyError) as error:
                    faults.append(f"{path.stem} given={given}: {str(error).splitlines()[0]}")
    assert faults == []
