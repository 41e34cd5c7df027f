"""Which overdue 重大隐患 hold a district one level worse, and which did until they were closed: the card's words about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.flows.danger import LAYER
from riskmap.flows.grade import Graded
from riskmap.store import grades
from riskmap.store.query import Conn

SHOWN = 5  # named in a sentence; the rest is counted
RECENT = dt.timedelta(days=30)
BEIJING = dt.timezone(dt.timedelta(hours=8))
LEVELS = {1: "Ⅰ 重大", 2: "Ⅱ 较大", 3: "Ⅲ 一般", 4: "Ⅳ 低"}
RULES = ("overdue_major_at_worst", "overdue_major_count")


def told(conn: Conn, graded: Graded, code: str, state: dict[str, Any], difference: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adds to `difference` the dangers that hold (text, features, dangers); returns what says that the grade is restored, and since when.

    Only of the day that stands: a replayed one has its rules, and the dangers have moved on since. Names only of what the reader may see.
    """
    if graded.survey.moment.until is not None:
        return []
    found = grades.held(conn, code, graded.as_of, graded.as_of - RECENT, [LAYER])
    for one in difference:
        if one["rule"] in RULES:
            holding = [f for f in found if not f["ended"] and (one["rule"] == RULES[1] or (f["level"] or 9) <= 2)]
            if holding:
                one["text"] = f"{one['text']}：" + "；".join(_one(f) for f in holding[:SHOWN]) + (" 等" if len(holding) > SHOWN else "")
                one["dangers"] = [_plain(f) for f in holding]
    ended = [f for f in found if f["ended"] and (f["level"] or 9) <= 2]
    if state["detail"].get("worse") or not ended:
        return []
    last = max(ended, key=lambda f: f["recorded_at"])
    how = "销账" if last["state"] == "closed" else "撤回"
    at = last["recorded_at"].astimezone(BEIJING)
    shown = "" if state["shown"] is None or state["detail"].get("override") else f"，现状恢复为{LEVELS[state['shown']]}"
    late = (last["happened_on"] - last["deadline_on"]).days
    text = (f"重大隐患“{last['title']}”（{last['code']}）超期 {late} 天后于 {last['happened_on']} {how}，"
            f"不再加重一级{shown}，自 {at:%Y-%m-%d %H:%M} 起")  # fmt: skip
    more = {"since": at.isoformat(), "dangers": [_plain(f) for f in ended]}
    return [{"rule": "restored", "text": f"{text} (restored: the overdue major hidden danger is {last['state']})"} | more]


def _one(f: dict[str, Any]) -> str:
    return f"“{f['title']}”（{f['code']}，{f['name'] or '未命名'}，期限 {f['deadline_on']}）"


def _plain(f: dict[str, Any]) -> dict[str, Any]:
    return {k: f[k] for k in ("id", "code", "title", "deadline_on", "state", "feature_id", "name")}
