"""Signing in: counted first, compared second, told the same whoever it is; and every session looked up each time it is used.

An attempt is charged to its account before anything is compared, so that many at once get no more tries than one after another.
The sign-in goes name and password → second factor where there is one → another password where it must be changed → full; the
session has a new id after each, and only a full one opens anything.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from typing import Any

from riskmap.core import password as passwords
from riskmap.core import second_factor
from riskmap.core.actor import GATE, Actor
from riskmap.core.role import TWICE, scope
from riskmap.errors import BadInput, Problem, TooMany, Unauthorized
from riskmap.settings import Settings
from riskmap.store import accounts, journal
from riskmap.store.database import Database
from riskmap.store.query import Conn

STEP_MINUTES = 10  # how long a half-open session waits for the code or the new password
SEEN_EVERY = dt.timedelta(seconds=60)  # a session in use is written down once a minute
MINUTE = dt.timedelta(minutes=1)
_hashing = threading.BoundedSemaphore(4)  # each takes 46 MiB


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a sign-in comes from, and when."""

    address: str
    agent: str
    request_id: str
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A session just opened: `id` goes into the cookie and is kept nowhere else."""

    id: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A session that holds."""

    id: str
    kind: str
    account_id: int
    actor: Actor

    @property
    def csrf(self) -> str:
        """What forms and scripts of this session send back with a change; known only to who holds the session."""
        return hmac.new(self.id.encode(), b"csrf", hashlib.sha256).hexdigest()


def key_of(id: str) -> bytes:
    return hashlib.sha256(id.encode()).digest()


def accounts_exist(db: Database) -> bool:
    with db.as_user(GATE) as conn:
        return accounts.exist(conn)


def begin(db: Database, bounds: Settings, login: str, password: str, visit: Visit) -> Ticket:
    """The first step. Raises TooMany over a limit, else one and the same Unauthorized: wrong, unknown, disabled or locked."""
    name = login.strip().lower()[:64]
    with _gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = None if over else accounts.held(conn, login=name)
        locked = _charged(conn, bounds, held, visit.now) if held else False
    if over:
        raise over
    sound = held is not None and held["state"] == "active" and not locked
    with _hashing:
        right = passwords.matches(held["password_hash"] if held and sound else passwords.nobodys(), password)
    if held and sound and right:
        with _gate(db, visit) as conn:
            return _on(conn, bounds, held["id"], visit, "password")
    reason = "unknown" if held is None else "locked" if locked else "disabled" if not sound else "wrong"
    _failed(db, bounds, held, name, visit, reason)
    raise Unauthorized(
        "登录名或口令不对 / wrong login or password",
        remedy=f"连续 {bounds.signin_failures} 次不对，账户锁定 {bounds.signin_lock_minutes} 分钟 / "
        f"after {bounds.signin_failures} in a row the account is locked for {bounds.signin_lock_minutes} minutes",
    )


def enrolment(db: Database, signed: Signed, visit: Visit) -> tuple[str, str] | None:
    """For a person who has no second factor yet: the secret to type into a device and its otpauth address; None when there is one."""
    with _gate(db, visit) as conn:
        held = accounts.held(conn, id=signed.account_id)
        assert held is not None
        if held["totp_confirmed"]:
            return None
        secret = held["totp_secret"] or second_factor.new_secret()
        if not held["totp_secret"]:
            accounts.set_second_factor(conn, held["id"], secret, False, 0)
    return secret, second_factor.address(secret, held["login"])


def prove(db: Database, bounds: Settings, signed: Signed, code: str, visit: Visit) -> Ticket:
    """The second step: a one-time code, good once. Raises Unauthorized; after too many the account is locked."""
    with _gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = accounts.held(conn, id=signed.account_id)
        assert held is not None
        locked = over is not None or _charged(conn, bounds, held, visit.now)
        secret = held["totp_secret"]
        step = second_factor.step_of(secret, code, visit.now, held["totp_step"]) if secret and not locked else None
        if step is not None:
            accounts.set_second_factor(conn, held["id"], secret, True, step)
            accounts.end_session(conn, key_of(signed.id))
            return _on(conn, bounds, held["id"], visit, "code")
    if over:
        raise over
    _failed(db, bounds, held, signed.actor.id, visit, "locked" if locked else "code")
    raise Unauthorized("验证码不对或已用过 / wrong code, or used before", remedy="等下一个验证码 / wait for the next code")


def change_password(db: Database, bounds: Settings, signed: Signed, old: str, new: str, again: str, visit: Visit) -> Ticket:
    """Another password; every session of the person ends, a new one begins. Raises BadInput with every reason, Unauthorized for a wrong old one."""
    profile = passwords.PROFILES[bounds.password_profile]
    reasons = passwords.faults(new, signed.actor.id, profile)
    if passwords.plain(new) != passwords.plain(again):
        reasons.append("两次输入不同 the two differ")
    if passwords.plain(new) == passwords.plain(old):
        reasons.append("与原口令相同 the same as before")
    if reasons:
        raise BadInput("新口令不合要求 / the new password will not do", where="new", remedy="；".join(reasons))
    with _gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = accounts.held(conn, id=signed.account_id)
        assert held is not None
        locked = over is not None or _charged(conn, bounds, held, visit.now)
    if over:
        raise over
    with _hashing:
        right = not locked and passwords.matches(held["password_hash"], old)
        made = passwords.hashed(new) if right else ""
    if not right:
        _failed(db, bounds, held, signed.actor.id, visit, "locked" if locked else "wrong")
        raise Unauthorized("原口令不对 / the old password is wrong")
    with _gate(db, visit) as conn:
        accounts.set_password(conn, held["id"], made, False, visit.now)
        accounts.end_sessions(conn, held["id"])
        journal.audit(conn, signed.actor, "account.password", object_id=held["id"])
        return _on(conn, bounds, held["id"], visit, "changed")


