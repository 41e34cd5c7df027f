"""The grader of a running server: grades at start, follows what is announced, closes the day. One thread, no queue."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import structlog

from riskmap.catalogue import Catalogue, load
from riskmap.core.grading.firmness import Firm, firmness
from riskmap.errors import Problem
from riskmap.flows.closing import catch_up
from riskmap.flows.grade import Graded, follow, full, replay
from riskmap.flows.picture import Picture
from riskmap.flows.survey import BEIJING, beijing_day
from riskmap.settings import Settings
from riskmap.store.database import Database

log = structlog.get_logger()
PAUSE_S = 5.0                                         # after a failure, before the next try


def now_utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Grader:
    """Keeps the grades current. `graded` is the city as last graded, None until the first run is done.

    Every process holds an engine of its own and follows the events; whoever comes first writes, the others find the same digest.
    """

    def __init__(self, db: Database, settings: Settings, catalogue: Catalogue | None = None,
                 clock: Callable[[], dt.datetime] = now_utc) -> None:
        self.db, self.clock = db, clock
        self.catalogue = catalogue or load(settings.layers_dir, settings.data_dir / "codes")
        hour, minute = settings.close_at.split(":")
        self.close_at = dt.time(int(hour), int(minute))
        self.graded: Graded | None = None
        self.failure: str | None = None
        self.picture = Picture()
        self.firm: list[Firm | None] | None = None
        self._past: dict[dt.date, Graded] = {}
        self._replaying = threading.Lock()
        self._stop = threading.Event()
        self._moved = threading.Condition()
        self._looked: dt.date | None = None           # Beijing day on which closings were last made up
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin in a thread of its own; returns at once."""
        self._thread = threading.Thread(target=self._run, name="grader", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = 10.0) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread:
            self._thread.join(wait_s)

    def wait(self, until: Callable[[Graded], bool] = lambda _: True, timeout_s: float = 60.0) -> Graded:
        """Block until the grades satisfy `until`. Raises TimeoutError."""
        with self._moved:
            if not self._moved.wait_for(lambda: self.graded is not None and until(self.graded), timeout_s):
                raise TimeoutError(f"grades did not come: {self.failure}")
            assert self.graded is not None
            return self.graded

    def replayed(self, day: dt.date, now: dt.datetime) -> Graded:
        """A past day as its closing saw it; the last few are kept."""
        with self._replaying:
            if day not in self._past:
                while len(self._past) >= 2:           # an engine is some hundred megabytes
                    self._past.pop(next(iter(self._past)))
                self._past[day] = replay(self.db, self.catalogue, day, now)
            return self._past[day]

    def step(self) -> None:
        """One look: make closings that are due, then take in what changed."""
        now = self.clock()
        standing = self.graded.survey.standing if self.graded else None
        closed = catch_up(self.db, self.catalogue, now, self.close_at, standing) if self._closing_due(now) else []
        whole = False
        graded = None if self.graded is None or closed else follow(self.db, self.catalogue, self.graded, now)
        if graded is None:
            graded, whole = full(self.db, self.catalogue, now, self.graded), True
            log.info("graded", run=graded.run_id, as_of=str(graded.as_of), closed=len(closed))
        self.picture.warm(graded.engine)
        with self._moved:
            self.graded, self.failure = graded, None
            self._moved.notify_all()
        if whole:                                     # takes seconds, and changes little within a day
            threading.Thread(target=self._shake, args=(graded,), name="firmness", daemon=True).start()

    def _shake(self, graded: Graded) -> None:
        self.firm = firmness(graded.engine)

    def _closing_due(self, now: dt.datetime) -> bool:
        """Once at start, and once on each day after the hour of closing."""
        local = now.astimezone(BEIJING)
        if self._looked == local.date() or (self._looked is not None and local.time() < self.close_at):
            return False
        self._looked = local.date() if local.time() >= self.close_at else local.date() - dt.timedelta(days=1)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for announced in self.db.announcements(wait_s=1.0):
                    if self._stop.is_set():
                        return
                    if announced or self._midnight():
                        self.step()
            except Problem as problem:
                self._failed(problem.title)
            except Exception as error:                # whatever it was, the city must be graded again
                log.exception("grading failed")
                self._failed(str(error))
            self._stop.wait(PAUSE_S)

    def _midnight(self) -> bool:
        """Whether a day has ended, or the hour of closing has come, since the last look."""
        now = self.clock()
        if self.graded is None or beijing_day(now) != self.graded.as_of:
            return True
        local = now.astimezone(BEIJING)
        return self._looked is not None and self._looked < local.date() and local.time() >= self.close_at

    def _failed(self, why: str) -> None:
        log.warning("grading failed", why=why)
        with self._moved:
            self.failure = why
            self.graded = None                        # start afresh from a full read
