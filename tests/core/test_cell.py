"""Cells: one rule for a place, parents by bits, cover with a guard."""

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.core import cell
from riskmap.core.coordinates import LonLat, distance_m
from riskmap.errors import BadInput, TooLarge

LON = st.floats(115.3, 117.6)
LAT = st.floats(39.3, 41.2)


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=50))
def test_a_place_lies_in_its_cell(places):
    lon, lat = np.array(places).T
    cells = cell.cells_of(lon, lat)
    assert cells.dtype == np.int64 and (cells > 0).all() and (cell.resolution(cells) == 9).all()
    x, y = cell.center(cells)
    assert (distance_m(lon, lat, x, y) < 250).all()


@given(LON, LAT, st.integers(0, 9))
def test_parent_by_bits_is_the_parent(lon, lat, res):
    one = cell.cell_of(LonLat(lon, lat))
    assert int(cell.parent(one, res)) == h3.cell_to_parent(one, res)


def test_parent_is_never_finer():
    with pytest.raises(BadInput):
        cell.parent(cell.cells_of(116.4, 39.9), 10)


@pytest.mark.parametrize(("lon", "lat"), [(np.nan, 39.9), (116.4, np.inf), (39.9, 116.4)])
def test_no_place_no_cell(lon, lat):
    with pytest.raises(BadInput) as refusal:
        cell.cells_of([116.4, lon], [39.9, lat])
    assert refusal.value.where == "[1]"


@given(st.lists(st.tuples(LON, LAT), max_size=20))
def test_hex_there_and_back(places):
    cells = np.concatenate([cell.cells_of(*place) for place in places]) if places else np.empty(0, np.int64)
    assert cell.from_hex(cell.hex_of(cells)).tolist() == cells.tolist()


@pytest.mark.parametrize("text", ["", "zz", "8931aa42853fff", "ffffffffffffffff", "-8931aa42853ffff", "8931aa42853ffff0"])
def test_what_is_no_cell_is_refused(text):
    with pytest.raises(BadInput):
        cell.from_hex(text)


def test_cover_leaves_no_part_uncovered_and_adds_none():
    outer = [(116.30, 39.90), (116.36, 39.91), (116.35, 39.96), (116.31, 39.95)]
    hole = [(116.32, 39.92), (116.33, 39.92), (116.33, 39.93)]
    shape = shapely.Polygon(outer, [hole])
    cells = cell.cover(shape)
    outlines = cell.polygons(cells)
    assert (np.diff(cells) > 0).all()
    assert shapely.area(shape.difference(shapely.union_all(outlines))) < 1e-12
    assert shapely.intersects(outlines, shape).all()
    two = shapely.MultiPolygon([shape, shapely.box(116.5, 39.9, 116.51, 39.91)])
    assert set(cells) < set(cell.cover(two))


def test_cover_of_a_speck_is_its_cell():
    assert cell.cover(shapely.Point(116.4, 39.9).buffer(1e-7)).tolist() == cell.cells_of(116.4, 39.9).tolist()
    assert cell.cover(shapely.Polygon()).size == 0


def test_cover_refuses_before_it_works():
    with pytest.raises(TooLarge):
        cell.cover(shapely.box(100, 30, 120, 45))
    with pytest.raises(TooLarge):
        cell.cover(shapely.box(116.3, 39.9, 116.4, 40.0), limit=100)
    with pytest.raises(BadInput):
        cell.cover(shapely.LineString([(116.3, 39.9), (116.4, 40.0)]))


def test_area_boundary_and_disk():
    one = cell.cell_of(LonLat(116.4, 39.9))
    ring = cell.boundary(one)
    assert len(ring) == 6 and shapely.Polygon(ring).contains(shapely.Point(*(v[0] for v in cell.center(one))))
    assert shapely.equals(shapely.Polygon(ring), cell.polygons([one])[0])
    assert 70_000 < cell.area_m2(one)[0] < 80_000
    assert len(cell.disk(one, 2)) == 19 and one in cell.disk(one, 2)
    assert cell.polygons([]).size == cell.area_m2(np.empty(0, np.int64)).size == 0


def test_neighbouring_centres_lie_one_spacing_apart():
    one = cell.cell_of(LonLat(116.4, 39.9))
    around = cell.disk(one, 1)
    x, y = cell.center(around[around != one])
    apart = distance_m(*cell.center(one), x, y)
    assert (apart < cell.SPACING_M).all() and apart.min() > 250


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(116.30, 116.36), st.floats(39.88, 39.93)), min_size=3, max_size=9), st.integers(6, 10))
def test_cover_agrees_with_the_librarys_own_overlap(corners, res):
    shape = shapely.convex_hull(shapely.MultiPoint(corners))
    if shape.geom_type != "Polygon" or shape.area < 1e-9:
        return
    theirs = h3.h3shape_to_cells_experimental(h3.LatLngPoly([(y, x) for x, y in shape.exterior.coords]), res, contain="overlap")
    differ = np.setxor1d(cell.cover(shape, res), np.array(theirs, dtype=np.int64))
    # only cells that the border merely grazes may differ: h3 bends edges along great circles
    assert shapely.area(shapely.intersection(cell.polygons(differ), shape)).sum() < 1e-10


@settings(max_examples=200, deadline=None)
@given(LON, LAT, st.floats(0, 1), st.floats(0, 0.6), st.randoms(use_true_random=False))
def test_runs_of_cells_hold_every_place_of_a_box(west, south, wide, tall, draw):
    low, high = cell.ranges((west, south, west + wide, south + tall))
    assert len(low) == len(high) <= 400 and low == sorted(low) and all(a <= b for a, b in zip(low, high, strict=True))
    lon = np.array([west, west + wide, *(west + wide * draw.random() for _ in range(200))])
    lat = np.array([south, south + tall, *(south + tall * draw.random() for _ in range(200))])
    cells = cell.cells_of(lon, lat)
    at = np.searchsorted(np.array(low), cells, side="right") - 1
    assert (at >= 0).all() and (cells <= np.array(high)[at]).all()
