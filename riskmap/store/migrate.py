"""Schema from plain numbered SQL: a superuser step (bootstrap.sql), then every migration once, in order, as the owner.

One runner at a time (advisory lock); a released file that was edited afterwards is refused; each file is its own transaction.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from riskmap.errors import SetupError
from riskmap.store.query import Conn

LOCK = 7_205_134_001  # advisory lock of the migration runner
FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
OLDEST_SERVER = 150_000  # views with security_invoker exist from PostgreSQL 15 on

JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migration (
  number     int PRIMARY KEY,
  name       text NOT NULL,
  checksum   text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def found(directory: Path) -> list[Migration]:
    """The migrations of a folder in order. Numbers must run 1, 2, 3 … without gap or double."""
    files = sorted(p for p in directory.glob("*.sql") if p.name != "bootstrap.sql")
    out = []
    for path in files:
        match = FILE.match(path.name)
        if not match:
            raise SetupError(
                f"迁移文件名不合规 Not a migration's name: {path.name}", remedy="命名为 0001_名称.sql Name it 0001_name.sql"
            )
        out.append(Migration(int(match[1]), path.stem, path.read_text(encoding="utf-8")))
    if [m.number for m in out] != list(range(1, len(out) + 1)):
        raise SetupError("迁移编号有缺漏或重复 Migration numbers have a gap or a double", where=str(directory))
    return out


def connect(dsn: str) -> Conn:
    """A connection for set-up work: superuser or owner, autocommit, dict rows."""
    return psycopg.connect(dsn, autocommit=True, row_factory=dict_row, application_name="riskmap-setup")


def migrate(conn: Conn, directory: Path) -> list[str]:
    """Bring the database of `conn` (autocommit; superuser or member of riskmap_owner) to the newest schema; names applied now."""
    if conn.info.server_version < OLDEST_SERVER:
        raise SetupError(
            f"PostgreSQL {conn.info.server_version // 10_000} 太旧，需要 15 或更新 PostgreSQL 15 or newer is needed",
            remedy="升级数据库：pg_dump 旧库，在新版本中 riskmap restore。",
        )
    planned = found(directory)
    conn.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
    try:
        bootstrap(conn, directory / "bootstrap.sql")
        return _apply(conn, planned)
    finally:
        conn.execute("RESET ROLE")
        conn.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


def lacking(conn: Conn) -> list[str]:
    """What bootstrap.sql would supply and is not there: extensions, roles, leak-proof marks."""
    query = """
      SELECT 'extension ' || e AS what FROM unnest(ARRAY['postgis', 'pg_trgm']) e
        WHERE NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = e)
      UNION ALL
      SELECT 'role ' || r FROM unnest(ARRAY['riskmap_owner', 'riskmap_app', 'riskmap_engine', 'riskmap_sight']) r
        WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r)
      UNION ALL
      SELECT 'leak-proof mark of ' || f
        FROM unnest(ARRAY['geometry_overlaps', 'textlike', 'texticlike', 'jsonb_object_field_text']) f
        WHERE NOT EXISTS (SELECT 1 FROM pg_proc WHERE proname = f AND proleakproof)
    """
    return [r["what"] for r in conn.execute(query).fetchall()]


def bootstrap(conn: Conn, path: Path) -> bool:
    """Run bootstrap.sql when something of it is missing. Needs a superuser; says so otherwise. True when it ran."""
    missing = lacking(conn)
    if not missing:
        return False
    me = conn.execute("SELECT rolsuper, current_database() AS name FROM pg_roles WHERE rolname = current_user").fetchone()
    if not me or not me["rolsuper"]:
        raise SetupError(
            "数据库缺少超级用户步骤 The superuser step has not been run: " + ", ".join(missing),
            remedy=f"psql -d {conn.info.dbname} -f migrations/bootstrap.sql（以数据库超级用户 as a database superuser）",
        )
    with conn.transaction():
        conn.execute(path.read_text(encoding="utf-8"))  # type: ignore[arg-type]
    return True


def pending(conn: Conn, directory: Path) -> list[str]:
    """Names of migrations not applied yet; SetupError where the database and the files contradict each other."""
    made = conn.execute("SELECT to_regclass('schema_migration') IS NOT NULL AS made").fetchone()
    done = _checked(conn, found(directory)) if made and made["made"] else set()
    return [m.name for m in found(directory) if m.number not in done]


def _checked(conn: Conn, planned: list[Migration]) -> set[int]:
    """Numbers applied so far, each compared with its file."""
    done = {r["number"]: r for r in conn.execute("SELECT number, name, checksum FROM schema_migration").fetchall()}
    for number, row in done.items():
        known = next((m for m in planned if m.number == number), None)
        if known is None:
            raise SetupError(
                f"数据库比程序新：已有迁移 {row['name']} The database is newer than this program",
                remedy="升级程序 Update the program.",
            )
        if known.checksum != row["checksum"]:
            raise SetupError(
                f"已执行的迁移被改动 An applied migration was edited: {known.name}",
                remedy="恢复原文件，改动写成新的迁移 Restore the file; write the change as a new migration.",
            )
    return set(done)


def _apply(conn: Conn, planned: list[Migration]) -> list[str]:
    conn.execute("SET ROLE riskmap_owner")
    conn.execute(JOURNAL)
    done = _checked(conn, planned)
    applied = []
    for migration in planned:
        if migration.number in done:
            continue
        with conn.transaction():
            conn.execute("SET LOCAL lock_timeout = '4s'")
            try:
                conn.execute(migration.text)  # type: ignore[arg-type]
            except psycopg.Error as error:
                raise SetupError(f"迁移失败，已回滚 Migration failed and was rolled back: {migration.name}: {error}") from error
            conn.execute(
                "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
        applied.append(migration.name)
    return applied
