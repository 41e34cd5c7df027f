"""What a ledger's toml may say, and the check of a table against it: cells alone, nothing of what is on record.

A ledger is typed rows that hang on a layer's records. It has no 待补: a row that lacks a required value is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from riskmap.core.finding import Finding, finding
from riskmap.core.heading import SURE, Claim, Vocabulary, declared, proposed, unsure
from riskmap.core.layer import Label, LayerField, Strict
from riskmap.core.raw import Trouble, parse_column
from riskmap.core.value import parser
from riskmap.errors import BadInput

# Decimals the tables keep. More is refused: a figure is never rounded on its way in.
DECIMALS = {"quantity": 2, "minimum_reserve": 2, "quantity_t": 4, "design_max_t": 4}


class Ledger(Strict):
    """A ledger, as declared by layers/<layer>/<name>.toml. `record` is the field whose cell is the code of the record."""

    name: Literal["stock", "holding", "hidden_danger"]  # each has a table of its own
    layer: str
    label: Label
    description: Label
    record: str
    field: Annotated[tuple[LayerField, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Ledger:
        names = [f.name for f in self.field]
        if len(names) != len(set(names)):
            raise ValueError(f"ledger {self.name}: a field is declared twice")
        if not any(f.name == self.record and f.required for f in self.field):
            raise ValueError(f"ledger {self.name}: record {self.record} is not a required field of it")
        return self

    def fields(self) -> dict[str, LayerField]:
        """Declared fields by name, in the order of the file."""
        return {f.name: f for f in self.field}

    def vocabulary(self) -> Vocabulary:
        """Every heading the ledger understands."""
        return declared(self.field)


@dataclass(slots=True)
class Rows:
    """A checked table: `columns` field → n values (None: not given), `cells` the same as written, `refused` row indices."""

    ledger: Ledger
    row_no: Sequence[int]
    columns: dict[str, list[Any]]
    cells: dict[str, Sequence[Any]]
    headings: dict[str, str]  # field → heading
    unmapped: list[str]
    findings: list[Finding] = field(default_factory=list)
    file_findings: list[Finding] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    @property
    def n(self) -> int:
        return len(self.row_no)

    def tell(self, i: int, name: str, trouble: Trouble) -> None:
        """Say something about field `name` of row i; a refusal takes the row out."""
        cells = self.cells.get(name)
        heading = self.headings.get(name) or self.ledger.fields()[name].label.zh
        value = cells[i] if cells is not None else None
        self.findings.append(finding(self.row_no[i], heading, name, value, *trouble))
        if trouble.severity == "refuse":
            self.refused.add(i)

    def refuse(self, i: int, name: str, code: str, reason: str, remedy: str) -> None:
        self.tell(i, name, Trouble(code, "refuse", reason, remedy))

    def warn(self, i: int, name: str, code: str, reason: str, remedy: str) -> None:
        self.tell(i, name, Trouble(code, "warn", reason, remedy))

    def row(self, i: int) -> dict[str, Any]:
        """Row i as field → value."""
        return {name: column[i] for name, column in self.columns.items()}

    def standing(self) -> list[int]:
        """Indices of rows not refused, in the order of the file."""
        return [i for i in range(self.n) if i not in self.refused]


def check(
    ledger: Ledger,
    codes: Mapping[str, Sequence[Any]],
    columns: Mapping[str, Sequence[Any]],
    row_no: Sequence[int],
    mapping: Mapping[str, str] | None = None,
) -> Rows:
    """Check a table against its ledger. `columns`: heading → n raw cells; `mapping` as in core.feature.check.

    Raises BadInput for a mapping that names what does not exist and for a required column that is not there.
    """
    mapping = mapping or {}
    fields, cells = ledger.fields(), dict(columns)
    claimed = proposed(ledger.vocabulary(), fields, list(columns), mapping)
    for constant, name in mapping.items():
        if constant.startswith("=") and name in fields:
            cells[constant] = [constant.lstrip("=")] * len(row_no)
            claimed.claims[name] = Claim(constant, name, 2.0)
        elif constant.startswith("=") and name:
            claimed.unknown.append(name)
    if claimed.unknown:
        raise BadInput(
            "对应关系里有不存在的表头或字段 (the mapping names a heading or field that does not exist)",
            where="、".join(claimed.unknown),
            remedy="字段 fields: " + "、".join(fields),
        )
    absent = [f for f in ledger.field if f.required and f.name not in claimed.claims]
    if absent:
        raise BadInput(
            "缺少必填的列：" + "、".join(f.label.zh for f in absent) + " (required columns are missing)",
            where="、".join(f.name for f in absent),
            remedy="补上这些列，或用对应关系指定 表头=字段；本表表头 headings: " + "、".join(columns),
        )
    headings = {name: claim.heading for name, claim in claimed.claims.items()}
    rows = Rows(ledger, list(row_no), {}, {n: cells[h] for n, h in headings.items()}, headings, claimed.unmapped)
    for name, claim in claimed.claims.items():
        if claim.confidence < SURE:
            rows.file_findings.append(unsure(claim, name, fields[name].label.zh))
    for f in ledger.field:
        _column(rows, f, f.options or (codes.get(f.codes, ()) if f.codes else ()), claimed.claims.get(f.name))
    return rows


def _column(rows: Rows, f: LayerField, options: Sequence[Any], claim: Claim | None) -> None:
    """The typed column of a field; what does not fit, is missing or is finer than the table keeps is told."""
    if claim is None:
        rows.columns[f.name] = [None] * rows.n
        return
    raw = rows.cells[f.name]
    values, bad = parse_column([_times(c, claim.times) for c in raw], parser(f, options))
    for i, trouble in bad:
        rows.tell(i, f.name, trouble)
    failed = {i for i, t in bad if t.severity == "refuse"}
    most = DECIMALS.get(f.name)
    for i, value in enumerate(values):
        if value is None and f.required and i not in failed:
            rows.refuse(i, f.name, "missing", f"缺少{f.label.zh} (required)", f"请填写{f.label.zh}；不知道的不会按 0 登记")
        elif value is not None and most is not None and not math.isclose(round(value, most), value, rel_tol=1e-12, abs_tol=1e-12):
            rows.refuse(i, f.name, "too-fine", f"最多 {most} 位小数 (more than {most} decimals)", f"请写到 {most} 位小数")
    rows.columns[f.name] = values


def _times(cell: Any, times: Decimal) -> Any:
    """A figure under a heading such as 现存量(kg), in the field's own unit."""
    if times == 1 or cell is None or isinstance(cell, bool):
        return cell
    try:
        return float(Decimal(str(cell).replace(",", "").strip()) * times)
    except ArithmeticError:
        return cell
