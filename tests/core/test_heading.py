# ruff: noqa: E501 (tables of cells are read by rows)
"""Headings in any order, language and width find their fields."""

from __future__ import annotations

import pytest

from riskmap.catalogue import load
from riskmap.core.heading import propose, vocabulary
from riskmap.core.layer import Layer
from riskmap.settings import settings


@pytest.fixture(scope="module")
def shelter() -> Layer:
    return load(settings().layers_dir, settings().data_dir / "codes").layers["shelter"]


@pytest.mark.parametrize(("heading", "field"), [
    ("场所名称", "name"), ("避难场所名称", "name"), ("Shelter name", "name"), ("name", "name"), ("NAME", "name"), ("*场所名称（必填）", "name"), ("场 所 名 称：", "name"),
    ("场所编号", "code"), ("经度", "lon"), ("经度（WGS84）", "lon"), ("LNG", "lon"), ("Ｌａｔ", "lat"), ("纬度", "lat"), ("所属区", "district"), ("区县", "district"), ("所属街道", "town"),
    ("可容纳避难人数(人)", "capacity"), ("容量", "capacity"), ("Capacity", "capacity"), ("有效避难面积（㎡）", "effective_area_m2"), ("坐标系", "crs"), ("经纬度", "lonlat"),
    ("核验日期", "verified_on"), ("详细地址", "address"), ("基本情况-可容纳人数", "capacity"), ("北京市应急避难场所名称", "name"), ("场所名", "name"),
])  # fmt: skip
def test_match(shelter: Layer, heading: str, field: str) -> None:
    claim = vocabulary(shelter).match(heading)
    assert claim is not None and claim.field == field


@pytest.mark.parametrize("heading", ["序号", "", "   ", "备用", "sid"])
def test_no_match(shelter: Layer, heading: str) -> None:
    claim = vocabulary(shelter).match(heading)
    assert claim is None


def test_heading_unit_converts(shelter: Layer) -> None:
    claim = vocabulary(shelter).match("有效避难面积（公顷）")
    assert claim is not None and claim.times == 10_000 and claim.unit == "公顷"


def test_given_mapping_wins_and_the_rest_is_listed(shelter: Layer) -> None:
    got = propose(shelter, ["名称", "简称", "经度", "乱写"], {"简称": "name", "经度": ""})
    assert got.claims["name"].heading == "简称" and "lon" not in got.claims
    assert got.unmapped == ["名称", "乱写"] and got.unknown == []


def test_mapping_that_names_nothing_is_told(shelter: Layer) -> None:
    assert propose(shelter, ["名称"], {"没有": "name", "名称": "nonsense"}).unknown == ["nonsense", "没有"]


def test_the_surer_heading_gets_the_field(shelter: Layer) -> None:
    got = propose(shelter, ["名称", "场所名称"])
    assert got.claims["name"].heading == "场所名称" and got.unmapped == ["名称"]
