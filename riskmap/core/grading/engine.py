"""The state of one day: every cell and district, made whole from inputs and moved by exact integer differences.

A full run is the change "everything came" on an empty city, so there is one path. All that is summed is integers: what a change
takes out is what had been put in, to the bit, and incremental = full follows. Cost of a change: the cells it reaches.
"""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading import coping, hazard, risk
from riskmap.core.grading.district import Caps, Computed, Sums, computed
from riskmap.core.grading.ground import Ground
from riskmap.core.grading.hazard import Weighed
from riskmap.core.grading.inputs import KINDS, Inputs, Sources
from riskmap.core.grading.method import MICRO, Method
from riskmap.core.grading.rows import Rows
from riskmap.core.grading.state import NOTHING, Cells, Touched, mix, sorted_positions, total

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
EPOCH = dt.date(1970, 1, 1)
MANY_POSTS = 50                                       # changed at once: then their reach is the whole city


class Engine:
    """Grades of a city on a day. Readers and writers share `lock`."""

    def __init__(self, ground: Ground, method: Method, as_of: dt.date) -> None:
        self.ground, self.method, self.as_of = ground, method, as_of
        self.day = (as_of - EPOCH).days
        self.lock = threading.RLock()
        self.rows: dict[str, Rows] = {name: Rows(kind) for name, kind in KINDS.items()}
        self.weighed = Weighed(np.empty(0, np.int8), np.empty(0, bool), NOTHING, np.empty(0))
        self.children: dict[int, set[int]] = {}       # major hazard id → rows of the sources linked to it
        self.cells = Cells.empty(len(ground.cell))
        self.sums = Sums.zero(len(ground.districts))
        self.unknown_shelters = np.zeros(len(ground.districts), dtype=np.int64)
        self.mass = 0                                 # Σ w·m in 1e-6, watched so that nothing overflows
        self.marks = np.zeros((len(ground.cell), 2), dtype=np.uint64)   # hash of each stored row; 0 where none is stored
        self.revision = 0

    @classmethod
    def full(cls, ground: Ground, inputs: Inputs, method: Method, as_of: dt.date) -> Engine:
        """Grade a city from nothing."""
        engine = cls(ground, method, as_of)
        engine.apply(NOTHING, inputs)
        return engine

    # changes

    def apply(self, ids: Ints, now: Inputs) -> Touched:
        """Records `ids` changed: those found in `now` are in force like that, the others no longer. BadInput changes nothing."""
        with self.lock:
            touched = self.tried(ids, now)
            self.revision += 1
            return touched

    def tried(self, ids: Ints, now: Inputs) -> Touched:
        """The same as part of a trial: whoever asks holds `lock` until it is taken back, so no reader sees it and the revision stays."""
        ids = np.unique(np.asarray(ids, dtype=np.int64))
        with self.lock:
            before = self._stand()
            at = sorted_positions(len(self.cells.risk), [
                self._sources(ids, now.sources), self._shelters(ids, now), self._occupants(ids, now),
                self._posts("teams", ids, now), self._posts("depots", ids, now)])
            cells, emptied = self._refresh(at)
            return Touched(cells, emptied, self._moved(before))

    def trial(self, ids: Ints, now: Inputs) -> tuple[list[Computed], list[Computed]]:
        """Districts before and after a change that is then taken back."""
        with self.lock:
            asked = np.unique(np.concatenate([np.asarray(ids, dtype=np.int64), *(k.id for k in now.kinds().values())]))
            old = Inputs(**{n: r.take(r.alive(r.find(asked))) for n, r in self.rows.items()})
            before = self.districts()
            self.tried(asked, now)
            after = self.districts()
            self.tried(asked, old)
            return before, after

    def inputs(self) -> Inputs:
        """Everything in force, as one Inputs."""
        return Inputs(**{name: rows.all() for name, rows in self.rows.items()})

    # districts

    def districts(self) -> list[Computed]:
        """Every district as computed, in the order of ground.districts."""
        with self.lock:
            caps, people = self.caps(), self.ground.district_residents
            return [computed(self.sums, d, people[d], caps.of(d), self.method) for d in range(len(people))]

    def caps(self) -> Caps:
        """Districts whose letter is capped, and why."""
        shelters = self.rows["shelters"]
        known = bool(((shelters.column("capacity") >= 0) & shelters.mask).any())
        ready = all(bool((self.rows[n].column("ready") & self.rows[n].mask).any()) for n in ("teams", "depots"))
        if not (known and ready):
            return Caps(self.ground.by_area, frozenset(range(len(self.ground.districts))))
        return Caps(self.ground.by_area, frozenset(np.flatnonzero(self.unknown_shelters > 0).tolist()))

    # cells

    def drawn(self) -> Ints:
        """Positions of the cells with H > 0: the only ones stored and drawn."""
        return np.flatnonzero(self.cells.hazard > 0)

    def exposed(self, at: Ints) -> Ints:
        """Residents and occupants of protected sites, milli-persons."""
        return self.ground.residents[at] + self.cells.occupants[at]

    def table(self, at: Ints) -> dict[str, NDArray[Any]]:
        """Stored columns of these cells, in the order of table cell_grade."""
        c = self.cells
        return {"cell": self.ground.cell[at], "hazard_micro": c.hazard[at], "residents_milli": self.ground.residents[at],
                "exposure_milli": self.exposed(at), "coping_micro": np.rint(c.coping[at] / 3000.0).astype(np.int64),
                "risk_micro": c.risk[at], "level": c.level[at].astype(np.int64), "sources": c.sources[at]}

    def digest(self) -> str:
        """Of every stored value, whatever the way that led to it: equal digests, equal grades."""
        with self.lock:
            values = [[-1 if v is None else v for v in (d.d_micro, d.t_micro, d.grade)] for d in self.districts()]
            rows = np.array(values, dtype=np.int64)
            code = np.array([int(c) for c in self.ground.districts], dtype=np.int64)
            hashes = np.concatenate([self.marks, mix([code, *rows.T])])
            return "".join(f"{int(v):016x}" for v in hashes.sum(axis=0, dtype=np.uint64))

    # the parts of a change; each gives the positions of the cells it may have moved

    def _sources(self, ids: Ints, now: Sources) -> Ints:
        book = self.rows["sources"]
        first = len(book.mask) == 0
        if first:
            weighed = hazard.weigh(now, self.method)
            hazard.guard(weighed.mass)
            book = self.rows["sources"] = Rows(Sources, now)
            self.weighed = weighed
            linked = np.flatnonzero((now.hazard_id >= 0) & ~now.is_hazard)
            for row, parent in zip(linked.tolist(), now.hazard_id[linked].tolist(), strict=True):
                self.children.setdefault(parent, set()).add(row)
            return self._pour(NOTHING, None, np.arange(len(now)), now)
        changed = book.alive(book.find(np.unique(np.concatenate([ids, now.id]))))
        if not len(changed) and not len(now):
            return NOTHING
        before = self._reached(changed, now)
        old, old_weighed = book.take(before), self.weighed.take(before)
        undo = book.take(changed)
        gone = changed[~np.isin(book.column("id")[changed], now.id)]
        self._unlink(changed)
        book.remove(gone)
        rows = book.put(now)
        self._link(rows, now)
        after = book.alive(np.unique(np.concatenate([before, rows, self._reached(rows, now)])))
        self._weigh(after)
        mass = self.mass - total(old_weighed.mass) + total(self.weighed.mass[after])
        if mass >= hazard.MASS_LIMIT:                 # put everything back, then refuse
            self._unlink(rows)
            book.remove(rows)
            self._link(book.put(undo), undo)
            self._weigh(before)
            raise hazard.too_heavy()
        return self._pour(before, (old, old_weighed), after, book.take(after))

    def _pour(self, before: Ints, old: tuple[Sources, Weighed] | None, after: Ints, now: Sources) -> Ints:
        """Take the old contributions out and put the new ones in."""
        new = self.weighed.take(after)
        cell, reach, mass, place = now.cell, new.reach_m, new.mass, self.ground.at(now.cell)
        self.mass += total(mass)
        if old is not None:
            self.mass -= total(old[1].mass)
            self.sums.add_sources(old[0], old[1], self.day, self.method, -1)
            was = self.ground.at(old[0].cell)
            self._count(was, old[1], -1)
            place = np.concatenate([was, place])
            cell, reach = np.concatenate([old[0].cell, cell]), np.concatenate([old[1].reach_m, reach])
            mass = np.concatenate([-old[1].mass, mass])
        self.sums.add_sources(now, new, self.day, self.method)
        self._count(place[len(place) - len(now):], new, 1)
        at, high, low = hazard.pour(self.ground, cell, place, reach, mass)
        carry, rest = np.divmod(self.cells.low[at] + low, MICRO)
        self.cells.high[at] += high + carry
        self.cells.low[at] = rest
        return np.concatenate([at, place[place >= 0]])

    def _count(self, at: Ints, weighed: Weighed, sign: int) -> None:
        inside = at >= 0
        np.add.at(self.cells.sources, at[inside], sign * weighed.counted[inside].astype(np.int64))
        np.add.at(self.cells.worst, at[inside], sign * (weighed.level[inside] == 1).astype(np.int64))

    def _reached(self, rows: Ints, now: Sources) -> Ints:
        """These rows and those whose weight hangs on them: a hazard's linked sources, a source's hazard (old link and new)."""
        book = self.rows["sources"]
        ids = np.concatenate([book.column("id")[rows], now.id])
        parents = np.concatenate([book.column("hazard_id")[rows], now.hazard_id])
        kin = [row for i in ids.tolist() for row in self.children.get(i, ())]
        hazards = book.find(np.unique(parents[parents >= 0]))
        return book.alive(np.unique(np.concatenate([rows, np.array(kin, dtype=np.int64), hazards])))

    def _weigh(self, rows: Ints) -> None:
        """Weigh these rows anew, with the hazards they are linked to and the sources linked to those at hand."""
        book = self.rows["sources"]
        if len(book.mask) > len(self.weighed.mass):
            more = len(book.mask) - len(self.weighed.mass) + len(book.mask) // 10
            room = Weighed(np.zeros(more, np.int8), np.zeros(more, bool), np.zeros(more, np.int64), np.zeros(more))
            self.weighed = self.weighed.join(room)
        kin = [r for i in book.column("id")[rows].tolist() for r in self.children.get(i, ())]
        parents = book.column("hazard_id")[rows]
        hazards = book.find(np.unique(parents[parents >= 0]))
        wide = book.alive(np.unique(np.concatenate([rows, np.array(kin, dtype=np.int64), hazards])))
        fresh = hazard.weigh(book.take(wide), self.method)
        at = np.searchsorted(wide, rows)
        for name in ("level", "counted", "mass", "reach_m"):
            getattr(self.weighed, name)[rows] = getattr(fresh, name)[at]

    def _link(self, rows: Ints, records: Sources) -> None:
        for row, parent, own in zip(rows.tolist(), records.hazard_id.tolist(), records.is_hazard.tolist(), strict=True):
            if parent >= 0 and not own:
                self.children.setdefault(parent, set()).add(row)

    def _unlink(self, rows: Ints) -> None:
        for row, parent in zip(rows.tolist(), self.rows["sources"].column("hazard_id")[rows].tolist(), strict=True):
            if parent >= 0:
                self.children.get(parent, set()).discard(row)

    def _swap(self, kind: str, ids: Ints, now: Any) -> tuple[Any, Any]:
        """(rows that were, rows that are) of one kind."""
        book = self.rows[kind]
        if len(book.mask) == 0:
            self.rows[kind] = Rows(KINDS[kind], now)
            return KINDS[kind](), now
        rows = book.alive(book.find(np.unique(np.concatenate([ids, now.id]))))
        old = book.take(rows)
        book.remove(rows)
        book.put(now)
        return old, now

    def _shelters(self, ids: Ints, now: Inputs) -> Ints:
        old, new = self._swap("shelters", ids, now.shelters)
        for records, sign in ((old, -1), (new, 1)):
            unknown = records.district[(records.capacity < 0) & ~records.closed & (records.district >= 0)]
            np.add.at(self.unknown_shelters, unknown.astype(np.int64), sign)
        cell = np.concatenate([old.cell, new.cell])
        if not len(cell):
            return NOTHING
        places, back = np.unique(cell, return_inverse=True)
        catchment = coping.catchment_milli(self.ground, places, self.method)[back]
        both = old.join(new)
        ratio = coping.ratio_nano(both.capacity, both.closed, catchment)
        ratio[:len(old.cell)] *= -1
        at, added = coping.shelter_sum(self.ground, cell, ratio, self.method)
        self.cells.shelter[at] += added
        return at

    def _occupants(self, ids: Ints, now: Inputs) -> Ints:
        old, new = self._swap("occupants", ids, now.occupants)
        cell = np.concatenate([old.cell, new.cell])
        people = np.concatenate([-np.maximum(old.people, 0), np.maximum(new.people, 0)]) * 1000
        at = self.ground.at(cell)
        np.add.at(self.cells.occupants, at[at >= 0], people[at >= 0])
        return at[at >= 0]

    def _posts(self, kind: str, ids: Ints, now: Inputs) -> Ints:
        old, new = self._swap(kind, ids, getattr(now, kind))
        cell = np.concatenate([old.cell[old.ready], new.cell[new.ready]])
        if not len(cell):
            return NOTHING
        metres = self.cells.team_m if kind == "teams" else self.cells.depot_m
        reach_m = self.method.travel_reach_m
        places = np.unique(cell)
        at = coping.within(self.ground, places, reach_m) if len(places) < MANY_POSTS else np.arange(len(metres))
        book = self.rows[kind]
        metres[at] = coping.nearest_m(self.ground, at, book.column("cell")[book.mask & book.column("ready")], reach_m)
        return at

    def _refresh(self, at: Ints) -> tuple[Ints, Ints]:
        """Recompute these cells and carry the differences up; gives (cells that differ and have H, cells that lost theirs)."""
        c, g, m = self.cells, self.ground, self.method
        risk_before, level_before = c.risk[at], c.level[at]
        c.hazard[at] = hazard.hazard_micro(c.high[at], c.low[at])
        c.coping[at] = coping.total_nano(c.shelter[at], coping.travel_nano(c.team_m[at], m), coping.travel_nano(c.depot_m[at], m))
        h = risk.hazard_part(c.hazard[at], m)
        e = risk.exposure_part(self.exposed(at), g.area_m2[at], m)
        c.risk[at] = risk.risk_micro(h, e, risk.coping_part(c.coping[at]), m)
        c.level[at] = risk.cell_level(c.risk[at], c.worst[at], m)
        moved = (risk_before != c.risk[at]) | (level_before != c.level[at])
        self._carry(at[moved], risk_before[moved], level_before[moved])
        has = c.hazard[at] > 0
        marks = np.where(has[:, None], mix(list(self.table(at).values())), np.uint64(0))
        differ = (marks != self.marks[at]).any(axis=1)
        had = self.marks[at].any(axis=1)
        self.marks[at] = marks
        return at[differ & has], at[differ & had & ~has]

    def _carry(self, at: Ints, risk_before: Ints, level_before: NDArray[np.int8]) -> None:
        """Fragments of the cells that moved, out with the old value and in with the new."""
        edges = self.ground.cell_fragments[1]
        fragments = self.ground.fragments_of(at)
        which = np.repeat(np.arange(len(at)), edges[at + 1] - edges[at])
        keep = self.ground.fragment_district[fragments] >= 0
        fragments, which = fragments[keep], which[keep]
        district, people = self.ground.fragment_district[fragments].astype(np.int64), self.ground.fragment_residents[fragments]
        self.sums.add_risk(district, people, risk_before[which], level_before[which], -1)
        self.sums.add_risk(district, people, self.cells.risk[at][which], self.cells.level[at][which])

    def _stand(self) -> tuple[NDArray[Any], Ints, int]:
        return self.sums.table.copy(), self.unknown_shelters.copy(), len(self.caps().unknown_coping)

    def _moved(self, before: tuple[NDArray[Any], Ints, int]) -> tuple[int, ...]:
        rows, shelters, caps = before
        differ = (rows != self.sums.table).any(axis=1) | ((shelters > 0) != (self.unknown_shelters > 0))
        if caps != len(self.caps().unknown_coping):
            differ[:] = True
        return tuple(np.flatnonzero(differ).tolist())
