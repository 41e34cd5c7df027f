"""A real PostgreSQL with PostGIS: one private cluster a session, one database a test, copied from a migrated template."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from riskmap.catalogue import load
from riskmap.core.actor import OFFICER, Actor
from riskmap.settings import settings
from riskmap.store.cluster import Cluster, Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect, migrate
from riskmap.store.reference import load_reference

# A slow machine is no fault of the code: no deadline for one example.
hypothesis.settings.register_profile("riskmap", deadline=None)
hypothesis.settings.load_profile("riskmap")

# The plain form of a fault, as in the product: the fancy one takes half a minute to draw every local value.
structlog.configure(
    processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.dev.ConsoleRenderer(colors=False)]
)

UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
}
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # a disk in memory makes a database in a tenth of the time; in a container it is often too small
_number = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private cluster in a short temporary folder, started; taken away with everything in it at the end."""
    memory = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None
    folder = Path(tempfile.mkdtemp(prefix="riskmap-test-", dir=memory))
    folder.chmod(0o755)
    made = Cluster(folder, extra=UNSAFE_BUT_FAST, ballast_bytes=0)
    made.up()
    yield made
    made.down()
    shutil.rmtree(made.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Name of a migrated database with reference data and nothing else. Nobody stays connected to it."""
    name = "riskmap_template"
    create_database(cluster, name, "template0")
    with connect(dsns_of(cluster, name).superuser) as conn:
        migrate(conn, settings().migrations_dir)
        load_reference(conn, settings().data_dir)
    return name


@pytest.fixture
def dsns(cluster: Cluster, template: str) -> Iterator[Dsns]:
    """Connection strings of a fresh database of this test's own."""
    name = f"riskmap_test_{next(_number)}"
    create_database(cluster, name, template)
    yield dsns_of(cluster, name)
    with psycopg.connect(make_conninfo(cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def db(dsns: Dsns) -> Iterator[Database]:
    """The store on this test's own database, as the real login roles."""
    with Database(
        dsns.app, dsns.engine, pool_size=4, staff_layers=load(settings().layers_dir, settings().data_dir / "codes").staff_layers()
    ) as made:
        yield made


@pytest.fixture
def officer() -> Actor:
    """The built-in officer of the city."""
    return OFFICER


def create_database(cluster: Cluster, name: str, template: str) -> None:
    with psycopg.connect(make_conninfo(cluster.dsns().superuser, dbname="postgres"), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(sql.Identifier(name), sql.Identifier(template))
        )


def dsns_of(cluster: Cluster, name: str) -> Dsns:
    made = cluster.dsns()
    return Dsns(*(make_conninfo(dsn, dbname=name) for dsn in (made.superuser, made.app, made.engine)))
