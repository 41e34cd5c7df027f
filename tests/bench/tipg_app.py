"""tipg as it is, but for its count: it counts every answer and has no switch for it, so the count is taken out here.

Runs in an environment of its own (requirements-tipg.txt), so it imports nothing of ours.
"""

from __future__ import annotations

from typing import Any

from tipg.collections import PgCollection
from tipg.main import app


async def _no_count(*_: Any, **__: Any) -> int:
    return 0


PgCollection._features_count_query = _no_count  # type: ignore[method-assign]

__all__ = ["app"]
