"""Roads from file to store to search: every kind of file makes the same network, replaced whole, and searched as pgRouting searches it."""

from __future__ import annotations

import csv
import datetime as dt
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely

from riskmap.core.actor import OFFICER, OPERATOR
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.road.build import built
from riskmap.core.road.graph import UNIT
from riskmap.core.road.lines import Lines
from riskmap.core.road.network import Network
from riskmap.errors import BadFile, BadInput
from riskmap.flows import roads as journey
from riskmap.readers import Limits, road
from riskmap.settings import settings
from riskmap.store import roads
from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from riskmap.store.migrate import connect
from tests.core.road.city import lines, speeds, town

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
LIMITS = Limits(rows=200_000)
BUS = settings().root.parent / "shared" / "data" / "roads"


def brought(name: str = "试验路网") -> journey.Brought:
    return journey.Brought(name, "试验 made up", dt.date(2026, 11, 1), "wgs84")


def kept(db: Database, network: Network, name: str = "试验路网", hash: str = "1", **more: object) -> tuple[int, bool]:
    facts = {"nodes": len(network.lon), "edges": len(network), "kilometres": 1.0}
    return journey.keep(db, network, brought(name), "wgs84", facts, hash, OPERATOR, NOW, **more)  # type: ignore[arg-type]


def same(a: Network, b: Network) -> bool:
    return all(
        np.array_equal(getattr(a, n), getattr(b, n))
        for n in ("lon", "lat", "u", "v", "direction", "drive_kmh", "walk", "metres", "kind", "name")
    ) and bool(shapely.equals_exact(a.course, b.course).all())


def test_a_network_is_stored_whole_replaced_whole_and_the_same_again_changes_nothing(db: Database) -> None:
    first, second = town(6, 1), town(7, 2)
    id, new = kept(db, first)
    assert new and kept(db, first) == (id, False)
    with db.as_user(OFFICER) as conn:
        assert same(roads.network(conn, id), first)
        one = journey.current(conn, NOW)
        assert (
            one.dataset is not None and one.dataset["id"] == id and journey.current(conn, NOW).ways.graph is one.ways.graph
        )  # loaded once

    def breaks(done: int, total: int) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        kept(db, second, hash="2", hear=breaks)
    with db.as_user(OFFICER) as conn:
        assert (roads.dataset(conn) or {})["id"] == id
    later, _ = kept(db, second, hash="2")
    with db.as_user(OFFICER) as conn:
        now = journey.current(conn, NOW)
        assert (
            now.dataset is not None
            and now.dataset["id"] == later
            and now.ways.graph is not None
            and same(now.ways.graph.network, second)
        )
    with db.as_user(OPERATOR) as conn:
        told = conn.execute("SELECT actor, object_id FROM audit WHERE operation = 'roads.import' ORDER BY id").fetchall()
        assert [(t["actor"], t["object_id"]) for t in told] == [("operator", id), ("operator", later)]


def test_nobody_but_the_command_line_brings_roads(db: Database) -> None:
    with pytest.raises(Exception) as refused, db.as_user(OFFICER, write=True) as conn:
        roads.add(conn, town(4), name="n", source="s", datum="wgs84", valid_on=dt.date(2026, 1, 1), facts={}, now=NOW)
    assert getattr(refused.value, "status", None) == 403


# files


def as_layer(path: Path, found: Lines, driver: str) -> Path:
    """The lines through GDAL, as an office would hand them over."""
    import pyogrio.raw

    runs = [np.stack([found.lon[a:b], found.lat[a:b]], axis=1) for a, b in zip(found.start[:-1], found.start[1:], strict=True)]
    wkb = shapely.to_wkb(
        shapely.linestrings(np.concatenate(runs), indices=np.repeat(np.arange(len(runs)), [len(r) for r in runs]))
    )
    oneway = np.array([{1: "yes", -1: "-1", 0: "no"}[int(v)] for v in found.oneway], dtype=object)
    limit = np.array([None if np.isnan(v) else str(int(v)) for v in found.limit_kmh], dtype=object)
    columns = [np.array(found.kind, dtype=object), oneway, limit, np.array(found.name, dtype=object)]
    said = {"geometry_type": "LineString", "crs": "EPSG:4326", "driver": driver, "encoding": "UTF-8"}
    pyogrio.raw.write(path, wkb, columns, ["fclass", "oneway", "maxspeed", "name"], **said)
    return path


