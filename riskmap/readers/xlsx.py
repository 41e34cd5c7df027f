"""Excel workbooks, streamed part by part. Only cells that exist are seen, whatever the sheet says its size is."""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from typing import Any

from riskmap.errors import BadFile, TooLarge
from riskmap.readers.answer import Answer, Grid
from riskmap.readers.archive import Archive
from riskmap.readers.xml import forbid_doctypes, local, marks, stream

_REMEDY = "请用 Excel 或 WPS 新建文件，只粘贴数据后另存为 .xlsx"
# Built-in number formats that show dates; 27–36 and 50–58 are Excel's Chinese ones (yyyy"年"m"月") and stand in no file.
_DATE_FORMATS = {*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)}
_PERCENT_FORMATS = {9, 10}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EPOCH_1900, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_MOST_SHEETS = 64
_TEXTS, _BLANKS = 32, 20  # shared strings, and formatted cells without content, for each row a file may have


def read(inside: Archive, limits: dict[str, int]) -> Answer:
    """Every visible worksheet. Dates become ISO text, percentages text with %, the rest stays as stored."""
    names = {n.lower(): n for n in inside.names()}
    forbid_doctypes(inside)
    types = inside.bytes(names["[content_types].xml"], 2_000_000) if "[content_types].xml" in names else b""
    if b"macroEnabled" in types:
        raise BadFile("工作簿带宏 (the workbook holds macros)", remedy="请另存为不带宏的 .xlsx")
    if "xl/workbook.xml" not in names:
        if any(n.startswith("word/") or n.startswith("ppt/") for n in names):
            raise BadFile("这是 Word 或 PPT 文件，不是表格 (a document, not a table)", remedy="请把表格复制到 Excel 后上传")
        raise BadFile("不是 .xlsx 工作簿 (not a workbook; .xlsb is not read)", remedy="请另存为 .xlsx")
    sheets, epoch = _workbook(inside, names["xl/workbook.xml"])
    targets = _targets(inside, names.get("xl/_rels/workbook.xml.rels"))
    dates, percents = _styles(inside, names.get("xl/styles.xml"))
    shared = _shared(inside, names.get("xl/sharedstrings.xml"), limits)
    answer = Answer("xlsx", [])
    for title, relation, hidden in sheets[:_MOST_SHEETS]:
        part = names.get(targets.get(relation, "").lower())
        if part is None or hidden or "worksheet" not in part.lower():
            continue
        answer.grids.append(_Reader(title, limits, shared, dates, percents, epoch, answer).read(inside, part))
    if not any(g.row_no for g in answer.grids):
        raise BadFile("工作簿里没有内容 (nothing in this workbook)", remedy="请检查数据是否在可见的工作表中")
    return answer


def _workbook(inside: Archive, part: str) -> tuple[list[tuple[str, str, bool]], dt.datetime]:
    """(title, relation, hidden) of each sheet, and the day its dates count from."""
    sheets: list[tuple[str, str, bool]] = []
    epoch = [_EPOCH_1900]

    def start(name: str, a: dict[str, str]) -> None:
        match local(name):
            case "sheet":
                relation = next((v for k, v in a.items() if local(k) == "id" and k != "sheetId"), "")
                sheets.append((a.get("name", ""), relation, a.get("state", "visible") != "visible"))
            case "workbookPr" if a.get("date1904") in ("1", "true"):
                epoch[0] = _EPOCH_1904

    stream(inside.chunks(part), start, lambda _: None, None, part)
    return sheets, epoch[0]


def _targets(inside: Archive, part: str | None) -> dict[str, str]:
    """Relation id → part name. Targets outside the file are not followed."""
    found: dict[str, str] = {}

    def start(name: str, a: dict[str, str]) -> None:
        if local(name) == "Relationship" and a.get("TargetMode") != "External":
            target = a.get("Target", "")
            found[a.get("Id", "")] = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            )

    if part:
        stream(inside.chunks(part), start, lambda _: None, None, part)
    return found


