"""Which database this installation uses: the server it was pointed at, or the private cluster of its own."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from riskmap.errors import SetupError
from riskmap.settings import Settings
from riskmap.store.cluster import APP, ENGINE, Cluster, Dsns
from riskmap.store.database import Database

# What bootstrap.sql gives the login roles; a session that becomes the role by `-c role` does not get it from the role.
LIMITS = {
    APP: "-c statement_timeout=30s -c lock_timeout=2s -c idle_in_transaction_session_timeout=60s"
    " -c plan_cache_mode=force_custom_plan",
    ENGINE: "-c lock_timeout=10s",
}


def embedded(settings: Settings) -> Cluster | None:
    """The private cluster, or None where RISKMAP_DATABASE_URL names a server."""
    if settings.database_url:
        return None
    return Cluster(settings.var_dir, settings.database_name, ballast_bytes=settings.ballast_bytes)


def dsns(settings: Settings, start: bool = True) -> Dsns:
    """Connection strings; the private cluster is started when it is not running and `start`."""
    if cluster := embedded(settings):
        return cluster.up() if start else cluster.dsns()
    return external(settings)


def external(settings: Settings) -> Dsns:
    """Connection strings of a given server.

    With owner_database_url, database_url is the app's own login. Without it, database_url is a superuser or the owner, who
    becomes the app's or the engine's role at sign-in: fewer passwords, but a weaker wall, and `riskmap doctor` says so.
    """
    assert settings.database_url
    owner = settings.owner_database_url or settings.database_url
    app = settings.database_url if settings.owner_database_url else becoming(owner, APP)
    made = Dsns(owner, app, settings.engine_database_url or becoming(owner, ENGINE))
    try:
        conninfo_to_dict(made.app)
        with psycopg.connect(owner, connect_timeout=10):
            pass
    except psycopg.Error as error:
        raise SetupError(
            f"连不上 RISKMAP_DATABASE_URL 所指的数据库 The given database does not answer: {str(error).strip()[:300]}",
            remedy="检查地址、口令与网络；或取消该变量用内置数据库 Check it, or unset the variable to use the embedded one.",
        ) from error
    return made


def becoming(dsn: str, role: str) -> str:
    """`dsn`, whose sessions act as `role` from the first statement."""
    return make_conninfo(dsn, options=f"-c role={role} -c jit=off {LIMITS[role]}")


def open_database(settings: Settings, where: Dsns, staff_layers: Sequence[str]) -> Database:
    """The store over the two login roles."""
    return Database(where.app, where.engine, settings.pool_size, staff_layers)
