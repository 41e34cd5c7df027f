"""Fragments: what of each cell lies in which district; nothing lost, nothing twice."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap.core import cell
from riskmap.core.fragments import OUTSIDE, Fragments, fragments
from riskmap.settings import ROOT

GEOD = Geod(ellps="WGS84")


def sums(parts: Fragments) -> tuple[np.ndarray, np.ndarray]:
    cells, back = np.unique(parts.cell, return_inverse=True)
    return cells, np.bincount(back, weights=parts.area_m2)


def halves(west, south, east, north, middle):
    return [("110101", shapely.box(west, south, middle, north)), ("110102", shapely.box(middle, south, east, north))]


SMALL = st.floats(0.001, 0.02)


@settings(max_examples=40, deadline=None)
@given(st.floats(115.5, 117.3), st.floats(39.5, 41.0), SMALL, SMALL, st.floats(0.05, 0.95))
def test_fragments_of_a_cell_sum_to_the_cell(west, south, wide, high, part):
    districts = halves(west, south, west + wide, south + high, west + part * wide)
    parts = fragments(districts)
    cells, total = sums(parts)
    assert np.allclose(total, cell.area_m2(cells), rtol=1e-12)
    assert (parts.area_m2 > 0).all()
    assert cells.tolist() == np.union1d(*(cell.cover(shape) for _, shape in districts)).tolist()
    keys = list(zip(parts.cell.tolist(), parts.district.tolist(), strict=True))
    assert keys == sorted(set(keys))
    for code, shape in districts:
        inside = parts.area_m2[parts.district == code].sum()
        assert inside == pytest.approx(abs(GEOD.geometry_area_perimeter(shape)[0]), rel=0.003, abs=2 * len(cells))


def test_a_shared_border_leaves_no_outside_between():
    parts = fragments(halves(116.3, 39.9, 116.4, 40.0, 116.35))
    outline = shapely.box(116.3, 39.9, 116.4, 40.0).exterior
    outside = parts.cell[parts.district == OUTSIDE]
    assert len(outside) and shapely.intersects(cell.polygons(outside), outline).all()


def test_a_district_smaller_than_a_cell():
    lon, lat = cell.center(cell.cells_of(116.4, 39.9))
    speck = shapely.box(lon[0] - 1e-4, lat[0] - 1e-4, lon[0] + 1e-4, lat[0] + 1e-4)
    parts = fragments([("110101", speck)])
    assert parts.district.tolist() == ["000000", "110101"]
    assert parts.area_m2[1] == pytest.approx(380, rel=0.01)


def test_no_district_no_fragment():
    assert len(fragments([])) == 0


def test_the_order_of_districts_does_not_matter():
    districts = halves(116.3, 39.9, 116.33, 39.92, 116.311)
    one, other = fragments(districts), fragments(districts[::-1])
    assert one.cell.tolist() == other.cell.tolist() and one.district.tolist() == other.district.tolist()
    assert np.allclose(one.area_m2, other.area_m2, rtol=1e-9)


@pytest.fixture(scope="module")
def city():
    features = json.loads((ROOT / "data/districts.geojson").read_text("utf-8"))["features"]
    districts = [(f["id"], shapely.from_geojson(json.dumps(f["geometry"]))) for f in features]
    return districts, fragments(districts)


def test_the_city(city):
    districts, parts = city
    cells, total = sums(parts)
    assert 217_000 < len(cells) < 222_000
    assert np.allclose(total, cell.area_m2(cells), rtol=1e-12)
    for code, shape in districts:
        # cells measure on a sphere, the outline on the ellipsoid: 0.1 % apart
        true = abs(GEOD.geometry_area_perimeter(shape)[0])
        assert parts.area_m2[parts.district == code].sum() == pytest.approx(true, rel=0.0015)
    outside = parts.cell[parts.district == OUTSIDE]
    outline = shapely.union_all([shape for _, shape in districts]).exterior
    assert shapely.intersects(cell.polygons(outside), outline).all()


def test_every_place_of_the_city_has_its_fragment(city):
    districts, parts = city
    rng = np.random.default_rng(7)
    known = set(zip(parts.cell.tolist(), parts.district.tolist(), strict=True))
    for code, shape in districts:
        west, south, east, north = shape.bounds
        lon, lat = rng.uniform(west, east, 400), rng.uniform(south, north, 400)
        inside = shapely.contains_xy(shape, lon, lat)
        for one in cell.cells_of(lon[inside], lat[inside]).tolist():
            assert (one, code) in known
