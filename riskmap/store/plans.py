"""The rows of a batch's plan: those asked for, what is said about them, and what they are mended from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from riskmap.store.query import Conn, jsonb, row, rows, run


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: by outcome, by the code or heading of a finding, with anything said at all, by what stands in a cell. None: not asked."""

    outcome: list[str] | None = None
    code: str | None = None
    heading: str | None = None
    fault: bool | None = None
    at_heading: str | None = None
    contains: str | None = None
    equals: str | None = None
    row: int | None = None


def page(conn: Conn, batch: int, asked: Asked, size: int, *, after: int | None = None, skip: int | None = None) -> list[dict[str, Any]]:
    """Rows of the plan, in the order of the file, at most `size`."""
    return rows(conn, "plans_page", batch=batch, after=after, skip=skip, size=size, rows=None, **asdict(asked))


def listed(conn: Conn, batch: int, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of the plan by their numbers."""
    return rows(conn, "plans_page", batch=batch, after=None, skip=None, size=len(numbers), rows=list(numbers), **asdict(Asked()))


def count(conn: Conn, batch: int, asked: Asked, at: int = 0) -> tuple[int, int]:
    """How many rows are asked for, and how many of them before row `at`."""
    found = row(conn, "plans_count", batch=batch, at=at, **asdict(asked))
    assert found is not None
    return found["n"], found["before"]


def faults(conn: Conn, batch: int) -> list[dict[str, Any]]:
    """What is said, by kind, the most frequent first."""
    return rows(conn, "plans_faults", batch=batch)


def kept(conn: Conn, batch: int, asked: Asked, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
    """What the rows asked for are mended from."""
    return rows(conn, "plans_kept", batch=batch, rows=None if numbers is None else list(numbers), **asdict(asked))


def keys(conn: Conn, batch: int) -> list[dict[str, Any]]:
    """What every row of the batch is compared with its like by."""
    return rows(conn, "plans_keys", batch=batch)


def drop(conn: Conn, batch: int, numbers: Sequence[int]) -> int:
    """These rows leave the plan, to come back mended; how many left."""
    return run(conn, "plans_drop", batch=batch, rows=list(numbers))


def remap(conn: Conn, batch: int, mapping: dict[str, str]) -> None:
    """From now on the batch is read by this mapping (field → heading)."""
    run(conn, "plans_map", batch=batch, mapping=jsonb(mapping))