def as_pbf(path: Path, found: Lines) -> Path:
    import osmium

    keys: dict[tuple[float, float], int] = {}
    ways = []
    for i, (a, b) in enumerate(zip(found.start[:-1].tolist(), found.start[1:].tolist(), strict=True)):
        refs = [keys.setdefault((round(found.lon[k], 7), round(found.lat[k], 7)), len(keys) + 1) for k in range(a, b)]
        tags = {"highway": found.kind[i], "name": found.name[i]} | (
            {"oneway": "yes" if found.oneway[i] == 1 else "-1"} if found.oneway[i] else {}
        )
        tags |= {} if np.isnan(found.limit_kmh[i]) else {"maxspeed": str(int(found.limit_kmh[i]))}
        ways.append((refs, tags))
    with osmium.SimpleWriter(str(path)) as out:
        for (lon, lat), id in keys.items():
            out.add_node(osmium.osm.mutable.Node(id=id, location=(lon, lat)))
        for i, (refs, tags) in enumerate(ways, 1):
            out.add_way(osmium.osm.mutable.Way(id=i, nodes=refs, tags=tags))
    return path


def as_tables(folder: Path, found: Lines) -> tuple[Path, Path]:
    keys: dict[tuple[float, float], int] = {}
    rows = []
    for i, (a, b) in enumerate(zip(found.start[:-1].tolist(), found.start[1:].tolist(), strict=True)):
        refs = [keys.setdefault((found.lon[k], found.lat[k]), len(keys) + 1) for k in (a, b - 1)]
        rows.append([*refs, found.kind[i], {1: "yes", -1: "-1", 0: "no"}[int(found.oneway[i])]])
    nodes, edges = folder / "nodes.csv", folder / "edges.csv"
    with nodes.open("w", newline="", encoding="gb18030") as out:
        csv.writer(out).writerows([["节点编号", "经度", "纬度"], *([id, *at] for at, id in keys.items())])
    with edges.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["from_node", "to_node", "class", "oneway"], *rows])
    return edges, nodes


def zipped(shp: Path) -> Path:
    out = shp.with_suffix(".zip")
    with zipfile.ZipFile(out, "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            archive.write(shp.with_suffix(part), shp.stem + part)
    return out


def test_every_kind_of_file_makes_the_same_network(tmp_path: Path) -> None:
    found = lines(6)
    wanted, _ = built(found, speeds(), "wgs84")
    shp = as_layer(tmp_path / "路.shp", found, "ESRI Shapefile")
    for path in (as_layer(tmp_path / "r.geojson", found, "GeoJSON"), as_layer(tmp_path / "r.gpkg", found, "GPKG"), shp, zipped(shp),
                 as_pbf(tmp_path / "r.osm.pbf", found)):  # fmt: skip
        read = road.read(path, road.Asked(), LIMITS)
        assert journey.crs_of(read, None) == "wgs84"
        network, _ = built(read, speeds(), "wgs84")
        order, other = np.argsort(network.name, kind="stable"), np.argsort(wanted.name, kind="stable")
        assert network.name[order].tolist() == wanted.name[other].tolist(), path.name
        for column in ("direction", "drive_kmh", "walk", "kind"):
            assert np.array_equal(getattr(network, column)[order], getattr(wanted, column)[other]), (path.name, column)
        assert network.metres[order] == pytest.approx(wanted.metres[other], abs=0.3), path.name
    edges, nodes = as_tables(tmp_path, found)
    table = road.read(edges, road.Asked(nodes=nodes), LIMITS)
    assert len(table) == len(found) and table.oneway.tolist() == found.oneway.tolist()
    with pytest.raises(BadInput, match="坐标系"):
        journey.crs_of(table, None)  # a table says nothing of its datum: it is asked, not guessed
    assert journey.crs_of(table, "gcj02") == "gcj02"


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x99junk", "OSM"),
    ("a.geojson", b'{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[116,40]}}', "线"),
    ("a.geojson", b'{"type":"FeatureColl', "无法读取"),
    ("a.osm", b"<?xml version='1.0'?><osm></osm>", "PBF"),
    ("a.csv", b"node_id,lon,lat\n1,116,40\n", "节点表"),
    ("a.csv", b"from,to\n1,2\n", "缺节点表"),
    ("a.csv", b"hello,world\n1,2\n", "不是道路文件"),
    ("a.csv", b"", "空"),
])  # fmt: skip
def test_what_is_no_road_file_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFile, match=said) as refused:
        road.read(path, road.Asked(), LIMITS)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("edges", "said"),
    [("from,to\n1,9\n", "没有的节点"), ("from,to\n1,2\n", "单向还是双向"), ("from,to,oneway\n1,2,perhaps\n", "不认识")],
)
def test_a_faulty_table_names_its_row(tmp_path: Path, edges: str, said: str) -> None:
    (tmp_path / "e.csv").write_text(edges)
    (tmp_path / "n.csv").write_text("id,lon,lat\n1,116,40\n2,116.01,40\n")
    with pytest.raises(BadFile, match=said):
        road.read(tmp_path / "e.csv", road.Asked(nodes=tmp_path / "n.csv"), LIMITS)


