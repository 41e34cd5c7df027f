"""The pages about people: the sign-in's forms and the table of roles. Plain HTML, no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskmap.core import bilingual
from riskmap.core.password import Profile
from riskmap.core.role import MAY, OPERATIONS, ROLES
from riskmap.errors import Problem
from riskmap.page import LANGUAGES, asset_version, environment, texts


def form_page(*, web_dir: Path, language: str, step: str, profile: Profile, fault: Problem | None, **more: Any) -> str:
    """signin, totp or password: `fault` is told above the form."""
    told = None if fault is None else [half(text, language) for text in (fault.title, fault.remedy or "")]
    return _rendered("signin.html", web_dir, language, step=step, profile=profile, told=told, **more)


def shut_page(web_dir: Path) -> str:
    """Why nobody but this machine is let in yet, and how the first administrator is made: in both languages, since nobody chose one."""
    return environment(web_dir).get_template("shut.html").render(both=[texts(web_dir, language) for language in LANGUAGES])


def roles_table(language: str) -> dict[str, Any]:
    """Role × operation, from the table the product itself asks: heads, and lines of (role, its name, marks)."""
    at = 0 if language == "zh-CN" else 1
    heads = [names[at] for names in OPERATIONS.values()]
    return {
        "heads": heads,
        "lines": [(name, names[at], [one in MAY[name] for one in OPERATIONS]) for name, names in ROLES.items()],
    }


def half(text: str, language: str) -> str:
    """The reader's half of a text in two languages, where it has two."""
    return bilingual.half(text, language == "en")


def _rendered(name: str, web_dir: Path, language: str, **more: Any) -> str:
    words = texts(web_dir, language)
    template = environment(web_dir).get_template(name)
    return template.render(
        language=language,
        t=lambda key, **values: words[key].format(**values) if values else words[key],
        version=asset_version(web_dir),
        **more,
    )
