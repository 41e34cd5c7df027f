"""Roads brought in, and held ready: one graph a process, made anew when another network is in force."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from riskmap.core.actor import Actor
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.response.travel import Ways
from riskmap.core.road.build import built
from riskmap.core.road.graph import Graph
from riskmap.core.road.lines import Lines
from riskmap.core.road.network import Network, box, told
from riskmap.core.road.speed import FACTOR, UNKNOWN, WALK_KMH, Speeds
from riskmap.errors import BadInput, SetupError
from riskmap.flows.survey import beijing_day, method_of
from riskmap.store import journal, roads
from riskmap.store.database import Database
from riskmap.store.patience import be_patient
from riskmap.store.query import Conn

EDITION = 1  # of how lines are made a network: another one makes the same file another network
KEPT = 2  # graphs held at a time
PATIENCE_S = 3_600  # a whole city takes longer than a request may


@dataclass(frozen=True, slots=True)
class Brought:
    """What the person said of a file of roads."""

    name: str
    source: str
    valid_on: dt.date
    crs: str | None = None
    join_m: float = 0.0
    factor: float = FACTOR


def crs_of(lines: Lines, said: str | None) -> str:
    """The datum the file's coordinates are in: what the file says, or the person. Raises BadInput when neither does, or both differ."""
    if lines.crs is None and said is None:
        raise BadInput("文件没有说坐标系 / the file does not say its datum", where="--crs",
                       remedy="--crs wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n")  # fmt: skip
    same = {"EPSG:4326": "wgs84", "EPSG:4490": "cgcs2000"}
    own = same.get(lines.crs or "", lines.crs)
    if said is not None and own is not None and said.lower() != own.lower() and said.lower() not in ("gcj02", "bd09"):
        raise BadInput(
            f"文件说坐标系是 {own}，与 --crs {said} 不符 / the file says another datum",
            where="--crs",
            remedy="去掉 --crs，或改正文件 / leave --crs out",
        )
    return said or own or "wgs84"  # 火星坐标 no file can say: a shifted file calls itself WGS 84


def digest(files: list[Path], crs: str, brought: Brought, read: dict[str, Any]) -> str:
    """Names the network a file makes: its bytes and what was said of it."""
    out = hashlib.sha256()
    for path in files:
        with path.open("rb") as lines:
            while piece := lines.read(1 << 20):
                out.update(piece)
    out.update(repr((EDITION, crs, brought.join_m, brought.factor, sorted(read.items()))).encode())
    return out.hexdigest()


def made(lines: Lines, speeds: Speeds, crs: str, brought: Brought, gazetteer: Gazetteer) -> tuple[Network, dict[str, Any]]:
    """(network, what is to be told of it)."""
    network, remarks = built(lines, speeds, crs, join_m=brought.join_m, factor=brought.factor)
    facts: dict[str, Any] = {
        "nodes": len(network.lon),
        "edges": len(network),
        "kilometres": round(float(network.metres.sum()) / 1000, 1),
        "unknown_class": int((network.kind == UNKNOWN).sum()),
        "one_way": int((network.direction != 0).sum()),
        "factor": brought.factor,
        "join_m": brought.join_m,
        "box": [round(v, 5) for v in box(network)],
        "remarks": remarks,
    }
    for mode in ("drive", "walk"):
        facts[mode] = told(network, mode)
        for piece in facts[mode]["others"]:
            piece["district"] = _district(gazetteer, piece["lon"], piece["lat"])
    return network, facts


def _district(gazetteer: Gazetteer, lon: float, lat: float) -> str:
    found = gazetteer.locate(np.array([lon]), np.array([lat]))[0]
    return next((d.name for d in gazetteer.districts if d.code == found), "市外 outside")


