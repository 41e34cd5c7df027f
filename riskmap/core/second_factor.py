"""The second factor: one-time codes by time (RFC 6238, SHA-1, 6 digits, 30 seconds), each good once."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import unicodedata

import pyotp

STEP_S = 30
DRIFT = 1  # steps a device's clock may be off, either way


def secret_of(session: str) -> str:
    """The secret offered in one half-open session, 160 bits as base 32: another session of the same person is offered another one."""
    return base64.b32encode(hmac.digest(session.encode(), b"second factor", "sha1")).decode()


def grouped(secret: str) -> str:
    """The secret as a person types it: in groups of four."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def address(secret: str, login: str) -> str:
    """The otpauth:// address an authenticator takes."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="riskmap")


def step_of(secret: str, code: str, now: dt.datetime, used: int) -> int | None:
    """The time step whose code this is, younger than `used` and at most one step away from now; None when there is none."""
    current = int(now.timestamp()) // STEP_S
    given = "".join(sign for sign in unicodedata.normalize("NFKC", code) if sign in "0123456789")
    clock = pyotp.TOTP(secret)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if step > used and hmac.compare_digest(clock.generate_otp(step), given):
            return step
    return None
