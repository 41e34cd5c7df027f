"""Accounts made, changed, locked out and let in again: by the security administrator, or by whoever holds the command line. Each is audited.

What a security administrator grants (an account, a role, a new password) opens nothing until a second one confirms it: nobody alone
becomes somebody else. The command line needs no second person: whoever holds it holds the database.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Any

from riskmap.core import password as passwords
from riskmap.core.actor import Actor
from riskmap.core.role import HOMES, ROLES
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.store import accounts, journal, orgs
from riskmap.store.query import Conn

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
OURS = frozenset({"officer", "operator", "engine", "gate"})
SIGNS = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"  # none that look alike


def one_time() -> str:
    """A random password of 16 signs (about 92 bits) that every profile takes, in groups a person can read out."""
    while True:
        text = "".join(secrets.choice("".join(SIGNS)) for _ in range(16))
        if passwords.classes(text) == 3:
            return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def add(conn: Conn, login: str, name: str, role: str, org: str, by: Actor, now: dt.datetime) -> tuple[int, str]:
    """A new account; its id and its one-time password, told this once. BadInput says what will not do, Conflict that the login is taken."""
    login, name = login.strip().lower(), name.strip()
    if not LOGIN.fullmatch(login) or login in OURS:
        raise BadInput(
            "登录名不合要求 / the login will not do", where=f"login={login[:40]}",
            remedy="2–32 个小写字母、数字、. _ -，以字母或数字开头 / 2–32 small letters, digits, . _ -; not " + ", ".join(sorted(OURS)),
        )  # fmt: skip
    if not 1 <= len(name) <= 100:
        raise BadInput("姓名应有 1–100 个字 / a name has 1–100 signs", where="name")
    home = home_of(conn, role, org)
    password = one_time()
    if accounts.held(conn, login=login):
        raise Conflict("登录名已有人用 / the login is taken", where=login, remedy="换一个 / use another")
    id = accounts.add(conn, login, name, home["id"], role, passwords.hashed(password), by.id, now, _awaits(by))
    after = {"login": login, "name": name, "role": role, "org": home["code"], "awaits": _awaits(by)}
    journal.audit(conn, by, "account.add", object_id=id, after=after)
    return id, password


def set_role(conn: Conn, login: str, role: str, org: str | None, by: Actor) -> dict[str, Any]:
    """Another role, and unit where `org` is given. The person's sessions end: a higher role may ask for more at the sign-in."""
    held = _granting(conn, login, by)
    home = home_of(conn, role, org) if org else None
    if home is None:
        known = next(o for o in orgs.every(conn) if o["id"] == held["org"])
        home = home_of(conn, role, known["code"])
    accounts.change(conn, held["id"], role, home["id"], held["state"], _awaits(by))
    accounts.end_sessions(conn, held["id"])
    before, after = {"role": held["role"], "org": held["org"]}, {"role": role, "org": home["id"], "awaits": _awaits(by)}
    journal.audit(conn, by, "account.role", object_id=held["id"], before=before, after=after)
    return {"login": held["login"], "role": role, "org": home["code"], "awaits": _awaits(by)}


def set_state(conn: Conn, login: str, state: str, by: Actor) -> dict[str, Any]:
    """active or disabled; a disabled person's sessions end with the transaction."""
    held = _held(conn, login, by)
    accounts.change(conn, held["id"], held["role"], held["org"], state, held["awaits"])
    ended = accounts.end_sessions(conn, held["id"]) if state == "disabled" else 0
    operation = "account.disable" if state == "disabled" else "account.enable"
    journal.audit(
        conn, by, operation, object_id=held["id"], before={"state": held["state"]}, after={"state": state, "sessions": ended}
    )
    return {"login": held["login"], "state": state, "sessions_ended": ended}


def reset_password(conn: Conn, login: str, by: Actor, now: dt.datetime, second_factor: bool = False) -> str:
    """A one-time password in place of a forgotten one, told this once; sessions end. `second_factor`: the lost device is forgotten too."""
    held = _granting(conn, login, by)
    password = one_time()
    accounts.set_password(conn, held["id"], passwords.hashed(password), True, now, _awaits(by), second_factor)
    ended = accounts.end_sessions(conn, held["id"])
    after = {"second_factor": "forgotten" if second_factor else "kept", "sessions": ended, "awaits": _awaits(by)}
    journal.audit(conn, by, "account.reset", object_id=held["id"], after=after)
    return password


