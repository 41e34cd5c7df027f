"""The audit chain: sealed within a second, and every kind of tampering named by its row."""

from __future__ import annotations

import datetime as dt
import socket
import time
from pathlib import Path

import pytest

from riskmap.core.actor import OFFICER
from riskmap.flows.seal import Heads, Sealer, Verdict, seal, verify
from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect


def write(db: Database, n: int) -> None:
    with db.as_user(OFFICER, write=True) as conn:
        for i in range(n):
            conn.execute("INSERT INTO audit (actor, role, operation, after) VALUES (app.actor(), app.role(), 'test', %s)", ({"i": i},))


def tamper(dsns: Dsns, statement: str) -> None:
    """As a superuser who switches the triggers off."""
    with connect(dsns.superuser) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement)  # type: ignore[arg-type]


@pytest.fixture
def sealed(db: Database) -> Database:
    write(db, 10)
    with db.as_engine() as conn:
        assert seal(conn).number == 10  # type: ignore[union-attr]
    write(db, 5)
    with db.as_engine() as conn:
        assert seal(conn).number == 15  # type: ignore[union-attr]
        assert seal(conn) is None
    return db


def test_an_untouched_chain_holds(sealed: Database) -> None:
    with sealed.as_engine(write=False) as conn:
        found = verify(conn)
    assert (found.links, found.fault, found.waiting) == (15, None, 0)


@pytest.mark.parametrize(
    ("statement", "row", "word"),
    [
        ("UPDATE audit SET actor = 'other' WHERE id = 7", 7, "edited"),
        ("UPDATE audit SET after = '{\"i\": 99}' WHERE id = 12", 12, "edited"),
        ("DELETE FROM audit WHERE id = 4", 4, "deleted"),
        ("DELETE FROM audit_seal WHERE number = 9", 10, "missing"),
        ("UPDATE audit_seal SET hash = repeat('0', 64) WHERE number = 3", 3, "edited"),
        ("UPDATE audit_seal SET previous = repeat('0', 64) WHERE number = 3", 3, "follow"),
    ],
)
def test_the_first_bad_row_is_named(sealed: Database, dsns: Dsns, statement: str, row: int, word: str) -> None:
    tamper(dsns, statement)
    with sealed.as_engine(write=False) as conn:
        found = verify(conn)
    assert found.audit_id == row and found.fault and word in found.fault


def test_a_cut_tail_or_an_old_backup_is_seen_from_outside(sealed: Database, dsns: Dsns, tmp_path: Path) -> None:
    heads = tmp_path / "heads.tsv"
    with connect(dsns.superuser) as conn:
        last = conn.execute("SELECT hash FROM audit_seal WHERE number = 15").fetchone()
    heads.write_text(f"2026-01-01T00:00:00+00:00\t15\t{last['hash']}\n2026-01-01T00:01:00+00:00\t16\tcut sho")  # type: ignore[index]
    with sealed.as_engine(write=False) as conn:
        assert verify(conn, heads).fault is None
    tamper(dsns, "DELETE FROM audit_seal WHERE number > 12")
    tamper(dsns, "DELETE FROM audit WHERE id > 12")
    with sealed.as_engine(write=False) as conn:
        assert verify(conn).fault is None  # from within it cannot be seen
        assert "tail" in (verify(conn, heads).fault or "")


def test_rows_that_commit_late_get_their_place(db: Database) -> None:
    with db.as_user(OFFICER, write=True) as late:
        late.execute("INSERT INTO audit (actor, role, operation) VALUES (app.actor(), app.role(), 'late')")
        write(db, 3)
        with db.as_engine() as conn:
            assert seal(conn).number == 3  # type: ignore[union-attr]
    with db.as_engine() as conn:
        assert seal(conn).number == 4  # type: ignore[union-attr]
        assert verify(conn).fault is None


def test_one_sealer_at_a_time(db: Database) -> None:
    write(db, 2)
    with db.as_engine() as first:
        assert seal(first)
        with db.as_engine() as second:
            assert seal(second) is None


def test_the_thread_seals_and_notes_the_head(db: Database, tmp_path: Path) -> None:
    sealer = Sealer(db, Heads(tmp_path / "heads.tsv")).start()
    write(db, 4)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with db.as_engine(write=False) as conn:
            if verify(conn).links == 4:
                break
        time.sleep(0.1)
    write(db, 1)
    sealer.stop()
    with db.as_engine(write=False) as conn:
        found = verify(conn, tmp_path / "heads.tsv")
    assert (found.links, found.fault) == (5, None)
    assert (tmp_path / "heads.tsv").read_text().count("\t5\t") == 1


def test_each_database_has_heads_of_its_own() -> None:
    """One file for two databases made the second chain look cut off."""
    one, other = (settings().model_copy(update={"database_name": name}).audit_heads for name in ("riskmap", "riskmap_trial"))
    assert one != other and one.parent == other.parent


def test_the_head_goes_to_a_further_file_and_a_syslog_and_one_that_fails_keeps_nobody(db: Database, tmp_path: Path) -> None:
    write(db, 3)
    with db.as_engine() as conn:
        head = seal(conn)
    assert head
    now = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        here, there = tmp_path / "heads.tsv", tmp_path / "mounted" / "heads.tsv"
        Heads(here, there, f"127.0.0.1:{ear.getsockname()[1]}").tell(head, now)
        told = ear.recv(2000).decode()
    assert told.startswith("<109>1 2026-11-25T00:00:00.000+00:00 ") and f"number=3 hash={head.hash}" in told
    assert here.read_text() == there.read_text() == f"2026-11-25T00:00:00+00:00\t3\t{head.hash}\n"
    Heads(here, Path("/proc/nowhere/heads.tsv"), "/nonexistent/log").tell(head, now)
    assert here.read_text().count("\n") == 2
    there.write_text(f"2026-11-25T00:00:00+00:00\t3\t{'0' * 64}\n")
    with db.as_engine(write=False) as conn:
        assert verify(conn, here).fault is None
        assert "differ" in (verify(conn, here, there).fault or "")


def test_much_that_waits_is_sealed_at_once(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmap.flows.seal.BATCH", 10)
    write(db, 95)
    Sealer(db, Heads(tmp_path / "heads.tsv")).start().stop()
    with db.as_engine(write=False) as conn:
        assert verify(conn, tmp_path / "heads.tsv") == Verdict(95, None, None, 0)
