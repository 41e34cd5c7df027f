"""From checked ledger rows to postings: each row against its record and against what the ledger holds. Pure.

A posting is what is to be written, ready for store.ledgers; rows that say what is on record already are `unchanged`.
`records`: code → [{id, steward_org, status, …}]; more than one means that the code alone does not tell which.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from riskmap.core.ledger import Rows

Record = Mapping[str, Any]
OPEN = ("listed", "rectifying", "rectified")
_CAS = re.compile(r"(\d{2,7})-(\d{2})-(\d)")


@dataclass(slots=True)
class Postings:
    """Rows to write: `new` and `changed` as (row index, row with feature_id, steward_org and what it supersedes or continues)."""

    new: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    changed: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)

    def counts(self, rows: Rows) -> dict[str, int]:
        """Outcome → rows, without the zeros."""
        found = {"new": len(self.new), "changed": len(self.changed), "unchanged": len(self.unchanged), "refused": len(rows.refused)}
        return {outcome: n for outcome, n in found.items() if n}


def attach(rows: Rows, records: Mapping[str, Sequence[Record]]) -> dict[int, Record]:
    """Row index → its record. Refused: no such record, one out of service, or a code that several records have."""
    name, found = rows.ledger.record, {}
    for i, code in enumerate(rows.columns[name]):  # refused rows too: every fault of a row is told
        if code is None:
            continue
        met = records.get(code, ())
        if not met:
            rows.refuse(
                i,
                name,
                "record-unknown",
                "没有这个编号的记录，或不归本单位管 (no record has this code, or it is not yours)",
                f"先登记该记录（riskmap import {rows.ledger.layer} …），或改正编号",
            )
        elif len(met) > 1:
            rows.refuse(i, name, "record-ambiguous", f"{len(met)} 条记录都用这个编号 (several records share it)", "先改正重复的编号")
        elif met[0]["status"] == "retired":
            rows.refuse(i, name, "record-retired", "该记录已停用 (the record is retired)", "改正编号，或先恢复该记录")
        else:
            found[i] = met[0]
    return found


def stock(rows: Rows, records: Mapping[int, Record], lots: Sequence[Record], names: Mapping[str, str]) -> Postings:
    """Lots of supplies. A lot on record with the same figure is unchanged; another figure is a movement, not an import."""
    held: dict[tuple[Any, ...], Record] = {_lot(lot): lot for lot in lots}
    seen: dict[tuple[Any, ...], int] = {}
    out = Postings()
    for i, record in _first(rows, records):
        row = rows.row(i) | {"feature_id": record["id"], "steward_org": record["steward_org"]}
        row["supply_name"] = row["supply_name"] or names[row["supply_code"]]
        row["minimum_reserve"] = row["minimum_reserve"] or 0
        at = _lot(row)
        if at in seen:
            rows.refuse(
                i, "batch_no", "twice-in-file", f"与第 {rows.row_no[seen[at]]} 行是同一批次 (the same lot as that row)", "合并数量，或写明批号"
            )
        elif (lot := held.get(at)) is None:
            out.new.append((i, row))
        elif lot["unit"] == row["unit"] and lot["quantity"] == _decimal(row["quantity"]):
            out.unchanged.append(i)
            if row["batch_no"] is None:
                rows.warn(i, "batch_no", "same-lot", "无批号，按台账上已有的同一批处理 (taken as the lot on record)", "如是另一批，请写明批号")
        else:
            rows.refuse(
                i,
                "quantity",
                "lot-on-record",
                f"台账上已有这一批，现存 {lot['quantity']:f} {lot['unit']} (this lot is on record)",
                "数量变化请登记出入库；另一批请写明批号",
            )
        seen.setdefault(at, i)
    return out


def _lot(row: Record) -> tuple[Any, ...]:
    expires = row["expires_on"]
    expires = expires.isoformat() if isinstance(expires, dt.date) else expires
    return row["feature_id"], row["supply_code"], row["batch_no"], row["location"], expires


def holding(rows: Rows, records: Mapping[int, Record], held: Sequence[Record]) -> Postings:
    """Chemicals. One on record with other figures is superseded by the row; its old row stays."""
    known = {_substance(h["feature_id"], h): h for h in held}
    seen: dict[tuple[Any, ...], int] = {}
    out = Postings()
    for i, record in _first(rows, records):
        row = rows.row(i) | {"feature_id": record["id"], "steward_org": record["steward_org"], "supersedes": None}
        at = _substance(record["id"], row)
        if row["cas"] and not cas_is_sound(row["cas"]):
            rows.refuse(i, "cas", "not-a-cas", "CAS 号校验位不符 (not a CAS number)", "核对安全技术说明书上的 CAS 号，如 7782-50-5")
        elif at in seen:
            rows.refuse(
                i, "chemical", "twice-in-file", f"与第 {rows.row_no[seen[at]]} 行重复 (the same chemical as that row)", "同一单元每种化学品只写一行"
            )
        elif (before := known.get(at)) is None:
            out.new.append((i, row))
        elif all(_same(row[k], before[k]) for k in ("cas", "class_symbol", "quantity_t", "design_max_t")):
            out.unchanged.append(i)
        else:
            out.changed.append((i, row | {"supersedes": before["id"]}))
        seen.setdefault(at, i)
        if i not in rows.refused and row["quantity_t"] is not None and row["quantity_t"] > row["design_max_t"]:
            rows.warn(i, "quantity_t", "over-design", "现存量超过设计最大量 (more than the design maximum)", "立即核实：超量储存，或数字有误")
    return out


def _substance(feature: int, row: Record) -> tuple[int, str]:
    return feature, str(row["chemical"]).replace("（", "(").replace("）", ")").replace(" ", "").casefold()


def cas_is_sound(text: str) -> bool:
    """The CAS check digit: digits before it, weighted 1, 2, 3 … from the right, modulo 10."""
    match = _CAS.fullmatch(text)
    if not match:
        return False
    digits = (match[1] + match[2])[::-1]
    return sum(int(d) * w for w, d in enumerate(digits, 1)) % 10 == int(match[3])


def hidden_danger(rows: Rows, records: Mapping[int, Record], known: Sequence[Record], today: dt.date) -> Postings:
    """Hidden dangers. One on record gets another state when the row tells one; what was found is not rewritten."""
    on_record = {(k["steward_org"], k["code"]): k for k in known}
    seen: dict[tuple[Any, ...], int] = {}
    out = Postings()
    for i, record in _first(rows, records):
        row = rows.row(i) | {"feature_id": record["id"], "steward_org": record["steward_org"], "danger_id": None}
        at = (record["steward_org"], row["danger_code"])
        before = on_record.get(at)
        if at in seen:
            rows.refuse(
                i, "danger_code", "twice-in-file", f"与第 {rows.row_no[seen[at]]} 行编号相同 (the same code as that row)", "每条隐患一行，编号不重复"
            )
        seen.setdefault(at, i)
        row["happened_on"] = row["happened_on"] or today.isoformat()
        _days(rows, i, row, before, today)
        if before is not None:
            _fixed(rows, i, row, before)
        if i in rows.refused:
            continue
        if row["state"] in OPEN and row["deadline_on"] is None:
            rows.warn(i, "deadline_on", "no-deadline", "没有整改期限，无法判断是否逾期 (no deadline: overdue cannot be told)", "请补填整改期限")
        if before is None:
            out.new.append((i, row))
        elif all(_same(row[k], before[k]) for k in ("state", "deadline_on", "person")):
            out.unchanged.append(i)
        else:
            out.changed.append((i, row | {"danger_id": before["id"]}))
    return out


def _days(rows: Rows, i: int, row: Record, before: Record | None, today: dt.date) -> None:
    """ISO dates compare as text."""
    now, found = today.isoformat(), row["found_on"]
    for name in ("found_on", "happened_on"):
        if row[name] > now:
            rows.refuse(i, name, "in-the-future", f"晚于今天 {now} (in the future)", "核对日期")
    if row["happened_on"] < found:
        rows.refuse(i, "happened_on", "before-found", "早于发现日期 (before it was found)", "核对日期")
    if row["deadline_on"] is not None and row["deadline_on"] < found:
        rows.refuse(i, "deadline_on", "before-found", "整改期限早于发现日期 (the deadline is before it was found)", "核对日期")
    if before is not None and row["happened_on"] < before["happened_on"].isoformat():
        reason = f"台账上已有 {before['happened_on']} 的状态 (a newer state is on record)"
        rows.refuse(i, "happened_on", "stale", reason, "用最新的表，或改正状态日期")


def _fixed(rows: Rows, i: int, row: Record, before: Record) -> None:
    if before["feature_id"] != row["feature_id"]:
        rows.refuse(i, rows.ledger.record, "on-another-record", "这个隐患编号已用于另一风险源 (the code is used on another record)", "改正编号")
        return
    for name in ("title", "grade", "found_on"):
        if not _same(row[name], before[name]):
            rows.refuse(i, name, "not-rewritten", f"台账上是“{before[name]}”，不改写 (what was found is not rewritten)", "改回原值，或另立一条隐患")


def _first(rows: Rows, records: Mapping[int, Record]) -> list[tuple[int, Record]]:
    return [(i, records[i]) for i in rows.standing() if i in records]


def _same(given: Any, stored: Any) -> bool:
    """Is a parsed value what the table holds: figures by value, dates by their ISO text."""
    if given is None or stored is None:
        return given is None and stored is None
    if isinstance(stored, Decimal):
        return _decimal(given) == stored
    return str(given) == str(stored)


def _decimal(figure: Any) -> Decimal:
    return Decimal(repr(figure)) if isinstance(figure, float) else Decimal(figure)
