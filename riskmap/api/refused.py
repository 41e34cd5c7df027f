"""What was refused to somebody is known: a row of the audit each, and a page instead of data where a person looks with a browser."""

from __future__ import annotations

import threading
import time

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse

from riskmap.api.deps import address_of
from riskmap.api.framed import framed, reader
from riskmap.errors import Forbidden, Problem
from riskmap.page.people import half
from riskmap.store import journal
from riskmap.store.database import Database

AGAIN_S = 60.0  # the same refusal to the same person is told once in this time, with how often it happened: a flood must not fill the audit
MOST = 10_000  # refusals remembered

log = structlog.get_logger()


class Refusals:
    """Writes "refused" into the audit, in the name of who was refused."""

    def __init__(self, db: Database) -> None:
        self._db, self._lock = db, threading.Lock()
        self._told: dict[tuple[str, str, str], tuple[float, int]] = {}  # who, route, why → when told, how often since

    def tell(self, request: Request, fault: Forbidden) -> None:
        """One row for a refusal; nothing where nobody is known. A database that does not answer is logged: the refusal stands anyway."""
        who = getattr(request.state, "actor", None)
        if who is None:
            return
        path = getattr(request.scope.get("route"), "path", "") or request.url.path
        route = f"{request.method} {path}"[:200]
        times = self._times((who.id, route, fault.where or ""))
        if not times:
            return
        given = request.path_params if "route" in request.scope else {}
        id = str(given.get("id", ""))
        after = {"route": route, "reason": fault.title, "where": fault.where, "times": times}
        try:
            with self._db.as_user(who, write=True, address=address_of(request), request_id=request.state.request_id) as conn:
                journal.audit(
                    conn, who, "refused", layer=str(given["layer"])[:40] if "layer" in given else None,
                    object_id=int(id) if id.isascii() and id.isdigit() and len(id) < 16 else None, after=after, result="refused",
                )  # fmt: skip
        except Problem as problem:
            log.warning("refused_untold", problem=problem.title, **after)

    def _times(self, key: tuple[str, str, str]) -> int:
        """How many refusals the row to be written stands for; 0 where one was written a moment ago."""
        now = time.monotonic()
        with self._lock:
            at, since = self._told.get(key, (-AGAIN_S, 0))
            if now - at < AGAIN_S:
                self._told[key] = (at, since + 1)
                return 0
            if len(self._told) >= MOST:
                self._told = {k: v for k, v in self._told.items() if now - v[0] < AGAIN_S}
            self._told[key] = (now, 0)
            return since + 1


def wants_page(request: Request, fault: Problem) -> bool:
    """Whether a person looks, whom we know: a page of ours, not data."""
    return (
        fault.status in (403, 404)
        and getattr(request.state, "actor", None) is not None
        and not request.url.path.startswith(("/api/", "/static/", "/tiles/"))
        and "text/html" in request.headers.get("Accept", "")
    )


def fault_page(request: Request, fault: Problem) -> HTMLResponse:
    """What went wrong, where and how to mend it, in the reader's language."""
    language = reader(request).language
    said = {"fault": half(fault.title, language), "remedy": half(fault.remedy or "", language), "number": request.state.request_id}
    return framed(request, "fault.html", "", status=fault.status, **said)
