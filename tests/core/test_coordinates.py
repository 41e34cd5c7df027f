"""Coordinates: the vendors' shifts and back, the Beijing plane, and angles as people write them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.core import coordinates as c
from riskmap.errors import BadInput

LON = st.floats(115.3, 117.6)
LAT = st.floats(39.3, 41.2)

# WGS 84, GCJ-02, BD-09 of six places, computed with the constants that public implementations agree on.
VECTORS = [
    ((116.391244, 39.907356), (116.39748513, 39.90875724), (116.40385807, 39.91510054)),
    ((116.6572, 39.9097), (116.6630867, 39.91080345), (116.66953416, 39.91692392)),
    ((116.1397, 39.7355), (116.14594119, 39.73685126), (116.15236745, 39.74311448)),
    ((115.975, 40.4653), (115.98111654, 40.46653), (115.9877563, 40.47218913)),
    ((116.41, 39.509), (116.41619121, 39.51034149), (116.42263172, 39.516579)),
    ((117.1122, 40.1448), (117.11876479, 40.14622936), (117.12513854, 40.1525779)),
]


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
def test_known_places(wgs84, gcj02, bd09):
    assert c.gcj02_from_wgs84(*wgs84) == (pytest.approx(gcj02[0], abs=2e-8), pytest.approx(gcj02[1], abs=2e-8))
    assert c.bd09_from_gcj02(*gcj02) == (pytest.approx(bd09[0], abs=2e-8), pytest.approx(bd09[1], abs=2e-8))
    for crs, place in (("gcj02", gcj02), ("bd09", bd09)):
        assert c.distance_m(*wgs84, *c.to_wgs84(*place, crs)) < 0.01


@given(LON, LAT)
def test_both_shifts_come_back_within_a_tenth_of_a_metre(lon, lat):
    for crs in ("gcj02", "bd09", "EPSG:4548", "EPSG:4527"):
        assert c.distance_m(lon, lat, *c.to_wgs84(*c.from_wgs84(lon, lat, crs), crs)) < 0.001


@given(LON, LAT)
def test_the_shifts_are_as_large_as_measured_over_beijing(lon, lat):
    assert 495 < c.distance_m(lon, lat, *c.from_wgs84(lon, lat, "gcj02")) < 620
    assert 1150 < c.distance_m(lon, lat, *c.from_wgs84(lon, lat, "bd09")) < 1500


def test_arrays_keep_shape_and_missing_stays_missing():
    lon, lat = np.array([[116.4, np.nan], [116.5, 10.0]]), np.array([[39.9, 39.9], [np.nan, 50.0]])
    for crs in ("wgs84", "gcj02", "bd09"):
        x, y = c.to_wgs84(lon, lat, crs)
        assert x.shape == y.shape == (2, 2)
        assert np.isnan(x[0, 1]) and np.isnan(y[1, 0])
    assert c.to_wgs84(10.0, 50.0, "gcj02") == (10.0, 50.0)      # the shift ends with the country


def test_the_beijing_plane_and_cgcs2000():
    lon, lat = c.to_wgs84([500_000.0], [4_418_000.0], c.BEIJING_PLANE)
    assert lon[0] == pytest.approx(117.0, abs=1e-9) and 39.8 < lat[0] < 40.0
    assert c.to_wgs84(39_500_000, 4_418_000, "EPSG:4527") == (pytest.approx(117.0, abs=1e-9), pytest.approx(lat[0], abs=1e-12))
    assert c.to_wgs84(116.4, 39.9, "cgcs2000") == (116.4, 39.9)
    assert np.allclose(c.to_wgs84(116.4, 39.9, "EPSG:4490"), (116.4, 39.9), atol=1e-9)
    assert all(np.isnan(v) for v in c.to_wgs84(1e12, 1e12, c.BEIJING_PLANE))


@pytest.mark.parametrize("crs", ["EPSG:2384", "EPSG:2436", "EPSG:999999", "gcj-03", "", "+proj=longlat", "EPSG:4326;drop"])
def test_a_system_without_a_published_way_is_refused(crs):
    with pytest.raises(BadInput) as refusal:
        c.to_wgs84(116.4, 39.9, crs)
    assert refusal.value.remedy and refusal.value.where == "crs"


ANGLE = 116 + 23 / 60 + 29.5 / 3600
WHOLE = 116 + 23 / 60 + 29 / 3600


@pytest.mark.parametrize(("text", "value"), [
    ("116°23′29.5″E", ANGLE), ("116°23'29.5\"", ANGLE), ("E116°23′29.5″", ANGLE), ("116 23 29.5", ANGLE),
    ("116°23'29.5''", ANGLE),
    ("116º 23’ 29.5” E", ANGLE), ("东经116度23分29.5秒", ANGLE), ("116:23:29.5", ANGLE), ("１１６°２３′２９．５″", ANGLE),
    ("116度23分29秒", WHOLE), ("116-23-29", WHOLE), ("116—23—29", WHOLE), ("116度", 116.0), ("116°23.5′", 116 + 23.5 / 60),
    ("116.3915", 116.3915), ("116.3915°", 116.3915), ("-0°30′", -0.5), ("0°30′S", -0.5),
    ("西经0度30分", -0.5), ("  39°54′N ", 39.9),
])
def test_angles_as_people_write_them(text, value):
    assert c.parse_dms(text) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("text", [
    "", "   ", "北京", "500人", "1162329", "116°60′", "116°23′60″", "116.5 23", "116°23.5′10″", "N39°E", "-39°N", "181",
    "116 23 29 11",
    "nan", "inf", "1e2", "116,39", "116°23′29″5",
])
def test_what_is_no_angle_gives_none(text):
    assert c.parse_dms(text) is None


@given(st.text(max_size=60))
def test_any_text_is_survived(text):
    value = c.parse_dms(text)
    assert value is None or abs(value) <= 180


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59_999))
def test_written_and_read_again(degrees, minutes, milliseconds):
    value = degrees + minutes / 60 + milliseconds / 3_600_000
    assert c.parse_dms(f"{degrees}°{minutes}′{milliseconds / 1000:.3f}″") == pytest.approx(value, abs=1e-9)


def test_distance():
    assert c.distance_m(0, 0, 0, 1) == pytest.approx(math.pi * c.EARTH_RADIUS_M / 180)
    assert c.distance_m([116.4, 116.4], [39.9, 39.9], 116.4, [39.9, 40.0]).tolist() == [0.0, pytest.approx(11_119.5, abs=1)]
    assert c.distance_m(0, 0, 180, 0) == pytest.approx(math.pi * c.EARTH_RADIUS_M)
