"""The only way to a connection. A session is one transaction, READ ONLY unless it says it writes, and always somebody's.

with db.as_user(actor) as conn:               # role riskmap_app, row-level security by the actor
with db.as_user(actor, write=True) as conn:
with db.as_engine() as conn:                  # role riskmap_engine: reads every input, alone writes grades
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import JsonbDumper, set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from riskmap.core.actor import Actor
from riskmap.errors import Unavailable
from riskmap.store.faults import RETRY, problem
from riskmap.store.query import Conn

WAIT_S = 2.0  # how long a request may wait for a connection before it is told to come back

SESSION = """
SELECT set_config('app.actor', %(actor)s, true), set_config('app.role', %(role)s, true), set_config('app.orgs', %(orgs)s, true),
       set_config('app.scope', %(scope)s, true), set_config('app.staff_layers', %(staff_layers)s, true),
       set_config('app.layers', %(layers)s, true), set_config('app.address', %(address)s, true), set_config('app.request_id', %(request_id)s, true)
"""

set_json_loads(orjson.loads)
set_json_dumps(lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))


def array_text(values: Sequence[object]) -> str:
    """A PostgreSQL array literal of plain words or integers."""
    return "{" + ",".join(str(v) for v in values) + "}"


def prepare(conn: Conn) -> None:
    """Every connection: dicts are stored as jsonb."""
    conn.adapters.register_dumper(dict, JsonbDumper)


class Database:
    """Two pools, one for each login role. `staff_layers`: the layers all signed-in staff may read, from the catalogue."""

    def __init__(self, app_dsn: str, engine_dsn: str, pool_size: int = 8, staff_layers: Sequence[str] = ()) -> None:
        self.staff_layers = tuple(staff_layers)
        self._app = _pool(app_dsn, pool_size, "riskmap-app")
        self._engine = _pool(engine_dsn, 2, "riskmap-engine")

    def close(self) -> None:
        self._app.close()
        self._engine.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def as_user(
        self, actor: Actor, write: bool = False, address: str | None = None, request_id: str | None = None
    ) -> Iterator[Conn]:
        """One transaction as `actor`. Errors of the database leave as Problems; anything raised inside rolls back."""
        sighted = actor.scope != "none"
        values = {
            "actor": actor.id,
            "role": actor.role,
            "orgs": array_text((actor.orgs or (actor.org,)) if sighted else ()),
            "scope": actor.scope,
            "staff_layers": array_text(self.staff_layers if sighted else ()),
            "layers": "*" if actor.layers is None else array_text(actor.layers),
            "address": address or "",
            "request_id": request_id or "",
        }
        with _session(self._app, write, values) as conn:
            yield conn

    @contextmanager
    def as_engine(self, write: bool = True) -> Iterator[Conn]:
        """One transaction as the grading engine."""
        values = {
            "actor": "engine",
            "role": "engine",
            "orgs": "{}",
            "scope": "city",
            "staff_layers": array_text(self.staff_layers),
            "layers": "*",
            "address": "",
            "request_id": "",
        }
        with _session(self._engine, write, values) as conn:
            yield conn

    def announcements(self, wait_s: float = 5.0) -> Iterator[bool]:
        """Endless: True when an event was announced (riskmap_event), False after `wait_s` seconds of silence.

        Holds a connection of its own, outside the pools; ends by raising Unavailable when the server goes away.
        """
        try:
            with psycopg.connect(self._engine.conninfo, autocommit=True, application_name="riskmap-listener") as conn:
                conn.execute("LISTEN riskmap_event")
                yield True  # whatever happened before we listened
                while True:
                    yield any(True for _ in conn.notifies(timeout=wait_s, stop_after=1))
        except psycopg.OperationalError as error:
            raise Unavailable("数据库暂不可用 The database does not answer", remedy=RETRY) from error


def _pool(dsn: str, size: int, name: str) -> ConnectionPool[Any]:
    kwargs = {"row_factory": dict_row, "application_name": name}
    pool = ConnectionPool(
        dsn,
        kwargs=kwargs,
        min_size=1,
        max_size=size,
        open=False,
        configure=prepare,
        name=name,
        timeout=WAIT_S,
        reconnect_timeout=1,
        max_idle=300,
    )
    pool.open(wait=False)
    return pool


@contextmanager
def _session(pool: ConnectionPool[Any], write: bool, values: dict[str, str]) -> Iterator[Conn]:
    conn = _begin(pool, write, values)
    try:
        yield conn
        conn.commit()
    except psycopg.Error as error:
        _rollback(conn)
        told = problem(error)
        if told is None:
            raise
        raise told from error
    except BaseException:
        _rollback(conn)
        raise
    finally:
        pool.putconn(conn)


def _begin(pool: ConnectionPool[Any], write: bool, values: dict[str, str]) -> Conn:
    """A connection with its transaction begun. One that died while idle (server restarted) is thrown away for the next."""
    last: psycopg.Error | None = None
    for _ in range(pool.max_size + 1):
        try:
            conn = pool.getconn(timeout=WAIT_S)
        except PoolTimeout as error:
            raise Unavailable("数据库忙或未就绪 The database is busy or not ready", remedy=RETRY, retry_after=5) from error
        try:
            conn.read_only = not write
            conn.execute(SESSION, values)
            return conn
        except psycopg.OperationalError as error:
            _rollback(conn)
            pool.putconn(conn)
            last = error
        except BaseException:
            _rollback(conn)
            pool.putconn(conn)
            raise
    raise Unavailable("数据库暂不可用 The database does not answer", remedy=RETRY, retry_after=5) from last


def _rollback(conn: Conn) -> None:
    try:
        conn.rollback()
    except psycopg.Error:
        conn.close()  # the pool replaces it
