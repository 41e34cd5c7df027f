"""The places a row may name: districts, towns, and zones that are no districts. With outlines where they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely


@dataclass(frozen=True, slots=True)
class District:
    """One of the city's districts. `shape` is a (multi)polygon in WGS 84 degrees, lon first, or None where it is not known."""

    code: str
    name: str
    name_en: str = ""
    shape: Any = None


@dataclass(frozen=True, slots=True)
class Town:
    code: str
    name: str
    district_code: str


# 经济技术开发区 is an organisation and an overlay area, not a 17th district: a row that names it has no stated district.
ZONES = ("经济技术开发区", "北京经济技术开发区", "经开区", "亦庄", "亦庄开发区", "北京经济技术开发区(亦庄)", "开发区")


@dataclass(slots=True)
class Gazetteer:
    """Districts and towns of the city."""

    districts: tuple[District, ...] = ()
    towns: tuple[Town, ...] = ()
    zones: tuple[str, ...] = ZONES
    _outline: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, districts: Iterable[Mapping[str, Any]], towns: Iterable[Mapping[str, Any]] = ()) -> Gazetteer:
        """From rows with `code`, `name`, `name_en`, `shape` (shapely or WKB or None) and `code`, `name`, `district_code`."""

        def shape(value: Any) -> Any:
            return shapely.from_wkb(value) if isinstance(value, (bytes, bytearray, memoryview, str)) else value

        return cls(
            tuple(District(d["code"], d["name"], d.get("name_en") or "", shape(d.get("shape"))) for d in districts),
            tuple(Town(t["code"], t["name"], t["district_code"]) for t in towns),
        )

    def outline(self) -> Any:
        """The city: union of the districts that have a shape, or None."""
        if self._outline is None:
            shapes = [d.shape for d in self.districts if d.shape is not None]
            self._outline = shapely.union_all(shapes) if shapes else None
        return self._outline

    def district(self, code: str) -> District | None:
        return next((d for d in self.districts if d.code == code), None)

    def locate(self, lon: np.ndarray, lat: np.ndarray) -> list[str | None]:
        """District code of each place (float64[n], WGS 84 degrees); None outside the city or without a place.

        A point on a shared border belongs to the district with the smaller code (method.md §10).
        """
        out: np.ndarray = np.full(len(lon), None, dtype=object)
        open_ = np.isfinite(lon) & np.isfinite(lat)
        for district in sorted((d for d in self.districts if d.shape is not None), key=lambda d: d.code):
            west, south, east, north = district.shape.bounds
            here = np.flatnonzero(open_ & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
            if len(here):
                shapely.prepare(district.shape)
                inside = here[shapely.intersects_xy(district.shape, lon[here], lat[here])]
                out[inside] = district.code
                open_[inside] = False
        return out.tolist()