def keep(db: Database, network: Network, brought: Brought, crs: str, facts: dict[str, Any], hash: str, actor: Actor, now: dt.datetime,
         hear: Callable[[int, int], None] | None = None) -> tuple[int, bool]:  # fmt: skip
    """(dataset, whether it is new): the network in force from now on, all of it or nothing. The same again changes nothing."""
    with db.as_user(actor, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        roads.lock(conn)
        held = roads.dataset(conn)
        same = held is not None and held["facts"].get("hash") == hash and (held["name"], held["source"], held["valid_on"]) == (
            brought.name, brought.source, brought.valid_on)  # fmt: skip
        if same and held is not None:
            return held["id"], False
        id = roads.add(conn, network, name=brought.name, source=brought.source, datum=crs, valid_on=brought.valid_on, facts=facts | {"hash": hash},
                       now=now, hear=hear)  # fmt: skip
        said = {k: facts[k] for k in ("nodes", "edges", "kilometres")} | {
            "name": brought.name,
            "source": brought.source,
            "datum": crs,
            "hash": hash,
        }
        journal.audit(conn, actor, "roads.import", object_id=id, before={"dataset": held["id"]} if held else None, after=said)
        journal.event(conn, "dataset.changed", None, None, {"dataset": id, "kind": "roads"})
        return id, True


@dataclass(frozen=True, slots=True)
class Held:
    """What ways are worked out on now, and how it is told: `dataset` None: no roads are loaded."""

    ways: Ways
    dataset: dict[str, Any] | None = None

    def assumes(self) -> str:
        """In one sentence, what times stand on."""
        if self.dataset is None:
            kmh, factor = self.ways.drive_kmh, self.ways.detour
            return (f"估算：直线 × {factor:g}，驾车 {kmh:g} km/h，步行 {WALK_KMH:g} km/h；没有路网"
                    f" / estimate: straight line × {factor:g}, {kmh:g} km/h driving, {WALK_KMH:g} km/h on foot; no roads")  # fmt: skip
        factor, d = self.dataset["facts"].get("factor", FACTOR), self.dataset
        return (f"路网“{d['name']}”（{d['source']}，{d['valid_on']}）；车速 = 设计速度下限或限速 × {factor:g}，"
                f"步行 {WALK_KMH:g} km/h，不计路口等候、管制和实时路况"
                f" / roads “{d['name']}” of {d['valid_on']}; speed = lowest design speed or posted limit × {factor:g}, {WALK_KMH:g} km/h on foot;"
                " no waiting at crossings, closures or traffic of the hour")  # fmt: skip

    def told(self) -> dict[str, Any]:
        """As a plan keeps it."""
        if self.dataset is None:
            return {"loaded": False, "assumes": self.assumes()}
        d, facts = self.dataset, self.dataset["facts"]
        return {"loaded": True, "id": d["id"], "name": d["name"], "source": d["source"], "valid_on": str(d["valid_on"]), "datum": d["datum"],
                "edges": facts.get("edges"), "share": (facts.get("drive") or {}).get("share"), "assumes": self.assumes()}  # fmt: skip


_graphs: dict[tuple[Any, ...], Graph] = {}
_making = threading.Lock()


def current(conn: Conn, now: dt.datetime) -> Held:
    """The roads in force, ready for searches, and the method's figures for where there are none."""
    try:
        _, _, method = method_of(conn, beijing_day(now))
        estimate = {"detour": method.detour, "drive_kmh": method.speed_kmh}
    except SetupError:
        estimate = {}
    dataset = roads.dataset(conn)
    if dataset is None:
        return Held(Ways(**estimate))
    return Held(Ways(graph(conn, dataset), **estimate), dataset)


def graph(conn: Conn, dataset: dict[str, Any]) -> Graph:
    """The graph of a roads dataset; made once a process."""
    key = (conn.info.host, conn.info.port, conn.info.dbname, dataset["id"], dataset["recorded_at"])
    with _making:
        if key not in _graphs:
            fresh = Graph(roads.network(conn, dataset["id"]))
            while len(_graphs) >= KEPT:
                _graphs.pop(next(iter(_graphs)))
            _graphs[key] = fresh
        return _graphs[key]
