"""The door to exports: rows → xlsx, csv, GeoJSON, GeoPackage, and the import template. Nothing that leaves runs as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.core.layer import Layer
from riskmap.writers.export import columns as columns_of
from riskmap.writers.export import rows as rows_of
from riskmap.writers.returned import returned
from riskmap.writers.template import template

__all__ = ["MEDIA", "Column", "export", "returned", "template", "write"]

MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the key in the rows, the heading people read, and what it holds: text, number, date, boolean or list."""

    name: str
    heading: str
    kind: str = "text"


def write(form: str, title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], mark: str = "") -> bytes:
    """`rows` as a file of `form` (xlsx, csv, geojson, gpkg).

    Every row is a mapping by column name; absent and None are empty, never 0. `lon` and `lat` (WGS 84 degrees) give the geometry
    of the spatial formats. Dates are 'YYYY-MM-DD', lists of texts are joined by 、. `mark` (unit, person, time) is in the file.
    """
    match form:
        case "xlsx":
            from riskmap.writers import xlsx

            return xlsx.write(title, columns, rows, mark)
        case "csv":
            from riskmap.writers import delimited

            return delimited.write(columns, rows)
        case "geojson":
            from riskmap.writers import geojson

            return geojson.write(title, columns, rows, mark)
        case "gpkg":
            from riskmap.writers import gpkg

            return gpkg.write(title, columns, rows, mark)
    raise ValueError(form)


def export(
    layer: Layer, codes: Mapping[str, Sequence[Any]], features: Iterable[Mapping[str, Any]], form: str, mark: str = ""
) -> bytes:
    """Records as GeoJSON features (as the API lists them) as a file of `form`. GeoJSON keeps codes; the others spell them out."""
    columns = [Column(*c) for c in columns_of(layer)]
    return write(form, layer.label.zh, columns, rows_of(layer, codes, features, spelled=form != "geojson"), mark)
