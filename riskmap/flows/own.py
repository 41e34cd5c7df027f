"""A person's own account: where one is signed in, and ending that. The sign-in itself does it, since nobody else sees sessions."""

from __future__ import annotations

from typing import Any

from riskmap.core.actor import GATE
from riskmap.flows.signin import Signed, Visit, key_of
from riskmap.store import accounts, journal
from riskmap.store.database import Database


def account(db: Database, signed: Signed, visit: Visit) -> dict[str, Any]:
    """second_factor: whether a device is known; password_set_at; sessions, each with `mine` for the one that asks and a `name` to end it by."""
    with db.as_user(GATE, write=True) as conn:  # the account's row is held while it is read
        held = accounts.held(conn, id=signed.account_id)
        assert held is not None
        found = accounts.sessions(conn, signed.account_id, visit.now)
    mine = key_of(signed.id)
    told = [one | {"name": bytes(one["key"]).hex(), "mine": bytes(one["key"]) == mine} for one in found]
    return {"second_factor": held["totp_confirmed"], "password_set_at": held["password_set_at"], "sessions": told}


def end_others(db: Database, signed: Signed, visit: Visit) -> int:
    """Every session of one's own but this; how many ended."""
    return _end(db, signed, visit, key_of(signed.id), others=True)


def end_one(db: Database, signed: Signed, visit: Visit, name: str) -> int:
    """One session of one's own by its name; another person's, or none, ends nothing."""
    try:
        key = bytes.fromhex(name)
    except ValueError:
        return 0
    return _end(db, signed, visit, key, others=False)


def _end(db: Database, signed: Signed, visit: Visit, key: bytes, others: bool) -> int:
    with db.as_user(GATE, write=True, address=visit.address, request_id=visit.request_id) as conn:
        ended = accounts.end_own_sessions(conn, signed.account_id, key, others)
        if ended:
            journal.audit(conn, signed.actor, "account.sessions", object_id=signed.account_id, after={"ended": ended})
    return ended
