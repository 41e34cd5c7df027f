"""GeoPackage 1.3 (OGC 12-128r17), EPSG:4326."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely

from riskmap.writers.delimited import plain


def write(title: str, columns: Sequence[Any], rows: Iterable[Mapping[str, Any]], mark: str) -> bytes:
    """Fields carry the headings; points are missing where there is no place."""
    rows = list(rows)
    lon, lat = (np.array([np.nan if (v := r.get(k)) is None else v for r in rows], dtype=np.float64) for k in ("lon", "lat"))
    placed = np.isfinite(lon) & np.isfinite(lat)
    geometry = np.full(len(rows), None, dtype=object)
    geometry[placed] = shapely.points(lon[placed], lat[placed])
    kept = [c for c in columns if c.name not in ("lon", "lat")]
    table = {name: _field([r.get(c.name) for r in rows], c.kind) for name, c in zip(_names(kept), kept, strict=True)}
    frame = geopandas.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")
    with tempfile.TemporaryDirectory(prefix="riskmap-gpkg-") as folder:
        path = Path(folder, "export.gpkg")
        about = {"layer_metadata": {"mark": mark}} if mark else {}
        frame.to_file(
            path,
            driver="GPKG",
            engine="pyogrio",
            layer=title or "export",
            geometry_type="Point",
            DESCRIPTION=mark or title,
            **about,
        )
        return path.read_bytes()


def _field(values: list[Any], kind: str) -> Any:
    """One typed column; a missing value stays missing, never 0 or an empty text."""
    given = [v for v in values if v is not None]
    if kind == "number" and given and all(isinstance(v, int) and not isinstance(v, bool) for v in given):
        return pandas.array(values, dtype="Int64")
    if kind == "number" and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in given):
        return pandas.array(values, dtype="Float64")
    if kind == "boolean" and all(isinstance(v, bool) for v in given):
        return pandas.array(values, dtype="boolean")
    return pandas.array([None if v is None else plain(v) for v in values], dtype="str")


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
