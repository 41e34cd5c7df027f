"""What is said about one cell of an import, or about the whole file."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Severity = Literal["refuse", "incomplete", "warn"]


class Finding(TypedDict):
    """`row` is the row a person sees in the file (1-based, 0 = the whole file); `column` the heading as it stands in the file.

    refuse: the row is not taken · incomplete: taken as 待补 · warn: taken, and told. `proposal` is a mend the person may
    accept; it is never applied by itself.
    """

    row: int
    column: str
    field: str
    value: str
    code: str
    severity: Severity
    reason: str
    remedy: str
    proposal: Any


def finding(
    row: int, column: str, field: str, value: Any, code: str, severity: Severity, reason: str, remedy: str, proposal: Any = None
) -> Finding:
    """A finding; `value` is shown as written, cut at 120 characters."""
    text = "" if value is None else str(value)
    if len(text) > 120:
        text = text[:117] + "…"
    return {
        "row": int(row),
        "column": column,
        "field": field,
        "value": text,
        "code": code,
        "severity": severity,
        "reason": reason,
        "remedy": remedy,
        "proposal": proposal,
    }
