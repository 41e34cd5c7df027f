"""riskmap user …: accounts from the command line, as the operator; each command is audited."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import orjson
import typer

from riskmap.cli import app
from riskmap.core.actor import OPERATOR
from riskmap.core.role import ROLES
from riskmap.flows import people
from riskmap.flows.setup import opened
from riskmap.settings import settings
from riskmap.store import accounts

user = typer.Typer(help="账户 · accounts: add list disable enable role reset-password confirm bind unlock", no_args_is_help=True)
app.add_typer(user, name="user")

Login = Annotated[str, typer.Argument(help="登录名 login")]
Role = Annotated[str, typer.Option(help=" ".join(ROLES))]
ORG = "单位代码 code of the organisation: 110000 city, 110105 … district, BDA, nine digits street"


@user.command()
def add(
    login: Login,
    role: Role,
    name: Annotated[str, typer.Option(help="姓名 name")] = "",
    org: Annotated[str, typer.Option(help=ORG)] = "110000",
) -> None:
    """新账户，打印一次性口令 · a new account; its one-time password is printed this once."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        first = not accounts.exist(conn)
        _, password = people.add(conn, login, name or login, role, org, OPERATOR, dt.datetime.now(dt.UTC))
    print(f"已建 made: {login.strip().lower()} · {ROLES[role][0]} {ROLES[role][1]}")
    print(f"一次性口令，首次登录须修改 one-time password, to be changed at the first sign-in:\n\n    {password}\n")
    if first:
        print("从现在起所有人都须登录。From now on everybody signs in.")


@user.command("list")
def listed(as_json: Annotated[bool, typer.Option("--json", help="机器可读 for programs")] = False) -> None:
    """所有账户 · every account."""
    with opened(settings()) as db, db.as_user(OPERATOR) as conn:
        found = accounts.every(conn)
    if as_json:
        print(orjson.dumps(found).decode())
        return
    for a in found:
        waits = f"待确认 awaits confirmation ({a['awaits']})" if a["awaits"] else ""
        marks = [a["state"], waits, "2FA" if a["second_factor"] else "", "locked" if _locked(a["locked_until"]) else ""]
        print(f"{a['login']:<20} {ROLES[a['role']][0]:<10} {a['unit']} {a['name']} {' '.join(m for m in marks if m)}")
    print(f"{len(found)} 个账户 accounts")


@user.command()
def disable(login: Login) -> None:
    """停用，会话立即结束 · shut out; sessions end at once."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = people.set_state(conn, login, "disabled", OPERATOR)
    print(f"已停用 disabled: {done['login']} · 结束会话 sessions ended {done['sessions_ended']}")


@user.command()
def enable(login: Login) -> None:
    """恢复 · let in again."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = people.set_state(conn, login, "active", OPERATOR)
    print(f"已恢复 enabled: {done['login']}")


@user.command()
def role(
    login: Login,
    role: Annotated[str, typer.Argument(help=" ".join(ROLES))],
    org: Annotated[str | None, typer.Option(help=ORG)] = None,
) -> None:
    """改角色 · another role, in force with the next request."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = people.set_role(conn, login, role, org, OPERATOR)
    print(f"{done['login']}: {ROLES[role][0]} {ROLES[role][1]} · {done['org']}")


@user.command("reset-password")
def reset_password(
    login: Login,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="并重置第二因素 forget a lost device too")] = False,
) -> None:
    """新的一次性口令 · a new one-time password, printed this once."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        password = people.reset_password(conn, login, OPERATOR, dt.datetime.now(dt.UTC), second_factor)
    print(f"一次性口令 one-time password:\n\n    {password}\n")


@user.command()
def confirm(login: Login) -> None:
    """确认安全管理员的授权 · confirm what a security administrator granted."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = people.confirm(conn, login, OPERATOR)
    print(f"已确认 confirmed: {done['login']} · {ROLES[done['role']][0]}")


@user.command()
def bind(
    login: Login, subject: Annotated[str, typer.Argument(help="统一身份认证的 sub；空串解除 whom the provider calls so; '' takes it away")]
) -> None:
    """绑定统一身份认证 · who comes by the identity provider under this subject is this account."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        done = people.bind(conn, login, subject or None, OPERATOR)
    print(f"{done['login']}: {done['subject'] or '未绑定 not bound'}")


@user.command()
def unlock(login: Login) -> None:
    """解除锁定 · let a locked account try again."""
    with opened(settings()) as db, db.as_user(OPERATOR, write=True) as conn:
        people.unlock(conn, login, OPERATOR)
    print(f"已解锁 unlocked: {login}")


def _locked(until: dt.datetime | None) -> bool:
    return until is not None and until > dt.datetime.now(dt.UTC)
