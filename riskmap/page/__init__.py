"""The door to Folium: the live shell of the one map, and the single-file map.

Folium composes the map, our own macro elements and the layer tree; it never sees a record's text. Everything a record says
travels as JSON from the API and is put in the page as text. What is handed to Folium here comes from the catalogue and the
settings only, through `|tojavascript`, which escapes < > & and '.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import folium
from branca.element import Element, Figure
from folium.elements import JSCSSMixin, MacroElement
from folium.template import Template
from folium.utilities import remove_empty
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

CITY = (40.18, 116.42)  # lat, lon: Folium's order, used nowhere else
CITY_BOUNDS = (115.40, 39.43, 117.52, 41.07)  # west, south, east, north, degrees WGS 84
LANGUAGES = ("zh-CN", "en")
# the page's own style sheets in their order; the browser asks for them as one
STYLES = tuple(f"{name}.css" for name in ("tokens", "base", "components", "map", "onemap", "grade", "wall", "phone"))
GROUPS = ("risk", "resource", "reference")


class Text(Element):
    """Text of a page that is finished."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: Any) -> str:
        return self.text


class Once(MacroElement):
    """An element whose text is made once.

    branca takes what a macro gave for a template and runs it again: a record named {{ … }} would be run on this machine. So every
    element that carries data has this among its bases, last, where it stands before branca's own render.
    """

    def render(self, **kwargs: Any) -> None:
        figure = self.get_root()
        for part in ("header", "html", "script"):
            macro = getattr(self._template.module, part, None)
            if macro is not None:
                getattr(figure, part).add_child(Text(macro(self, kwargs)), name=self.get_name())
        for child in self._children.values():
            child.render(**kwargs)


