"""Accounts, sessions and attempts to sign in. Only the gate and those who manage accounts get anything from here."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.store.query import Conn, row, rows, run


def exist(conn: Conn) -> bool:
    """Whether anybody has an account: from then on everybody signs in."""
    found = row(conn, "accounts_any")
    assert found is not None
    return found["any"]


def held(conn: Conn, login: str | None = None, id: int | None = None, subject: str | None = None) -> dict[str, Any] | None:
    """One account without its secrets, held until the transaction ends; None when there is none."""
    return row(conn, "accounts_held", login=login, id=id, subject=subject)


def proofs(conn: Conn, login: str | None = None, id: int | None = None, subject: str | None = None) -> dict[str, Any] | None:
    """`held` with password_hash and totp_secret, which the database tells to the gate alone."""
    found = held(conn, login, id, subject)
    secrets = row(conn, "accounts_secrets", id=found["id"]) if found else None
    return {**found, **secrets} if found and secrets else None


def every(conn: Conn) -> list[dict[str, Any]]:
    """All accounts without their secrets, by login."""
    return rows(conn, "accounts_list")


def add(conn: Conn, login: str, name: str, org: int, role: str, password_hash: str, created_by: str, now: dt.datetime,
        awaits: str | None = None) -> int:
    """A new account, whose password must be changed at the first sign-in; its id. Conflict when the login is taken."""
    found = row(
        conn,
        "accounts_add",
        login=login,
        name=name,
        org=org,
        role=role,
        password_hash=password_hash,
        created_by=created_by,
        now=now,
        awaits=awaits,
    )
    assert found is not None
    return found["id"]


def change(conn: Conn, id: int, role: str, org: int, state: str, awaits: str | None) -> None:
    run(conn, "accounts_change", id=id, role=role, org=org, state=state, awaits=awaits)


def set_password(conn: Conn, id: int, password_hash: str, must_change: bool, now: dt.datetime, awaits: str | None = None,
                 forget: bool = False) -> None:
    """`awaits`: whose grant this is, until a second person confirms; `forget`: the second factor goes with the old password."""
    run(conn, "accounts_password", id=id, password_hash=password_hash, must_change=must_change, now=now, awaits=awaits,
        forget=forget or None)


def set_subject(conn: Conn, id: int, subject: str | None, awaits: str | None) -> None:
    run(conn, "accounts_subject", id=id, subject=subject, awaits=awaits)


def charge(conn: Conn, id: int, failures: int, locked_until: dt.datetime | None) -> None:
    run(conn, "accounts_charge", id=id, failures=failures, locked_until=locked_until)


def set_second_factor(conn: Conn, id: int, secret: str | None, confirmed: bool, step: int) -> None:
    run(conn, "accounts_totp", id=id, secret=secret, confirmed=confirmed, step=step)


def seen(conn: Conn, id: int, now: dt.datetime) -> None:
    run(conn, "accounts_seen", id=id, now=now)


def take_turn(conn: Conn) -> None:
    """Wait until no other sign-in is being counted."""
    row(conn, "accounts_turn")


def attempts(conn: Conn, address: str, since: dt.datetime) -> dict[str, Any]:
    """here, everywhere: attempts since; told: this address was turned away since."""
    found = row(conn, "accounts_attempts", address=address, since=since)
    assert found is not None
    return found


def attempt(conn: Conn, address: str, now: dt.datetime, refused: bool) -> None:
    run(conn, "accounts_attempt", address=address, now=now, refused=refused)


def forget(conn: Conn, now: dt.datetime) -> None:
    """Throw away attempts older than a day and sessions that are over."""
    run(conn, "accounts_forget", now=now, since=now - dt.timedelta(days=1))


def begin_flow(conn: Conn, key: bytes, state: str, nonce: str, verifier: str, next: str, now: dt.datetime, expires_at: dt.datetime) -> None:
    """A way to the identity provider and back, of the browser that holds the key."""
    run(conn, "accounts_flow_add", key=key, state=state, nonce=nonce, verifier=verifier, next=next, now=now, expires_at=expires_at)


def take_flow(conn: Conn, key: bytes) -> dict[str, Any] | None:
    """The way a browser began; gone with the asking. Says nothing of its age: the caller judges."""
    return row(conn, "accounts_flow_take", key=key)


def session(conn: Conn, key: bytes) -> dict[str, Any] | None:
    """Who a session is and what the person sees; None when there is no such session. Says nothing of its age: the caller judges."""
    return row(conn, "accounts_session", key=key)


def stands(conn: Conn, key: bytes, role: str, org: int) -> bool:
    """Whether a session still holds with this role and unit, as the person who acts sees it now."""
    found = row(conn, "accounts_standing", key=key, role=role, org=org)
    return found is not None and found["stands"]


def open_session(
    conn: Conn, key: bytes, account_id: int, kind: str, now: dt.datetime, expires_at: dt.datetime, address: str, user_agent: str,
    via: str = "password",
) -> None:
    run(
        conn, "accounts_session_add", key=key, account_id=account_id, kind=kind, now=now, expires_at=expires_at, address=address,
        user_agent=user_agent, via=via,
    )  # fmt: skip


def used(conn: Conn, key: bytes, now: dt.datetime) -> None:
    run(conn, "accounts_session_seen", key=key, now=now)


def end_session(conn: Conn, key: bytes) -> bool:
    """Whether there was one."""
    return run(conn, "accounts_session_end", key=key) == 1


def sessions(conn: Conn, account_id: int, now: dt.datetime) -> list[dict[str, Any]]:
    """The sessions of a person that are not over, newest first."""
    return rows(conn, "accounts_sessions_own", account_id=account_id, now=now)


def end_own_sessions(conn: Conn, account_id: int, key: bytes, others: bool) -> int:
    """End one session of a person, or with `others` all but that; how many ended."""
    return run(conn, "accounts_sessions_end_but", account_id=account_id, key=key, others=others)


def end_sessions(conn: Conn, account_id: int, keep: int = 0) -> int:
    """End every session of a person but the newest `keep`; how many ended."""
    return run(conn, "accounts_sessions_end", account_id=account_id, keep=keep)
