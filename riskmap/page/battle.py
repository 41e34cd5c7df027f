"""The 作战图: a whole plan as one HTML for a USB stick, with its map, that opens by a double click and asks for nothing.

Folium composes the map as riskmap/page/single.py does; what the plan says stands beside it, section by section, word for word the sheet's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from folium.template import Template
from folium.utilities import JsCode

from riskmap.core.printable import printable
from riskmap.page import Once, Shell, texts
from riskmap.page.single import FileMap, add_shapes, asset

GAS = "#6a1b7a"
SIGNS = {"place": "◉", "shelter": "□", "struck": "☒", "depot": "△", "team": "◇", "site": "▣"}
STYLES = ("tokens", "base", "components", "map", "snapshot", "battle")


class Places(Once):
    """What stands at places: {lon, lat, kind, name, note, people}; names are set as text."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "battle.places({{ this._parent.get_name() }}, {{ this.points|tojson }}, {{ this.signs|tojson }});"
        "{% endmacro %}"
    )

    def __init__(self, points: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._name = "places"
        self.points, self.signs = list(points), SIGNS


def battle_file(
    *, web_dir: Path, language: str, sheet: Mapping[str, Any], bounds: Sequence[float], districts: Mapping[str, Any], water: Mapping[str, Any],
    zone: Mapping[str, Any], points: Sequence[Mapping[str, Any]], mark: str, foot: str, demo: bool,
) -> str:  # fmt: skip
    """The file as text. `sheet`: riskmap/core/response/sheet.py; `districts`, `water`, `zone`: FeatureCollections, of the zone with properties
    {name, decides}; `points`: see Places; `bounds`: west, south, east, north; all WGS 84 degrees."""
    words = texts(web_dir, language)
    shell = Shell(
        web_dir,
        "battle.html",
        {
            "language": language,
            "sheet": printable(sheet),
            "sections": printable([s for s in sheet["sections"] if s["parts"]]),
            "mark": mark,
            "foot": foot,
            "demo": demo,
            "signs": [(k, s, words[f"paper.k.{k}"]) for k, s in SIGNS.items()],
            "t": lambda key, **values: words[key].format(**values) if values else words[key],
            "leaflet_js": asset(web_dir, "vendor/leaflet/leaflet.js"),
            "leaflet_css": re.sub(r"url\([^)]*\)", "none", asset(web_dir, "vendor/leaflet/leaflet.css")),
            "css": "\n".join(asset(web_dir, f"css/{name}.css") for name in STYLES),
        },
    )
    made, said = FileMap(bounds), JsCode("battle.words")
    shell.add_child(made)
    add_shapes(made, districts, lambda _: {"color": "#7d8790", "weight": 1, "dashArray": "6 4", "fillColor": "#f1f2ee", "fillOpacity": 1}, said)
    add_shapes(made, water, lambda _: {"stroke": False, "fillColor": "#bcd9ea", "fillOpacity": 1}, said)
    add_shapes(made, zone, _zone_style, said)
    made.add_child(Places(printable(points)))
    return shell.render()


def _zone_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    if feature["properties"]["decides"]:
        return {"color": GAS, "weight": 3, "dashArray": "10 6", "fillColor": GAS, "fillOpacity": 0.06}
    return {"color": GAS, "weight": 1, "fillColor": GAS, "fillOpacity": 0.14}
