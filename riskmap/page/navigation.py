"""The one list of pages a person goes to by the top bar, and what every page of ours is made with.

A new page adds a line to ENTRIES and its words to web/i18n; who sees the line is decided by riskmap/core/role.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from riskmap.core.role import may
from riskmap.page import asset_version, environment, modules, texts


class Entry(NamedTuple):
    """A page: where, the key of its words, the operation its reader's role has."""

    path: str
    key: str
    operation: str


# in the order of the top bar; the first few stand in it, the rest under 更多
ENTRIES: tuple[Entry, ...] = (
    Entry("/", "nav.map", "map.read"),
    Entry("/register", "nav.register", "feature.propose"),
    Entry("/review", "nav.review", "map.read"),
    Entry("/command", "nav.command", "incident.command"),
    Entry("/incidents", "nav.incidents", "incident.read"),
    Entry("/enterprises", "nav.enterprises", "map.read"),
    Entry("/dangers", "nav.dangers", "map.read"),
    Entry("/lists", "nav.lists", "map.read"),
    Entry("/stock", "nav.stock", "map.read"),
    Entry("/drafts", "nav.drafts", "feature.propose"),
    Entry("/method", "nav.method", "map.read"),
    Entry("/import", "nav.import", "map.read"),
    Entry("/activity", "nav.activity", "map.read"),
    Entry("/?mode=wall", "nav.wall", "map.read"),
    Entry("/audit", "nav.audit", "audit.read"),
    Entry("/people", "nav.people", "account.manage"),
    Entry("/roles", "nav.roles", "roles.read"),
)
# the signed-in person's own pages, under their name
OWN: tuple[Entry, ...] = (
    Entry("/account", "account.title", "account.own"),
    Entry("/signin/password", "signin.password", "account.own"),
)

LEAFLET = (
    '<link rel="stylesheet" href="/static/vendor/leaflet/leaflet.css">\n<script src="/static/vendor/leaflet/leaflet.js"></script>'
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page and how: unit and name, role, the token of the session (empty: nobody signs in yet), language, theme, the page's nonce."""

    user: str
    role: str
    csrf: str
    language: str
    theme: str = ""
    nonce: str = ""


def bar(role: str, csrf: str, here: str, waiting: int | None = None) -> dict[str, Any]:
    """What the top bar draws for a role on the page `here`: pages, own pages, the bell with what waits (None: no bell)."""
    return {
        "pages": [e for e in ENTRIES if may(role, e.operation)],
        "own": [e for e in OWN if csrf and may(role, e.operation)],
        "here": here,
        "waiting": waiting,
    }


def drawn(
    web_dir: Path, template: str, reader: Reader, here: str, *, script: str = "", leaflet: bool = False, bell: int | None = None, **more: Any
) -> str:
    """A page of ours: a template that extends base.html (page.html for one of plain sections).

    `here`: the path of the entry it belongs to; `script`: its main module under web/js; `more`: what the template shows.
    """
    words = texts(web_dir, reader.language)
    return environment(web_dir).get_template(template).render(
        folium={"header": Markup(LEAFLET if leaflet else ""), "script": ""},  # noqa: S704 - our own two files
        nonce=reader.nonce,
        language=reader.language,
        theme=reader.theme,
        user=reader.user,
        role=reader.role,
        csrf=reader.csrf,
        bar=bar(reader.role, reader.csrf, here, bell),
        words=words,
        t=lambda key, **values: words[key].format(**values) if values else words[key],
        version=asset_version(web_dir),
        modules=modules(web_dir, script) if script else (),
        **more,
    )  # fmt: skip
