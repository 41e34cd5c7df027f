"""What a grading stands on, read from the store: the method, the ground and the records of a moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from riskmap.catalogue import Catalogue
from riskmap.core.fragments import fragments
from riskmap.core.grading.ground import Ground
from riskmap.core.grading.inputs import Inputs
from riskmap.core.grading.method import Method
from riskmap.errors import SetupError
from riskmap.store import grades, places
from riskmap.store.grades import Moment, Roles
from riskmap.store.query import Conn

BEIJING = dt.timezone(dt.timedelta(hours=8))           # China keeps one time and no summer time


def beijing_day(now: dt.datetime) -> dt.date:
    """The date in Beijing at an instant."""
    return now.astimezone(BEIJING).date()


def end_of(day: dt.date) -> dt.datetime:
    """The first instant after a Beijing day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0), BEIJING)


def roles(catalogue: Catalogue) -> Roles:
    """Which layers feed the engine, as their layer.toml says."""
    of = {name: [catalogue.layer(n) for n in catalogue.with_role(*kinds)] for name, kinds in {
        "sources": ("source", "major_hazard"), "shelters": ("shelter",), "occupants": ("occupants",)}.items()}
    names = {name: [layer.name for layer in layers] for name, layers in of.items()}
    attribute = lambda name, which: [getattr(layer.grading, which) or "" for layer in of[name]]  # noqa: E731
    return Roles(
        sources={"layers": names["sources"], "hazard": [layer.grading.role == "major_hazard" for layer in of["sources"]],
                 "accident": attribute("sources", "accident_type"), "modelled": attribute("sources", "modelled_radius_m")},
        shelters={"layers": names["shelters"], "capacity": attribute("shelters", "capacity"),
                  "state": attribute("shelters", "state")},
        teams=catalogue.with_role("team"), depots=catalogue.with_role("depot"),
        occupants={"layers": names["occupants"], "occupants": attribute("occupants", "occupants")})


@dataclass(frozen=True)
class Standing:
    """The ground with the datasets it was made of."""

    ground: Ground
    borders: dict[str, Any]
    population: dict[str, Any] | None
    zones: tuple[str, ...]                            # functional zone of each district, in the order of ground.districts
    names: tuple[str, ...]

    @property
    def datasets(self) -> list[int]:
        return [d["id"] for d in (self.borders, self.population) if d]


def method_of(conn: Conn, day: dt.date) -> tuple[int, str, Method]:
    """Id, name and parameters of the method in force on a day. SetupError when there is none."""
    found = grades.method_in_force(conn, day)
    if found is None:
        title = f"{day} 没有生效的定级方法 (no grading method in force)"
        raise SetupError(title, where="method", remedy="riskmap method activate")
    return found["id"], found["name"], Method.from_record(found["parameters"])


def standing(conn: Conn, now: dt.datetime, until: dt.datetime | None = None, have: Standing | None = None) -> Standing:
    """The ground as recorded before `until`. Fragments are made and stored the first time outlines of a version are met.

    `have` is given back when nothing has changed since it was made.
    """
    version = grades.borders_version(conn)
    if version is None:
        raise SetupError("没有行政区 (no district is loaded)", where="district", remedy="riskmap migrate")
    borders = grades.dataset(conn, "borders")
    if borders is None or borders["name"] != version:
        parts = fragments([(d["code"], shapely.from_wkb(bytes(d["shape"]))) for d in places.districts(conn)])
        grades.add_fragments(conn, version, beijing_day(now), now, parts.cell, parts.district, parts.area_m2)
        borders = grades.dataset(conn, "borders")
        assert borders is not None
    population = grades.dataset(conn, "population", until)
    if have and have.borders["id"] == borders["id"] and (have.population or {}).get("id") == (population or {}).get("id"):
        return have
    listed = places.districts(conn)
    stored = grades.fragments(conn, borders["id"])
    grid = _grid(conn, population, stored) if population else None
    ground = Ground.build([d["code"] for d in listed], [d["population"] for d in listed], stored["cell"],
                          np.char.zfill(stored["district"].astype("<U6"), 6), stored["area_m2"], grid)
    return Standing(ground, borders, population, tuple(d["zone"] for d in listed), tuple(d["name"] for d in listed))


def _grid(conn: Conn, population: dict[str, Any], stored: dict[str, Any]) -> np.ndarray:
    """The population grid on the fragments; what falls on none is left out and the census brings it back."""
    grid = grades.population(conn, population["id"])
    order = np.lexsort((stored["district"], stored["cell"]))
    key = np.stack([stored["cell"][order], stored["district"][order]], axis=1).astype(">i8").copy().view("V16").ravel()
    asked = np.stack([grid["cell"], grid["district"]], axis=1).astype(">i8").copy().view("V16").ravel()
    at = np.minimum(np.searchsorted(key, asked), max(len(key) - 1, 0))
    hit = key[at] == asked
    out = np.zeros(len(stored["cell"]), dtype=np.int64)
    out[order[at[hit]]] = grid["residents_milli"][hit]
    return out


@dataclass(frozen=True)
class Survey:
    """Everything a grading of one day takes."""

    moment: Moment
    method_id: int
    method_name: str
    method: Method
    standing: Standing
    inputs: Inputs
    through: int = 0                                  # newest event that is certainly in `inputs`
    seen: tuple[int, ...] = ()
    notes: list[Any] = field(default_factory=list)


def survey(conn: Conn, catalogue: Catalogue, moment: Moment, now: dt.datetime, have: Standing | None = None) -> Survey:
    """Read a day. Events are read first: whatever commits meanwhile is read again by the next change, never missed."""
    seen = grades.last_events(conn)
    method_id, name, method = method_of(conn, moment.day)
    ground = standing(conn, now, moment.until, have)
    plan = roles(catalogue)
    records = grades.inputs(conn, plan, method, moment, ground.ground.districts)
    notes = [{"left_out": grades.left_out(conn, plan.sources["layers"])}] if moment.until is None else []
    if ground.ground.by_area:
        notes.append({"residents_by_area": [ground.ground.districts[d] for d in sorted(ground.ground.by_area)]})
    for kind, column in (("shelters", "capacity"), ("occupants", "people")):
        unknown = int((getattr(getattr(records, kind), column) < 0).sum())
        if unknown:
            notes.append({f"{kind}_{column}_unknown": unknown})
    return Survey(moment, method_id, name, method, ground, records, seen[0] if seen else 0, tuple(seen), notes)
