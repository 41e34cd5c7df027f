"""Reports of an incident (初报, 续报, 终报): their elements, what changed since the one before, when the next is due, and how all of it is written.

Elements follow what 国家突发事件总体应急预案 and 国家安全监管总局令第 21 号 ask for. None is not known (待查), never a zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmap.core.bilingual import half
from riskmap.core.response.sheet import BEIJING, NUMERAL
from riskmap.core.response.wording import LEVELS

TEXT, MOMENT, COUNT, MONEY, LEVEL, NATURE = "text", "moment", "count", "money", "level", "nature"


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its name in both languages, its kind, its unit, the fact of the incident it begins with. `must`: never unknown."""

    key: str
    label: str
    kind: str
    unit: str = ""
    fact: str = ""
    must: bool = False


PEOPLE = "人 / people"
ELEMENTS = (
    Element("title", "事件 / Incident", TEXT, fact="title", must=True),
    Element("nature", "性质 / Nature", NATURE, fact="kind", must=True),
    Element("level", "等级 / Level", LEVEL, fact="level"),
    Element("happened_at", "发生时间 / Happened", MOMENT),
    Element("reported_at", "接报时间 / Reported", MOMENT, must=True),
    Element("place", "地点 / Place", TEXT, must=True),
    Element("unit", "事故单位 / Enterprise", TEXT),
    Element("source", "信息来源 / Source", TEXT, fact="source"),
    Element("cause", "起因 / Cause", TEXT, fact="cause"),
    Element("scene", "现场与经过 / Scene and course", TEXT),
    Element("deaths", "死亡 / Dead", COUNT, PEOPLE, "deaths"),
    Element("missing", "失联 / Missing", COUNT, PEOPLE),
    Element("serious", "重伤 / Seriously hurt", COUNT, PEOPLE, "serious"),
    Element("injured", "轻伤 / Slightly hurt", COUNT, PEOPLE),
    Element("moved", "已转移安置 / Moved and sheltered", COUNT, PEOPLE),
    Element("loss_wan", "直接经济损失 / Direct loss", MONEY, "万元 / 10,000 yuan", "loss_wan"),
    Element("scope", "影响范围与损害 / Extent and damage", TEXT),
    Element("measures", "已采取措施 / Measures taken", TEXT, fact="measures"),
    Element("trend", "发展趋势 / Trend", TEXT),
    Element("advice", "建议 / Advice", TEXT),
)
KEYS = tuple(e.key for e in ELEMENTS)
CASUALTIES = ("deaths", "missing", "serious", "injured")
KINDS = ("first", "follow", "final")
DIGITS = "〇一二三四五六七八九"
SHORT = ("accident.fire", "accident.traffic")  # what happens within seven days counts, else thirty
COUNTED = "国务院令第 493 号第十三条；国家安全监管总局令第 21 号第十一条"


