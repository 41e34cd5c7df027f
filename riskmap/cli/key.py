"""riskmap key …: keys of programs that read, from the command line, as the operator; each command is audited."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import orjson
import typer

from riskmap.catalogue import load
from riskmap.cli import app
from riskmap.core.actor import OPERATOR
from riskmap.flows import key as flow
from riskmap.flows.setup import opened
from riskmap.settings import settings
from riskmap.store import keys

key = typer.Typer(help="只读接口密钥 · keys of programs that read: add list confirm revoke", no_args_is_help=True)
app.add_typer(key, name="key")

Prefix = Annotated[str, typer.Argument(help="密钥前八位 the eight signs after rmk_")]


@key.command()
def add(
    name: Annotated[str, typer.Argument(help="哪个程序、谁负责 which program, whose")],
    org: Annotated[str, typer.Option(help="单位代码 code of the organisation: 110000 city, 110105 … district, BDA")] = "110000",
    layer: Annotated[list[str] | None, typer.Option(help="只限这个图层，可多次 this layer only, more than once for more")] = None,
    days: Annotated[int, typer.Option(help=f"有效天数 days it lives, 1–{flow.DAYS}")] = 90,
) -> None:
    """新密钥，只显示这一次 · a new key, printed this once."""
    bounds = settings()
    known = load(bounds.layers_dir, bounds.data_dir / "codes").layers
    with opened(bounds) as db, db.as_user(OPERATOR, write=True) as conn:
        _, made = flow.add(conn, name, org, layer or None, days, OPERATOR, dt.datetime.now(dt.UTC), known)
    print(f"密钥，只显示这一次 the key, shown this once:\n\n    {made}\n")
    print("用法 use: curl -H 'Authorization: Bearer rmk_…' https://…/api/layers")


@key.command("list")
def listed(as_json: Annotated[bool, typer.Option("--json", help="机器可读 for programs")] = False) -> None:
    """所有密钥 · every key."""
    with opened(settings()) as db, db.as_user(OPERATOR) as conn:
        found = keys.every(conn)
    if as_json:
        print(orjson.dumps(found).decode())
        return
    for k in found:
        print(f"rmk_{k['prefix']}  {_state(k)}  {k['unit']}  {'、'.join(k['layers'] or ['全部图层 all layers'])}  {k['name']}")
    print(f"{len(found)} 个密钥 keys")


@key.command()
def confirm(prefix: Prefix) -> None:
    """确认安全管理员建的密钥 · confirm what a security administrator made."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = flow.confirm(conn, flow.numbered(conn, prefix), OPERATOR)
    print(f"已确认 confirmed: rmk_{done['prefix']}")


@key.command()
def revoke(prefix: Prefix) -> None:
    """撤销，下一个请求起无效 · it opens nothing from the next request on."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = flow.revoke(conn, flow.numbered(conn, prefix), OPERATOR, dt.datetime.now(dt.UTC))
    print(f"已撤销 revoked: rmk_{done['prefix']}")


def _state(k: dict[str, object]) -> str:
    until = k["expires_at"]
    assert isinstance(until, dt.datetime)
    if k["revoked_at"]:
        return "已撤销 revoked"
    if k["awaits"]:
        return f"待确认 awaits confirmation ({k['awaits']})"
    return "已过期 expired" if until <= dt.datetime.now(dt.UTC) else f"到 until {until:%Y-%m-%d}"