# the oracle

COST = f"round(metres / (drive_kmh / 3.6) * 1000) * {int(UNIT)} + round(metres * 10)"
EDGES = f"""SELECT id, source, target, CASE WHEN direction >= 0 THEN {COST} ELSE -1 END AS cost,
                   CASE WHEN direction <= 0 THEN {COST} ELSE -1 END AS reverse_cost FROM road_edge WHERE drive_kmh > 0 AND dataset_id = %s"""


def as_pgrouting_finds(dsns: Dsns, dataset: int, a: np.ndarray, b: np.ndarray) -> dict[tuple[int, int], float]:
    with connect(dsns.superuser) as conn:
        if not conn.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pgrouting'").fetchone():
            subprocess.run(["setup/oracle.sh"], check=True)  # the server itself came only with the first test
        conn.execute("CREATE EXTENSION IF NOT EXISTS pgrouting")
        found = conn.execute("SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost(%s, %s::bigint[], %s::bigint[], true)",
                             (EDGES % dataset, a.tolist(), b.tolist())).fetchall()  # fmt: skip
    return {(r["start_vid"], r["end_vid"]): r["agg_cost"] for r in found}


def compared(db: Database, dsns: Dsns, network: Network, a: np.ndarray, b: np.ndarray, hash: str) -> int:
    """How many pairs have a way; every one's cost is pgRouting's to the last digit, and where it has none there is none."""
    id, _ = kept(db, network, hash=hash)
    with db.as_user(OFFICER) as conn:
        graph = journey.current(conn, NOW).ways.graph
    assert graph is not None
    known = as_pgrouting_finds(dsns, id, a, b)
    found = graph.reach((network.lon[a], network.lat[a]), (network.lon[b], network.lat[b]), "drive")
    for i, start in enumerate(a.tolist()):
        for j, end in enumerate(b.tolist()):
            cost = known.get((start, end), 0.0 if start == end else None)
            if cost is None:
                assert np.isnan(found.seconds[i, j])
            else:
                assert (found.seconds[i, j], found.metres[i, j]) == (cost // UNIT / 1000, cost % UNIT / 10)
    return len(known)


def test_a_thousand_ways_cost_what_pgrouting_says(db: Database, dsns: Dsns) -> None:
    network = town(24)
    rng = np.random.default_rng(11)
    nodes = np.flatnonzero(network.largest("drive"))
    a, b = rng.choice(nodes, 25, replace=False), rng.choice(nodes, 40, replace=False)
    assert compared(db, dsns, network, a, b, "t") > 900


@pytest.mark.real
@pytest.mark.skipif(not BUS.is_dir(), reason="outside data of real roads is not here")
def test_a_thousand_ways_on_the_real_network_cost_what_pgrouting_says(db: Database, dsns: Dsns) -> None:
    asked = road.Asked(nodes=BUS / "bj_busline_nodes_wgs84.csv", directed=True)
    network, facts = journey.made(
        road.read(BUS / "bj_busline_edges_directed.csv", asked, LIMITS), speeds(), "wgs84", brought(), Gazetteer()
    )
    assert facts["edges"] > 56_000 and facts["drive"]["largest"] == 28_308
    rng = np.random.default_rng(13)
    nodes = np.flatnonzero(network.largest("drive"))
    assert compared(db, dsns, network, rng.choice(nodes, 25, replace=False), rng.choice(nodes, 40, replace=False), "r") > 990


def test_the_check_says_where_a_way_meets_the_zone(db: Database) -> None:
    zone = shapely.box(116.01, 39.99, 116.02, 40.01)
    through, by, touching = (shapely.LineString(p) for p in ([(116.0, 40.0), (116.03, 40.0)], [(116.0, 40.02), (116.03, 40.02)],
                                                             [(116.0, 40.01), (116.03, 40.01)]))  # fmt: skip
    with db.as_user(OFFICER) as conn:
        a, b, c = roads.checked(conn, zone, [through, by, touching])
        assert roads.checked(conn, zone, []) == []
    assert (a["crosses"], b["crosses"], c["crosses"]) == (True, False, True)  # along the edge is no clear way
    assert (
        (a["lon"], a["lat"]) == pytest.approx((116.01, 40.0))
        and a["inside_m"] == pytest.approx(a["at_m"], rel=1e-6)
        and b["lon"] is None
    )
