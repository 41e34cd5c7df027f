"""What the engine reads and what it alone writes; plus what people read of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from riskmap.core.grading.inputs import OUTSIDE, Inputs, Occupants, Posts, Shelters, Sources
from riskmap.core.grading.method import Method
from riskmap.store.columns import columns
from riskmap.store.query import Conn, jsonb, row, rows, run

LOCK = 7_205_134_002                                  # advisory lock of whoever writes grades
WINDOW = 2_000                                        # event ids that may still commit late
INT, FLOAT = ">i8", ">f8"
SOURCE = tuple((n, FLOAT if n in ("footprint_m", "modelled_m") else INT) for n in (
    "id", "cell", "district", "level", "is_hazard", "hazard_id", "footprint_m", "modelled_m", "major", "general", "overdue",
    "overdue_major", "verified"))
CELL = ("cell", "hazard_micro", "residents_milli", "exposure_milli", "coping_micro", "risk_micro", "level", "sources")
CLOSED = ("closed",)                                  # states in which a shelter takes nobody


@dataclass(frozen=True, slots=True)
class Roles:
    """Which layers feed the engine, and in which of their attributes the figures stand. A list a column, parallel."""

    sources: Mapping[str, list[Any]]                  # layers, hazard, accident, modelled
    shelters: Mapping[str, list[Any]]                 # layers, capacity, state
    teams: list[str]
    depots: list[str]
    occupants: Mapping[str, list[Any]]                # layers, occupants

    @property
    def hazard_layers(self) -> list[str]:
        return [n for n, h in zip(self.sources["layers"], self.sources["hazard"], strict=True) if h]


@dataclass(frozen=True, slots=True)
class Moment:
    """`day` decides what is overdue; `until` (exclusive) what was recorded by then, None: everything in force now."""

    day: dt.date
    until: dt.datetime | None = None


def inputs(conn: Conn, roles: Roles, method: Method, moment: Moment, districts: Sequence[str],
           ids: Sequence[int] | None = None) -> Inputs:
    """Records in force, as the engine takes them; with `ids` only those among them. `districts`: codes in the engine's order."""
    at: dict[str, Any] = {"ids": None if ids is None else list(ids), "until": moment.until}
    rank = {int(code): i for i, code in enumerate(districts)}
    s = columns(conn, "grades_sources", SOURCE, **roles.sources, hazard_layers=roles.hazard_layers, today=moment.day,
                accidents=list(method.footprints_m), radii=list(method.footprints_m.values()),
                default_m=method.footprint_default_m, **at)
    shelter = [(n, INT) for n in ("id", "cell", "district", "capacity", "closed")]
    h = columns(conn, "grades_shelters", shelter, **roles.shelters, closed=list(CLOSED), **at)
    post = [(n, INT) for n in ("id", "cell", "ready")]
    teams = columns(conn, "grades_teams", post, layers=roles.teams, **at)
    depots = columns(conn, "grades_depots", post, layers=roles.depots, **at)
    occupants = columns(conn, "grades_occupants", [(n, INT) for n in ("id", "cell", "people")], **roles.occupants, **at)
    s["district"], h["district"] = _ranked(s["district"], rank), _ranked(h["district"], rank)
    return Inputs(Sources(**s), Shelters(**h), Posts(**teams), Posts(**depots), Occupants(**occupants))


def left_out(conn: Conn, layers: Sequence[str]) -> dict[str, int]:
    """Records of these layers that are not graded, by reason."""
    found = row(conn, "grades_left_out", layers=list(layers))
    assert found is not None
    return found


def batch_ids(conn: Conn, batch: int) -> list[int]:
    """Records an import wrote or took back."""
    return [r["id"] for r in rows(conn, "grades_batch_ids", batch=batch)]


def events(conn: Conn, after: int, seen: Sequence[int]) -> list[dict[str, Any]]:
    """Changes of inputs since `after`, and late ones not among `seen`."""
    return rows(conn, "grades_events", after=after, window=WINDOW, seen=list(seen))


def last_events(conn: Conn) -> list[int]:
    """Ids of the newest events, newest first: what a full read has seen."""
    return [r["id"] for r in rows(conn, "grades_last_event", window=WINDOW)]