def resolve(db: Database, bounds: Settings, id: str, now: dt.datetime) -> Signed | None:
    """Who a cookie is, asked of the database each time; None when the session is unknown, over, idle too long, or its account disabled."""
    if not 20 <= len(id) <= 100:
        return None
    key = key_of(id)
    with db.as_user(GATE) as conn:
        found = accounts.session(conn, key)
    idle = now - dt.timedelta(minutes=bounds.session_idle_minutes)
    if found is None or found["state"] != "active" or found["expires_at"] <= now or found["seen_at"] <= idle:
        return None
    if now - found["seen_at"] >= SEEN_EVERY:
        with db.as_user(GATE, write=True) as conn:
            accounts.used(conn, key, now)
    who = Actor(
        found["login"], found["name"], found["role"], found["org"], scope(found["role"], found["org_kind"]), tuple(found["orgs"]),
        found["unit"],
    )  # fmt: skip
    return Signed(id, found["kind"], found["account_id"], who)


def end(db: Database, signed: Signed, visit: Visit) -> None:
    """Sign out: this session is gone."""
    with _gate(db, visit) as conn:
        if accounts.end_session(conn, key_of(signed.id)):
            journal.audit(conn, signed.actor, "signin.out", object_id=signed.account_id)


def _gate(db: Database, visit: Visit) -> Any:
    return db.as_user(GATE, write=True, address=visit.address, request_id=visit.request_id)


def _over(conn: Conn, bounds: Settings, visit: Visit) -> Problem | None:
    """Count the attempt, or say why it is not taken. What is turned away is told to the audit once a minute and address: a flood must not fill it."""
    counted = accounts.attempts(conn, visit.address, visit.now - MINUTE)
    refused = counted["here"] >= bounds.signin_per_address or counted["everywhere"] >= bounds.signin_overall
    if not refused or not counted["told"]:
        accounts.attempt(conn, visit.address, visit.now, refused)
    if not refused:
        return None
    if not counted["told"]:
        journal.audit(
            conn, GATE, "signin.refused", after={"here": counted["here"], "everywhere": counted["everywhere"]}, result="refused"
        )
    return TooMany("登录太频繁 / too many attempts to sign in", remedy="一分钟后再试 / try again in a minute", retry_after=60)


def _charged(conn: Conn, bounds: Settings, held: dict[str, Any], now: dt.datetime) -> bool:
    """Count one more failure against the account, to be forgiven when it succeeds. True when it is locked already."""
    until = held["locked_until"]
    if until is not None and until > now:
        return True
    failures = (0 if until is not None else held["failures"]) + 1
    lock = now + dt.timedelta(minutes=bounds.signin_lock_minutes) if failures >= bounds.signin_failures else None
    accounts.charge(conn, held["id"], failures, lock)
    return False


def _failed(db: Database, bounds: Settings, held: dict[str, Any] | None, login: str, visit: Visit, reason: str) -> None:
    """Into the audit. What was typed as an unknown login is kept as a digest only: people type passwords there."""
    with _gate(db, visit) as conn:
        if held is None:
            digest = hashlib.sha256(login.encode()).hexdigest()[:16]
            journal.audit(conn, GATE, "signin.failed", after={"reason": reason, "login_digest": digest}, result="refused")
            return
        who = Actor(held["login"], held["name"], held["role"], held["org"], "none")
        journal.audit(conn, who, "signin.failed", object_id=held["id"], after={"reason": reason}, result="refused")
        now_held = accounts.held(conn, id=held["id"])
        if (
            reason in ("wrong", "code")
            and now_held
            and now_held["locked_until"] is not None
            and held["failures"] < bounds.signin_failures
        ):
            after = {"until": now_held["locked_until"].isoformat()}
            journal.audit(conn, who, "account.locked", object_id=held["id"], after=after)


def _on(conn: Conn, bounds: Settings, account_id: int, visit: Visit, done: str) -> Ticket:
    """The next session after a step that succeeded: `done` is password, code or changed. Runs inside the step's own transaction."""
    held = accounts.held(conn, id=account_id)
    if held is None or held["state"] != "active":  # disabled while the password was compared
        raise Unauthorized("登录名或口令不对 / wrong login or password")
    days = passwords.PROFILES[bounds.password_profile].days
    stale = days is not None and visit.now - held["password_set_at"] > dt.timedelta(days=days)
    wants_code = held["totp_confirmed"] or (bounds.totp == "required" and held["role"] in TWICE)
    kind = "pending_totp" if done == "password" and wants_code else "must_change" if held["must_change"] or stale else "full"
    # A right password alone forgives its own attempt only: who has it must not get endless tries at the code.
    left = max(held["failures"] - 1, 0) if kind == "pending_totp" else 0
    accounts.charge(conn, account_id, left, None)
    lasts = dt.timedelta(hours=bounds.session_hours) if kind == "full" else dt.timedelta(minutes=STEP_MINUTES)
    id = secrets.token_urlsafe(32)
    accounts.open_session(conn, key_of(id), account_id, kind, visit.now, visit.now + lasts, visit.address, visit.agent[:300])
    accounts.end_sessions(conn, account_id, keep=bounds.session_most)
    accounts.forget(conn, visit.now)
    if kind == "full":
        accounts.seen(conn, account_id, visit.now)
    who = Actor(held["login"], held["name"], held["role"], held["org"], "none")
    journal.audit(conn, who, "signin" if kind == "full" else f"signin.{done}", object_id=account_id, after={"session": kind})
    return Ticket(id, kind, held["role"])
