"""A database out to a file and in again, by PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql as compose
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from riskmap.errors import SetupError
from riskmap.store import postgres
from riskmap.store.migrate import connect
from riskmap.store.query import Conn, row, rows

NOT_OURS = "spatial_ref_sys"  # PostGIS brings it with the extension


@dataclass(frozen=True, slots=True)
class Content:
    """What a database holds, for comparison: by table its rows and an order-free checksum; the schema; the versions."""

    tables: dict[str, dict[str, str | int]]
    migrations: list[str]
    server: int  # major version
    postgis: str
    grades: str  # digest of the districts' grades
    audit_links: int
    audit_hash: str


@contextmanager
def snapshot(dsn: str) -> Iterator[tuple[Conn, str]]:
    """A frozen view of the database that several programs can share: the connection and the snapshot's name."""
    with connect(dsn) as conn, conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = row(conn, "dump_snapshot")
        assert found is not None
        yield conn, found["name"]


def content(conn: Conn) -> Content:
    """Count and checksum every table of the product as this transaction sees it."""
    tables: dict[str, dict[str, str | int]] = {}
    for name in (r["name"] for r in rows(conn, "dump_tables")):
        query = compose.SQL(TABLE).format(compose.Identifier(name))
        found = conn.execute(query).fetchone()
        assert found is not None
        tables[name] = {"rows": found["rows"], "checksum": found["checksum"]}
    facts = row(conn, "dump_facts")
    assert facts is not None
    return Content(
        tables,
        facts["migrations"],
        conn.info.server_version // 10_000,
        facts["postgis"],
        facts["grades"],
        facts["audit_links"],
        facts["audit_hash"],
    )


# A sum of row hashes does not depend on the order of rows and needs no memory.
TABLE = "SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS checksum FROM {} t"


def write(dsn: str, snapshot_name: str, target: Path, server: int) -> None:
    """pg_dump of the frozen view into `target`, custom format. A dump cut short leaves no file."""
    part = target.with_suffix(".part")
    try:
        _run(server, "pg_dump", dsn, "--format=custom", "--compress=6", f"--snapshot={snapshot_name}", f"--file={part}")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def read(dsn: str, source: Path, server: int) -> None:
    """pg_restore of `source` into the empty database of `dsn`, which bootstrap.sql was run in. Stops at the first error."""
    _run(server, "pg_restore", dsn, "--exit-on-error", "--jobs=2", "--no-comments", str(source))


def create(dsn: str, name: str) -> str:
    """A new empty database beside the one of `dsn`; its connection string."""
    with connect(make_conninfo(dsn, dbname="postgres")) as conn:
        conn.execute(compose.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(compose.Identifier(name)))
    return make_conninfo(dsn, dbname=name)


def beside(dsn: str, name: str) -> str:
    """Connection string of database `name` on the same server."""
    return make_conninfo(dsn, dbname=name)


def is_empty(conn: Conn) -> bool:
    """Whether the database holds no record, or not even the tables."""
    made = row(conn, "dump_is_made")
    if not made or not made["made"]:
        return True
    found = row(conn, "setup_is_empty")
    return bool(found and found["empty"])


def drop(dsn: str, name: str) -> None:
    with connect(make_conninfo(dsn, dbname="postgres")) as conn:
        conn.execute(compose.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(compose.Identifier(name)))


def exchange(dsn: str, current: str, fresh: str, kept: str) -> None:
    """`current` becomes `kept`, `fresh` becomes `current`; whoever is connected to either is cut off."""
    with connect(make_conninfo(dsn, dbname="postgres")) as conn, conn.transaction():
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY (%s)", ([current, fresh],))
        for old, new in ((current, kept), (fresh, current)):
            conn.execute(compose.SQL("ALTER DATABASE {} RENAME TO {}").format(compose.Identifier(old), compose.Identifier(new)))


def _run(server: int, program: str, dsn: str, *arguments: str) -> None:
    """A program of the server's version or newer; its password goes by environment, never by command line."""
    usable = sorted((p for p in postgres.installed() if p.version >= server), key=lambda p: p.version)
    if not usable:
        raise SetupError(
            f"缺少 PostgreSQL {server} 的 {program} {program} of PostgreSQL {server} or newer is missing",
            remedy=f"sudo apt-get install postgresql-client-{server}",
        )
    parts: dict[str, Any] = conninfo_to_dict(dsn)
    secret = {"PGPASSWORD": str(parts.pop("password"))} if parts.get("password") else {}
    command = [str(usable[0].bin / program), f"--dbname={make_conninfo('', **parts)}", "--no-password", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **secret})
    if done.returncode:
        said = done.stderr.strip().splitlines()
        full = any("No space left" in line for line in said)
        raise SetupError(
            f"{program} 没有完成 did not finish: {' / '.join(said[-3:])}",
            remedy="腾出磁盘空间 Free some disk space." if full else "riskmap doctor",
        )
