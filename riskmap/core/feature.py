"""A registration table → checked features, or every reason why not. Columnar: one pass a field, each distinct value parsed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskmap.core.finding import Finding
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.layer import Layer

Codes = Mapping[str, Sequence[Any]]        # code list name → options with .code .zh .en


@dataclass(slots=True)
class Checked:
    """What a table became. All arrays and lists have length n and the order of the file.

    columns   field name → n values ready for JSON, None = missing. Always holds the common fields `code name parent_code district town
              address verified_on` and every declared attribute. text, phone, person, uscc, code: str · integer: int · number: float ·
              boolean: bool · date: 'YYYY-MM-DD' · codes: list[str] · `district`: the *stated* district's six digits · `town`: nine digits
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
    crs: str                                                   # coordinate system the coordinates were read in
    headings: dict[str, str] = field(default_factory=dict)     # field → heading in the file
    unmapped: list[str] = field(default_factory=list)          # headings nobody claimed
    raw_lon: np.ndarray | None = None                          # as read, in `crs`, before conversion (NaN = none)
    raw_lat: np.ndarray | None = None

    @property
    def n(self) -> int:
        return len(self.row_no)

    def payload(self, i: int) -> dict[str, Any]:
        """Row i as one JSON-ready record: common fields, lon, lat, level, missing, and `attributes` without the absent ones."""
        raise NotImplementedError

    def payloads(self) -> Iterator[dict[str, Any]]:
        """Every row, refused ones too, in order."""
        return (self.payload(i) for i in range(self.n))

    def findings_by_row(self) -> dict[int, list[Finding]]:
        """row_no → its findings; rows without any are absent."""
        raise NotImplementedError


def check(layer: Layer, codes: Codes, columns: Mapping[str, Sequence[Any]], *, gazetteer: Gazetteer, row_no: Sequence[int] | None = None,
          crs: str = "wgs84", mapping: Mapping[str, str] | None = None, district: str | None = None) -> Checked:
    """Check a table against its layer.

    columns    heading (or field name) → n raw cells (None, str, int, float, bool); see core.table.Table.columns
    row_no     n row numbers as a person sees them; 1..n when absent
    crs        of the coordinates: wgs84, cgcs2000, gcj02, bd09 or EPSG:n; a 坐标系 column overrides it row by row
    mapping    heading → field, wins over what core.heading would propose; '' drops a column
    district   stated district code for rows that name none
    Missing required → listed in `missing`; unparseable or out of bounds → refused. Pure: no database, no clock.
    The coordinate doctor (core.doctor.examine) is asked afterwards.
    """
    raise NotImplementedError
