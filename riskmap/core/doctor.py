"""The coordinate doctor: is a place where its row says it is, and if not, what would explain it? It proposes, it never moves.

Two looks. `examine_rows` asks each row: outside the city, outside the stated district? `diagnose` asks the whole file: would
GCJ-02 or BD-09 explain it? A datum shift moves every point of a file alike, so a file can be told where a point cannot; and where
neither districts nor known places speak, the doctor says that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from riskmap.core.checked import Checked
from riskmap.core.coordinates import distance_m, to_wgs84
from riskmap.core.finding import Finding, finding
from riskmap.core.gazetteer import Gazetteer

HYPOTHESES = ("wgs84", "gcj02", "bd09")
NAMES = {"wgs84": "WGS 84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
_DEGREE_M = 111_320.0  # metres a degree of latitude
_SAMPLE = 5_000  # rows looked at for the datum
_SAME_M = 3.0  # a known place within this is the same place
_CODES = ("swapped", "other-crs", "far-outside", "not-on-earth")


@dataclass(slots=True)
class Reference:
    """Places already known of the same layer, WGS 84 degrees. `codes`, `names`: their keys, None where there is none."""

    lon: np.ndarray
    lat: np.ndarray
    codes: Sequence[str | None] = ()
    names: Sequence[str | None] = ()


@dataclass(slots=True)
class Diagnosis:
    """`verdict`: 'as-given', 'gcj02', 'bd09' or 'cannot-tell'. `evidence`: sentences with the figures they rest on."""

    verdict: str
    evidence: list[str] = field(default_factory=list)
    rates: dict[str, dict[str, float]] = field(default_factory=dict)


def examine_rows(checked: Checked, gazetteer: Gazetteer, tolerance_m: float) -> None:
    """Adds findings to rows that lie outside the city (refused) or outside the stated district (told), beyond `tolerance_m`."""
    city = gazetteer.outline()
    placed = np.flatnonzero(np.isfinite(checked.lon))
    if city is None or not len(placed):
        return
    actual = np.array(gazetteer.locate(checked.lon, checked.lat), dtype=object)
    found: list[Finding] = []
    for i in placed[[a is None for a in actual[placed]]].tolist():
        metres = _outside_m(city, checked.lon[i], checked.lat[i])
        if metres > tolerance_m:
            checked.refused[i] = True
            found.append(
                _finding(
                    checked,
                    i,
                    "outside-city",
                    "refuse",
                    f"在本市界外 {_distance(metres)} (outside the city)",
                    "请核对坐标和坐标系",
                    _explained(checked, i, city),
                )
            )
    stated = checked.columns["district"]
    shapes = {d.code: d for d in gazetteer.districts if d.shape is not None}
    for i in placed.tolist():
        code = stated[i]
        if code is None or actual[i] is None or actual[i] == code or code not in shapes:
            continue
        metres = _outside_m(shapes[code].shape, checked.lon[i], checked.lat[i])
        if metres > tolerance_m:
            there, here = shapes[code].name, shapes[actual[i]].name
            mend = _explained(checked, i, shapes[code].shape) or {"mend": "district", "district": actual[i]}
            hint = f"按 {NAMES[mend['crs']]} 解读则在{there}内；" if "crs" in mend else ""
            found.append(
                _finding(
                    checked,
                    i,
                    "outside-district",
                    "warn",
                    f"填报{there}，坐标在{here}，离{there}界 {_distance(metres)} (the place is not in the stated district)",
                    f"{hint}请核对坐标或所在区",
                    mend,
                )
            )
    if found:
        checked.findings = sorted([*checked.findings, *found], key=lambda f: f["row"])


def _finding(checked: Checked, i: int, code: str, severity: Any, reason: str, remedy: str, proposal: Any) -> Finding:
    heading = checked.headings.get("lon") or checked.headings.get("lonlat") or ""
    return finding(
        int(checked.row_no[i]),
        heading,
        "lon",
        f"{checked.lon[i]:.6f}, {checked.lat[i]:.6f}",
        code,
        severity,
        reason,
        remedy,
        proposal,
    )


def _distance(metres: float) -> str:
    return f"{metres:.0f} 米" if metres < 10_000 else f"{metres / 1000:.0f} 千米"


def _outside_m(shape: Any, lon: float, lat: float) -> float:
    """Metres from a place to a shape; 0 inside."""
    point = shapely.Point(lon, lat)
    if shape.intersects(point):
        return 0.0
    near = shapely.shortest_line(shape, point).coords[0]
    return float(distance_m(near[0], near[1], lon, lat))


def _explained(checked: Checked, i: int, shape: Any) -> dict[str, Any] | None:
    """The other system under which row i lies inside `shape`, with the place it would have; the smaller shift first."""
    if checked.raw_lon is None or checked.crs not in ("wgs84", "cgcs2000"):
        return None
    for crs in ("gcj02", "bd09"):
        lon, lat = to_wgs84(checked.raw_lon[i : i + 1], checked.raw_lat[i : i + 1], crs)
        if shape.intersects(shapely.Point(lon[0], lat[0])):
            return {"mend": "crs", "crs": crs, "lon": round(float(lon[0]), 7), "lat": round(float(lat[0]), 7)}
    return None


def diagnose(checked: Checked, gazetteer: Gazetteer, reference: Reference | None = None) -> Diagnosis:
    """Which system the coordinates of the file are in, as far as stated districts and known places can say. Adds a file finding.

    Known places are matched by code, else by name, else by standing at the same spot; for each hypothesis the file's points are
    moved as it says, and the hypothesis under which they meet wins if it wins clearly.
    """
    rows = np.flatnonzero(np.isfinite(checked.lon))
    _whole_file_faults(checked)
    if checked.raw_lon is None or checked.crs not in NAMES or not len(rows):
        return Diagnosis("cannot-tell")
    if len(rows) > _SAMPLE:
        rows = rows[np.linspace(0, len(rows) - 1, _SAMPLE).astype(int)]
    given = "wgs84" if checked.crs == "cgcs2000" else checked.crs
    moved = {h: to_wgs84(checked.raw_lon[rows], checked.raw_lat[rows], h) for h in HYPOTHESES}
    diagnosis = Diagnosis("cannot-tell")
    votes = [
        v
        for v in (
            _by_reference(checked, rows, moved, reference, diagnosis),
            _by_district(checked, rows, moved, gazetteer, given, diagnosis),
        )
        if v
    ]
    if votes and all(v == votes[0] for v in votes):
        diagnosis.verdict = "as-given" if votes[0] == given else votes[0]
    _tell(checked, diagnosis, given, len(votes) > 1 and diagnosis.verdict == "cannot-tell")
    return diagnosis


def _by_reference(
    checked: Checked, rows: np.ndarray, moved: dict[str, Any], reference: Reference | None, diagnosis: Diagnosis
) -> str | None:
    """The hypothesis under which the file meets places already known; None when none does clearly."""
    if reference is None or not len(reference.lon):
        return None
    pairs = _pairs(checked, rows, reference)
    if len(pairs[0]) >= 5:
        mine, theirs = pairs
        apart = {
            h: float(np.median(distance_m(lon[mine], lat[mine], reference.lon[theirs], reference.lat[theirs])))
            for h, (lon, lat) in moved.items()
        }
        best, second = sorted(apart, key=lambda h: apart[h])[:2]
        diagnosis.rates["median_m"] = apart
        diagnosis.evidence.append(
            f"{len(mine)} 条与库内同编号或同名记录相比，偏差中位数："
            + "，".join(f"{NAMES[h]} {m:.0f} 米" for h, m in apart.items())
        )
        # the shifts are 550 m and 1.3 km: the right reading leaves far less than half of what the next best leaves
        return best if apart[best] < 200 and apart[best] < 0.5 * apart[second] else None
    scale = np.array([_DEGREE_M * np.cos(np.radians(float(np.mean(reference.lat)))), _DEGREE_M])
    tree = cKDTree(np.column_stack([reference.lon, reference.lat]) * scale)
    met = {h: float(np.mean(tree.query(np.column_stack([lon, lat]) * scale)[0] <= _SAME_M)) for h, (lon, lat) in moved.items()}
    best, second = sorted(met, key=lambda h: -met[h])[:2]
    diagnosis.rates["same_place"] = met
    diagnosis.evidence.append(
        f"{len(rows)} 个点与库内已有位置重合(≤{_SAME_M:g} 米)的比例：" + "，".join(f"{NAMES[h]} {r:.1%}" for h, r in met.items())
    )
    return best if met[best] * len(rows) >= 5 and met[best] >= 0.1 and met[best] > 5 * met[second] else None


def _pairs(checked: Checked, rows: np.ndarray, reference: Reference) -> tuple[np.ndarray, np.ndarray]:
    """Positions in `rows` and in the reference that carry the same code, else the same unrepeated name."""
    mine: list[int] = []
    theirs: list[int] = []
    for column, keys in (("code", reference.codes), ("name", reference.names)):
        known: dict[str, int] = {}
        repeated = set()
        for j, value in enumerate(keys):
            if value is not None and value in known:
                repeated.add(value)
            elif value is not None:
                known[value] = j
        values = checked.columns[column]
        for k, i in enumerate(rows.tolist()):
            value = values[i]
            if value in known and value not in repeated:
                mine.append(k)
                theirs.append(known[value])
        if len(mine) >= 5:
            break
    return np.array(mine, dtype=np.int64), np.array(theirs, dtype=np.int64)


def _by_district(
    checked: Checked, rows: np.ndarray, moved: dict[str, Any], gazetteer: Gazetteer, given: str, diagnosis: Diagnosis
) -> str | None:
    """The hypothesis under which places agree best with the stated districts; only rows where hypotheses differ can speak."""
    stated = np.array([checked.columns["district"][i] for i in rows.tolist()], dtype=object)
    speaks = np.array([s is not None for s in stated])
    if speaks.sum() < 20 or gazetteer.outline() is None:
        return None
    agree = {}
    for h, (lon, lat) in moved.items():
        here = np.array(gazetteer.locate(lon[speaks], lat[speaks]), dtype=object)
        agree[h] = here == stated[speaks]
    rates = {h: float(a.mean()) for h, a in agree.items()}
    diagnosis.rates["district"] = rates
    diagnosis.evidence.append(
        f"{int(speaks.sum())} 行与填报区相符的比例：" + "，".join(f"{NAMES[h]} {r:.1%}" for h, r in rates.items())
    )
    best = max(rates, key=lambda h: rates[h])
    for other in HYPOTHESES:
        if other == best:
            continue
        won, lost = int((agree[best] & ~agree[other]).sum()), int((~agree[best] & agree[other]).sum())
        if won < 8 or won < 4 * lost:  # a sign test far beyond chance: 8 : 2 or better
            return None
    return best if rates[best] >= 0.5 else None


def _tell(checked: Checked, diagnosis: Diagnosis, given: str, contradicted: bool) -> None:
    heading = checked.headings.get("lon") or checked.headings.get("lonlat") or ""
    evidence = "；".join(diagnosis.evidence)
    if diagnosis.verdict in ("gcj02", "bd09", "wgs84"):
        name = NAMES[diagnosis.verdict]
        checked.file_findings.append(
            finding(
                0,
                heading,
                "lon",
                NAMES[given],
                f"datum-{diagnosis.verdict}",
                "warn",
                f"坐标更像 {name}，不像 {NAMES[given]} (the coordinates look like {name})。{evidence}",
                f"如属实，请以坐标系 {name} 重新导入；系统不会自行移动坐标",
                {"mend": "crs", "crs": diagnosis.verdict},
            )
        )
    elif diagnosis.verdict == "cannot-tell":
        why = "两种依据互相矛盾" if contradicted else (evidence or "没有填报区，库内也没有可对照的位置")
        checked.file_findings.append(
            finding(
                0,
                heading,
                "lon",
                NAMES[given],
                "datum-cannot-tell",
                "warn",
                f"无法判断坐标是否带 GCJ-02 / BD-09 偏移 (cannot tell the datum)。{why}",
                "请向提供方确认坐标系",
            )
        )


def _whole_file_faults(checked: Checked) -> None:
    """A fault that most rows share is a fault of the file: said once more for the whole, with the mend for the whole."""
    n = int(np.isfinite(checked.raw_lon).sum()) if checked.raw_lon is not None else 0
    faults = [f for f in checked.findings if f["code"] in _CODES]
    if n < 5 or len(faults) <= n / 2:
        return
    counts: dict[str, list[Finding]] = {}
    for f in faults:
        counts.setdefault(f["code"] + str((f["proposal"] or {}).get("crs", "")), []).append(f)
    first = max(counts.values(), key=len)
    if len(first) <= n / 2:
        return
    f = first[0]
    proposal = dict(f["proposal"] or {})
    if f["code"] == "swapped" and {"lon", "lat"} <= set(checked.headings):
        proposal = {"mend": "mapping", "mapping": {checked.headings["lon"]: "lat", checked.headings["lat"]: "lon"}}
    proposal = {k: v for k, v in proposal.items() if k in ("mend", "mapping", "crs")}
    checked.file_findings.append(
        finding(
            0,
            f["column"],
            f["field"],
            "",
            "file-" + f["code"],
            "warn",
            f"{len(first)} 行（共 {n} 行有坐标）：{f['reason']}",
            "整份文件可一并处理：请按建议重新导入",
            proposal or None,
        )
    )
