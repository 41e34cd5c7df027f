# ruff: noqa: E501 (tables of cells are read by rows)
"""Office tables: where the heading is, and what is not data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from riskmap.catalogue import load
from riskmap.core.heading import Vocabulary, vocabulary
from riskmap.core.table import Sheet, Source, Table, find, letter
from riskmap.errors import BadFile
from riskmap.settings import settings


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return vocabulary(load(settings().layers_dir, settings().data_dir / "codes").layers["shelter"])


def sheet(*rows: list[Any], merges: list[tuple[int, int, int, int]] | None = None, name: str = "表1") -> Sheet:
    width = max(len(r) for r in rows)
    filled = [[*r, *[None] * (width - len(r))] for r in rows]
    return Sheet(name, np.arange(1, len(rows) + 1), [[r[c] for r in filled] for c in range(width)], merges=merges or [])


def table(words: Vocabulary, *rows: list[Any], **more: Any) -> Table:
    return find(Source("xlsx", [sheet(*rows, **more)]), words)


def test_titles_above_notes_below(words: Vocabulary) -> None:
    got = table(words, ["北京市应急避难场所汇总表"], ["填报单位：某区", None, "2024年3月"], [], ["序号", "场所名称", "经度", "纬度", "容量"],
                [1, "甲", 116.4, 39.9, 500], [2, "乙", 116.5, 39.9, None], [], ["合计", None, None, None, 500], ["注：容量为估算"], ["填表人：张三"])
    assert got.heading_rows == (4,) and got.row_no.tolist() == [5, 6]
    assert got.columns["场所名称"] == ["甲", "乙"] and got.columns["容量"] == [500, None]
    assert sorted((r["row"], r["code"]) for r in got.remarks) == [(8, "total"), (9, "note"), (10, "note")]


@pytest.mark.parametrize("merges", [[(1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4)], []])
def test_two_row_heading(words: Vocabulary, merges: list[tuple[int, int, int, int]]) -> None:
    got = table(words, ["场所名称", "位置", None, "规模", None], [None, "经度", "纬度", "可容纳人数", "有效面积"], ["甲", 116.4, 39.9, 500, 800], merges=merges)
    assert list(got.columns) == ["场所名称", "位置-经度", "位置-纬度", "规模-可容纳人数", "规模-有效面积"]
    assert got.heading_rows == (1, 2) and got.row_no.tolist() == [3]


def test_group_does_not_reach_over_a_single_heading(words: Vocabulary) -> None:
    got = table(words, ["场所名称", "规模", None, "经度"], [None, "容量", "有效面积", None], ["甲", 5, 6, 116.4])
    assert list(got.columns) == ["场所名称", "规模-容量", "规模-有效面积", "经度"]


def test_a_first_row_of_words_is_data_not_heading(words: Vocabulary) -> None:
    got = table(words, ["场所名称", "所在区", "地址"], ["甲", "朝阳区", "某路"], ["乙", "海淀区", None])
    assert got.heading_rows == (1,) and got.n == 2


def test_blank_rows_numbering_examples_and_repeats(words: Vocabulary) -> None:
    got = table(words, ["序号", "场所名称", "经度", "纬度"], [1, 2, 3, 4], ["示例", "某公园", 116.4, 39.9], [None] * 4, [1, "甲", 116.4, 39.9],
                ["序号", "场所名称", "经度", "纬度"], [2, "乙", 116.4, 39.9])
    assert got.columns["场所名称"] == ["甲", "乙"] and got.row_no.tolist() == [5, 7]
    assert [r["code"] for r in got.remarks] == ["numbering", "example", "repeated-heading"]


def test_a_sparse_row_is_kept(words: Vocabulary) -> None:
    got = table(words, ["场所名称", "经度", "纬度", "容量", "地址"], ["甲", 116.4, 39.9, 5, "x"], ["乙", None, None, None, None], ["丙", 116.4, 39.9, 5, "y"], ["丁"])
    assert got.columns["场所名称"] == ["甲", "乙", "丙", "丁"]


def test_best_sheet_is_read_and_the_others_told(words: Vocabulary) -> None:
    notes, data = sheet(["说明"], ["请按下表填写"], name="说明"), sheet(["场所名称", "经度"], ["甲", 116.4], name="数据")
    hidden = sheet(["场所名称", "经度", "纬度"], ["x", 1, 2], name="h")
    hidden.hidden = True
    got = find(Source("xlsx", [notes, hidden, data]), words)
    assert got.sheet == "数据" and [r["code"] for r in got.remarks] == ["other-sheets"]


def test_same_heading_twice_and_column_without_heading(words: Vocabulary) -> None:
    got = table(words, ["场所名称", "电话", "电话", None], ["甲", "1", "2", "z"])
    assert list(got.columns) == ["场所名称", "电话", "电话 (2)"] and got.remarks[0]["code"] == "no-heading" and got.remarks[0]["column"] == "D"


def test_nothing_to_read(words: Vocabulary) -> None:
    with pytest.raises(BadFile):
        find(Source("xlsx", [Sheet("空", np.array([], dtype=int), [])]), words)
    with pytest.raises(BadFile):
        table(words, ["场所名称", "经度"])


def test_letters() -> None:
    assert [letter(i) for i in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