def begun(held: Mapping[str, Any], place: str, unit: str | None, last: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a new report begins with: what is known of the incident now, else what the last report said. `held`: the incident."""
    out: dict[str, Any] = dict.fromkeys(KEYS) | {k: last[k] for k in KEYS if last and last.get(k) is not None}
    known = {e.key: held["facts"].get(e.fact) for e in ELEMENTS if e.fact}
    known |= {"happened_at": iso(held["happened_at"]), "reported_at": iso(held["reported_at"])}
    out |= {k: v for k, v in known.items() if v is not None}
    return out | {"place": out["place"] or place, "unit": out["unit"] or unit}


def beijing(text: str) -> dt.datetime:
    """A kept moment in Beijing's time."""
    return dt.datetime.fromisoformat(text).astimezone(BEIJING)


def iso(moment: Any) -> str | None:
    return moment.isoformat() if isinstance(moment, dt.datetime) else moment


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Exactly the elements that differ: {key, before, after}. Of the first report nothing has changed."""
    if before is None:
        return []
    return [{"key": k, "before": before.get(k), "after": after.get(k)} for k in KEYS if not same(k, before.get(k), after.get(k))]


def same(key: str, one: Any, other: Any) -> bool:
    """Whether two values say the same: a moment in another zone is the same moment, 3 and 3.0 are one number."""
    if isinstance(one, str) and isinstance(other, str) and key.endswith("_at"):
        return dt.datetime.fromisoformat(one) == dt.datetime.fromisoformat(other)
    return type(one) is not bool and type(other) is not bool and one == other


def label(kind: str, number: int) -> str:
    """初报 / 续报一 / 终报, in both languages."""
    if kind == "follow":
        return f"续报{numeral(number - 1)} / Report {number}"
    return "初报 / First report" if kind == "first" else "终报 / Final report"


def numeral(n: int) -> str:
    """A number of at most two digits as Chinese writes it; larger ones in figures."""
    if not 0 < n < 100:
        return str(n)
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")


def due(
    table: Iterable[Mapping[str, str]], held: Mapping[str, Any], reports: Sequence[Mapping[str, Any]], now: dt.datetime
) -> list[dict[str, Any]]:
    """Deadlines that stand: {code, zh, en, at, met, passed, source, strictest}. `table`: data/codes/report_deadline.tsv; `reports`: oldest first.

    Empty for what is no accident: the orders speak of accidents alone. Where the level is not known the strictest counts, and says so.
    """
    facts = held["facts"]
    if not str(facts["kind"]).startswith("accident"):
        return []
    level, last = facts.get("level"), reports[-1] if reports else None
    unsure = level is None or bool(facts.get("level_least"))
    out = []
    for row in table:
        levels = {int(v) for v in row["levels"].split(";")}
        if not unsure and level not in levels or unsure and row["code"] == "daily":  # twice a day is the stricter
            continue
        if row["since"] == "last" and (last is None or last["kind"] == "final"):
            continue
        begin = held["reported_at"] if row["since"] == "reported" else last["recorded_at"]  # type: ignore[index]
        at = begin + dt.timedelta(hours=float(row["hours"]))
        met = reports[0]["recorded_at"] if row["since"] == "reported" and reports else None
        out.append({"code": row["code"], "zh": row["zh"], "en": row["en"], "source": row["source"], "strictest": unsure}
                   | {"at": at, "met": met, "passed": (met or now) > at})  # fmt: skip
    if (
        last is not None
        and last["kind"] != "final"
        and any(facts.get(k) is not None and not same(k, facts[k], last["elements"].get(k)) for k in ("deaths", "serious"))
    ):
        day = held["changed_at"].astimezone(BEIJING).date() + dt.timedelta(days=1)
        at = dt.datetime.combine(day, dt.time(0), BEIJING)
        out.append({"code": "casualties", "zh": "伤亡人数变化，当日补报", "en": "casualties changed: to be reported the same day", "strictest": False}
                   | {"at": at, "met": None, "source": "国家安全监管总局令第 21 号第十一条", "passed": now > at})  # fmt: skip
    return out


def written(key: str, value: Any, kinds: Mapping[str, str], english: bool) -> str:
    """An element as it is written. `kinds`: code of an event kind → its words."""
    one = next(e for e in ELEMENTS if e.key == key)
    if value is None:
        return half("待查 / not known yet", english)
    match one.kind:
        case "moment":
            return f"{dt.datetime.fromisoformat(value).astimezone(BEIJING):%Y-%m-%d %H:%M}"
        case "count" | "money":
            return (
                f"{value:,g} {half(one.unit, english)}"
                if float(value) != int(value)
                else f"{value:,.0f} {half(one.unit, english)}"
            )
        case "level":
            return f"{NUMERAL[int(value)]} {half(LEVELS[int(value)], english)}" if 1 <= int(value) <= 4 else str(value)
        case "nature":
            return half(kinds.get(value, value), english)
    return str(value)


def sheet(report: Mapping[str, Any], before: Mapping[str, Any] | None, held: Mapping[str, Any], deadlines: Sequence[Mapping[str, Any]],
          kinds: Mapping[str, str], english: bool, timeline: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:  # fmt: skip
    """The report as sections of plain text, in the shape of riskmap/core/response/sheet.py. `timeline`: {at, what, who, note}, oldest first."""
    moved = changes(before["elements"] if before else None, report["elements"])
    new = {c["key"] for c in moved}
    say = lambda text: half(text, english)  # noqa: E731
    rows = []
    for e in ELEMENTS:
        value = report["elements"][e.key]
        tone = "new" if e.key in new else "bad" if value is None else ""
        rows.append({"label": say(e.label), "value": written(e.key, value, kinds, english), "tone": tone, "key": e.key})
    sections = [section("elements", say("要素 / Elements"), [{"kind": "facts", "rows": rows}],
                        note=say("灰底加粗：与上一份不同 / grey and bold: other than in the report before") if before else "")]  # fmt: skip
    if before:
        rows = [{"cells": [say(next(e.label for e in ELEMENTS if e.key == c["key"])), written(c["key"], c["before"], kinds, english),
                            written(c["key"], c["after"], kinds, english)], "tone": ""} for c in moved]  # fmt: skip
        head = [{"text": say(x), "num": False} for x in ("要素 / Element", "上一份 / Before", "本份 / Now")]
        was = label(before["kind"], before["number"])
        title = say(f"与{was.split(' / ')[0]}相比的变化 / What changed since: {was.split(' / ')[1]}")
        sections.append(section("changes", title, [{"kind": "table", "key": "changes", "head": head, "rows": rows,
                                                    "empty": say("没有变化 / nothing changed")}]))  # fmt: skip
    times = told_due(deadlines, held, english)
    sections.append(section("deadlines", say("报送时限 / Deadlines"), [{"kind": "lines", "key": "deadlines", "items": times}]))
    if timeline:
        head = [{"text": say(x), "num": False} for x in ("时间 / Time", "事项 / What", "经办 / Who", "说明 / Note")]
        lines = [{"cells": [t["at"], t["what"], t["who"], t["note"]], "tone": ""} for t in timeline]
        table = {"kind": "table", "key": "timeline", "head": head, "rows": lines, "empty": ""}
        sections.append(section("timeline", say("处置过程 / Timeline"), [table]))
    name = say(label(report["kind"], report["number"]))
    at = f"{report['recorded_at'].astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return {"title": f"{report['elements']['title']} {name}", "exercise": bool(held["exercise"]), "code": held["code"], "number": report["number"],
            "number_words": name, "hash": None, "made_at": at, "made_by": report["person"] or report["actor"], "as_of": at,
            "subtitle": f"{at}　{report['person'] or report['actor']}", "sections": sections}  # fmt: skip


def told_due(deadlines: Sequence[Mapping[str, Any]], held: Mapping[str, Any], english: bool) -> list[dict[str, str]]:
    """Deadlines as lines, with their source."""
    out = []
    for d in deadlines:
        words = d["en"] if english else d["zh"]
        state = half("已逾期 / passed", english) if d["passed"] else half("已报 / done", english) if d["met"] else ""
        why = half("；等级未定，按最严 / ; the level is not settled: the strictest", english) if d["strictest"] else ""
        told = f"{words}：{d['at'].astimezone(BEIJING):%Y-%m-%d %H:%M} {state}".rstrip()
        out.append({"text": f"{told}（{d['source']}{why}）", "tone": "bad" if d["passed"] else ""})
    if not str(held["facts"]["kind"]).startswith("accident"):
        none = "只收录了生产安全事故的报送时限，其他事件按主管部门的规定 / only deadlines of accidents are on file; others go by their own orders"
        out.append({"text": half(none, english), "tone": "bad"})
    elif held["happened_at"] is not None:
        days = 7 if held["facts"]["kind"] in SHORT else 30
        end = held["happened_at"].astimezone(BEIJING) + dt.timedelta(days=days)
        text = (f"自发生之日起 {days} 日内（至 {end:%Y-%m-%d}）伤亡人数变化须当日补报"
                f" / within {days} days (to {end:%Y-%m-%d}) a change of casualties is reported the same day")  # fmt: skip
        out.append({"text": f"{half(text, english)}（{COUNTED}）", "tone": ""})
    return out


def section(key: str, title: str, parts: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
    return {"key": key, "title": title, "note": note, "parts": parts}
