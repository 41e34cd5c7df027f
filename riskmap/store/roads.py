"""Roads: versions of the network, stored and read whole, and the check of a way against a zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely

from riskmap.core.road.network import Network
from riskmap.store.columns import columns
from riskmap.store.query import Conn, jsonb, row, rows, run, tuples

LOCK = 7_205_134_024
PIECE = 20_000
INT, FLOAT = ">i8", ">f8"


def dataset(conn: Conn, until: dt.datetime | None = None) -> dict[str, Any] | None:
    """The roads in force: id, name, source, valid_on, datum, facts, recorded_at. None: no roads are loaded."""
    return row(conn, "roads_dataset", until=until)


def lock(conn: Conn) -> None:
    """Wait until nobody else brings roads; held to the end of the transaction."""
    rows(conn, "roads_lock", key=LOCK)


def add(conn: Conn, network: Network, *, name: str, source: str, datum: str, valid_on: dt.date, facts: dict[str, Any], now: dt.datetime,
        hear: Callable[[int, int], None] | None = None) -> int:  # fmt: skip
    """Store a network as the roads in force; its id. `hear` is told how many edges of how many are stored."""
    made = row(conn, "roads_add", name=name, source=source, datum=datum, valid_on=valid_on, facts=jsonb(facts), now=now)
    assert made is not None
    for low in range(0, len(network.lon), PIECE):
        some = np.arange(low, min(len(network.lon), low + PIECE))
        run(conn, "roads_nodes_add", dataset=made["id"], id=some, lon=network.lon[some], lat=network.lat[some])
    for low in range(0, len(network), PIECE):
        some = np.arange(low, min(len(network), low + PIECE))
        run(conn, "roads_edges_add", dataset=made["id"], id=some, source=network.u[some], target=network.v[some],
            direction=network.direction[some].astype(np.int64), walk=network.walk[some].astype(np.int64), drive_kmh=network.drive_kmh[some],
            metres=network.metres[some], **{"class": network.kind[some].tolist()}, name=network.name[some].tolist(),
            course=list(shapely.to_wkb(network.course[some])))  # fmt: skip
        if hear:
            hear(int(some[-1]) + 1, len(network))
    return made["id"]


def network(conn: Conn, dataset_id: int) -> Network:
    """A stored network, whole."""
    nodes = columns(conn, "roads_nodes", [("id", INT), ("lon", FLOAT), ("lat", FLOAT)], dataset=dataset_id)
    wanted = [(n, INT) for n in ("source", "target", "direction", "walk")] + [(n, FLOAT) for n in ("drive_kmh", "metres")]
    edges = columns(conn, "roads_edges", wanted, dataset=dataset_id)
    told = tuples(conn, "roads_courses", dataset=dataset_id)
    kind, name, course = zip(*told, strict=True) if told else ((), (), ())
    return Network(nodes["lon"], nodes["lat"], edges["source"], edges["target"], edges["direction"].astype(np.int8), edges["drive_kmh"],
                   edges["walk"].astype(bool), edges["metres"], np.array(kind, dtype=np.str_), np.array(name, dtype=np.str_),
                   shapely.from_wkb(np.array(course, dtype=object)))  # fmt: skip


def checked(conn: Conn, zone: shapely.Geometry, courses: Sequence[shapely.LineString]) -> list[dict[str, Any]]:
    """For each way: crosses, and where it first meets the zone (lon, lat, at_m from its beginning), inside_m. By PostGIS, exactly."""
    if not len(courses):
        return []
    return rows(conn, "roads_checked", zone=shapely.to_wkb(zone), ways=[shapely.to_wkb(c) for c in courses])
