"""Keys of programs that read: made, confirmed, revoked and recognised. A key is told once and kept as a digest; each step is audited.

Like an account: what a security administrator makes opens nothing until a second one confirms it; the command line needs no second.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from riskmap.core.actor import GATE, Actor
from riskmap.core.role import scope
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows.people import home_of
from riskmap.store import journal, keys
from riskmap.store.database import Database
from riskmap.store.query import Conn

ROLE = "api_client"
SHAPE = re.compile(r"rmk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
DAYS = 365  # the longest a key lives


def add(conn: Conn, name: str, org: str, layers: Sequence[str] | None, days: int, by: Actor, now: dt.datetime,
        known: Collection[str]) -> tuple[int, str]:
    """A new key; its id and itself, told this once. `layers` None: every layer; `known`: the layers there are."""
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise BadInput("名称应有 1–100 个字 / a name has 1–100 signs", where="name", remedy="写明哪个程序、谁负责 / which program, whose")
    if not 1 <= days <= DAYS:
        raise BadInput(f"有效期应为 1–{DAYS} 天 / a key lives 1–{DAYS} days", where="days")
    wanted = None if layers is None else sorted(set(layers))
    strange = [one for one in wanted or () if one not in known]
    if wanted is not None and (not wanted or strange):
        raise BadInput(
            f"没有这个图层: {'、'.join(strange)[:80]} / no such layer" if strange else "至少选一个图层 / choose at least one layer",
            where="layers", remedy="、".join(sorted(known)),
        )  # fmt: skip
    home = home_of(conn, ROLE, org)
    prefix = "".join(secrets.choice(SIGNS) for _ in range(8))
    key = f"rmk_{prefix}_{secrets.token_urlsafe(32)}"
    expires_at, awaits = now + dt.timedelta(days=days), by.id if by.role == "security_admin" else None
    id = keys.add(conn, prefix, digest(key), name, home["id"], wanted, expires_at, by.id, now, awaits)
    after = {"prefix": prefix, "name": name, "org": home["code"], "layers": wanted, "expires_at": expires_at.isoformat(), "awaits": awaits}
    journal.audit(conn, by, "key.add", object_id=id, after=after)
    return id, key


def confirm(conn: Conn, id: int, by: Actor) -> dict[str, Any]:
    """The second person's yes. Raises Conflict when nothing waits, Forbidden for one's own key."""
    found = _found(conn, id)
    if found["awaits"] is None or found["revoked_at"] is not None:
        raise Conflict("没有待确认的密钥 / this key waits for nobody", where=found["prefix"])
    if found["awaits"] == by.id:
        raise Forbidden(
            "须由另一位安全管理员确认 / a second security administrator confirms it", where=found["prefix"],
            remedy="或在服务器上 or on the server: riskmap key confirm " + found["prefix"],
        )  # fmt: skip
    keys.confirm(conn, id)
    journal.audit(conn, by, "key.confirm", object_id=id, before={"awaits": found["awaits"]}, after={"prefix": found["prefix"]})
    return {"id": id, "prefix": found["prefix"], "confirmed": True}


def revoke(conn: Conn, id: int, by: Actor, now: dt.datetime) -> dict[str, Any]:
    """From the next request on the key opens nothing. Raises Conflict when it was revoked before."""
    found = _found(conn, id)
    if found["revoked_at"] is not None:
        raise Conflict("密钥已撤销 / the key is revoked already", where=found["prefix"])
    keys.revoke(conn, id, by.id, now)
    journal.audit(conn, by, "key.revoke", object_id=id, before={"prefix": found["prefix"], "name": found["name"]})
    return {"id": id, "prefix": found["prefix"], "revoked": True}


def numbered(conn: Conn, prefix: str) -> int:
    """The number of a key by its prefix. Raises NotFound."""
    found = keys.lock(conn, prefix=prefix.strip().lower().removeprefix("rmk_")[:8])
    if found is None:
        raise NotFound("没有这个密钥 / no such key", where=prefix[:20])
    return found["id"]


def resolve(db: Database, given: str, now: dt.datetime) -> tuple[Actor, int] | None:
    """Who a key is and its number, asked of the database each time. None when nobody made it, it awaits its second person, was revoked or is over."""
    if not SHAPE.fullmatch(given):
        return None
    with db.as_user(GATE) as conn:
        found = keys.held(conn, digest(given))
    if found is None or found["awaits"] or found["revoked_at"] or found["expires_at"] <= now:
        return None
    who = Actor(
        f"key:{found['prefix']}", found["name"], ROLE, found["org"], scope(ROLE, found["org_kind"]), tuple(found["orgs"]), found["unit"],
        None if found["layers"] is None else tuple(found["layers"]),
    )  # fmt: skip
    return who, found["id"]


def used(db: Database, id: int, who: Actor, now: dt.datetime, address: str, request_id: str, requests: int) -> None:
    """Into the audit, and when and from where the key was used last; `requests`: how many since the last row."""
    with db.as_user(GATE, write=True, address=address, request_id=request_id) as conn:
        keys.used(conn, id, now, address)
        journal.audit(conn, who, "key.used", object_id=id, after={"requests": requests})


def refused(db: Database, given: str, address: str, request_id: str, times: int) -> None:
    """A key that opens nothing, into the audit: its prefix only, and only where it looks like one of ours."""
    shaped = SHAPE.fullmatch(given)
    with db.as_user(GATE, write=True, address=address, request_id=request_id) as conn:
        journal.audit(conn, GATE, "key.refused", after={"prefix": shaped[1] if shaped else None, "times": times}, result="refused")


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _found(conn: Conn, id: int) -> dict[str, Any]:
    found = keys.lock(conn, id=id)
    if found is None:
        raise NotFound("没有这个密钥 / no such key", where=str(id))
    return found
