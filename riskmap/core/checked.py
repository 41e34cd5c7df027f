"""What core.feature.check hands on: typed columns, places, levels, and everything there is to say about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.core.finding import Finding
from riskmap.core.layer import COMMON_FIELDS


@dataclass(slots=True)
class Checked:
    """What a table became. All arrays and lists have length n and the order of the file.

    columns   field name → n values ready for JSON, None = missing. Always holds the common fields `code name parent_code district
              town address verified_on` and every declared attribute. text, phone, person, uscc, code: str · integer: int ·
              number: float · boolean: bool · date: 'YYYY-MM-DD' · codes: list[str] · `district`: the *stated* district's six
              digits · `town`: nine digits
    lon, lat  float64[n], WGS 84 degrees, NaN where the row has no usable place
    level     int8[n], registered level by the layer's rule, 1 Ⅰ … 4 Ⅳ, 0 = cannot be told
    refused   bool[n]: at least one finding of severity 'refuse'; such a row must not be stored
    missing   n tuples of required field names still to be supplied ('lon', 'lat' when there is no place); a row with any is 待补
    findings  about rows, in order of rows; file_findings: about the whole file (row 0): datum, unmapped headings
    """

    layer: str
    row_no: np.ndarray
    columns: dict[str, list[Any]]
    lon: np.ndarray
    lat: np.ndarray
    level: np.ndarray
    refused: np.ndarray
    missing: list[tuple[str, ...]]
    findings: list[Finding]
    file_findings: list[Finding]
    crs: str  # coordinate system the coordinates were read in
    headings: dict[str, str] = field(default_factory=dict)  # field → heading in the file
    unmapped: list[str] = field(default_factory=list)  # headings nobody claimed
    raw_lon: np.ndarray | None = None  # as read, in `crs`, before conversion (NaN = none)
    raw_lat: np.ndarray | None = None

    @property
    def n(self) -> int:
        return len(self.row_no)

    def payload(self, i: int) -> dict[str, Any]:
        """Row i as one JSON-ready record: common fields, lon, lat, level, missing, and `attributes` without the absent ones."""
        placed = np.isfinite(self.lon[i])
        record: dict[str, Any] = {name: self.columns[name][i] for name in COMMON_FIELDS if name in self.columns}
        record |= {"lon": float(self.lon[i]) if placed else None, "lat": float(self.lat[i]) if placed else None}
        record |= {"level": int(self.level[i]) or None, "missing": list(self.missing[i])}
        record["attributes"] = {k: v[i] for k, v in self.columns.items() if k not in COMMON_FIELDS and v[i] is not None}
        return record

    def payloads(self) -> Iterator[dict[str, Any]]:
        """Every row, refused ones too, in order."""
        return (self.payload(i) for i in range(self.n))

    def findings_by_row(self) -> dict[int, list[Finding]]:
        """row_no → its findings; rows without any are absent."""
        out: dict[int, list[Finding]] = {}
        for f in self.findings:
            out.setdefault(f["row"], []).append(f)
        return out
