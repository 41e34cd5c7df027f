"""What leaves the house on paper or as a file: a plan as PDF, Word or one HTML, a report as PDF or Word. Made from the sheet the screen shows."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import shapely

from riskmap.core.actor import Actor
from riskmap.core.response import report as core
from riskmap.core.response.chart import Mark, chart
from riskmap.errors import BadInput, NotFound
from riskmap.flows import incident, report
from riskmap.flows.register import Desk
from riskmap.flows.sheet import sheet
from riskmap.flows.survey import BEIJING
from riskmap.page import texts
from riskmap.page.paper import css, paper
from riskmap.page.sketch import sketch
from riskmap.settings import Settings
from riskmap.store import features, incidents, journal
from riskmap.store.query import Conn
from riskmap.writers.docx import docx
from riskmap.writers.pdf import pdf
from riskmap.writers.picture import png

MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
}
KINDS = ("plan", "report")  # of Word templates
ROWS = (8, 6, 4, 2)  # of each table on the page to sign; fewer where it does not hold them
LEGEND = ("zone", "level", "group", "unmet", "shelter", "struck", "depot", "place")
SIGN = ("draft", "check", "issue", "at")


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished file."""

    content: bytes
    media: str
    name: str


def plan_paper(conn: Conn, desk: Desk, settings: Settings, id: int, number: int, form: str, language: str, actor: Actor, now: dt.datetime) -> Paper:
    """A kept plan as a file: pdf, docx or html. Written into the audit. Raises BadInput, NotFound, Unavailable."""
    if form not in ("pdf", "docx"):
        raise BadInput("没有这种文件 / no such kind of file", where="format", remedy="、".join(MEDIA))
    held, kept = incident.one(conn, id), incidents.plan(conn, id, number)
    if kept is None:
        raise NotFound("没有这个方案 / no such plan", where=f"{id}/{number}")
    plan, words = kept["outcome"], texts(settings.web_dir, language)
    told = sheet(desk, plan, held, kept, language == "en")
    version = words["paper.version"].format(n=kept["number"])
    under = f"{version}　{told['made_at']}　{told['made_by']}　{words['paper.foot'].format(at=told['as_of'])}"
    told = {**told, "number_words": version, "subtitle": under}
    said = _said(conn, words, told, actor, now)
    if form == "html":
        content = b""
    elif form == "docx":
        content = docx({**told, "number": told["number_words"]}, said, png(drawing(desk, settings, plan, words)), template(settings, "plan"))
    else:
        content = _to_sign(settings, language, told, said, sketch(drawing(desk, settings, plan, words), told["title"]), words)
    return _out(conn, actor, now, content, form, f"{held['code']}-{words['paper.version'].format(n=number)}", "incident.paper", id, {"plan": number})


def report_paper(conn: Conn, desk: Desk, settings: Settings, id: int, number: int, form: str, language: str, actor: Actor, now: dt.datetime) -> Paper:
    """A report as a file: pdf or docx, the final one with the timeline. Written into the audit. Raises BadInput, NotFound, Unavailable."""
    if form not in ("pdf", "docx"):
        raise BadInput("没有这种文件 / no such kind of file", where="format", remedy="pdf、docx")
    words, english = texts(settings.web_dir, language), language == "en"
    found = report.listed(conn, desk, id, now)
    one, before = report.one(found, number)
    line = report.timeline(conn, id, english) if one["kind"] == "final" else ()
    told = core.sheet(one, before, found["incident"], found["deadlines"], report.kinds(desk), english, line)
    said = _said(conn, words, told, actor, now)
    if form == "docx":
        content = docx({**told, "number": told["number_words"]}, said, None, template(settings, "report"))
    else:
        html = paper(settings.web_dir, language, told, mark=said["mark"], foot=said["foot"], sign=said["sign"], demo=said["demo"])
        content = pdf(html, css(settings.web_dir)).content
    return _out(conn, actor, now, content, form, f"{told['code']}-{told['number_words']}", "incident.paper", id, {"report": number})


def drawing(desk: Desk, settings: Settings, plan: Mapping[str, Any], words: Mapping[str, str]) -> list[Mark]:
    """The marks of the map picture."""
    return chart(plan, [d.shape for d in desk.gazetteer.districts], water(settings.data_dir), words["paper.north"])


@lru_cache
def water(data_dir: Path) -> tuple[Any, ...]:
    """Outlines of water, WGS 84."""
    return tuple(shapely.from_geojson(orjson.dumps(f["geometry"])) for f in orjson.loads((data_dir / "water.geojson").read_bytes())["features"])


def template(settings: Settings, kind: str) -> Path | None:
    """The bureau's own Word template of this kind, where it gave one."""
    own = settings.paper_dir / f"{kind}.docx" if settings.paper_dir is not None else None
    return own if own is not None and own.is_file() else None


def try_template(settings: Settings, kind: str) -> None:
    """Raises SetupError where the bureau's own template of this kind cannot be filled in."""
    own = template(settings, kind)
    if own is not None:
        sheet = {"title": "…", "exercise": True, "sections": []}
        docx(sheet, {"mark": "…", "foot": "…", "sign": [], "demo": False, "words": {"exercise": "", "demo": "", "code": ""}}, None, own)


def mark(actor: Actor, now: dt.datetime) -> str:
    """The watermark: unit, name, time."""
    return f"{actor.unit} {actor.name} {now.astimezone(BEIJING):%Y-%m-%d %H:%M}".strip()


def _said(conn: Conn, words: Mapping[str, str], told: Mapping[str, Any], actor: Actor, now: dt.datetime) -> dict[str, Any]:
    return {
        "mark": mark(actor, now),
        "foot": f"{words['paper.foot'].format(at=told['as_of'])}　{words['paper.printed'].format(who=actor.name)}　{words['paper.mapno']}",
        "sign": [words[f"paper.sign.{s}"] for s in SIGN],
        "demo": features.demo(conn),
        "words": {"exercise": words["exercise"], "demo": words["demo"], "code": words["paper.code"]},
    }


def _to_sign(settings: Settings, language: str, told: Mapping[str, Any], said: Mapping[str, Any], picture: str, words: Mapping[str, str]) -> bytes:
    """The PDF whose first page is the one to sign, with everything in the annex."""
    given = {"mark": said["mark"], "foot": said["foot"], "sign": said["sign"], "demo": said["demo"], "picture": picture,
             "legend": [(k, words[f"paper.k.{k}"]) for k in LEGEND]}  # fmt: skip
    style = css(settings.web_dir)
    for rows in ROWS:
        first = pdf(paper(settings.web_dir, language, told, rows=rows, whole=False, **given), style)
        if first.pages == 1:
            break
    return pdf(paper(settings.web_dir, language, told, rows=rows, **given), style).content


def _out(conn: Conn, actor: Actor, now: dt.datetime, content: bytes, form: str, name: str, operation: str, id: int, after: dict[str, Any]) -> Paper:
    """Audited, then handed out: no audit, no file."""
    journal.audit(conn, actor, operation, object_id=id, after=after | {"format": form, "sha256": hashlib.sha256(content).hexdigest()})
    return Paper(content, MEDIA[form], f"{name}-{now.astimezone(BEIJING):%Y%m%d-%H%M}.{form}")
