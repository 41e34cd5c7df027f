"""Hashes, second factors and digests of keys are told to the sign-in alone: tried with SQL as the real login role, as each role of ours."""

from __future__ import annotations

import pytest

from riskmap.core.actor import Actor
from riskmap.core.role import MAY
from riskmap.errors import Forbidden
from riskmap.store import accounts
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.api.people import HASH, made

ROUND_ABOUT = [
    "SELECT password_hash FROM account", "SELECT totp_secret FROM account", "SELECT * FROM account", "SELECT account FROM account",
    "SELECT to_jsonb(account) FROM account", "SELECT login FROM account ORDER BY password_hash",
    "SELECT login FROM account WHERE password_hash LIKE '$argon2id$%'", "UPDATE account SET name = password_hash",
    "UPDATE account SET name = name RETURNING password_hash", "UPDATE account SET failures = failures WHERE totp_secret IS NOT NULL",
    "COPY account TO STDOUT", "SELECT key_hash FROM api_key", "SELECT * FROM api_key", "UPDATE api_key SET last_address = encode(key_hash, 'hex')",
]  # fmt: skip


@pytest.fixture
def people(db: Database) -> Database:
    made(db, "li", "commander")
    return db


@pytest.mark.parametrize("role", ["security_admin", "operator", "commander", "gate"])
@pytest.mark.parametrize("statement", ROUND_ABOUT)
def test_no_statement_reads_a_secret(people: Database, role: str, statement: str) -> None:
    with pytest.raises(Forbidden), people.as_user(Actor("li", "x", role, 1, "none"), write=True) as conn:
        conn.execute(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [*MAY, "nobody"])
def test_the_sign_in_alone_is_told(people: Database, dsns: Dsns, role: str) -> None:
    with connect(dsns.superuser) as conn:
        id = conn.execute("SELECT id FROM account WHERE login = 'li'").fetchone()["id"]  # type: ignore[index]
    with people.as_user(Actor("li", "x", role, 1, "none")) as conn:
        told = conn.execute("SELECT password_hash FROM app.secrets(%s)", (id,)).fetchall()
        assert told == ([{"password_hash": HASH}] if role == "gate" else [])
        assert conn.execute("SELECT app.key_of('x') AS id").fetchone() == {"id": None}


def test_who_manages_accounts_reads_all_the_rest(people: Database) -> None:
    with people.as_user(Actor("keeper", "x", "security_admin", 1, "none"), write=True) as conn:
        held = accounts.held(conn, login="li")
        assert held is not None and held["role"] == "commander" and not {"password_hash", "totp_secret"} & set(held)
        assert accounts.proofs(conn, login="li") is None
        assert [one["login"] for one in accounts.every(conn)] == ["li"]
