"""Answers kept while the visible data is the same: keyed by question, reader's sight and data revision."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from fastapi import Request

from riskmap.api.deps import actor, today
from riskmap.store import features
from riskmap.store.query import Conn

KEPT = 512


class Kept:
    """Answers kept while the visible data is the same: keyed by question, reader's sight and data revision."""

    def __init__(self, size: int) -> None:
        self._size, self._lock, self._answers = size, threading.Lock(), OrderedDict[Any, Any]()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        made = make()
        with self._lock:
            self._answers[key] = made
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return made


def remembered(request: Request, conn: Conn, question: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The kept answer to a question, or a new one. The key holds the transaction snapshot: any committed write makes a new one."""
    who = actor(request)
    kept: Kept = request.app.state.kept
    return kept.get((question, who.scope, who.orgs, who.layers, today(), features.revision(conn)), make)