def _styles(inside: Archive, part: str | None) -> tuple[set[str], set[str]]:
    """Cell styles (by index, as text) that show dates, and those that show percentages."""
    custom: dict[int, str] = {}
    order: list[int] = []
    within = [False]

    def start(name: str, a: dict[str, str]) -> None:
        match local(name):
            case "numFmt":
                custom[int(a.get("numFmtId", "0"))] = a.get("formatCode", "")
            case "cellXfs":
                within[0] = True
            case "xf" if within[0]:
                order.append(int(a.get("numFmtId", "0")))

    def end(name: str) -> None:
        if local(name) == "cellXfs":
            within[0] = False

    if part:
        stream(inside.chunks(part), start, end, None, part)

    def is_date(number: int) -> bool:
        if number in custom:
            code = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", custom[number]).lower()
            return (
                bool(re.search(r"[yd]|e+年|年|月|日", code + ("年" if "年" in custom[number] and "y" in code else "")))
                and "general" not in code
            )
        return number in _DATE_FORMATS

    dates = {str(i) for i, number in enumerate(order) if is_date(number)}
    percents = {
        str(i) for i, number in enumerate(order) if number in _PERCENT_FORMATS or (number in custom and "%" in custom[number])
    }
    return dates, percents - dates


def _shared(inside: Archive, part: str | None, limits: dict[str, int]) -> list[str]:
    """Shared strings, without phonetic guides."""
    strings: list[str] = []
    piece: list[str] = []
    state = {"t": False, "ph": 0}

    def start(name: str, a: dict[str, str]) -> None:
        match local(name):
            case "si":
                piece.clear()
            case "rPh":
                state["ph"] += 1
            case "t":
                state["t"] = not state["ph"]

    def end(name: str) -> None:
        match local(name):
            case "si":
                strings.append(_text("".join(piece)))
                if len(strings) > _TEXTS * limits["rows"]:
                    raise _many_texts(part, limits)
            case "rPh":
                state["ph"] -= 1
            case "t":
                state["t"] = False

    def text(data: str) -> None:
        if state["t"]:
            piece.append(data)

    if part:
        if marks(inside, part, b"si>") > 2 * _TEXTS * limits["rows"]:  # each has one at its start and one at its end
            raise _many_texts(part, limits)
        stream(inside.chunks(part), start, end, text, part)
    return strings


def _many_texts(part: str, limits: dict[str, int]) -> TooLarge:
    return TooLarge(f"共享字符串超过 {_TEXTS * limits['rows']} 条 (too many texts)", where=part, remedy=_REMEDY)


