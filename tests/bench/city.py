"""The demo city in a cluster of the bench's own, loaded once, and the addresses both sides reach it by.

Our server and tipg sign in over the same loopback port (tipg takes no Unix socket), so that neither has the shorter way.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from riskmap import catalogue
from riskmap.core.actor import OPERATOR
from riskmap.flows import demo
from riskmap.flows.grade import full
from riskmap.flows.register import Desk
from riskmap.flows.survey import beijing_day
from riskmap.settings import settings
from riskmap.store.cluster import APP, ENGINE, SUPERUSER, Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect, migrate
from riskmap.store.places import gazetteer
from riskmap.store.reference import load_reference

ROOT = settings().root
VAR = ROOT / "var" / "bench"
CITY = "city"
TIPG = "bench_tipg"


class Loopback(Cluster):
    """The product's own cluster with its own settings, but for one thing: it listens on a loopback port as well."""

    def __init__(self, var_dir: Path, port: int) -> None:
        extra = {"listen_addresses": "127.0.0.1", "port": str(port), "password_encryption": "scram-sha-256"}
        super().__init__(var_dir, database=CITY, extra=extra, ballast_bytes=0)
        self.port = port

    def dsns(self) -> Dsns:
        return Dsns(*(make_conninfo(dsn, port=self.port) for dsn in vars_of(super().dsns())))

    def open_port(self) -> str:
        """Let the roles in over the port with a password made for this run; gives the password."""
        password = secrets.token_urlsafe(18)
        with psycopg.connect(make_conninfo(self.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
            if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (TIPG,)).fetchone() is None:
                conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(TIPG)))
            for role in (SUPERUSER, APP, ENGINE, TIPG):
                if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                    conn.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
        access = self.data / "pg_hba.conf"
        line = "host all all 127.0.0.1/32 scram-sha-256\n"
        if line not in access.read_text():
            with access.open("a") as file:
                file.write(line)
            os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)
            time.sleep(0.3)
        return password


def vars_of(dsns: Dsns) -> tuple[str, str, str]:
    return dsns.superuser, dsns.app, dsns.engine


@dataclass(frozen=True)
class Place:
    """A running cluster with the city in it. `tcp(user)` is a postgresql:// address over the loopback port."""

    cluster: Loopback
    password: str
    loaded_s: float | None
    made: demo.City

    def tcp(self, user: str, database: str = CITY) -> str:
        return f"postgresql://{user}:{self.password}@127.0.0.1:{self.cluster.port}/{database}"

    def dsns(self, database: str = CITY) -> Dsns:
        return Dsns(*(make_conninfo(dsn, dbname=database) for dsn in vars_of(self.cluster.dsns())))

    @contextmanager
    def database(self, name: str = CITY) -> Iterator[Database]:
        where = self.dsns(name)
        with Database(where.app, where.engine, 8, layers().staff_layers()) as db:
            yield db

    @contextmanager
    def fresh(self, name: str) -> Iterator[Dsns]:
        """An empty migrated database with reference data, thrown away afterwards."""
        self.drop(name)
        self._execute("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)
        where = self.dsns(name)
        try:
            current(where.superuser)
            yield where
        finally:
            self.drop(name)

    def copy(self, of: str, name: str) -> None:
        """A database like another, which nobody may be using meanwhile."""
        with psycopg.connect(make_conninfo(self.cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(of)))

    def drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, name: str) -> None:
        with psycopg.connect(make_conninfo(self.cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]


def layers() -> catalogue.Catalogue:
    return catalogue.load(settings().layers_dir, settings().data_dir / "codes")


def current(superuser: str) -> None:
    with connect(superuser) as conn:
        migrate(conn, settings().migrations_dir)
        load_reference(conn, settings().data_dir)


def desk(db: Database) -> Desk:
    with db.as_user(OPERATOR) as conn:
        return Desk(layers(), gazetteer(conn), settings().soft_duplicate_m)


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def edition() -> str:
    """What the loaded city depends on: migrations, layers and the code that makes it. Another edition is loaded anew."""
    files = [*settings().migrations_dir.glob("*.sql"), *settings().layers_dir.glob("*/layer.toml"),
             *(ROOT / "riskmap" / "core" / "demo").glob("*.py")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def standing(say) -> Iterator[Place]:
    """The cluster up with the city loaded and graded as of today; stopped at the end, kept for the next run."""
    cluster = Loopback(VAR, free_port())
    if cluster.status().running:                      # left by a run that was killed; its port is not ours
        cluster.down()
    cluster.up()
    try:
        place = Place(cluster, "", None, None)        # type: ignore[arg-type]
        mark, loaded_s = VAR / "loaded", None
        stale = not mark.exists() or mark.read_text() != edition()
        if stale:
            mark.unlink(missing_ok=True)
            place.drop(CITY)
            place._execute("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", CITY)
        current(place.dsns().superuser)
        with place.database() as db:
            now = dt.datetime.now(dt.UTC)
            say("making the demo city")
            with db.as_user(OPERATOR) as conn:
                made = demo.make(conn, settings().data_dir, beijing_day(now))
            if stale:
                say("loading it (once)")
                clock = time.perf_counter()
                demo.load(db, desk(db), made, OPERATOR, now, lambda text: say(f"  {text}"))
                loaded_s = time.perf_counter() - clock
            full(db, layers(), dt.datetime.now(dt.UTC))
        if stale:
            with psycopg.connect(place.dsns().superuser, autocommit=True) as conn:
                conn.execute("VACUUM ANALYZE")
            mark.write_text(edition())
        yield Place(cluster, cluster.open_port(), loaded_s, made)
    finally:
        cluster.down()




def postgres_version(place: Place) -> str:
    """Server and PostGIS."""
    with psycopg.connect(place.dsns().superuser) as conn:
        found = conn.execute("SELECT current_setting('server_version'), postgis_lib_version()").fetchone()
    assert found
    return f"{found[0].split()[0]} + PostGIS {found[1]}"
