"""How far a long import is: told by the work as it goes, asked for by whoever waits.

    with watched(board, key, "parsing"):             # whoever begins the work
        tell("checking", total=50_000)               # the work, wherever it stands; of no effect when nobody watches
    board.of(key)                                    # whoever waits

The board is held in memory by one process: it is a courtesy to a person before a screen. What was decided stands in the database.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from riskmap.errors import Problem

STAGES = ("parsing", "checking", "planning", "comparing", "committing", "done", "failed")
EVERY = 1_000  # rows between two words
KEPT = 500  # entries, the oldest go first
T = TypeVar("T")
_now: ContextVar[Progress | None] = ContextVar("progress", default=None)


@dataclass(slots=True)
class Progress:
    """`stage` of STAGES · rows `done` in it, of `total` where that is known · seconds (monotonic) · what came of it."""

    stage: str
    done: int = 0
    total: int | None = None
    began_s: float = field(default_factory=time.monotonic)
    ended_s: float | None = None
    result: int | None = None  # the batch
    failure: str | None = None
    hear: Callable[[Progress], None] | None = None

    @property
    def elapsed_s(self) -> float:
        return (self.ended_s or time.monotonic()) - self.began_s


class Board:
    """Progress by key, bounded; any thread may write and read."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Hashable, Progress] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: Hashable, progress: Progress) -> None:
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = progress
            while len(self._entries) > KEPT:
                self._entries.popitem(last=False)

    def of(self, key: Hashable) -> Progress | None:
        """The entry of a key; None when this process knows none."""
        with self._lock:
            return self._entries.get(key)


@contextmanager
def watched(
    stage: str, board: Board | None = None, key: Hashable = None, hear: Callable[[Progress], None] | None = None
) -> Iterator[Progress]:
    """Everything told within goes to the board under `key`, and to `hear`; a fault is told as failed and goes on its way."""
    progress = Progress(stage, hear=hear)
    if board is not None and key is not None:
        board.put(key, progress)
    before = _now.set(progress)
    try:
        yield progress
        progress.stage = "done"
    except BaseException as fault:
        progress.stage = "failed"
        progress.failure = fault.title if isinstance(fault, Problem) else type(fault).__name__
        raise
    finally:
        progress.ended_s = time.monotonic()
        _now.reset(before)


def tell(stage: str, done: int = 0, total: int | None = None) -> None:
    """The work has come to `stage`, and in it to row `done` of `total`."""
    progress = _now.get()
    if progress is not None:
        progress.stage, progress.done, progress.total = stage, done, total
        if progress.hear:
            progress.hear(progress)


def counted(stage: str, rows: Iterable[T], total: int) -> Iterator[T]:
    """The rows, told as they pass."""
    tell(stage, 0, total)
    for i, row in enumerate(rows, 1):
        yield row
        if i % EVERY == 0:
            tell(stage, i, total)
