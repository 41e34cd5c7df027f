"""From whatever is there to a current database: server up, migrations, reference data. Twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from riskmap import catalogue
from riskmap.errors import SetupError
from riskmap.settings import Settings
from riskmap.store import dump, row, server
from riskmap.store.database import Database
from riskmap.store.migrate import connect, migrate
from riskmap.store.reference import load_reference

LOADING = "demo.loading"


def make_current(settings: Settings) -> list[str]:
    """Start the server if it is ours, migrate, load reference data; names of the migrations applied now."""
    where = server.dsns(settings)
    with connect(where.superuser) as conn:
        applied = migrate(conn, settings.migrations_dir)
        load_reference(conn, settings.data_dir)
    return applied


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The store, current and ready, for one command or one server's life."""
    make_current(settings)
    layers = catalogue.load(settings.layers_dir, settings.data_dir / "codes")
    with server.open_database(settings, server.dsns(settings, start=False), layers.staff_layers()) as db:
        yield db


@contextmanager
def loading_demo(settings: Settings) -> Iterator[None]:
    """While the demo city is loaded a mark stands in var/; one that is still there later tells that the load was cut short."""
    mark = settings.var_dir / LOADING
    mark.touch()
    yield
    mark.unlink()


def settle(settings: Settings) -> None:
    """After a bulk load: statistics and visibility for the planner, and a checkpoint, so that a crash has little to redo."""
    with connect(server.dsns(settings, start=False).superuser) as conn:
        conn.execute("VACUUM (ANALYZE)")
        conn.execute("CHECKPOINT")


def clear_cut_demo(settings: Settings) -> bool:
    """Throw half a demo city away, so that it can be loaded whole; True when there was one. Refused where other records are there."""
    if not (settings.var_dir / LOADING).exists():
        return False
    where = server.dsns(settings)
    with connect(where.superuser) as conn:
        if not dump.is_empty(conn):
            found = row(conn, "setup_only_demo")
            if not found or not found["only"]:
                raise SetupError(
                    "演示城市没有装完，但库中已有其他数据 The demo city was cut short, and other records are there",
                    where=settings.database_name,
                    remedy=f"保留现状：rm {settings.var_dir / LOADING}  To keep things as they are, remove that file.",
                )
    dump.drop(where.superuser, settings.database_name)
    dump.create(where.superuser, settings.database_name)
    (settings.var_dir / LOADING).unlink()
    return True


def is_empty(db: Database) -> bool:
    """Whether no record of any layer was ever stored."""
    with db.as_engine(write=False) as conn:
        found = row(conn, "setup_is_empty")
    assert found is not None
    return bool(found["empty"])