def lock(conn: Conn) -> None:
    """Wait until no other process writes grades; held to the end of the transaction."""
    rows(conn, "grades_lock", key=LOCK)


# datasets

def dataset(conn: Conn, kind: str, until: dt.datetime | None = None) -> dict[str, Any] | None:
    """The newest dataset of a kind: id, name, source, valid_on, demo."""
    return row(conn, "grades_dataset", kind=kind, until=until)


def borders_version(conn: Conn) -> str | None:
    """The version of the outlines in force."""
    found = row(conn, "grades_versions")
    return found["version"] if found else None


def fragments(conn: Conn, dataset_id: int) -> dict[str, NDArray[Any]]:
    """cell, district (code as a number), area_m2 of a borders dataset."""
    return columns(conn, "grades_fragments", [("cell", INT), ("district", INT), ("area_m2", FLOAT)], dataset=dataset_id)


def add_fragments(conn: Conn, version: str, on: dt.date, now: dt.datetime, cell: Any, district: Any, area_m2: Any) -> int:
    """Store fragments as a borders dataset; gives its id."""
    source = "行政区边界 × H3 网格 district × cell"
    made = row(conn, "ledgers_dataset", kind="borders", name=version, source=source, valid_on=on, demo=False, now=now)
    assert made is not None
    numbers = np.asarray(district).astype(np.int64)
    run(conn, "grades_fragments_add", dataset=made["id"], cell=cell, district=numbers, area_m2=area_m2)
    return made["id"]


def population(conn: Conn, dataset_id: int) -> dict[str, NDArray[Any]]:
    """cell, district (code as a number), residents_milli of a population dataset."""
    return columns(conn, "grades_population", [("cell", INT), ("district", INT), ("residents_milli", INT)], dataset=dataset_id)


# methods

def method_in_force(conn: Conn, day: dt.date) -> dict[str, Any] | None:
    """id, name, parameters of the method in force on a day."""
    return row(conn, "grades_method_in_force", day=day)


def methods(conn: Conn) -> list[dict[str, Any]]:
    """Every method, newest first."""
    return rows(conn, "grades_methods")


def draft_method(conn: Conn, name: str, parameters: dict[str, Any], actor: str) -> int:
    """Draft a method; its id."""
    found = row(conn, "grades_method_draft", name=name, parameters=parameters, actor=actor)
    assert found is not None
    return found["id"]


def activate_method(conn: Conn, id: int, actor: str, day: dt.date) -> int:
    """Put a draft in force from a day; rows written, 0 when there is no such draft."""
    return run(conn, "grades_method_activate", id=id, actor=actor, day=day)


def discard_method(conn: Conn, id: int) -> int:
    """Put a draft away; rows written, 0 when it is no draft."""
    return run(conn, "grades_method_discard", id=id)


def lock_methods(conn: Conn) -> None:
    """Nobody else decides on a method until this transaction ends."""
    rows(conn, "grades_methods_lock")


# what is written

@dataclass(frozen=True, slots=True)
class Run:
    """A run as table grading_run keeps it."""

    kind: str
    method: int
    as_of: dt.date
    datasets: list[int]
    through: int
    sources: int
    cells: int
    engine_ms: float
    digest: str
    notes: list[Any]
    started_at: dt.datetime


def add_run(conn: Conn, made: Run) -> int:
    """Store a run; its id."""
    found = row(conn, "grades_run_add", **(dataclasses.asdict(made) | {"notes": jsonb(made.notes)}))
    assert found is not None
    return found["id"]


def last_run(conn: Conn) -> dict[str, Any] | None:
    """The run that wrote the current grades."""
    return row(conn, "grades_run_last")


def clear_cells(conn: Conn) -> None:
    """Before a full write."""
    run(conn, "grades_cells_clear")


def put_cells(conn: Conn, run_id: int, table: Mapping[str, NDArray[Any]], emptied: NDArray[np.int64]) -> None:
    """Store these cells (columns CELL) and take out those that lost their hazard."""
    if len(emptied):
        run(conn, "grades_cells_drop", cell=np.asarray(emptied, dtype=np.int64))
    if len(table["cell"]):
        run(conn, "grades_cells_put", run=run_id, **{n: np.asarray(table[n], dtype=np.int64) for n in CELL})


