"""The single-file map: a choice of districts, cells and records in one HTML that opens from a USB stick and asks nothing.

Folium composes it from folium.GeoJson (which embeds data as escaped JSON) and our own marks; names are set as text by a small
script in the template or escaped by Jinja in the table. The file's own policy forbids every request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import folium
from folium.template import Template
from folium.utilities import JsCode

from riskmap.page import Once, OneMap, Shell, texts

LEVELS = {1: "#B2182B", 2: "#F4801A", 3: "#FFE066", 4: "#2B6CB0"}  # web/css/tokens.css, light
CELL_OPACITY = {1: 0.76, 2: 0.70, 3: 0.60, 4: 0.32}
MARKS_MOST = 2000  # marks are elements: more would make an old machine stall
STYLES = ("tokens", "base", "components", "map", "snapshot")


class FileMap(OneMap):
    """The map of a file: nothing linked, everything in the page."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []
    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="map-root" id="map"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map("map", {{ this.options|tojavascript }});
        {{ this.get_name() }}.fitBounds({{ this.box|tojavascript }}, {padding: [16, 16]});
        {% endmacro %}
        """
    )

    def __init__(self, bounds: Sequence[float]) -> None:
        super().__init__(bounds)
        west, south, east, north = bounds
        self.box = [[south, west], [north, east]]


class Shapes(folium.GeoJson, Once):
    """folium.GeoJson whose data is not run as a template."""


class Marks(Once):
    """Level shapes or plain dots at places; `points` are {lon, lat, level, name, note}."""

    _template = Template(
        "{% macro script(this, kwargs) %}snapshot.marks({{ this._parent.get_name() }}, {{ this.points|tojson }});{% endmacro %}"
    )

    def __init__(self, points: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._name = "marks"
        self.points = list(points)


def single_file(
    *,
    web_dir: Path,
    title: str,
    bounds: Sequence[float],
    districts: Mapping[str, Any],
    cells: Mapping[str, Any] | None,
    records: Sequence[Mapping[str, Any]],
    total: int,
    facts: Sequence[tuple[str, str]],
    demo: bool,
    language: str = "zh-CN",
) -> str:
    """The file as text.

    districts: FeatureCollection with properties {code, name, shown, d, t}; cells: FeatureCollection of polygons with
    {level, risk}; records: {lon, lat, level, name, code, place, note}, at most MARKS_MOST are drawn, all are listed; total:
    how many the choice holds; facts: pairs (words, value) for the head: choice, grading, author, time. Coordinates lon, lat in
    degrees WGS 84; bounds west, south, east, north.
    """
    words = texts(web_dir, language)
    shell = Shell(
        web_dir,
        "snapshot.html",
        {
            "language": language,
            "title": title,
            "facts": list(facts),
            "records": list(records),
            "total": total,
            "demo": demo,
            "t": lambda key: words[key],
            "leaflet_js": asset(web_dir, "vendor/leaflet/leaflet.js"),
            "leaflet_css": re.sub(r"url\([^)]*\)", "none", asset(web_dir, "vendor/leaflet/leaflet.css")),
            "css": "\n".join(asset(web_dir, f"css/{name}.css") for name in STYLES),
            "drawn": min(len(records), MARKS_MOST),
            "level_names": [words[f"level.{n}"] for n in range(5)],
            "numerals": ["", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"],
        },
    )
    made = FileMap(bounds)
    shell.add_child(made)
    said = JsCode("snapshot.words")
    add_shapes(made, districts, _district_style, said)
    if cells and cells["features"]:
        add_shapes(made, cells, _cell_style, said)
    made.add_child(Marks([r for r in records if r.get("lon") is not None][:MARKS_MOST]))
    return shell.render()


def add_shapes(made: folium.Map, collection: Mapping[str, Any], style: Any, said: JsCode) -> None:
    """One set of shapes; an empty collection adds nothing (Folium refuses it)."""
    if collection["features"]:
        made.add_child(Shapes(dict(collection), style_function=style, on_each_feature=said, smooth_factor=0.5, control=False))


def _district_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    level = feature["properties"].get("shown")
    plain = {"color": "#16202A", "weight": 1.1, "className": "d0" if level not in LEVELS else "d"}
    if feature["properties"].get("bare"):  # its cells are drawn: a fill under them would mix two colours into a third
        return plain | {"fillOpacity": 0, "weight": 2}
    return plain | {"fillColor": LEVELS.get(level, "#C9D0D5"), "fillOpacity": 0.72 if level in LEVELS else 0.5}


def _cell_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    level = feature["properties"]["level"]
    return {"color": "#FFFFFF", "weight": 0.5, "fillColor": LEVELS[level], "fillOpacity": CELL_OPACITY[level]}


def asset(web_dir: Path, name: str) -> str:
    """An own or vendored file for inlining; what could end its element is refused rather than mended."""
    text = (web_dir / name).read_text("utf-8")
    if re.search(r"</(script|style)", text, re.IGNORECASE):
        raise ValueError(f"{name} cannot stand inside a page")
    return re.sub(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S*", "", text)
