"""Shapes: sound ones come through unchanged, faulty ones are refused where the fault lies."""

import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskmap.core import geometry
from riskmap.errors import BadInput, Problem, TooLarge

SQUARE = [[116.3, 39.9], [116.4, 39.9], [116.4, 40.0], [116.3, 40.0], [116.3, 39.9]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize("kind", geometry.KINDS)
def test_every_kind_comes_through(kind):
    coordinates = {"Point": SQUARE[0], "MultiPoint": SQUARE[:2], "LineString": SQUARE[:3], "MultiLineString": [SQUARE[:3]],
                   "Polygon": [SQUARE], "MultiPolygon": [[SQUARE]]}[kind]
    shape = geometry.parse(json.dumps({"type": kind, "coordinates": coordinates}))
    assert shape.geom_type == kind
    assert json.loads(shapely.to_geojson(shape))["coordinates"] == coordinates
    assert geometry.parse({"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}}) == shape


def test_a_bow_tie_is_refused_at_its_crossing_and_not_mended():
    with pytest.raises(BadInput) as refusal:
        geometry.parse(polygon([[116.3, 39.9], [116.4, 40.0], [116.4, 39.9], [116.3, 40.0], [116.3, 39.9]]))
    assert refusal.value.where == "116.350000, 39.950000"
    assert "self-intersection" in refusal.value.title


@pytest.mark.parametrize(("shape", "where"), [
    (polygon([[116.3, 39.9], [math.nan, 39.9], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], [math.inf, 39.9], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], ["116.4", 39.9], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], [True, 39.9], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], [10 ** 400, 39.9], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], [116.4], [116.4, 40.0]]), "coordinates[0][1]"),
    (polygon([[116.3, 39.9], [116.4, 39.9]]), "coordinates"),
    (polygon([]), "coordinates[0]"),
    ({"type": "Polygon"}, "coordinates"),
    ({"type": "Polygon", "coordinates": {}}, "coordinates"),
    ({"type": "Point", "coordinates": [39.9, 116.3]}, "geometry[0]"),
    ({"type": "Point", "coordinates": [0, 0]}, "geometry[0]"),
    ({"type": "LineString", "coordinates": [SQUARE[0], [121.5, 31.2]]}, "geometry[1]"),
    ({"type": "GeometryCollection", "geometries": []}, "geometry.type"),
    ({"type": "Feature", "geometry": None}, "geometry.type"),
    ("[1, 2]", "geometry"), ("{", "geometry"), ("[" * 100_000, "geometry"), (7, "geometry"),
])
def test_faults_are_told_with_their_place(shape, where):
    with pytest.raises(BadInput) as refusal:
        geometry.parse(shape)
    assert refusal.value.where == where
    assert refusal.value.remedy


def test_swapped_axes_are_named():
    with pytest.raises(BadInput) as refusal:
        geometry.parse({"type": "Point", "coordinates": [39.9, 116.3]})
    assert "swapped" in refusal.value.remedy


def test_too_many_vertices():
    ring = [[116.4 + 0.1 * math.cos(i / 2100 * 2 * math.pi), 39.9 + 0.1 * math.sin(i / 2100 * 2 * math.pi)] for i in range(2100)]
    with pytest.raises(TooLarge):
        geometry.parse(polygon([*ring, ring[0]]))
    assert geometry.parse(polygon([*ring, ring[0]]), max_vertices=3000).is_valid
    many = [[[116.3 + i / 1e4, 39.9], [116.3 + i / 1e4 + 5e-5, 39.9], [116.3 + i / 1e4, 39.90005]] for i in range(900)]
    with pytest.raises(TooLarge):       # each part is small, their sum is not
        geometry.parse({"type": "MultiPolygon", "coordinates": [[part] for part in many]})


def test_only_the_kinds_asked_for():
    with pytest.raises(BadInput):
        geometry.parse({"type": "Point", "coordinates": SQUARE[0]}, kinds=("Polygon",))


def test_measures():
    shape = geometry.parse(polygon(SQUARE))
    assert geometry.area_m2(shape) == pytest.approx(94.8e6, rel=0.01)
    assert geometry.length_m(shape.exterior) == pytest.approx(2 * 11_100 + 2 * 8_540, rel=0.01)
    assert geometry.area_m2(shapely.Point(116.3, 39.9)) == geometry.length_m(shapely.Point(116.3, 39.9)) == 0
    for one in (shape, shape.exterior, shapely.MultiPolygon([shape, shapely.box(116.5, 39.9, 116.51, 39.91)])):
        assert one.distance(shapely.Point(geometry.label_point(one))) < 1e-9


@given(st.integers(80, 1500), st.floats(1, 12))
def test_the_label_of_a_shape_with_many_corners_lies_on_it(corners, turns):
    turn = np.linspace(0.3, turns * 2 * np.pi, corners // 2)
    inner, outer = turn / 1000, turn / 1000 + 0.0015
    ring = np.r_[np.c_[116.4 + inner * np.cos(turn), 39.9 + inner * np.sin(turn)],
                 np.c_[116.4 + outer * np.cos(turn), 39.9 + outer * np.sin(turn)][::-1]]  # fmt: skip
    spiral = shapely.Polygon(ring)
    if spiral.is_valid:
        assert spiral.covers(shapely.Point(geometry.label_point(spiral)))


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(LEAF, lambda child: st.lists(child, max_size=4), max_leaves=20)


@given(st.sampled_from([*geometry.KINDS, "Feature", "", None]), JSON)
def test_anything_else_is_a_problem_a_person_can_read(kind, coordinates):
    try:
        geometry.parse({"type": kind, "coordinates": coordinates})
    except Problem as problem:
        assert problem.title and problem.where
