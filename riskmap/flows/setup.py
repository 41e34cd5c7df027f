"""From whatever is there to a current database: server up, migrations, reference data. Twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from riskmap import catalogue
from riskmap.settings import Settings
from riskmap.store import row, server
from riskmap.store.database import Database
from riskmap.store.migrate import connect, migrate
from riskmap.store.reference import load_reference


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


def is_empty(db: Database) -> bool:
    """Whether no record of any layer was ever stored."""
    with db.as_engine(write=False) as conn:
        found = row(conn, "setup_is_empty")
    assert found is not None
    return bool(found["empty"])
