# ruff: noqa: E501 (tables of cells are read by rows)
"""The coordinate doctor on whole files: GCJ-02 and BD-09 are recognised by districts or by known places, or it says that it cannot tell."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from riskmap.catalogue import load
from riskmap.core.coordinates import from_wgs84
from riskmap.core.doctor import Reference, diagnose
from riskmap.core.feature import Checked, check
from riskmap.core.gazetteer import Gazetteer
from riskmap.settings import settings


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    features = json.loads((settings().data_dir / "districts.geojson").read_text("utf-8"))["features"]
    return Gazetteer.of([f["properties"] | {"shape": shapely.from_geojson(json.dumps(f["geometry"]))} for f in features])


@pytest.fixture(scope="module")
def points(gazetteer: Gazetteer) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    lon, lat = 116.2 + rng.random(1200) * 0.4, 39.8 + rng.random(1200) * 0.3
    inside = np.array([d is not None for d in gazetteer.locate(lon, lat)])
    return lon[inside], lat[inside]


def table(gazetteer: Gazetteer, lon: np.ndarray, lat: np.ndarray, crs: str = "wgs84", **more: list) -> Checked:
    catalogue = load(settings().layers_dir, settings().data_dir / "codes")
    return check(catalogue.layers["shelter"], catalogue.codes, {"经度": lon.tolist(), "纬度": lat.tolist()} | more, gazetteer=gazetteer, crs=crs)


@pytest.mark.parametrize("hidden", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("declared", ["wgs84", "gcj02"])
def test_known_places_tell(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray], hidden: str, declared: str) -> None:
    checked = table(gazetteer, *from_wgs84(*points, hidden), declared)
    before = checked.lon.copy()
    got = diagnose(checked, gazetteer, Reference(*points))
    assert got.verdict == ("as-given" if hidden == declared else hidden) and got.evidence
    told = [f for f in checked.file_findings if f["code"].startswith("datum-")]
    assert len(told) == (0 if hidden == declared else 1)
    if told:
        assert told[0]["proposal"] == {"mend": "crs", "crs": hidden}
    assert np.array_equal(before, checked.lon, equal_nan=True)           # told, never moved


@pytest.mark.parametrize("hidden", ["wgs84", "gcj02", "bd09"])
def test_stated_districts_tell(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray], hidden: str) -> None:
    checked = table(gazetteer, *from_wgs84(*points, hidden), 所在区=gazetteer.locate(*points))
    assert diagnose(checked, gazetteer).verdict == ("as-given" if hidden == "wgs84" else hidden)


@pytest.mark.parametrize("hidden", ["wgs84", "gcj02", "bd09"])
def test_same_names_tell_though_the_places_are_rough(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray], hidden: str) -> None:
    lon, lat = points
    names = [f"场所{i}" for i in range(len(lon))]
    rough = np.random.default_rng(3).normal(0, 0.0004, (2, len(lon)))     # 40 m of geocoding noise
    checked = table(gazetteer, *from_wgs84(lon + rough[0], lat + rough[1], hidden), 场所名称=names)
    assert diagnose(checked, gazetteer, Reference(lon, lat, [None] * len(lon), names)).verdict == ("as-given" if hidden == "wgs84" else hidden)


def test_nothing_to_go_by_is_said(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray]) -> None:
    for reference in (None, Reference(np.array([]), np.array([])), Reference(points[0] + 0.03, points[1] + 0.02)):
        checked = table(gazetteer, *from_wgs84(*points, "gcj02"))
        assert diagnose(checked, gazetteer, reference).verdict == "cannot-tell"
        assert [f["code"] for f in checked.file_findings if f["field"] == "lon"] == ["datum-cannot-tell"]


def test_districts_and_places_that_disagree_are_not_decided(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray]) -> None:
    checked = table(gazetteer, *from_wgs84(*points, "gcj02"), 所在区=gazetteer.locate(*points))
    got = diagnose(checked, gazetteer, Reference(*from_wgs84(*points, "gcj02")))
    assert got.verdict == "cannot-tell" and len(got.evidence) == 2


def test_a_whole_file_with_swapped_axes(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray]) -> None:
    checked = table(gazetteer, points[1], points[0])
    diagnose(checked, gazetteer)
    assert checked.refused.all() and len(checked.findings) == checked.n
    told = [f for f in checked.file_findings if f["code"] == "file-swapped"]
    assert told and told[0]["proposal"] == {"mend": "mapping", "mapping": {"经度": "lat", "纬度": "lon"}}


def test_a_whole_file_in_metres(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray]) -> None:
    checked = table(gazetteer, *from_wgs84(*points, "EPSG:4548"))
    diagnose(checked, gazetteer)
    assert checked.refused.all() and [f["proposal"] for f in checked.file_findings if f["code"] == "file-other-crs"] == [{"mend": "crs", "crs": "EPSG:4548"}]


def test_rows_in_the_wrong_district_are_explained_by_their_shift(gazetteer: Gazetteer, points: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = from_wgs84(*points, "gcj02")
    checked = table(gazetteer, x, y, 所在区=gazetteer.locate(*points))
    told = [f for f in checked.findings if f["code"] == "outside-district"]
    assert told and all(f["proposal"]["crs"] == "gcj02" for f in told)
    for f in told:
        i = f["row"] - 1
        assert abs(f["proposal"]["lon"] - points[0][i]) < 1e-6 and abs(f["proposal"]["lat"] - points[1][i]) < 1e-6
