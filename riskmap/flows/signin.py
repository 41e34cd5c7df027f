"""Signing in: counted first, compared second, told the same whoever it is; and every session looked up each time it is used.

An attempt is charged to its account before anything is compared, so that many at once get no more tries than one after another.
The sign-in goes name and password → second factor where there is one → another password where it must be changed → full; the
session has a new id after each, and only a full one opens anything.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
_counting = threading.BoundedSemaphore(2)  # connections that count attempts
_room = threading.BoundedSemaphore(24)  # who may wait for them; of 40 threads


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
    via: str = "password"  # or "oidc": the identity provider

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
    with _turn(), gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = None if over else accounts.proofs(conn, login=name)
        locked = _charged(conn, bounds, held, visit.now) if held else False
    if over:
        raise over
    sound = held is not None and held["state"] == "active" and not locked
    with _hashing:
        right = passwords.matches(held["password_hash"] if held and sound else passwords.nobodys(), password)
    shut = _shut(bounds, held, visit.now) if held and sound and right else None
    if held and sound and right and not shut:
        with gate(db, visit) as conn:
            return _on(conn, bounds, held["id"], visit, "password", held["password_hash"])
    reason = "unknown" if held is None else "locked" if locked else "disabled" if not sound else shut[0] if shut else "wrong"
    _failed(db, bounds, held, name, visit, reason)
    if shut:  # told to nobody but who has the password
        raise Unauthorized(shut[1], remedy=shut[2])
    raise Unauthorized(
        "登录名或口令不对 / wrong login or password",
        remedy=f"连续 {bounds.signin_failures} 次不对，账户锁定 {bounds.signin_lock_minutes} 分钟 / "
        f"after {bounds.signin_failures} in a row the account is locked for {bounds.signin_lock_minutes} minutes",
    )


def enrolment(db: Database, signed: Signed, visit: Visit) -> tuple[str, str] | None:
    """For a person who has no second factor yet: the secret to type into a device and its otpauth address; None when there is one."""
    with db.as_user(GATE, write=True) as conn:  # it locks the row
        held = accounts.proofs(conn, id=signed.account_id)
    assert held is not None
    if held["totp_confirmed"]:
        return None
    secret = second_factor.secret_of(signed.id)
    return secret, second_factor.address(secret, held["login"])


def prove(db: Database, bounds: Settings, signed: Signed, code: str, visit: Visit) -> Ticket:
    """The second step: a one-time code, good once. Raises Unauthorized; after too many the account is locked."""
    with _turn(), gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = accounts.proofs(conn, id=signed.account_id)
        assert held is not None
        locked = over is not None or _charged(conn, bounds, held, visit.now)
        secret = held["totp_secret"] if held["totp_confirmed"] else second_factor.secret_of(signed.id)
        step = second_factor.step_of(secret, code, visit.now, held["totp_step"]) if secret and not locked else None
        if step is not None:
            accounts.set_second_factor(conn, held["id"], secret, True, step)
            accounts.end_session(conn, key_of(signed.id))
            return _on(conn, bounds, held["id"], visit, "code", held["password_hash"], signed.via)
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
    with _turn(), gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
        held = accounts.proofs(conn, id=signed.account_id)
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
    with gate(db, visit) as conn:
        _unmoved(accounts.proofs(conn, id=held["id"]), held["password_hash"])
        accounts.set_password(conn, held["id"], made, False, visit.now)
        accounts.end_sessions(conn, held["id"])
        journal.audit(conn, signed.actor, "account.password", object_id=held["id"])
        return _on(conn, bounds, held["id"], visit, "changed", made)


def resolve(db: Database, bounds: Settings, id: str, now: dt.datetime) -> Signed | None:
    """Who a cookie is, asked of the database each time; None when the session is unknown, over, idle too long, or its account disabled."""
    if not 20 <= len(id) <= 100:
        return None
    key = key_of(id)
    with db.as_user(GATE) as conn:
        found = accounts.session(conn, key)
    idle = now - dt.timedelta(minutes=bounds.session_idle_minutes)
    if found is None or found["state"] != "active" or found["awaits"] or found["expires_at"] <= now or found["seen_at"] <= idle:
        return None
    if now - found["seen_at"] >= SEEN_EVERY:
        with db.as_user(GATE, write=True) as conn:
            accounts.used(conn, key, now)
    who = Actor(
        found["login"], found["name"], found["role"], found["org"], scope(found["role"], found["org_kind"]), tuple(found["orgs"]),
        found["unit"],
    )  # fmt: skip
    return Signed(id, found["kind"], found["account_id"], who, found["via"])


def end(db: Database, signed: Signed, visit: Visit) -> None:
    """Sign out: this session is gone."""
    with gate(db, visit) as conn:
        if accounts.end_session(conn, key_of(signed.id)):
            journal.audit(conn, signed.actor, "signin.out", object_id=signed.account_id)


@contextmanager
def _turn() -> Iterator[None]:
    """One of the two places at the counting of attempts: a flood of sign-ins leaves the other connections to those who are in. Raises TooMany."""
    if not _room.acquire(blocking=False):
        raise TooMany("登录的人太多 / too many people sign in at once", remedy="几秒后再试 / try again in a few seconds", retry_after=3)
    try:
        with _counting:
            yield
    finally:
        _room.release()


def _shut(bounds: Settings, held: dict[str, Any], now: dt.datetime) -> tuple[str, str, str] | None:
    """Why the right password opens nothing: (reason for the audit, title, remedy); None when it opens."""
    if held["awaits"]:
        return ("awaiting", "账户的授权还待第二人确认 / what was granted awaits a second person",
                "请另一位安全管理员确认 / ask a second security administrator to confirm it")  # fmt: skip
    if held["must_change"] and now - held["password_set_at"] > dt.timedelta(hours=bounds.one_time_hours):
        return ("expired", f"一次性口令已过 {bounds.one_time_hours} 小时 / the one-time password is older than {bounds.one_time_hours} hours",
                "请安全管理员重置口令 / ask for another")  # fmt: skip
    return None


def _unmoved(held: dict[str, Any] | None, compared: str) -> dict[str, Any]:
    """The account, locked, still active and with the password that was compared. Raises Unauthorized: it was reset or disabled meanwhile."""
    if held is None or held["state"] != "active" or held["awaits"] or held["password_hash"] != compared:
        raise Unauthorized("登录名或口令不对 / wrong login or password")
    return held


def network(address: str) -> str:
    """Whose attempts count together: an IPv4 address; the /64 of an IPv6 address, of which one line has 2^64 to choose from."""
    try:
        given = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return address
    if given.version == 6:
        return str(given.ipv4_mapped or ipaddress.ip_network((given, 64), strict=False))
    return address


def gate(db: Database, visit: Visit) -> Any:
    """A transaction of the sign-in itself."""
    return db.as_user(GATE, write=True, address=visit.address, request_id=visit.request_id)


def admit(db: Database, bounds: Settings, visit: Visit) -> None:
    """Count one attempt of another door. Raises TooMany over a limit."""
    with _turn(), gate(db, visit) as conn:
        accounts.take_turn(conn)
        over = _over(conn, bounds, visit)
    if over:
        raise over


def opened(conn: Conn, bounds: Settings, held: dict[str, Any], visit: Visit, strong: bool) -> Ticket:
    """The session of a person the identity provider knows; `strong`: it asked for a second factor itself."""
    return _on(conn, bounds, held["id"], visit, "strong" if strong else "provider", held["password_hash"], "oidc")


def named(held: dict[str, Any] | None) -> Actor:
    """In whose name the audit is written: the account's, or the sign-in's own where there is none."""
    return GATE if held is None else Actor(held["login"], held["name"], held["role"], held["org"], "none")


def _over(conn: Conn, bounds: Settings, visit: Visit) -> Problem | None:
    """Count the attempt, or say why it is not taken. What is turned away is told to the audit once a minute and address: a flood must not fill it."""
    here = network(visit.address)
    counted = accounts.attempts(conn, here, visit.now - MINUTE)
    refused = counted["here"] >= bounds.signin_per_address or counted["everywhere"] >= bounds.signin_overall
    if not refused or not counted["told"]:
        accounts.attempt(conn, here, visit.now, refused)
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
    with gate(db, visit) as conn:
        if held is None:
            digest = hashlib.sha256(login.encode()).hexdigest()[:16]
            journal.audit(conn, GATE, "signin.failed", after={"reason": reason, "login_digest": digest}, result="refused")
            return
        who = Actor(held["login"], held["name"], held["role"], held["org"], "none")
        journal.audit(conn, who, "signin.failed", object_id=held["id"], after={"reason": reason}, result="refused")
        now_held = accounts.proofs(conn, id=held["id"])
        if (
            reason in ("wrong", "code")
            and now_held
            and now_held["locked_until"] is not None
            and held["failures"] < bounds.signin_failures
        ):
            after = {"until": now_held["locked_until"].isoformat()}
            journal.audit(conn, who, "account.locked", object_id=held["id"], after=after)


def _on(conn: Conn, bounds: Settings, account_id: int, visit: Visit, done: str, compared: str, via: str = "password") -> Ticket:
    """The next session after a step that succeeded: `done` is password, code, changed, provider or strong, `compared` the hash it stands on.

    Runs inside the step's own transaction. Raises Unauthorized when the account was reset or disabled while the password was compared.
    """
    held = _unmoved(accounts.proofs(conn, id=account_id), compared)
    days = passwords.PROFILES[bounds.password_profile].days
    stale = days is not None and visit.now - held["password_set_at"] > dt.timedelta(days=days)
    wants_code = held["totp_confirmed"] or (bounds.totp == "required" and held["role"] in TWICE)
    stale = (stale or held["must_change"]) and via == "password"  # of who came by the provider no password was asked
    kind = "pending_totp" if done in ("password", "provider") and wants_code else "must_change" if stale else "full"
    # A right password alone forgives its own attempt only, the provider's word none: who has it must not get endless tries at the code.
    left = max(held["failures"] - (done == "password"), 0) if kind == "pending_totp" else 0
    accounts.charge(conn, account_id, left, None)
    lasts = dt.timedelta(hours=bounds.session_hours) if kind == "full" else dt.timedelta(minutes=STEP_MINUTES)
    id = secrets.token_urlsafe(32)
    accounts.open_session(conn, key_of(id), account_id, kind, visit.now, visit.now + lasts, visit.address, visit.agent[:300], via)
    accounts.end_sessions(conn, account_id, keep=bounds.session_most)
    accounts.forget(conn, visit.now)
    if kind == "full":
        accounts.seen(conn, account_id, visit.now)
    who = Actor(held["login"], held["name"], held["role"], held["org"], "none")
    journal.audit(conn, who, "signin" if kind == "full" else f"signin.{done}", object_id=account_id, after={"session": kind, "via": via})
    return Ticket(id, kind, held["role"])
