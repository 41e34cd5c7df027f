"""Papers as HTML that needs nothing else: the page to sign of a plan with its annex, a report, a timeline. From sections of plain text.

The sections are those of riskmap/core/response/sheet.py; what stands on the first page is chosen here, the annex holds everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from riskmap.core.printable import printable
from riskmap.page import environment, texts

# The first page: sections left, right and across, with how many rows of a table or lines of a list stand there before the annex.
LEFT, RIGHT, ACROSS = ("map",), ("people", "zone"), ("shelters", "supplies", "teams", "unknowns")
LONGEST = 46  # signs of a cell on the first page
FIRST = ("incident", *LEFT, *RIGHT, *ACROSS)


def css(web_dir: Path) -> str:
    """The style of papers."""
    return (web_dir / "css" / "paper.css").read_text("utf-8")


def paper(web_dir: Path, language: str, sheet: Mapping[str, Any], *, mark: str, picture: str = "", legend: Sequence[tuple[str, str]] = (),
          demo: bool = False, rows: int = 0, whole: bool = True, sign: Sequence[str] = (), foot: str = "") -> str:  # fmt: skip
    """The HTML. `sheet`: {title, exercise, code, number, as_of, made_at, made_by, sections, subtitle?}; `mark`: the watermark; `sign`: words of the
    fields to sign; `rows`: so many rows of each table stand on the first page and all in the annex, 0: no annex, everything in one; not `whole`:
    the first page alone, to see whether it holds them."""
    words, sheet = texts(web_dir, language), printable(sheet)
    sections = {s["key"]: s for s in sheet["sections"]}
    return environment(web_dir).get_template("paper.html").render(
        language=language,
        t=lambda key, **values: words[key].format(**values) if values else words[key],
        sheet=sheet,
        first=[cut(sections[k], rows, words) for k in ("incident",) if k in sections] if rows else [],
        left=[sections[k] for k in LEFT if k in sections] if rows else [],
        right=[cut(sections[k], rows, words) for k in RIGHT if k in sections] if rows else [],
        across=[cut(sections[k], rows, words) for k in ACROSS if k in sections] if rows else [],
        annex=[s for s in sheet["sections"] if whole and s["parts"]],
        mark=mark,
        picture=Markup(picture),  # noqa: S704 - made by riskmap/page/sketch.py
        legend=legend,
        demo=demo,
        digest=bool(rows),
        sign=sign,
        foot=foot,
    )  # fmt: skip


def short(text: str, words: Mapping[str, str]) -> str:
    """A cell of the first page; what is longer stands whole in the annex."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 8].rstrip('；、， ')}… {words['paper.annexed']}"


def cut(section: Mapping[str, Any], rows: int, words: Mapping[str, str]) -> dict[str, Any]:
    """The section with so many rows and lines; how many more there are is said. Rows that miss something come first in what is cut."""
    parts = []
    for part in section["parts"]:
        name = {"table": "rows", "lines": "items"}.get(part["kind"], "")
        if name and len(part[name]) > rows:
            kept = sorted(range(len(part[name])), key=lambda i: (part[name][i].get("tone") != "bad", i))[:rows]
            part = {**part, name: [part[name][i] for i in sorted(kept)], "more": words["paper.more"].format(n=len(part[name]) - rows)}
        if part["kind"] == "table":
            part = {**part, "rows": [{**r, "cells": [short(c, words) for c in r["cells"]]} for r in part["rows"]]}
        parts.append(part)
    return {**section, "parts": parts}
