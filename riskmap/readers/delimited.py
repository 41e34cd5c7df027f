"""csv and its kin: UTF-8 with or without mark, UTF-16 as Excel's "Unicode text", GB 18030; comma, tab, semicolon or bar."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from riskmap.errors import BadFile, TooLarge
from riskmap.readers.answer import Answer, Grid

_DELIMITERS = ",\t;|"


def read(path: Path, limits: dict[str, int]) -> Answer:
    """Row numbers are records, as a spreadsheet would show them. Raises BadFile with the line."""
    text, encoding = decode(path.read_bytes())
    grid = Grid("", limits)
    csv.field_size_limit(limits["cell_characters"] * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    row = 0
    try:
        for row, record in enumerate(reader, 1):
            cells = {c: value for c, value in enumerate(record) if value and not value.isspace()}
            if not cells:
                continue
            if max(cells) >= limits["columns"]:
                raise TooLarge(
                    f"第 {row} 行有 {max(cells) + 1} 列，上限 {limits['columns']} 列 (too many columns)",
                    where=f"第 {row} 行",
                    remedy="请检查分隔符，或删去多余的列",
                )
            longest = max(map(len, cells.values()))
            if longest > limits["cell_characters"]:
                raise BadFile(
                    f"第 {row} 行有 {longest} 字的单元格，上限 {limits['cell_characters']} 字 (a cell is too long)",
                    where=f"第 {row} 行",
                    remedy="请检查引号是否成对，或精简文字",
                )
            grid.add(row, cells)
    except csv.Error:
        raise BadFile(
            f"第 {row + 1} 行起引号不成对或单元格过长 (an unclosed quote or an endless cell)",
            where=f"第 {reader.line_num} 行",
            remedy="请检查该行的引号",
        ) from None
    if not grid.row_no:
        raise BadFile("文件里没有内容 (nothing in this file)", remedy="请重新导出文件")
    return Answer("csv", [grid], encoding=encoding)


def decode(raw: bytes) -> tuple[str, str]:
    """The text and the name of its encoding. Raises BadFile when it is none of those offices use."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return _text(raw.decode("utf-16"), "utf-16")
        except UnicodeDecodeError:
            raise _not_text() from None
    if b"\x00" in raw:
        at = raw.index(b"\x00")
        raise BadFile(
            "含 NUL 字节，不是文本文件 (a NUL byte: not a text file)",
            where=f"第 {raw.count(10, 0, at) + 1} 行",
            remedy="请用 Excel 或 WPS 另存为 CSV UTF-8",
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _text(raw.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    raise _not_text()


def _text(text: str, encoding: str) -> tuple[str, str]:
    """Refuses bytes that decode by chance: real tables hold no private-use or control characters to speak of."""
    strange = len(re.findall(r"[\x01-\x08\x0e-\x1f\ue000-\uf8ff\ufffe\uffff]", text[:200_000]))
    if strange > max(3, len(text[:200_000]) // 200):
        raise _not_text()
    return text, encoding.removesuffix("-sig")


def _not_text() -> BadFile:
    return BadFile(
        "无法识别的文件或编码 (neither a known kind of file nor a known encoding)",
        remedy="可上传 .xlsx .csv .geojson .gpkg 或打包为 .zip 的 Shapefile；csv 请用 UTF-8 或 GB 18030 编码",
    )


def _delimiter(text: str) -> str:
    """The one that splits the first lines into the most equal number of cells, outside quotes."""
    lines = [re.sub(r'"[^"]*"', "", line) for line in text[:65_536].splitlines()[:50] if line.strip()]
    best, score = ",", 0.0
    for candidate in _DELIMITERS:
        counts = [line.count(candidate) for line in lines]
        usual = max(set(counts), key=lambda n: (counts.count(n), n)) if counts else 0
        if usual == 0:
            usual = max(counts, default=0)
        share = counts.count(usual) / len(counts) if counts else 0
        if usual and usual * share > score:
            best, score = candidate, usual * share
    return best
