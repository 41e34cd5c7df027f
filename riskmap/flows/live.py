"""Open screens hear of changes: one listener on the database for all of them, and what each may be told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog

from riskmap.errors import Problem
from riskmap.store import live
from riskmap.store.database import Database
from riskmap.store.query import Conn

log = structlog.get_logger()

WINDOW = 200  # events below the last one told among which late ones are looked for
SIZE = 500
AGAIN_S = 1.0  # after the database went away


def last(conn: Conn) -> int:
    """The newest event: where a page that is shown now begins to listen."""
    return live.last(conn)


class Story:
    """What one stream was told. Each event once, in the order in which it became known."""

    def __init__(self, after: int) -> None:
        self.at, self._seen = after, set[int]()

    def news(self, conn: Conn) -> list[dict[str, Any]]:
        """Events not told before: {id, kind, layer, ids}."""
        found = live.after(conn, self.at, sorted(self._seen), WINDOW, SIZE)
        for one in found:
            self._seen.add(one["id"])
            self.at = max(self.at, one["id"])
        self._seen = {id for id in self._seen if id > self.at - 2 * WINDOW}
        return [
            {"id": one["id"], "kind": one["kind"], "layer": one["layer"], "ids": (one["payload"] or {}).get("ids") or []} for one in found
        ]


class Bell:
    """Rings whoever waits when an event is announced. Its one connection is opened with the first who waits."""

    def __init__(self, db: Database) -> None:
        self._db, self._lock, self._ears = db, threading.Lock(), dict[int, Callable[[], None]]()
        self._thread: threading.Thread | None = None
        self._next = 0

    def listen(self, ear: Callable[[], None]) -> int:
        """`ear` is called from another thread at every ring; the number ends it by `forget`."""
        with self._lock:
            self._next += 1
            self._ears[self._next] = ear
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            return self._next

    def forget(self, number: int) -> None:
        with self._lock:
            self._ears.pop(number, None)

    def _ring(self) -> bool:
        with self._lock:
            ears = list(self._ears.values())
            if not ears:
                self._thread = None
                return False
        for ear in ears:
            ear()
        return True

    def _run(self) -> None:
        """Until nobody waits: silence of a second is looked at too, so that the connection does not outlive its listeners."""
        pause = threading.Event()
        while True:
            try:
                for announced in self._db.announcements(wait_s=AGAIN_S):
                    if announced:
                        if not self._ring():
                            return
                    elif not self._waited():
                        return
            except Problem as fault:
                log.warning("bell", fault=fault.title)
                if not self._waited():
                    return
                pause.wait(AGAIN_S)

    def _waited(self) -> bool:
        with self._lock:
            if not self._ears:
                self._thread = None
            return bool(self._ears)
