"""Why a hexagon has its colour: at resolution 9 the cell itself, coarser the district rule over its children (method §3, §4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskmap.core import cell as h3cell
from riskmap.core.grading import explanation
from riskmap.core.grading.coarse import COARSEST, drawn
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.engine import Engine
from riskmap.core.grading.method import MICRO
from riskmap.errors import BadInput, NotFound
from riskmap.flows.card import named_contributors
from riskmap.flows.grade import Graded
from riskmap.store.query import Conn


def cell_card(conn: Conn, graded: Graded, text: str) -> dict[str, Any]:
    """Colour, arithmetic and contributors of a cell of resolution 5 to 9; shares add up to its ρ, or D of its children.

    BadInput for what is no cell or another resolution, NotFound for one outside the city.
    """
    engine = graded.engine
    cell = int(h3cell.from_hex(text)[0])
    resolution = int(h3cell.resolution(np.array([cell]))[0])
    if not COARSEST <= resolution <= h3cell.RESOLUTION:
        raise BadInput(
            f"只解释 {COARSEST}–{h3cell.RESOLUTION} 级网格，这是 {resolution} 级 (cells of these resolutions are explained)",
            where=text,
            remedy=f"取其 {h3cell.RESOLUTION} 级子网格或 {COARSEST} 级以下的上级 ask for a child or a parent cell",
        )
    at = _children(engine, cell, resolution)
    if not len(at):
        raise NotFound("不在本市范围 (no cell of the city)", where=text)
    with engine.lock:
        fine = resolution == h3cell.RESOLUTION
        target = Target.cell(engine, int(at[0])) if fine else _target(engine, at)
        found = explanation.contributors(engine, target, -1)
        body = {
            "cell": text,
            "resolution": resolution,
            "children": len(at),
            "run": graded.run_id,
            "as_of": graded.as_of,
            "hazard": float(engine.cells.hazard[at[0]] / MICRO) if fine else None,
            **(_fine(engine, int(at[0])) if fine else _coarse(engine, cell, resolution)),
            "sources": int(engine.cells.sources[at].sum()),
            "residents": float(engine.ground.residents[at].sum() / 1000),
            "occupants": float(engine.cells.occupants[at].sum() / 1000),
            "area_km2": float(engine.ground.area_m2[at].sum() / 1e6),
            "parts": explanation.parts(engine, target),
            "districts": _districts(engine, at),
            "center": [float(v[0]) for v in h3cell.center(np.array([cell]))],
        }
    return body | named_contributors(conn, found)


def _children(engine: Engine, cell: int, resolution: int) -> np.ndarray:
    """Positions of the city's cells of resolution 9 in this one; of a cell of resolution 9 its own."""
    if resolution == h3cell.RESOLUTION:
        at = engine.ground.at(np.array([cell]))
        return at[at >= 0]
    return np.flatnonzero(h3cell.parent(engine.ground.cell, resolution) == cell)


def _target(engine: Engine, at: np.ndarray) -> Target:
    """The children weighted as their parent is coloured: by residents, where nobody lives by area."""
    people = engine.ground.residents[at]
    return Target(at, people if people.sum() > 0 else np.rint(engine.ground.area_m2[at]).astype(np.int64))


def _fine(engine: Engine, at: int) -> dict[str, Any]:
    c = engine.cells
    level = int(c.level[at]) if c.hazard[at] else None
    borders = {"borders": engine.method.cell_borders}
    return {
        "risk": float(c.risk[at] / MICRO),
        "level": level,
        "worst": level,
        "floor": bool(c.worst[at] > 0),
    } | borders


def _coarse(engine: Engine, cell: int, resolution: int) -> dict[str, Any]:
    """As it is drawn: `risk` is D of the children, `worst` the level of the worst of them; `borders` are those of D."""
    table = drawn(engine, resolution)
    i = int(np.searchsorted(table.cell, cell))
    borders: dict[str, Any] = {"borders": engine.method.d_borders, "floor": False}
    if i == len(table.cell) or table.cell[i] != cell:
        return {"risk": 0.0, "level": None, "worst": None} | borders
    return {"risk": float(table.risk[i] / MICRO), "level": int(table.level[i]), "worst": int(table.worst[i])} | borders


def _districts(engine: Engine, at: np.ndarray) -> list[dict[str, Any]]:
    """Residents by district, largest code last; 000000 is the part outside the city."""
    ground = engine.ground
    own = ground.fragments_of(at)
    code, place = np.unique(ground.fragment_district[own], return_inverse=True)
    people = np.bincount(place, weights=ground.fragment_residents[own], minlength=len(code))
    return [
        {"code": ground.districts[d] if d >= 0 else "000000", "residents": float(r / 1000)}
        for d, r in zip(code.tolist(), people, strict=True)
    ]