def bind(conn: Conn, login: str, subject: str | None, by: Actor) -> dict[str, Any]:
    """Whom the identity provider calls so; None takes the way away, and the sessions with it. Raises Conflict where the subject is another's."""
    if subject is not None and not (subject.strip() == subject and subject.isprintable()):
        raise BadInput(
            "主体标识首尾不能有空白 / no blanks around a subject", where="subject", remedy="照抄统一身份认证给的 sub / as the provider says it"
        )
    held = _granting(conn, login, by) if subject else _held(conn, login, by)
    other = accounts.held(conn, subject=subject) if subject else None
    if other and other["id"] != held["id"]:
        raise Conflict("这个主体已绑定别的账户 / the subject is another account's", where=other["login"])
    awaits = _awaits(by) if subject else held["awaits"]
    accounts.set_subject(conn, held["id"], subject, awaits)
    ended = accounts.end_sessions(conn, held["id"])
    before, after = {"subject": held["oidc_subject"]}, {"subject": subject, "awaits": awaits, "sessions": ended}
    journal.audit(conn, by, "account.bind", object_id=held["id"], before=before, after=after)
    return {"login": held["login"], "subject": subject, "awaits": awaits}


def confirm(conn: Conn, login: str, by: Actor) -> dict[str, Any]:
    """The second person's yes to what another granted. Raises Conflict when nothing waits, Forbidden for one's own grant."""
    held = _held(conn, login, by)
    if held["awaits"] is None:
        raise Conflict("没有待确认的授权 / nothing waits to be confirmed", where=held["login"])
    if held["awaits"] == by.id:
        raise Forbidden(
            "须由另一位安全管理员确认 / a second security administrator confirms it",
            where=held["login"], remedy="或在服务器上 or on the server: riskmap user confirm " + held["login"],
        )  # fmt: skip
    accounts.change(conn, held["id"], held["role"], held["org"], held["state"], None)
    after = {"role": held["role"], "org": held["org"]}
    journal.audit(conn, by, "account.confirm", object_id=held["id"], before={"awaits": held["awaits"]}, after=after)
    return {"login": held["login"], "role": held["role"], "confirmed": True}


def unlock(conn: Conn, login: str, by: Actor) -> None:
    """Let a locked account try again at once."""
    held = _held(conn, login, by)
    accounts.charge(conn, held["id"], 0, None)
    journal.audit(conn, by, "account.unlock", object_id=held["id"], before={"failures": held["failures"]})


def _held(conn: Conn, login: str, by: Actor) -> dict[str, Any]:
    held = accounts.held(conn, login=login.strip().lower())
    if held is None:
        raise NotFound("没有这个账户 / no such account", where=login[:40])
    if held["login"] == by.id:
        raise Forbidden(
            "不能这样改自己的账户 / not on the own account",
            where=login,
            remedy="由另一位安全管理员 / ask another security administrator",
        )
    return held


def _granting(conn: Conn, login: str, by: Actor) -> dict[str, Any]:
    """The account to be given something. What another granted is confirmed or the account disabled first: two grants are not mixed."""
    held = _held(conn, login, by)
    if held["awaits"] not in (None, by.id) and _awaits(by):
        raise Conflict(
            f"{held['awaits']} 的授权还待确认 / a grant by {held['awaits']} waits to be confirmed",
            where=held["login"], remedy="先确认，或停用该账户 / confirm it first, or disable the account",
        )  # fmt: skip
    return held


def _awaits(by: Actor) -> str | None:
    """Whose grant it is, to be confirmed by another; None from the command line."""
    return by.id if by.role == "security_admin" else None


def home_of(conn: Conn, role: str, org: str) -> dict[str, Any]:
    if role not in ROLES:
        raise BadInput(f"没有这个角色: {role[:40]} / no such role", where="role", remedy="、".join(ROLES))
    home = orgs.coded(conn, org)
    if home is None:
        raise BadInput(
            f"没有这个单位: {org[:40]} / no such organisation",
            where="org",
            remedy="110000 市局 city · 110105 … 区 district · BDA · 九位街乡码 street",
        )
    if home["kind"] not in HOMES[role]:
        zh = {"city": "市局 city", "district": "区 district", "zone": "开发区 zone", "street": "街乡 street"}
        raise BadInput(
            f"{ROLES[role][0]}不属于{home['name']} / {role} does not belong there", where="org",
            remedy="应为 one of: " + "、".join(zh[k] for k in sorted(HOMES[role])),
        )  # fmt: skip
    return home
