"""A registration table → checked features, or every reason why not. Columnar: each distinct value is parsed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from riskmap.core import doctor, place
from riskmap.core.checked import Checked
from riskmap.core.district import district_parser, town_parser
from riskmap.core.finding import Finding, finding
from riskmap.core.gazetteer import Gazetteer
from riskmap.core.heading import COMMON_LABELS, CRS, LONLAT, SURE, Claim, propose, unsure
from riskmap.core.layer import Layer, LayerField
from riskmap.core.level import registered_level
from riskmap.core.raw import NOTHING, Parser, Trouble, parse_column
from riskmap.core.value import date, parser, text
from riskmap.errors import BadInput

__all__ = ["Checked", "check"]

Codes = Mapping[str, Sequence[Any]]  # code list name → options with .code .zh .en


def check(
    layer: Layer,
    codes: Codes,
    columns: Mapping[str, Sequence[Any]],
    *,
    gazetteer: Gazetteer,
    row_no: Sequence[int] | None = None,
    crs: str = "wgs84",
    mapping: Mapping[str, str] | None = None,
    district: str | None = None,
    tolerance_m: float = 100.0,
) -> Checked:
    """Check a table against its layer.

    columns      heading (or field name) → n raw cells (None, str, int, float, bool); see core.table.Table.columns
    row_no       n row numbers as a person sees them; 1..n when absent
    crs          of the coordinates: wgs84, cgcs2000, gcj02, bd09 or EPSG:n; a 坐标系 column overrides it row by row
    mapping      heading → field, wins over what core.heading proposes; '' drops a column; a heading '=医疗机构' is a constant
    district     stated district (code or name) for rows that name none
    tolerance_m  how far outside the stated district a place may lie before it is told
    Missing required → listed in `missing`; unparseable or out of bounds → refused. Pure: no database, no clock.
    Raises BadInput for a mapping or district that names what does not exist.
    """
    return _Check(layer, codes, columns, gazetteer, row_no, crs, mapping or {}, district, tolerance_m).run()


class _Check:
    """One run of `check`: holds what its steps share."""

    def __init__(
        self,
        layer: Layer,
        codes: Codes,
        columns: Mapping[str, Sequence[Any]],
        gazetteer: Gazetteer,
        row_no: Sequence[int] | None,
        crs: str,
        mapping: Mapping[str, str],
        district: str | None,
        tolerance_m: float,
    ) -> None:
        self.layer, self.codes, self.gazetteer, self.crs, self.tolerance_m = layer, codes, gazetteer, crs, tolerance_m
        self.n = len(next(iter(columns.values()))) if columns else 0
        self.row_no = np.asarray(row_no if row_no is not None else np.arange(1, self.n + 1), dtype=np.int64)
        self.cells: dict[str, Sequence[Any]] = dict(columns)
        self.fields = layer.fields()
        self.file_findings: list[Finding] = []
        self.told: list[tuple[int, str, Any, Trouble]] = []  # row index, field, cell, trouble
        self.proposal = propose(layer, list(columns), mapping)
        if self.proposal.unknown:
            raise BadInput(
                "对应关系里有不存在的表头或字段 (the mapping names a heading or field that does not exist)",
                where="、".join(self.proposal.unknown),
                remedy="表头 headings: " + "、".join(columns),
            )
        for constant, name in mapping.items():
            if constant.startswith("=") and name:
                self.cells[constant] = [constant.lstrip("=")] * self.n
                self.proposal.claims[name] = Claim(constant, name, 2.0)
        self.stated = None
        if district:
            self.stated, trouble = district_parser(gazetteer)(district)
            if trouble:
                raise BadInput(trouble.reason, where="district", remedy=trouble.remedy)

    def run(self) -> Checked:
        out: dict[str, list[Any]] = {}
        for name, parse in self._parsers().items():
            out[name] = self._column(name, parse)
        if self.stated:
            out["district"] = [v or self.stated for v in out["district"]]
        out["town"] = self._towns(out["district"])
        places = self._places()
        level = registered_level(self.layer, out, self._options)
        missing = self._missing(out, places.lon)
        self._unmapped()
        refused = np.zeros(self.n, dtype=bool)
        refused[[i for i, _, _, t in self.told if t.severity == "refuse"]] = True
        checked = Checked(
            self.layer.name,
            self.row_no,
            out,
            places.lon,
            places.lat,
            level,
            refused,
            missing,
            self._findings(),
            self.file_findings,
            place.crs_name(self.crs) or self.crs,
            {f: c.heading for f, c in self.proposal.claims.items()},
            self.proposal.unmapped,
            places.x,
            places.y,
        )
        doctor.examine_rows(checked, self.gazetteer, self.tolerance_m)
        return checked

    def _parsers(self) -> dict[str, Parser]:
        tidy = partial(text, max_length=64, blank=NOTHING, tidy=True)
        parsers: dict[str, Parser] = {
            "code": tidy,
            "name": partial(text, max_length=200, blank=NOTHING),
            "parent_code": tidy,
            "district": district_parser(self.gazetteer),
            "address": partial(text, max_length=300, blank=NOTHING),
            "verified_on": date,
        }
        return parsers | {f.name: parser(f, self._options(f)) for f in self.layer.field}

    def _options(self, f: LayerField) -> Sequence[Any]:
        return f.options or (self.codes.get(f.codes, ()) if f.codes else ())

    def _column(self, name: str, parse: Parser) -> list[Any]:
        """The typed column of a field; troubles are noted. A likely claim is dropped when most cells do not fit."""
        claim = self.proposal.claims.get(name)
        default = self._default(name, parse)
        if claim is None:
            return [default] * self.n
        cells = self._scaled(claim, self.cells[claim.heading])
        values, bad = parse_column(cells, parse)
        failing = [i for i, t in bad if t.severity == "refuse"]
        if claim.confidence < 0.97 and len(failing) >= 5:
            filled = sum(1 for c in cells if c is not None and c != "")
            if len(failing) > max(filled / 2, self.n / 4):
                del self.proposal.claims[name]
                self.proposal.unmapped.append(claim.heading)
                self.file_findings.append(
                    finding(
                        0,
                        claim.heading,
                        name,
                        cells[failing[0]],
                        "mapping-doubt",
                        "warn",
                        f"“{claim.heading}”像是“{self._label(name)}”，但 {len(failing)} 行取值不符，未采用 (its values do not fit)",
                        "如确为该字段，请在对应关系中指定",
                        {"mapping": {claim.heading: name}},
                    )
                )
                return [default] * self.n
        if claim.confidence < SURE:
            self.file_findings.append(unsure(claim, name, self._label(name)))
        self.told += [(i, name, self.cells[claim.heading][i], t) for i, t in bad]
        if default is not None:
            failed = set(failing)
            values = [default if v is None and i not in failed else v for i, v in enumerate(values)]
        return values

    def _default(self, name: str, parse: Parser) -> Any:
        declared = self.fields[name].default if name in self.fields else None
        return None if declared is None else parse(declared)[0]

    def _scaled(self, claim: Claim, cells: Sequence[Any]) -> Sequence[Any]:
        """Figures under a heading such as 面积(亩), in the field's own unit. Told for the file."""
        if claim.times == 1:
            return cells
        unit = self.fields[claim.field].unit
        self.file_findings.append(
            finding(
                0,
                claim.heading,
                claim.field,
                claim.unit,
                "unit-converted",
                "warn",
                f"整列由“{claim.unit}”换算为“{unit}”(×{claim.times:.6g}) (the column was converted)",
                "请核对换算结果",
            )
        )

        def scale(cell: Any) -> Any:
            if isinstance(cell, bool) or cell is None:
                return cell
            try:
                return float(Decimal(str(cell).replace(",", "").strip()) * claim.times)
            except ArithmeticError:
                return cell

        return [scale(c) for c in cells]

    def _label(self, name: str) -> str:
        if name in self.fields:
            return self.fields[name].label.zh
        return self.layer.common.labels.get(name, COMMON_LABELS[name]).zh

    def _towns(self, districts: Sequence[str | None]) -> list[Any]:
        claim = self.proposal.claims.get("town")
        if claim is None:
            return [None] * self.n
        cells = self.cells[claim.heading]
        find = town_parser(self.gazetteer)
        known = {pair: find(*pair) for pair in set(zip(cells, districts, strict=True))}
        out = []
        for i, pair in enumerate(zip(cells, districts, strict=True)):
            value, trouble = known[pair]
            out.append(value)
            if trouble:
                self.told.append((i, "town", cells[i], trouble))
        return out

    def _places(self) -> place.Places:
        def cells(name: str) -> Sequence[Any] | None:
            claim = self.proposal.claims.get(name)
            return self.cells[claim.heading] if claim else None

        places = place.read(self.n, cells("lon"), cells("lat"), cells(LONLAT), cells(CRS), self.crs)
        for i, name, trouble in places.troubles:
            if name not in self.proposal.claims and LONLAT in self.proposal.claims:
                name = LONLAT
            column = cells(name)
            shown = column[i] if column is not None else ""
            if (
                name == "lon"
                and trouble.code not in ("not-a-coordinate", "not-finite", "half-a-place")
                and cells("lat") is not None
            ):
                shown = f"{shown}, {cells('lat')[i]}"
            self.told.append((i, name, shown, trouble))
        return places

    def _missing(self, out: Mapping[str, list[Any]], lon: np.ndarray) -> list[tuple[str, ...]]:
        """Required fields a row lacks. A value that was refused is not missing: it is told as refused."""
        required = list(dict.fromkeys([*self.layer.common.required, *(f.name for f in self.layer.field if f.required)]))
        names = [f for f in required if f not in ("lon", "lat")] + ["lon", "lat"]
        wrong = {(i, f) for i, f, _, t in self.told if t.severity == "refuse"}
        bits = np.zeros(self.n, dtype=np.int64)
        for k, name in enumerate(names):
            lacks = (
                ~np.isfinite(lon)
                if name in ("lon", "lat")
                else np.fromiter((v is None for v in out[name]), dtype=bool, count=self.n)
            )
            if not lacks.any():
                continue
            bits[lacks] |= 1 << k
            self._tell_missing(name, np.flatnonzero(lacks), wrong)
        kinds, inverse = np.unique(bits, return_inverse=True)
        tuples = [tuple(f for k, f in enumerate(names) if int(b) >> k & 1) for b in kinds]
        return [tuples[j] for j in inverse.tolist()]

    def _tell_missing(self, name: str, rows: np.ndarray, wrong: set[tuple[int, str]]) -> None:
        """One finding for the file when the column is not there at all, else one a row. Of lon and lat, lon speaks."""
        if name == "lat":
            return
        claims = self.proposal.claims
        absent = name not in claims and (name != "lon" or LONLAT not in claims)
        label = "坐标" if name == "lon" else self._label(name)
        code, remedy = ("no-place", "请补填经纬度；补填前不上图、不参与定级") if name == "lon" else ("missing", f"请补填{label}")
        if absent:
            self.file_findings.append(
                finding(
                    0,
                    "",
                    name,
                    "",
                    code,
                    "incomplete",
                    f"文件没有“{label}”一栏，{len(rows)} 行列为待补 (the file has no such column; the rows wait for it)",
                    remedy,
                )
            )
            return
        placed = {"lon", "lat", LONLAT, CRS}
        for i in rows.tolist():
            told = any((i, f) in wrong for f in placed) if name == "lon" else (i, name) in wrong
            if not told:
                self.told.append((i, name, None, Trouble(code, "incomplete", f"缺少{label} (missing)", remedy)))

    def _unmapped(self) -> None:
        if self.proposal.unmapped:
            self.file_findings.append(
                finding(
                    0,
                    "、".join(self.proposal.unmapped),
                    "",
                    "",
                    "unmapped",
                    "warn",
                    f"{len(self.proposal.unmapped)} 列没有对应字段，未登记 (columns without a field were left out)",
                    "如需登记，请在对应关系中指定字段",
                    {"headings": list(self.proposal.unmapped)},
                )
            )

    def _findings(self) -> list[Finding]:
        """Noted troubles as findings, in order of rows; a place told as half or zero is not told again as absent."""
        spoken = {i for i, _, _, t in self.told if t.code in ("half-a-place", "zero-place")}
        claims = self.proposal.claims
        out = []
        for i, name, cell, t in sorted(self.told, key=lambda x: x[0]):
            if t.code == "no-place" and i in spoken:
                continue
            heading = (
                claims[name].heading if name in claims else (claims[LONLAT].heading if name == "lon" and LONLAT in claims else "")
            )
            out.append(finding(int(self.row_no[i]), heading, name, cell, t.code, t.severity, t.reason, t.remedy, t.proposal))
        return out
