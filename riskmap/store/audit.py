"""The audit trail's hash chain: its open end, its links, its append."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from riskmap.store.query import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: its place, its hash, the audit row it seals. An empty chain has place 0 and an empty hash."""

    number: int
    hash: str
    audit_id: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link as stored, and the text of its row as it stands now; None when the row is gone."""

    number: int
    audit_id: int
    previous: str
    hash: str
    text: str | None


def become_sealer(conn: Conn) -> bool:
    """Whether this transaction is the one sealer."""
    found = row(conn, "audit_lock")
    return bool(found and found["mine"])


def head(conn: Conn) -> Head:
    found = row(conn, "audit_head")
    return Head(**found) if found else Head(0, "", 0)


def unsealed(conn: Conn, since: int, size: int) -> list[tuple[int, str]]:
    """(id, text) of rows above id `since` without a place in the chain, by id."""
    return [(r["id"], r["text"]) for r in rows(conn, "audit_unsealed", since=since, size=size)]


def append(conn: Conn, ids: list[int], numbers: list[int], previous: list[str], hashes: list[str]) -> None:
    run(conn, "audit_append", ids=ids, numbers=numbers, previous=previous, hashes=hashes)


def chain(conn: Conn, after: int, size: int) -> list[Link]:
    """Links after place `after`, in order."""
    return [Link(**r) for r in rows(conn, "audit_chain", after=after, size=size)]


def waiting(conn: Conn) -> int:
    """Rows older than ten seconds that nobody has sealed."""
    found = row(conn, "audit_open")
    return int(found["n"]) if found else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the audit is asked for; None is anything."""

    actor: str | None = None
    operation: str | None = None
    result: str | None = None
    layer: str | None = None
    object_id: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def page(conn: Conn, asked: Asked, before: int, size: int) -> list[dict[str, Any]]:
    """The audit, newest first, below an id."""
    return rows(conn, "audit_page", before=before, size=size, **asdict(asked))


def operations(conn: Conn) -> list[str]:
    """Every operation that stands in the audit."""
    return [r["operation"] for r in rows(conn, "audit_operations")]
