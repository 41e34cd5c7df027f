"""GeoJSON (RFC 7946): longitude first, WGS 84, no geometry where there is no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson


def write(title: str, columns: Sequence[Any], rows: Iterable[Mapping[str, Any]], mark: str) -> bytes:
    """Properties carry the column names, as the API does; headings stand once, under `columns`."""
    names = [c.name for c in columns if c.name not in ("lon", "lat")]
    features = []
    for row in rows:
        lon, lat = row.get("lon"), row.get("lat")
        place = {"type": "Point", "coordinates": [lon, lat]} if lon is not None and lat is not None else None
        feature = {"type": "Feature", "geometry": place, "properties": {n: row.get(n) for n in names}}
        features.append({"type": "Feature", "id": row["id"]} | feature if row.get("id") is not None else feature)
    whole = {
        "type": "FeatureCollection",
        "name": title,
        "mark": mark,
        "columns": {c.name: c.heading for c in columns},
        "features": features,
    }
    return orjson.dumps(whole, default=str)
