"""Districts tile the city; water lies in it."""

import csv
import json

import numpy as np
import pytest
import shapely
from pyproj import Geod

from riskmap.settings import ROOT

GEOD = Geod(ellps="WGS84")


def load(name):
    collection = json.loads((ROOT / "data" / name).read_text("utf-8"))
    return collection, np.array([shapely.from_geojson(json.dumps(f["geometry"])) for f in collection["features"]])


@pytest.fixture(scope="module")
def districts():
    return load("districts.geojson")


@pytest.fixture(scope="module")
def water():
    return load("water.geojson")


def km2(shape):
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def test_districts_are_a_valid_coverage(districts):
    _, shapes = districts
    assert len(shapes) == 16 and shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    city = shapely.union_all(shapes)
    assert city.geom_type == "Polygon" and not len(city.interiors)
    overlap = sum(km2(shapely.intersection(a, b)) for i, a in enumerate(shapes) for b in shapes[i + 1:] if a.intersection(b).area)
    assert overlap == 0


def test_area_is_the_citys(districts):
    assert sum(map(km2, districts[1])) == pytest.approx(16_410, rel=0.002)


def test_each_district_is_about_as_large_as_published(districts):
    for feature, shape in zip(districts[0]["features"], districts[1], strict=True):
        assert km2(shape) == pytest.approx(feature["properties"]["area_km2"], rel=0.025)
        assert km2(shape) == pytest.approx(feature["properties"]["outline_km2"], abs=0.01)


def test_properties_agree_with_the_code_list(districts):
    with (ROOT / "data/codes/district.tsv").open(encoding="utf-8", newline="") as lines:
        listed = {row["code"]: row for row in csv.DictReader(lines, delimiter="\t")}
    for feature in districts[0]["features"]:
        p = feature["properties"]
        row = listed.pop(p["code"])
        assert (p["name"], p["name_en"], p["zone"]) == (row["zh"], row["en"], row["zone"])
        assert p["population"] == int(row["population_2020"])
    assert not listed


def test_labels_lie_in_their_district(districts):
    for feature, shape in zip(districts[0]["features"], districts[1], strict=True):
        assert shape.contains(shapely.Point(feature["properties"]["label"]))


@pytest.mark.parametrize(("place", "lon", "lat", "code"), [      # WGS 84 of well-known places, to about 100 m
    ("天安门", 116.3912, 39.9057, "110101"), ("北京西站", 116.3163, 39.8946, "110106"),
    ("颐和园佛香阁", 116.2682, 39.9994, "110108"),
    ("首都机场T3", 116.6036, 40.0536, "110113"), ("八达岭长城", 116.0168, 40.3564, "110119"),
    ("密云水库", 116.95, 40.49, "110118"),
])
def test_known_places(districts, place, lon, lat, code):
    both = zip(districts[0]["features"], districts[1], strict=True)
    found = [feature["properties"]["code"] for feature, shape in both if shape.contains(shapely.Point(lon, lat))]
    assert found == [code], place


def test_files_are_small(districts, water):
    assert (ROOT / "data/districts.geojson").stat().st_size <= 2_000_000
    assert (ROOT / "data/water.geojson").stat().st_size <= 200_000


def test_water_is_sound_and_in_the_city(districts, water):
    collection, bodies = water
    assert len(bodies) > 100 and shapely.is_valid(bodies).all()
    assert "OpenStreetMap" in collection["attribution"] and "ODbL" in collection["attribution"]
    city = shapely.union_all(districts[1])
    assert shapely.union_all(bodies).difference(city).area < 1e-6
    assert 100 < km2(max(bodies, key=lambda b: b.area)) < 200      # 密云水库
    assert shapely.union_all(bodies).contains(shapely.Point(116.95, 40.49))
