"""Papers as Word files: a template with the words of riskmap/core/response/sheet.py filled in. The bureau may put its own in the template's place.

What a template may say (Jinja in Word, as docxtpl reads it): title, subtitle, exercise, demo, code, number, as_of, made_at, made_by, mark, foot,
sign (list of words), picture (a map, where there is one) and sections: a list of {key, title, note, parts}; a part has `figures`
[{label, value, unit, bad}], `facts` [{label, value, tone}], `head` [text] with `rows` [{cells, tone}], or `lines` [{text, tone}].
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docxtpl import DocxTemplate, InlineImage
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from riskmap.core.printable import printable
from riskmap.errors import SetupError

HEAD = ("title", "subtitle", "code", "number", "as_of", "made_at", "made_by")
FONT = "Noto Sans CJK SC"


def docx(sheet: Mapping[str, Any], said: Mapping[str, Any], picture: bytes | None, template: Path | None) -> bytes:
    """The Word file. `sheet`: see the module; `said`: {mark, foot, sign, demo}; `picture`: PNG. Raises SetupError where the template is at fault."""
    at = DocxTemplate(template if template is not None else io.BytesIO(shipped()))
    values: dict[str, Any] = printable({k: sheet.get(k) or "" for k in HEAD} | dict(said))
    values |= {"exercise": sheet["exercise"], "sections": printable([_section(s) for s in sheet["sections"] if s["parts"]])}
    values["picture"] = InlineImage(at, io.BytesIO(picture), width=Mm(150)) if picture else ""
    try:
        at.render(values, SandboxedEnvironment(autoescape=True))
    except TemplateError as error:
        remedy = "与自带模板比对 / compare with the one shipped"
        raise SetupError("模板有错 / the template is at fault", where=f"{template}: {error}", remedy=remedy) from error
    out = io.BytesIO()
    at.save(out)
    return out.getvalue()


def _section(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section with its parts under names a template can say."""
    parts = []
    for part in section["parts"]:
        told: dict[str, Any] = {"figures": [], "facts": [], "head": [], "rows": [], "lines": []}
        match part["kind"]:
            case "figures":
                told["figures"] = part["items"]
            case "facts":
                told["facts"] = [{"tone": "", **r} for r in part["rows"]]
            case "table" if part["rows"]:
                told["head"] = [h["text"] for h in part["head"]]
                told["rows"] = [{"cells": r["cells"], "tone": r["tone"]} for r in part["rows"]]
            case "table":
                told["lines"] = [{"text": part["empty"], "tone": "bad"}] if part["empty"] else []
            case "lines":
                told["lines"] = part["items"]
        parts.append(told)
    return {"key": section["key"], "title": section["title"], "note": section["note"], "parts": parts}


@lru_cache
def shipped() -> bytes:
    """The template of the house, made here and nowhere copied from."""
    at = Document()
    page = at.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(18)
    page.top_margin, page.bottom_margin = Mm(18), Mm(16)
    style = at.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(9)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(2)
    head = page.header.paragraphs[0]
    head.add_run("{% if exercise %}{{ words.exercise }}　{% endif %}").bold = True
    head.add_run("{% if demo %}{{ words.demo }}　{% endif %}{{ words.code }} {{ code }} {{ number }}")
    foot = page.footer.paragraphs[0]
    foot.add_run("{{ foot }}　{{ mark }}　")
    _field(foot, "PAGE")
    foot.add_run(" / ")
    _field(foot, "NUMPAGES")
    title = at.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run("{{ title }}")
    run.bold, run.font.size = True, Pt(16)
    under = at.add_paragraph("{{ subtitle }}")
    under.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in ("{%p if picture %}", "{{ picture }}", "{%p endif %}", "{%p for s in sections %}"):
        at.add_paragraph(line)
    title = at.add_paragraph()
    title.paragraph_format.keep_with_next = True
    run = title.add_run("{{ s.title }}")
    run.bold, run.font.size = True, Pt(11)
    title.add_run("　{{ s.note }}").font.size = Pt(8)
    at.add_paragraph("{%p for part in s.parts %}")
    at.add_paragraph("{%p if part.figures %}")
    figures = at.add_paragraph("{% for f in part.figures %}{{ f.label }} ")
    figures.add_run("{{ f.value }} {{ f.unit }}").bold = True
    figures.add_run("　　{% endfor %}")
    at.add_paragraph("{%p elif part.facts %}")
    table = _table(at, 4, 2)
    table.cell(0, 0).text = "{%tr for f in part.facts %}"
    _words(table.cell(1, 0), "{{ f.label }}")
    # bold in the template itself where something is missing or new: one run for each case
    _words(table.cell(1, 1), "{% if f.tone %}", ("{{ f.value }}", True), "{% else %}{{ f.value }}{% endif %}")
    table.cell(2, 0).text = "{%tr endfor %}"
    table._tbl.remove(table.rows[3]._tr)
    at.add_paragraph("{%p elif part.rows %}")
    table = _table(at, 4, 3)
    table.cell(0, 0).text, table.cell(0, 2).text = "{%tc for h in part.head %}", "{%tc endfor %}"
    _words(table.cell(0, 1), ("{{ h }}", True))
    table.cell(1, 0).text = "{%tr for r in part.rows %}"
    table.cell(2, 0).text, table.cell(2, 2).text = "{%tc for c in r.cells %}", "{%tc endfor %}"
    _words(table.cell(2, 1), "{% if r.tone == 'bad' %}", ("{{ c }}", True), "{% else %}{{ c }}{% endif %}")
    table.cell(3, 0).text = "{%tr endfor %}"
    for line in ("{%p elif part.lines %}", "{%p for i in part.lines %}"):
        at.add_paragraph(line)
    line = at.add_paragraph("{% if i.tone %}")
    line.add_run("{{ i.text }}").bold = True
    line.add_run("{% else %}{{ i.text }}{% endif %}")
    for text in ("{%p endfor %}", "{%p endif %}", "{%p endfor %}", "{%p endfor %}", "{%p if sign %}"):
        at.add_paragraph(text)
    at.add_paragraph("{% for w in sign %}{{ w }}＿＿＿＿＿＿＿＿　{% endfor %}")
    at.add_paragraph("{%p endif %}")
    out = io.BytesIO()
    at.save(out)
    return out.getvalue()


def _table(at: Any, rows: int, columns: int) -> Any:
    table = at.add_table(rows=rows, cols=columns)
    table.style = at.styles["Table Grid"]
    return table


def _words(cell: Any, *runs: str | tuple[str, bool]) -> None:
    """Runs of text in a cell, bold where said."""
    paragraph = cell.paragraphs[0]
    for run in runs:
        text, bold = run if isinstance(run, tuple) else (run, False)
        paragraph.add_run(text).bold = bold


def _field(paragraph: Any, name: str) -> None:
    """A number the word processor keeps: of the page, of all pages."""
    run = paragraph.add_run()._r
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        one = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            one.set(qn("w:fldCharType"), kind)
        else:
            one.text = text
        run.append(one)
