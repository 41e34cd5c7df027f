"""riskmap db up | down | status, and riskmap migrate."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.errors import SetupError
from riskmap.flows.setup import make_current
from riskmap.settings import Settings, settings
from riskmap.store.cluster import Cluster
from riskmap.store.server import embedded

db = typer.Typer(help="内置数据库 · the embedded database", no_args_is_help=True)
app.add_typer(db, name="db")

Json = Annotated[bool, typer.Option("--json", help="机器可读 for programs")]


def own(given: Settings) -> Cluster:
    """The private cluster; refused where another server is in use, which is not ours to start or stop."""
    if cluster := embedded(given):
        return cluster
    raise SetupError(
        "正在使用外部数据库，不由本程序启停 An external database is in use; it is not ours to start or stop",
        where="RISKMAP_DATABASE_URL",
        remedy="取消该变量以使用内置数据库 Unset it to use the embedded database.",
    )


@db.command()
def up(
    release_ballast: Annotated[
        bool, typer.Option("--release-ballast", help="磁盘满时放掉压舱文件 give up the ballast on a full disk")
    ] = False,
) -> None:
    """启动（没有则建立）· start it, make it when there is none."""
    cluster = own(settings())
    cluster.up(release_ballast=release_ballast)
    print(f"运行中 running: {cluster.home}")


@db.command()
def down() -> None:
    """停止 · stop it."""
    print("已停止 stopped" if own(settings()).down() else "本来就没有运行 it was not running")


@db.command()
def status(as_json: Json = False) -> None:
    """状态 · say how it is. Exit code 1 when it is not running."""
    found = own(settings()).status()
    if as_json:
        print(
            json.dumps(
                {
                    "running": found.running,
                    "initialised": found.initialised,
                    "version": found.version,
                    "home": str(found.home),
                    "pid": found.pid,
                }
            )
        )
    elif found.running:
        print(f"运行中 running · PostgreSQL {found.version} · pid {found.pid} · {found.home}")
    else:
        print(f"{'已停止 stopped' if found.initialised else '尚未建立 not made yet'} · {found.home}")
    raise typer.Exit(0 if found.running else 1)


@app.command()
def migrate(as_json: Json = False) -> None:
    """迁移到最新结构 · bring the database to the newest schema."""
    applied = make_current(settings())
    if as_json:
        print(json.dumps({"applied": applied}))
    else:
        print("\n".join(applied) if applied else "已是最新 already current")
