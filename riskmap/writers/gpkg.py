"""GeoPackage 1.3 (OGC 12-128r17), EPSG:4326."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from riskmap.writers.delimited import plain


def write(title: str, columns: Sequence[Any], rows: Iterable[Mapping[str, Any]], mark: str) -> bytes:
    """Fields carry the headings; points are missing where there is no place."""
    rows = list(rows)
    lon, lat = (np.array([np.nan if (v := r.get(k)) is None else v for r in rows], dtype=np.float64) for k in ("lon", "lat"))
    placed = np.isfinite(lon) & np.isfinite(lat)
    geometry = np.full(len(rows), None, dtype=object)
    geometry[placed] = shapely.to_wkb(shapely.points(lon[placed], lat[placed]))
    kept = [c for c in columns if c.name not in ("lon", "lat")]
    data, nulls = [], []
    for c in kept:
        values = [r.get(c.name) for r in rows]
        data.append(_field(values, c.kind))
        nulls.append(np.array([v is None for v in values], dtype=bool))
    with tempfile.TemporaryDirectory(prefix="riskmap-gpkg-") as folder:
        path = Path(folder, "export.gpkg")
        pyogrio.raw.write(
            str(path),
            geometry,
            data,
            _names(kept),
            field_mask=nulls,
            layer=title or "export",
            driver="GPKG",
            geometry_type="Point",
            crs="EPSG:4326",
            encoding="UTF-8",
            layer_metadata={"mark": mark} if mark else None,
            layer_options={"DESCRIPTION": mark or title},
        )
        return path.read_bytes()


def _field(values: list[Any], kind: str) -> np.ndarray:
    """One typed array; the mask says what is null, the filler under it is never read."""
    given = [v for v in values if v is not None]
    if kind == "number" and given and all(isinstance(v, int) and not isinstance(v, bool) for v in given):
        return np.array([0 if v is None else v for v in values], dtype=np.int64)
    if kind == "number" and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in given):
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if kind == "boolean" and all(isinstance(v, bool) for v in given):
        return np.array([bool(v) for v in values], dtype=bool)
    return np.array([None if v is None else plain(v) for v in values], dtype=object)


def _names(columns: Sequence[Any]) -> list[str]:
    """Headings, made different where two columns share one; fid and geom are the format's own."""
    seen: set[str] = {"fid", "geom"}
    out = []
    for c in columns:
        name, n = c.heading, 2
        while name.casefold() in seen:
            name, n = f"{c.heading} {n}", n + 1
        seen.add(name.casefold())
        out.append(name)
    return out