class OneMap(folium.Map, Once):
    """Leaflet with only our own files; what it draws is told by the elements added to it."""

    default_js = [("leaflet", "/static/vendor/leaflet/leaflet.js")]
    default_css = [("leaflet-css", "/static/vendor/leaflet/leaflet.css")]
    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="map-root" id="map" role="application"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        window.riskmap = {specs: [], tree: [], bounds: {{ this.bounds|tojavascript }}};
        riskmap.map = L.map("map", {{ this.options|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(self, bounds: Sequence[float] = CITY_BOUNDS, **options: Any) -> None:
        super().__init__(location=CITY, tiles=None, zoom_start=9, zoom_control=False)
        self.bounds = list(bounds)
        self.options = (
            remove_empty(
                center=list(CITY),
                zoom=9,
                min_zoom=7,
                max_zoom=19,
                zoom_snap=0.1,
                zoom_delta=1,
                wheel_px_per_zoom_level=90,
                attribution_control=False,
                zoom_control=False,
                prefer_canvas=True,
                keyboard=True,
                bounce_at_zoom_limits=False,
            )
            | options
        )

    def render(self, **kwargs: Any) -> None:
        """As any element with assets: Folium's own styles and its viewport line (which forbids zooming) are left out."""
        JSCSSMixin.render(self, **kwargs)


class Spec(JSCSSMixin, Once):
    """Something the client draws, told by a plain object: a base ground, the districts, the cells, a layer, a tile source."""

    _template = Template("{% macro script(this, kwargs) %}riskmap.specs.push({{ this.spec|tojavascript }});{% endmacro %}")

    def __init__(self, kind: str, **spec: Any) -> None:
        super().__init__()
        self._name = kind
        self.spec = {"kind": kind} | spec


class LayerTree(JSCSSMixin, Once):
    """Groups of the left panel and the layers in each, in the catalogue's order."""

    _template = Template("{% macro script(this, kwargs) %}riskmap.tree = {{ this.groups|tojavascript }};{% endmacro %}")

    def __init__(self, layers: Iterable[Any]) -> None:
        super().__init__()
        self._name = "tree"
        ordered = sorted(layers, key=lambda layer: (layer.look.order, layer.name))
        self.groups = [{"group": g, "layers": [x.name for x in ordered if x.group == g]} for g in GROUPS]


class Shell(Figure):
    """Our chrome around Folium's header, html and script: a Jinja template with the nonce on the one inline script."""

    def __init__(self, web_dir: Path, template: str, context: Mapping[str, Any]) -> None:
        super().__init__()
        self.header._children.clear()
        self._web, self._file, self._context = web_dir, template, dict(context)

    def render(self, **kwargs: Any) -> str:
        for child in self._children.values():
            child.render(**kwargs)
        part = {name: Markup(getattr(self, name).render(**kwargs)) for name in ("header", "html", "script")}  # noqa: S704
        return environment(self._web).get_template(self._file).render(folium=part, **self._context)


@lru_cache
def environment(web_dir: Path) -> Environment:
    """Jinja over web/templates, everything escaped, an undefined name is an error."""
    env = Environment(
        loader=FileSystemLoader(web_dir / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["data"] = lambda value: Markup(data_block(value))  # noqa: S704 - escaped by data_block
    env.globals["sprite"] = Markup((web_dir / "templates" / "icons.svg").read_text("utf-8"))  # noqa: S704 - our own file
    return env


def data_block(value: Any) -> str:
    """JSON that may stand inside <script type="application/json">: no sign can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@lru_cache
def texts(web_dir: Path, language: str) -> dict[str, str]:
    """The text catalogue of one language, the same for Jinja and the browser."""
    return json.loads((web_dir / "i18n" / f"{language}.json").read_text("utf-8"))


def live(
    *,
    web_dir: Path,
    layers: Iterable[Any],
    nonce: str,
    language: str = "zh-CN",
    theme: str = "",
    mode: str = "",
    user: str = "",
    csrf: str = "",
    bar: Mapping[str, Any] = MappingProxyType({"pages": (), "own": (), "here": "/", "waiting": None}),
) -> str:
    """The page `/`: shell, layer tree and specs; no record, no count. `layers` are catalogue layers (core.layer.Layer), `bar` its navigation."""
    words = texts(web_dir, language)
    context = {
        "nonce": nonce,
        "language": language,
        "theme": "dark" if mode == "wall" else theme,
        "mode": mode,
        "user": user,
        "csrf": csrf,
        "bar": bar,
        "words": words,
        "t": lambda key: words[key],
        "version": asset_version(web_dir),
        "modules": modules(web_dir, "wall.js" if mode == "wall" else "main.js"),
    }
    shell = Shell(web_dir, "wall.html" if mode == "wall" else "onemap.html", context)
    one = OneMap()
    shell.add_child(one)
    one.add_child(Spec("ground"))
    one.add_child(Spec("districts"))
    one.add_child(Spec("cells", resolutions=[[9.4, 0], [11.0, 7], [12.8, 8], [14.5, 9], [99, 9]]))
    for layer in sorted(layers, key=lambda x: (x.look.order, x.name)):
        one.add_child(Spec("layer", name=layer.name, icon=f"/static/layers/{layer.name}/icon.svg", look=layer.look.model_dump()))
    one.add_child(LayerTree(layers))
    return shell.render()


@lru_cache
def modules(web_dir: Path, entry: str) -> tuple[str, ...]:
    """Addresses of the modules that `entry` imports at once, found by following them, so that the browser asks for all together."""
    found: dict[Path, None] = {}

    def follow(path: Path) -> None:
        if path in found:
            return
        found[path] = None
        for name in re.findall(r"^import .*?\"(\.[^\"]+)\";", path.read_text("utf-8"), re.MULTILINE):
            follow((path.parent / name).resolve())

    root = (web_dir / "js").resolve()
    follow(root / entry)
    return tuple(f"/static/js/{path.relative_to(root).as_posix()}" for path in found)


@lru_cache
def asset_version(web_dir: Path) -> str:
    """Changes when a served file changes, so that a browser never runs old modules under a new page."""
    files = (f for folder in ("js", "css", "i18n") for f in (web_dir / folder).rglob("*") if f.is_file())
    newest = max((f.stat().st_mtime_ns for f in files), default=0)
    return format(newest // 1_000_000_000, "x")