def _text(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


class _Reader:
    """One worksheet."""

    def __init__(
        self,
        title: str,
        limits: dict[str, int],
        shared: list[str],
        dates: set[str],
        percents: set[str],
        epoch: dt.datetime,
        answer: Answer,
    ) -> None:
        self.grid, self.limits, self.answer = Grid(title, limits), limits, answer
        self.shared, self.dates, self.percents, self.epoch = shared, dates, percents, epoch
        self.row, self.column, self.kind, self.style = 0, -1, "n", ""
        self.cells: dict[int, Any] = {}
        self.piece: list[str] = []
        self.listening = False
        self.has_value = self.has_formula = False
        self.characters = self.blank = 0
        self.letters: dict[str, int] = {}

    def read(self, inside: Archive, part: str) -> Grid:
        if marks(inside, part, b"/>") > 2 * _BLANKS * self.limits["rows"]:
            raise self._many_blanks()
        stream(inside.chunks(part), self.start, self.end, self.text, part)
        return self.grid

    def start(self, name: str, a: dict[str, str]) -> None:
        if ":" in name:
            name = local(name)
        if name == "c":
            self.column = self._place(a["r"]) if "r" in a else self.column + 1
            self.kind, self.style = a.get("t", "n"), a.get("s", "")
            self.piece.clear()
            self.has_value = self.has_formula = False
        elif name == "v" or name == "t":
            self.listening = self.has_value = True
        elif name == "f":
            self.has_formula = True
        elif name == "row":
            number = a.get("r", "")
            following = int(number) if number.isdigit() else self.row + 1
            if not self.row < following <= 1_048_576:
                raise BadFile(f"行号不合规：{number[:12]} (row numbers out of order)", where=self.grid.name, remedy=_REMEDY)
            self.row, self.column, self.cells = following, -1, {}
        elif name == "mergeCell" and len(self.grid.merges) < 10_000:
            self._merge(a.get("ref", ""))

    def end(self, name: str) -> None:
        if ":" in name:
            name = local(name)
        if name == "v" or name == "t":
            self.listening = False
        elif name == "c":
            if self.has_value:
                value = self._value("".join(self.piece))
                if value is not None and value != "":
                    if self.column >= self.limits["columns"]:
                        raise TooLarge(
                            f"{self._cell()} 有内容，超出 {self.limits['columns']} 列的上限 (a cell far beyond the table)",
                            where=f"{self.grid.name}!{self._cell()}",
                            remedy="请删除远离表格的单元格后另存",
                        )
                    self.cells[self.column] = value
            else:
                self._blank()
        elif name == "row":
            if self.cells:
                self.grid.add(self.row, self.cells)
                self.cells = {}

    def text(self, data: str) -> None:
        if self.listening:
            self.piece.append(data)

    def _blank(self) -> None:
        """A cell without content, only its look."""
        self.blank += 1
        if self.blank > _BLANKS * self.limits["rows"]:
            raise self._many_blanks()
        if self.has_formula:
            self.answer.remark(
                self.row,
                self._letter(),
                "",
                "formula-without-value",
                "公式没有计算结果，按空白读取 (a formula without a stored value)",
                "请用 Excel 打开并保存一次后重新上传",
            )

    def _many_blanks(self) -> TooLarge:
        told = f"空白但设有格式的单元格超过 {_BLANKS * self.limits['rows']} 个 (too many formatted cells without content)"
        return TooLarge(told, where=self.grid.name, remedy=_REMEDY)

    def _value(self, text: str) -> Any:
        kind = self.kind
        if kind == "s":
            try:
                return self._counted(self.shared[int(text)])
            except (ValueError, IndexError):
                raise BadFile(
                    "共享字符串索引损坏 (a broken shared string)",
                    where=f"{self.grid.name}!{self._cell()}",
                    remedy="请重新导出文件",
                ) from None
        if kind in ("str", "inlineStr", "e", "d"):
            return self._counted(_text(text))
        if kind == "b":
            return text.strip() in ("1", "true")
        return self._number(text.strip())

    def _number(self, text: str) -> Any:
        if not text:
            return None
        try:
            number: int | float = int(text) if text.lstrip("+-").isdigit() and len(text) < 20 else float(text)
        except ValueError:
            raise BadFile(
                f"数值损坏：{text[:20]} (a broken number)", where=f"{self.grid.name}!{self._cell()}", remedy="请重新导出文件"
            ) from None
        if number != number or number in (float("inf"), float("-inf")):
            raise BadFile(
                f"数值不是有限的数：{text[:20]} (not a finite number)",
                where=f"{self.grid.name}!{self._cell()}",
                remedy="请改正该单元格",
            )
        if self.style in self.dates and 1 <= number < 2_958_466:
            moment = self.epoch + dt.timedelta(days=float(number))
            if moment.time() == dt.time(0):
                return moment.date().isoformat()
            return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()
        if self.style in self.percents:
            return f"{round(number * 100, 10):g}%"
        return number

    def _counted(self, text: str) -> str:
        """Guards against one huge shared string used by many cells."""
        self.characters += len(text)
        if len(text) > 32_767 or self.characters > self.limits["unpacked_bytes"]:
            raise TooLarge("文字总量过大 (too much text)", where=f"{self.grid.name}!{self._cell()}", remedy="请精简过长的单元格")
        if len(text) > self.limits["cell_characters"]:
            raise BadFile(
                f"单元格有 {len(text)} 字，上限 {self.limits['cell_characters']} 字 (a cell is too long)",
                where=f"{self.grid.name}!{self._cell()}",
                remedy="请精简文字",
            )
        return text

    def _place(self, reference: str) -> int:
        """'BC12' → 54. The row part is not trusted; the row element counts."""
        letters = reference.rstrip("0123456789")
        column = self.letters.get(letters)
        if column is None:
            column = 0
            for c in letters:
                if not "A" <= c <= "Z":
                    raise BadFile(
                        f"单元格位置不合规：{reference[:12]} (a broken reference)", where=self.grid.name, remedy=_REMEDY
                    )
                column = column * 26 + ord(c) - 64
            column -= 1
            if not 0 <= column < 16_384:
                raise BadFile(f"单元格位置不合规：{reference[:12]} (a broken reference)", where=self.grid.name, remedy=_REMEDY)
            self.letters[letters] = column
        return column

    def _merge(self, reference: str) -> None:
        match = re.fullmatch(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})", reference)
        if match:
            self.grid.merges.append((int(match[2]), self._place(match[1]), int(match[4]), self._place(match[3])))

    def _letter(self) -> str:
        return next((k for k, v in self.letters.items() if v == self.column), "")

    def _cell(self) -> str:
        return f"{self._letter()}{self.row}"
