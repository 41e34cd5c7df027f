"""The import template of a layer, made from its declaration: drop-downs, hints, required columns coloured, one example row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from riskmap.core.heading import COMMON_LABELS, CRS, propose
from riskmap.core.layer import Layer, LayerField
from riskmap.writers.xlsx import safe, sheet_title

VERSION = "riskmap-template-1"
EXAMPLE = "示例"  # core.table leaves out rows that begin with this word
ROWS = 5_000  # rows the drop-downs reach over
_REQUIRED = PatternFill("solid", fgColor="FFD9D0")
_OPTIONAL = PatternFill("solid", fgColor="E8EEF4")
_EXAMPLE = Font(italic=True, color="808080")
_LEADING = ("code", "name", "parent_code")
_TRAILING = ("address", "district", "town", "lon", "lat", CRS, "verified_on")
_CRS_NAMES = ("WGS84", "CGCS2000", "GCJ02", "BD09")


def template(
    layer: Layer, codes: Mapping[str, Sequence[Any]], sample: Path | None = None, *, districts: Sequence[Any] = ()
) -> bytes:
    """A workbook: the form, a page of explanations, and hidden lists. `districts` have .name; `sample`: its sample.csv."""
    book = openpyxl.Workbook()
    sheet, lists = book.active, book.create_sheet("代码表")
    sheet.title = sheet_title(layer.label.zh)
    lists.sheet_state = "hidden"
    names = ["", *(n for n in _LEADING if n != "parent_code" or layer.parents), *layer.fields(), *_TRAILING]
    example = _example(layer, sample)
    for c, name in enumerate(names, 1):
        _column(sheet, lists, c, name, layer, codes, districts, example)
    sheet.freeze_panes = "C2"
    sheet.row_dimensions[1].height = 32
    _explain(book, layer)
    version = book.create_sheet("版本")
    version.sheet_state = "veryHidden"
    version.append([VERSION, layer.name, ",".join(names[1:])])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _column(
    sheet: Any,
    lists: Any,
    c: int,
    name: str,
    layer: Layer,
    codes: Mapping[str, Sequence[Any]],
    districts: Sequence[Any],
    example: Mapping[str, Any],
) -> None:
    letter = get_column_letter(c)
    if not name:
        sheet["A1"], sheet["A2"] = "序号", EXAMPLE
        sheet["A1"].font, sheet["A2"].font = Font(bold=True), _EXAMPLE
        return
    field = layer.fields().get(name)
    required = name in layer.common.required or name in ("lon", "lat") or (field is not None and field.required)
    head = sheet[f"{letter}1"]
    head.value = safe(heading(layer, name))
    head.font, head.fill = Font(bold=True), _REQUIRED if required else _OPTIONAL
    head.alignment = Alignment(wrap_text=True, vertical="center")
    head.comment = Comment(_hint(layer, name, field, required), "riskmap", width=320, height=120)
    sheet.column_dimensions[letter].width = min(32, max(11, 4 + 2 * len(str(head.value))))
    value = example.get(name)
    shown = sheet[f"{letter}2"]
    shown.value, shown.font = (safe(value) if isinstance(value, str) else value), _EXAMPLE
    options = _options(name, field, codes, districts)
    if (
        field is not None
        and field.type in ("text", "phone", "person", "uscc")
        or name in ("code", "name", "parent_code", "address")
    ):
        for r in range(2, 202):  # long codes keep their digits
            sheet[f"{letter}{r}"].number_format = "@"
    if options and not (field and field.type == "codes"):
        column = get_column_letter(lists.max_column + 1 if lists["A1"].value else 1)
        lists[f"{column}1"] = safe(str(head.value))
        for r, option in enumerate(options, 2):
            lists[f"{column}{r}"] = safe(option)
        rule = DataValidation(
            "list",
            formula1=f"'{lists.title}'!${column}$2:${column}${len(options) + 1}",
            allow_blank=True,
            showErrorMessage=True,
            errorTitle="不在代码表中",
            error="请从下拉列表中选择",
            errorStyle="warning",
        )
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{ROWS}")
    elif field is not None and field.type in ("integer", "number") and (field.low is not None or field.high is not None):
        low, high = (-1e15 if field.low is None else field.low), (1e15 if field.high is None else field.high)
        rule = DataValidation(
            "whole" if field.type == "integer" else "decimal",
            operator="between",
            formula1=f"{low:.15g}",
            formula2=f"{high:.15g}",
            allow_blank=True,
            errorTitle="超出范围",
            error=f"请填 {low:g} 到 {high:g} 之间的数",
            errorStyle="warning",
        )
        sheet.add_data_validation(rule)
        rule.add(f"{letter}2:{letter}{ROWS}")


def heading(layer: Layer, name: str) -> str:
    """The heading of a field in files for people: its label, with the unit in brackets."""
    field = layer.fields().get(name)
    if field:
        return f"{field.label.zh}（{field.unit}）" if field.unit else field.label.zh
    return layer.common.labels.get(name, COMMON_LABELS[name]).zh


def _options(name: str, field: LayerField | None, codes: Mapping[str, Sequence[Any]], districts: Sequence[Any]) -> list[str]:
    """What the drop-down offers; a label two options share stands with its code before it."""
    if name == "district":
        return [d.name for d in districts]
    if name == CRS:
        return list(_CRS_NAMES)
    if field is None:
        return []
    if field.type == "boolean":
        return ["是", "否"]
    listed = field.options or codes.get(field.codes or "", ())
    labels = [o.zh for o in listed]
    return [o.zh if labels.count(o.zh) == 1 else f"{o.code} {o.zh}" for o in listed][:2_000]


_FORMS = {
    "integer": "整数",
    "number": "数字",
    "boolean": "是 / 否",
    "date": "日期，如 2026-03-05",
    "code": "从下拉列表选一项",
    "codes": "可填多项，用顿号分开",
    "phone": "手机或 010-12345678",
    "uscc": "18 位统一社会信用代码",
    "text": "文字",
    "person": "姓名",
}


def _hint(layer: Layer, name: str, field: LayerField | None, required: bool) -> str:
    lines = ["必填；暂缺可留空，登记为待补" if required else "选填"]
    if field:
        lines.append(_FORMS[field.type] + (f"，单位 {field.unit}" if field.unit else ""))
        if field.low is not None or field.high is not None:
            lines.append(
                f"范围 {'' if field.low is None else f'{field.low:g}'}–{'' if field.high is None else f'{field.high:g}'}"
            )
        if field.hint:
            lines.append(field.hint.zh)
        lines.append(field.label.en)
    else:
        lines += {
            "lon": ["如 116.391244 或 116°23′28″"],
            "lat": ["如 39.907356 或 39°54′26″"],
            CRS: ["不填按导入时所选，默认 WGS84"],
            "code": ["不填则由系统编号；与库内编号相同视为更新"],
            "district": ["16 区之一"],
            "verified_on": ["最近一次实地核验的日期"],
            "parent_code": ["所属单位等上级记录的编号"],
        }.get(name, [])
        lines.append(layer.common.labels.get(name, COMMON_LABELS[name]).en)
    return "\n".join(lines)


def _example(layer: Layer, sample: Path | None) -> dict[str, Any]:
    """The first row of sample.csv by field, else each field's own example."""
    values: dict[str, Any] = {f.name: f.example for f in layer.field if f.example}
    if sample is not None and sample.is_file():
        with sample.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if rows:
            claims = propose(layer, list(rows[0])).claims
            values |= {name: rows[0][claim.heading] for name, claim in claims.items() if rows[0][claim.heading]}
    return values


def _explain(book: Any, layer: Layer) -> None:
    page = book.create_sheet("填写说明")
    page.column_dimensions["A"].width = 90
    for line in (
        f"{layer.label.zh} 导入模板  {layer.label.en} import template",
        layer.description.zh,
        "",
        "· 红底列为必填；暂时没有的可以留空，该条登记为“待补”，不参与定级。",
        f"· 第 2 行是示例（以“{EXAMPLE}”开头的行不会导入），可删可留。",
        "· 数字可写 500、５００、1.2万；日期可写 2026-03-05、2026年3月5日。",
        "· 坐标默认 WGS84；其他坐标系请在“坐标系”一栏注明，系统转换后入库。",
        "· 没有坐标的行不会丢弃，登记后等待补点。",
        "· 编号与库内相同的行视为更新；不在文件中的记录不会被停用。",
    ):
        page.append([line])
