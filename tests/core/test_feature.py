# ruff: noqa: E501 (tables of cells are read by rows)
"""A table against its layer: typed columns, what is missing, what is refused."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import shapely

from riskmap.catalogue import Catalogue, load
from riskmap.core.coordinates import from_wgs84
from riskmap.core.feature import Checked, check
from riskmap.core.gazetteer import Gazetteer
from riskmap.errors import BadInput
from riskmap.settings import settings

Checker = Callable[..., Checked]
HERE = (116.391244, 39.907356)                 # 东城区
SHELTER = {"场所名称": "甲", "场所级别": "县级", "可容纳避难人数": 500, "经度": HERE[0], "纬度": HERE[1]}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load(settings().layers_dir, settings().data_dir / "codes")


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    features = json.loads((settings().data_dir / "districts.geojson").read_text("utf-8"))["features"]
    towns = [{"code": "110101001", "name": "东华门街道", "district_code": "110101"}, {"code": "110105999", "name": "同名街道", "district_code": "110105"},
             {"code": "110106999", "name": "同名街道", "district_code": "110106"}]
    return Gazetteer.of([f["properties"] | {"shape": shapely.from_geojson(json.dumps(f["geometry"]))} for f in features], towns)


@pytest.fixture(scope="module")
def run(catalogue: Catalogue, gazetteer: Gazetteer) -> Checker:
    def go(rows: Sequence[dict[str, Any]], layer: str = "shelter", **more: Any) -> Checked:
        headings = list(dict.fromkeys(h for r in rows for h in r))
        return check(catalogue.layers[layer], catalogue.codes, {h: [r.get(h) for r in rows] for h in headings}, gazetteer=gazetteer, **more)
    return go


def codes(checked: Checked) -> list[tuple[int, str, str]]:
    return [(f["row"], f["field"], f["code"]) for f in checked.findings]


def test_a_clean_row(run: Checker) -> None:
    got = run([SHELTER | {"设施": "应急供水、应急供电", "核验日期": dt.date(2024, 3, 5).isoformat(), "所在区": "东城", "联系电话": "13800138000"}])
    assert got.findings == [] and got.file_findings == [] and not got.refused.any() and got.missing == [()]
    payload = got.payload(0)
    assert payload["district"] == "110101" and payload["attributes"]["capacity"] == 500 and payload["attributes"]["shelter_level"] == "3"
    assert len(payload["attributes"]["facilities"]) == 2 and payload["verified_on"] == "2024-03-05" and payload["lon"] == HERE[0]
    assert payload["attributes"]["state"] == "normal"                    # declared default
    json.dumps(payload)


def test_missing_is_incomplete_not_refused(run: Checker) -> None:
    got = run([SHELTER, {"场所名称": None, "经度": None}])
    assert not got.refused.any() and got.missing == [(), ("name", "shelter_level", "capacity", "lon", "lat")]
    assert {f["severity"] for f in got.findings} == {"incomplete"} and {f["row"] for f in got.findings} == {2}
    assert np.isnan(got.lon[1])


def test_a_column_that_is_not_there_is_said_once(run: Checker) -> None:
    got = run([{"场所名称": "甲"}, {"场所名称": "乙"}])
    assert got.findings == [] and got.missing[0] == ("shelter_level", "capacity", "lon", "lat")
    assert sorted(f["field"] for f in got.file_findings) == ["capacity", "lon", "shelter_level"]


def test_refusals_name_row_column_value_reason_and_remedy(run: Checker) -> None:
    got = run([SHELTER, SHELTER | {"可容纳避难人数": "很多"}, SHELTER | {"场所级别": "宇宙级", "经度": "abc"}], row_no=[5, 6, 9])
    assert got.refused.tolist() == [False, True, True]
    assert sorted(codes(got)) == [(6, "capacity", "not-a-number"), (9, "lon", "not-a-coordinate"), (9, "shelter_level", "not-an-option")]
    first = next(f for f in got.findings if f["row"] == 6)
    assert first["column"] == "可容纳避难人数" and first["value"] == "很多" and first["reason"] and first["remedy"]


@pytest.mark.parametrize(("lon", "lat", "code", "severity"), [
    (39.907356, 116.391244, "swapped", "refuse"), (0, 0, "zero-place", "incomplete"), (116.39, None, "half-a-place", "incomplete"), (139.7, 35.7, "far-outside", "refuse"),
    (float("nan"), 39.9, "not-finite", "refuse"), (500, 39.9, "not-on-earth", "refuse"), (117.2, 39.13, "outside-city", "refuse"), (447900.0, 4417700.0, "other-crs", "refuse"),
    (39447900.0, 4417700.0, "other-crs", "refuse"), (4417700.0, 447900.0, "other-crs", "refuse"),
])  # fmt: skip
def test_bad_places(run: Checker, lon: Any, lat: Any, code: str, severity: str) -> None:
    got = run([SHELTER | {"经度": lon, "纬度": lat}])
    told = [f for f in got.findings if f["code"] == code]
    assert len(told) == 1 and told[0]["severity"] == severity and told[0]["remedy"]
    assert [f["code"] for f in got.findings] == [code]
    assert got.refused[0] == (severity == "refuse")
    if code != "outside-city":
        assert np.isnan(got.lon[0])                                     # nothing was moved
    if code in ("swapped", "other-crs"):
        assert 115 < told[0]["proposal"]["lon"] < 118 and 39 < told[0]["proposal"]["lat"] < 42


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "EPSG:4490", "gcj02", "GCJ-02", "bd09", "百度", "EPSG:4548", "EPSG:4527"])
def test_coordinate_systems(run: Checker, crs: str) -> None:
    name = {"GCJ-02": "gcj02", "百度": "bd09", "EPSG:4490": "cgcs2000"}.get(crs, crs)
    x, y = from_wgs84(np.array([HERE[0]]), np.array([HERE[1]]), name)
    got = run([SHELTER | {"经度": float(x[0]), "纬度": float(y[0])}], crs=crs)
    assert got.findings == [] and abs(got.lon[0] - HERE[0]) < 1e-6 and abs(got.lat[0] - HERE[1]) < 1e-6


def test_coordinate_system_row_by_row_and_both_in_one_cell(run: Checker) -> None:
    x, y = from_wgs84(np.array([HERE[0]]), np.array([HERE[1]]), "gcj02")
    rows = [{"场所名称": "a", "坐标": f"{x[0]},{y[0]}", "坐标系": "高德"}, {"场所名称": "b", "坐标": f"{HERE[0]} {HERE[1]}", "坐标系": None},
            {"场所名称": "c", "坐标": "116°23′28.48″E，39°54′26.48″N", "坐标系": "WGS-84"}, {"场所名称": "d", "坐标": "某处", "坐标系": None},
            {"场所名称": "e", "坐标": f"{HERE[0]},{HERE[1]}", "坐标系": "北京54"}]
    got = run(rows)
    assert np.allclose(got.lon[:3], HERE[0], atol=2e-6) and np.allclose(got.lat[:3], HERE[1], atol=2e-6)
    assert codes(got) == [(4, "lonlat", "not-a-coordinate"), (5, "crs", "unknown-crs")] and got.refused.tolist() == [False, False, False, True, True]


def test_full_width_and_dms(run: Checker) -> None:
    got = run([SHELTER | {"经度": "１１６．３９１２４４", "纬度": "北纬39度54分26.48秒"}])
    assert got.findings == [] and abs(got.lat[0] - HERE[1]) < 1e-5


def test_stated_district(run: Checker) -> None:
    got = run([SHELTER | {"所在区": "北京市东城区"}, SHELTER | {"所在区": "朝阳区"}, SHELTER | {"所在区": "经济技术开发区"}, SHELTER | {"所在区": "东成区"}])
    assert got.columns["district"] == ["110101", "110105", None, None]
    assert [(r, c) for r, _, c in codes(got)] == [(2, "outside-district"), (3, "zone"), (4, "no-such-district")]
    outside = got.findings[0]
    assert outside["severity"] == "warn" and outside["proposal"]["district"] == "110101" and not got.refused[1] and got.refused[3]
    assert "东城区" in got.findings[2]["remedy"]


def test_tolerance_is_a_setting(run: Checker) -> None:
    assert codes(run([SHELTER | {"所在区": "西城区"}], tolerance_m=50)) != [] and codes(run([SHELTER | {"所在区": "西城区"}], tolerance_m=5000)) == []


def test_towns(run: Checker) -> None:
    got = run([SHELTER | {"街道": "东华门街道"}, SHELTER | {"街道": "东华门"}, SHELTER | {"街道": "110101001000"}, SHELTER | {"街道": "同名街道"}, SHELTER | {"街道": "无名"}])
    assert got.columns["town"] == ["110101001"] * 3 + [None, None] and [c for _, _, c in codes(got)] == ["ambiguous-town", "no-such-town"]


@pytest.mark.parametrize(("likelihood", "severity", "level"), [(4, 5, 1), (5, 4, 1), (3, 5, 2), (4, 4, 2), (3, 3, 3), (2, 4, 4), (1, 1, 4), (None, 5, 0)])
def test_level_lxs(run: Checker, likelihood: Any, severity: int, level: int) -> None:
    row = {"风险源名称": "x", "风险源类别": "加油站", "可能事故类型": "火灾", "可能性 L": likelihood, "后果 S": severity, "经度": HERE[0], "纬度": HERE[1]}
    assert run([row], "risk_source").level.tolist() == [level]


@pytest.mark.parametrize(("grade", "level"), [("一级", 1), ("二级", 1), ("三级", 2), ("四级", 3), (None, 0)])
def test_level_gb18218(run: Checker, grade: Any, level: int) -> None:
    assert run([{"重大危险源名称": "x", "重大危险源级别": grade}], "major_hazard").level.tolist() == [level]


def test_mapping_given_constant_and_unknown(run: Checker) -> None:
    rows = [{"医院": "甲医院", "lng": HERE[0], "lat": HERE[1], "备用": "x"}]
    got = run(rows, "protected_site", mapping={"医院": "name", "=医疗机构": "site_kind", "备用": ""})
    assert got.columns["name"] == ["甲医院"] and got.columns["site_kind"] == ["hospital"] and got.unmapped == []
    with pytest.raises(BadInput):
        run(rows, "protected_site", mapping={"没有这列": "name"})


def test_a_likely_heading_whose_values_do_not_fit_is_not_taken(run: Checker) -> None:
    got = run([{"场所名称": f"甲{i}", "级别": "无等级"} for i in range(20)])
    assert not got.refused.any() and "级别" in got.unmapped and "mapping-doubt" in [f["code"] for f in got.file_findings]
    assert got.columns["shelter_level"] == [None] * 20


def test_heading_with_another_unit(run: Checker) -> None:
    got = run([{"场所名称": "甲", "有效避难面积（公顷）": "1.5"}])
    assert got.columns["effective_area_m2"] == [15000.0] and got.file_findings[0]["code"] == "unit-converted"


def test_district_for_the_whole_file(run: Checker) -> None:
    got = run([{"场所名称": "甲"}, {"场所名称": "乙"}], district="朝阳区")
    assert got.columns["district"] == ["110105", "110105"]
    with pytest.raises(BadInput):
        run([{"场所名称": "甲"}], district="某区")
    with pytest.raises(BadInput):
        run([SHELTER], crs="nonsense")


def test_every_layers_sample_is_clean(catalogue: Catalogue, gazetteer: Gazetteer) -> None:
    import csv
    assert catalogue.layers
    for name, layer in catalogue.layers.items():
        rows = list(csv.reader((catalogue.folders[name] / "sample.csv").open(encoding="utf-8-sig")))
        got = check(layer, catalogue.codes, {h: [r[c] or None for r in rows[1:]] for c, h in enumerate(rows[0])}, gazetteer=gazetteer)
        assert (name, got.findings, got.unmapped) == (name, [], [])
