"""Tile sources a map may lie on: each with its datum, so that switching the basemap never shifts a point."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]


# What a WMTS address calls the parts of a tile, and what we do. Its matrix set must be the web mercator one (GoogleMapsCompatible).
WMTS = {"{TileMatrix}": "{z}", "{TileCol}": "{x}", "{TileRow}": "{y}"}


class Basemap(BaseModel):
    """A configured source: an address or a file of tiles.

    `url` has {z} {x} {y} (or {-y}, rows from the south; or the three of WMTS) and may have {s}. `file` names an MBTiles or PMTiles file.
    Tiles of gcj02 or bd09 are shifted under the points by the client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    label: str
    url: str = Field("", pattern=r"^(https?://|/|$)")
    file: str = ""
    datum: Datum
    attribution: str = ""
    max_zoom: int = Field(18, ge=1, le=22)
    subdomains: str = ""

    @model_validator(mode="after")
    def one_source(self) -> Basemap:
        if bool(self.url) == bool(self.file):
            raise ValueError("either url or file")
        if self.url and not all(any(form in self.address for form in forms) for forms in (("{z}",), ("{x}",), ("{y}", "{-y}"))):
            raise ValueError("url needs {z} {x} {y}, or {TileMatrix} {TileCol} {TileRow}")
        return self

    @property
    def address(self) -> str:
        """The address with our names of the parts; of a file, where the product itself serves it."""
        if self.file:
            return f"/tiles/{self.id}/{{z}}/{{x}}/{{y}}"
        url = self.url
        for theirs, ours in WMTS.items():
            url = url.replace(theirs, ours)
        return url


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
        if source.address.startswith("/"):
            continue
        for s in source.subdomains or " ":
            scheme, _, rest = source.url.replace("{s}", s.strip()).partition("://")
            found.add(f"{scheme}://{rest.partition('/')[0]}")
    return " ".join(sorted(found))
