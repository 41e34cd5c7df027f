"""The filtered set as rows, then as a file."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap import writers
from riskmap.catalogue import Catalogue
from riskmap.core.actor import Actor
from riskmap.core.filter import Filter
from riskmap.core.layer import Layer
from riskmap.core.mask import Mask
from riskmap.store import features
from riskmap.store.query import Conn

PAGE = 5_000


def rows(conn: Conn, layer: Layer, asked: Filter, order: tuple[str, str, bool], today: dt.date, actor: Actor) -> list[dict[str, Any]]:
    """Every record of the filter as a GeoJSON feature, in the list's order; no cap; persons and phones as the reader may see them."""
    fields = [f.name for f in layer.field]
    mask = Mask(actor, layer)
    out: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = features.page(conn, asked, order, PAGE, cursor, fields, today, facts=False, mask=mask)
        out += page.features
        cursor = page.cursor
        if cursor is None:
            return out


def written(layer: Layer, catalogue: Catalogue, found: list[dict[str, Any]], format: str, mark: str) -> bytes:
    """The rows in one of xlsx, csv, geojson, gpkg; formula-safe; `mark` is the watermark."""
    return writers.export(layer, catalogue.codes, found, format, mark)
