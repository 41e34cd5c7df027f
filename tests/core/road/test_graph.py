"""Ways on a made-up town: against plain Dijkstra written anew, with a zone closed, from islands, by ends on one edge, nearest of many."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
import shapely
from pyproj import Geod

from riskmap.core.coordinates import distance_m
from riskmap.core.response.travel import Ways, soonest, travel
from riskmap.core.road.graph import OFF_ROAD, UNIT, Graph, packed
from riskmap.core.road.network import Network
from riskmap.core.road.path import ways
from riskmap.core.road.speed import WALK_KMH
from tests.core.road.city import LAT, LON, STEP, town

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph(town())


def plain(network: Network, mode: str, start: int, shut: set[int] = frozenset()) -> dict[int, float]:  # type: ignore[assignment]
    """Dijkstra as the textbook has it, on dictionaries."""
    out: dict[int, list[tuple[int, float]]] = {}
    for tail, head, edge in zip(*(a.tolist() for a in network.arcs(mode)), strict=True):
        if edge not in shut:
            kmh = network.drive_kmh[edge] if mode == "drive" else WALK_KMH
            out.setdefault(tail, []).append((head, float(packed(network.metres[edge], kmh / 3.6))))
    done: dict[int, float] = {}
    heap = [(0.0, start)]
    while heap:
        cost, node = heapq.heappop(heap)
        if node in done:
            continue
        done[node] = cost
        for head, more in out.get(node, ()):
            if head not in done:
                heapq.heappush(heap, (cost + more, head))
    return done


def nodes_of(graph: Graph, mode: str) -> np.ndarray:
    """Nodes of the largest connected piece: a place there is at the node, and nothing is gained by walking to another road."""
    return np.flatnonzero(graph.network.largest(mode))


@pytest.mark.parametrize("mode", ["drive", "walk"])
def test_node_to_node_is_what_the_textbook_finds(graph: Graph, mode: str) -> None:
    net = graph.network
    rng = np.random.default_rng(5)
    nodes = nodes_of(graph, mode)
    a, b = rng.choice(nodes, 12, replace=False), rng.choice(nodes, 80, replace=False)
    found = graph.reach((net.lon[a], net.lat[a]), (net.lon[b], net.lat[b]), mode)  # type: ignore[arg-type]
    back = graph.reach((net.lon[b], net.lat[b]), (net.lon[a], net.lat[a]), mode)  # type: ignore[arg-type]
    for i, start in enumerate(a.tolist()):
        known = plain(net, mode, start)
        for j, end in enumerate(b.tolist()):
            if end in known:
                assert (
                    found.seconds[i, j] == np.floor(known[end] / UNIT) / 1000
                    and found.metres[i, j] == np.mod(known[end], UNIT) / 10
                )
            else:
                assert np.isnan(found.seconds[i, j])
    for j in range(0, len(b), 16):  # searched from the other side the same ways are found
        known = plain(net, mode, int(b[j]))
        for i, end in enumerate(a.tolist()):
            assert np.isnan(back.seconds[j, i]) if end not in known else back.seconds[j, i] == np.floor(known[end] / UNIT) / 1000


def test_the_way_is_as_long_as_it_says_and_runs_from_place_to_place(graph: Graph) -> None:
    rng = np.random.default_rng(6)
    a = rng.uniform(LON, LON + 23 * STEP, 30), rng.uniform(LAT, LAT + 23 * STEP, 30)
    b = rng.uniform(LON, LON + 23 * STEP, 30), rng.uniform(LAT, LAT + 23 * STEP, 30)
    for mode in ("drive", "walk"):
        reached = graph.reach(a, b, mode)  # type: ignore[arg-type]
        pairs = [(i, i) for i in range(30)] + [(i, (i * 7) % 30) for i in range(30)]
        for (i, j), way in zip(pairs, ways(graph, a, b, pairs, mode), strict=True):  # type: ignore[arg-type]
            if way is None:
                assert np.isnan(reached.seconds[i, j])
                continue
            assert (way.seconds, way.metres) == (reached.seconds[i, j], reached.metres[i, j])
            xy = shapely.get_coordinates(way.course)
            assert xy[0] == pytest.approx((a[0][i], a[1][i]), abs=1e-6) and xy[-1] == pytest.approx((b[0][j], b[1][j]), abs=1e-6)
            off = sum(way.off_m)
            assert way.metres == pytest.approx(GEOD.geometry_length(way.course) + (OFF_ROAD - 1) * off, rel=0.02, abs=15)


def test_one_way_streets_are_driven_one_way_and_walked_both() -> None:
    from riskmap.core.road.build import built
    from tests.core.road.test_build import of, speeds

    line = [(116.0, 40.0), (116.005, 40.0), (116.01, 40.0)]
    g = Graph(built(of(line, oneway=1), speeds(), "wgs84")[0])
    a, b = (np.array([116.002]), np.array([40.0])), (np.array([116.008]), np.array([40.0]))
    assert np.isfinite(g.reach(a, b, "drive").seconds[0, 0]) and np.isnan(g.reach(b, a, "drive").seconds[0, 0])
    assert g.reach(a, b, "walk").metres[0, 0] == pytest.approx(g.reach(b, a, "walk").metres[0, 0], abs=0.2)
    way = ways(g, a, b, [(0, 0)], "drive")[0]
    assert way is not None and way.metres == pytest.approx(float(distance_m(116.002, 40, 116.008, 40)), rel=0.003)


def test_from_an_island_there_is_no_way_and_far_off_no_road(graph: Graph) -> None:
    island = LON + STEP * 36 + 0.002
    a = np.array([island, island + 0.1]), np.array([LAT, LAT])
    b = np.array([LON + 5 * STEP]), np.array([LAT + 5 * STEP])
    found = graph.reach(a, b, "drive")
    assert np.isnan(found.seconds).all() and found.no_road_from.tolist() == [False, True] and not found.no_road_to.any()
    assert ways(graph, a, b, [(0, 0), (1, 0)], "drive") == [None, None]


def test_ways_longer_than_the_limit_are_left_out(graph: Graph) -> None:
    rng = np.random.default_rng(8)
    a = rng.uniform(LON, LON + 20 * STEP, 15), rng.uniform(LAT, LAT + 20 * STEP, 15)
    b = rng.uniform(LON, LON + 20 * STEP, 40), rng.uniform(LAT, LAT + 20 * STEP, 40)
    whole, cut = graph.reach(a, b, "drive"), graph.reach(a, b, "drive", 3000.0)
    with np.errstate(invalid="ignore"):
        assert np.array_equal(cut.metres, np.where(whole.metres <= 3000, whole.metres, np.nan), equal_nan=True)
    assert 0 < np.isfinite(cut.metres).sum() < np.isfinite(whole.metres).sum()


def zones(n: int, seed: int = 3) -> list[shapely.Geometry]:
    """Circles, wedges and slivers about the town."""
    rng = np.random.default_rng(seed)
    out = []
    for i in range(n):
        centre = rng.uniform(LON, LON + 23 * STEP), rng.uniform(LAT, LAT + 23 * STEP)
        if i % 3 == 0:
            out.append(shapely.Point(centre).buffer(rng.uniform(0.002, 0.02)))
        else:
            turn = np.sort(rng.uniform(0, 2 * np.pi, 3 + i % 5))
            reach = rng.uniform(0.001, 0.03, len(turn))
            out.append(
                shapely.Polygon(np.stack([centre[0] + reach * np.cos(turn), centre[1] + reach * np.sin(turn)], axis=1)).buffer(0)
            )
    return [z for z in out if not z.is_empty]


def test_no_way_between_places_outside_touches_the_zone(graph: Graph) -> None:
    """A thousand zones: whatever way is given, its whole course stays outside, by exact geometry."""
    rng = np.random.default_rng(9)
    given = 0
    for zone in zones(1000):
        lon, lat = rng.uniform(LON, LON + 23 * STEP, 12), rng.uniform(LAT, LAT + 23 * STEP, 12)
        out = ~shapely.intersects_xy(zone, lon, lat)
        lon, lat = lon[out], lat[out]
        if len(lon) < 4:
            continue
        a, b, closed = (lon[:2], lat[:2]), (lon[2:5], lat[2:5]), graph.closed(zone)
        for way in ways(graph, a, b, [(0, 0), (1, len(b[0]) - 1)], "drive", closed):
            if way is not None:
                given += 1
                assert not way.course.intersects(zone) and not closed.edges[list(way.edges)].any()
    assert given > 1200


def test_closed_edges_are_taken_only_on_the_way_out_and_on_the_way_in(graph: Graph) -> None:
    centre = LON + 11.3 * STEP, LAT + 11.6 * STEP
    zone = shapely.Point(centre).buffer(4 * STEP)
    closed = graph.closed(zone)
    assert closed.edges.sum() > 40
    inside, far = (np.array([centre[0]]), np.array([centre[1]])), (np.array([LON + STEP]), np.array([LAT + STEP]))
    for a, b, end in ((inside, far, "from"), (far, inside, "to")):
        way = ways(graph, a, b, [(0, 0)], "drive", closed, end)[0]  # type: ignore[arg-type]
        assert way is not None
        shut = closed.edges[list(way.edges)]
        turns = int((shut[1:] != shut[:-1]).sum())
        assert turns == 1 and shut[0 if end == "from" else -1] and not shut[-1 if end == "from" else 0]
        assert way.course.intersects(zone)
        reached = graph.reach(a, b, "drive", None, closed, end)  # type: ignore[arg-type]
        assert way.seconds == reached.seconds[0, 0] > 0
    assert np.isnan(graph.reach(inside, far, "drive", None, closed, None).seconds[0, 0])  # who may not be inside has no way out


def test_a_goal_that_the_zone_encloses_is_not_reached(graph: Graph) -> None:
    goal = np.array([LON + 12 * STEP]), np.array([LAT + 12 * STEP])
    ring = shapely.Point(goal[0][0], goal[1][0]).buffer(3 * STEP) - shapely.Point(goal[0][0], goal[1][0]).buffer(2 * STEP)
    start = np.array([LON + STEP]), np.array([LAT + STEP])
    assert np.isfinite(graph.reach(start, goal, "drive").seconds[0, 0])
    closed = graph.closed(ring)
    assert np.isnan(graph.reach(start, goal, "drive", None, closed).seconds[0, 0]) and ways(
        graph, start, goal, [(0, 0)], "drive", closed
    ) == [None]


@pytest.mark.parametrize("mode", ["drive", "walk"])
def test_the_soonest_of_many_is_the_least_of_all(graph: Graph, mode: str) -> None:
    rng = np.random.default_rng(12)
    a = rng.uniform(LON - 0.02, LON + 25 * STEP, 150), rng.uniform(LAT - 0.02, LAT + 25 * STEP, 150)
    b = rng.uniform(LON, LON + 23 * STEP, 25), rng.uniform(LAT, LAT + 23 * STEP, 25)
    on = Ways(graph)
    seconds, which = soonest(*a, *b, mode, on)  # type: ignore[arg-type]
    table = travel(*a, *b, mode, None, on).seconds  # type: ignore[arg-type]
    least = np.where(np.isnan(table).all(axis=1), np.nan, np.nanmin(np.where(np.isnan(table), np.inf, table), axis=1))
    assert np.array_equal(seconds, least, equal_nan=True)
    for i in np.flatnonzero(np.isfinite(least)):
        assert table[i, which[i]] == least[i]
    assert 0 < np.isfinite(least).sum() < 150 and (which[np.isnan(least)] == -1).all()


def test_without_roads_nearest_and_within_reach_equal_brute_force() -> None:
    """Ten thousand cases: the nearest, the k nearest and those within a time, against distances taken one by one."""
    rng = np.random.default_rng(4)
    posts = rng.uniform(115.5, 117.4, 60), rng.uniform(39.5, 41.0, 60)
    lon, lat = rng.uniform(115.5, 117.4, 10_000), rng.uniform(39.5, 41.0, 10_000)
    seconds, which = soonest(lon, lat, *posts, "drive")
    every = travel(lon, lat, *posts, "drive").seconds
    own = 1.4 * distance_m(lon[:, None], lat[:, None], posts[0][None, :], posts[1][None, :]) / (30 / 3.6)
    assert np.array_equal(which, own.argmin(axis=1)) and seconds == pytest.approx(own.min(axis=1), rel=1e-9)
    assert np.array_equal(np.argsort(every, axis=1)[:, :5], np.argsort(own, axis=1)[:, :5])
    limit_m = 12_000.0
    within = np.isfinite(travel(lon, lat, *posts, "drive", limit_m).seconds)
    assert np.array_equal(within, own * (30 / 3.6) <= limit_m) and 0 < within.sum() < within.size
