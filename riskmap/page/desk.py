"""The page /review: the desk where proposals are decided. No Folium here: its map is a small one the client draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from riskmap.page import asset_version, environment, modules, texts

ASSETS = (
    '<link rel="stylesheet" href="/static/vendor/leaflet/leaflet.css">\n<script src="/static/vendor/leaflet/leaflet.js"></script>'
)


def desk(
    *,
    web_dir: Path,
    nonce: str,
    language: str,
    theme: str = "",
    user: str = "",
    csrf: str = "",
    decides: bool,
    phrases: Sequence[dict[str, Any]],
) -> str:
    """The shell of the desk; no record in it. `decides`: the reader decides on others' proposals; `phrases`: {code, zh, en}, why one goes back."""
    words = texts(web_dir, language)
    return environment(web_dir).get_template("review.html").render(
        folium={"header": Markup(ASSETS), "script": ""},  # noqa: S704 - our own two files
        nonce=nonce,
        language=language,
        theme=theme,
        user=user,
        csrf=csrf,
        decides=decides,
        phrases=list(phrases),
        words=words,
        t=lambda key: words[key],
        version=asset_version(web_dir),
        modules=modules(web_dir, "review/main.js"),
    )  # fmt: skip
