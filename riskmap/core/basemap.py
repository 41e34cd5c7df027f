"""Tile sources a map may lie on: each with its datum, so that switching the basemap never shifts a point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]


class Basemap(BaseModel):
    """A configured source. `url` has {z} {x} {y} and may have {s}; tiles of gcj02 or bd09 are shifted under the points by the client."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    label: str
    url: str = Field(pattern=r"^(https?://|/)")
    datum: Datum
    attribution: str = ""
    max_zoom: int = Field(18, ge=1, le=22)
    subdomains: str = ""


def tianditu(key: str) -> list[Basemap]:
    """天地图 vector and imagery with its labels, in CGCS2000 (web mercator pyramid), for a key of the user's own."""
    if not key:
        return []
    template = "https://t{s}.tianditu.gov.cn/DataServer?T={layer}&x={x}&y={y}&l={z}&tk="
    layers = (("vec_w", "天地图 矢量"), ("cva_w", "天地图 矢量注记"), ("img_w", "天地图 影像"), ("cia_w", "天地图 影像注记"))
    return [
        Basemap(
            id=f"tianditu-{layer}".replace("_", "-"),
            label=label,
            url=template.replace("{layer}", layer) + key,
            datum="cgcs2000",
            attribution="天地图",
            subdomains="01234567",
        )
        for layer, label in layers
    ]


def origins(sources: Iterable[Basemap]) -> str:
    """The tile sources' origins for the page's Content-Security-Policy, nothing where every source is the product's own."""
    found = set()
    for source in sources:
        if source.url.startswith("/"):
            continue
        for s in source.subdomains or " ":
            scheme, _, rest = source.url.replace("{s}", s.strip()).partition("://")
            found.add(f"{scheme}://{rest.partition('/')[0]}")
    return " ".join(sorted(found))