def put_districts(conn: Conn, run_id: int, states: Sequence[Mapping[str, Any]]) -> None:
    """Store districts: code, d_micro, t_micro, computed, shown, confidence, detail."""
    if states:
        run(conn, "grades_districts_put", run=run_id, **_state_columns(states))


def put_closing(conn: Conn, run_id: int, closed_on: dt.date, states: Sequence[Mapping[str, Any]]) -> int:
    """Store a day's closing of every district; `predecessor` beside the columns of a state. Rows stored (0: there was one)."""
    before = [s["predecessor"] for s in states]
    return run(conn, "grades_closings_put", run=run_id, closed_on=closed_on, predecessor=before, **_state_columns(states))


def _state_columns(states: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    out = {n: [s[n] for s in states] for n in ("code", "d_micro", "t_micro", "computed", "shown", "confidence")}
    return out | {"detail": [orjson.dumps(s["detail"], option=orjson.OPT_SERIALIZE_NUMPY).decode() for s in states]}


def _ranked(codes: NDArray[np.int64], rank: Mapping[int, int]) -> NDArray[np.int16]:
    known, back = np.unique(codes, return_inverse=True)
    return np.array([rank.get(int(c), OUTSIDE) for c in known], dtype=np.int16)[back] if len(codes) else np.empty(0, np.int16)


# what is read

def closings_before(conn: Conn, day: dt.date) -> dict[str, dict[str, Any]]:
    """The last closing of each district before a day, by code."""
    return {r["code"]: r for r in rows(conn, "grades_closings_before", day=day)}


def closings_missing(conn: Conn) -> dt.date | None:
    """The first day that has no closing yet, None before any run."""
    found = row(conn, "grades_closings_missing")
    return found["first"] if found else None


def overrides(conn: Conn, day: dt.date, until: dt.datetime | None = None) -> dict[str, dict[str, Any]]:
    """Overrides that hold on a day, by district code."""
    return {r["code"]: r for r in rows(conn, "grades_overrides", day=day, until=until)}


def districts(conn: Conn) -> list[dict[str, Any]]:
    """Districts with their current grade."""
    return rows(conn, "grades_districts")


def curve(conn: Conn, district: str, since: dt.date) -> list[dict[str, Any]]:
    """Closings of a district, oldest first."""
    return rows(conn, "grades_curve", district=district, since=since)


def held(conn: Conn, code: str, today: dt.date, since: dt.date, layers: Sequence[str]) -> list[dict[str, Any]]:
    """Major hidden dangers of a district, as the reader sees them, that are overdue or ended late since a day."""
    return rows(conn, "grades_held", code=code, today=today, since=since, layers=list(layers))


def closed_days(conn: Conn) -> list[dt.date]:
    """Days with a true closing, not marked history, newest first."""
    return [r["closed_on"] for r in rows(conn, "grades_closed_days")]


def closing(conn: Conn, district: str, day: dt.date) -> dict[str, Any] | None:
    """One closing with the method and datasets of its run."""
    return row(conn, "grades_closing", district=district, day=day)


def cells(conn: Conn, after: int = 0) -> dict[str, NDArray[Any]]:
    """cell (sorted), residents_milli, risk_micro, level, sources of cells written after a run."""
    wanted = [(n, INT) for n in ("cell", "residents_milli", "risk_micro", "level", "sources")]
    return columns(conn, "grades_cells", wanted, after=after)


def cell(conn: Conn, cell: int) -> dict[str, Any] | None:
    """One cell as graded."""
    return row(conn, "grades_cell", cell=cell)


def dangers(conn: Conn, ids: Sequence[int], today: dt.date) -> list[dict[str, Any]]:
    """Open hidden dangers by id: feature_id, major, overdue. Those the reader may not see are absent."""
    return rows(conn, "grades_dangers", ids=list(ids), today=today)


def names(conn: Conn, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Names of records the reader may see, by id."""
    return {r["id"]: r for r in rows(conn, "grades_names", ids=list(ids))}
