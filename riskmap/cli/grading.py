"""riskmap grade, and riskmap method list | diff | draft | activate."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Annotated, Any

import orjson
import typer

from riskmap import catalogue
from riskmap.cli import app
from riskmap.core.actor import OPERATOR, Actor
from riskmap.core.grading.explanation import ranks
from riskmap.core.grading.method import MICRO
from riskmap.errors import BadInput
from riskmap.flows import method as journeys
from riskmap.flows.grade import Graded, full, replay
from riskmap.flows.setup import opened
from riskmap.flows.survey import beijing_day
from riskmap.settings import settings
from riskmap.store import grades

ROMAN = {1: "Ⅰ 重大", 2: "Ⅱ 较大", 3: "Ⅲ 一般", 4: "Ⅳ 低", None: "未评估"}

method = typer.Typer(help="定级方法 · grading methods", no_args_is_help=True)
app.add_typer(method, name="method")

Json = Annotated[bool, typer.Option("--json", help="机器可读 for programs")]
By = Annotated[str, typer.Option(help="以谁的名义 in whose name")]


@app.command()
def grade(
    as_of: Annotated[str | None, typer.Option("--as-of", help="重放某日 YYYY-MM-DD replay that day; nothing is written")] = None,
    as_json: Json = False,
) -> None:
    """全量定级并存储 · grade the whole city and store it, or replay a past day."""
    given, now = settings(), dt.datetime.now(dt.UTC)
    layers = catalogue.load(given.layers_dir, given.data_dir / "codes")
    day = _day(as_of) if as_of else beijing_day(now)
    if day > beijing_day(now):
        raise BadInput(f"{day} 还没有到 (is yet to come)", where="--as-of", remedy=str(beijing_day(now)))
    with opened(given) as db:
        graded = full(db, layers, now) if day == beijing_day(now) else replay(db, layers, day, now)
    body = summary(graded)
    if as_json:
        print(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())
        return
    print(f"{body['as_of']} · {body['method']} · {body['sources']:,} 个风险源 sources · {body['cells']:,} 个网格 cells")
    for d in body["districts"]:
        numbers = ""
        if d["d"] is not None:
            numbers = f"D {d['d']:7.3f}  T {d['t'] * 100:6.3f} %  置信 {d['confidence']}  第 {d['rank_city']}"
        print(f"  {d['code']} {d['name']:<5}  现状 {ROMAN[d['shown']]:<5}  固有 {ROMAN[d['computed']]:<5}  {numbers}")


def summary(graded: Graded) -> dict[str, Any]:
    """A graded city as `riskmap grade --json` prints it."""
    standing, engine = graded.survey.standing, graded.engine
    places = ranks(engine.districts(), list(standing.zones))
    districts = []
    for state, name, zone, place in zip(graded.states, standing.names, standing.zones, places, strict=True):
        d, t = (None if state[k] is None else state[k] / MICRO for k in ("d_micro", "t_micro"))
        districts.append({"code": state["code"], "name": name, "zone": zone, "d": d, "t": t, "computed": state["computed"],
                          "shown": state["shown"], "confidence": state["confidence"], "rank_city": place["city"],
                          "rank_zone": place["zone"], "detail": state["detail"]})
    return {"as_of": str(graded.as_of), "method": graded.survey.method_name, "run": graded.run_id or None,
            "digest": engine.digest(), "sources": len(engine.rows["sources"]), "cells": len(engine.drawn()),
            "notes": graded.survey.notes, "districts": districts}


@method.command("list")
def list_(as_json: Json = False) -> None:
    """列出方法 · list them."""
    with opened(settings()) as db, db.as_engine(write=False) as conn:
        every = grades.methods(conn)
    if as_json:
        print(orjson.dumps(every, option=orjson.OPT_INDENT_2).decode())
        return
    for m in every:
        print(f"{m['id']:>3}  {m['state']:<9} {m['name']}  起草 drafted by {m['drafted_by']}"
              + (f"  {m['in_force_from']} 起 in force, 批准 approved by {m['approved_by']}" if m["in_force_from"] else ""))


@method.command()
def diff(which: Annotated[str, typer.Argument(help="编号或名称 id or name")], as_json: Json = False) -> None:
    """与现行方法并行试算 · run it beside the one in force."""
    given = settings()
    layers = catalogue.load(given.layers_dir, given.data_dir / "codes")
    with opened(given) as db:
        found = journeys.beside(db, layers, which, dt.datetime.now(dt.UTC))
    if as_json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for p in found["parameters"]:
        print(f"{p['parameter']}: {p['old']} → {p['new']} {p['unit']}  ({p['reason']})")
    for d in found["districts"]:
        a, b = d["now"], d["then"]
        mark = "" if a["computed"] == b["computed"] else "  ←"
        print(f"  {d['code']} {d['name']:<5}  {ROMAN[a['computed']]} → {ROMAN[b['computed']]}  D {a['d']} → {b['d']}{mark}")


@method.command()
def draft(
    name: str,
    change: Annotated[list[str], typer.Option("--set", help="参数=值 parameter=value (JSON)")],
    by: By = OPERATOR.id,
) -> None:
    """起草：现行方法改几个参数 · the one in force with some parameters changed."""
    changes = {}
    for text in change:
        key, _, value = text.partition("=")
        try:
            changes[key.strip()] = json.loads(value)
        except json.JSONDecodeError:
            title = f"不是 JSON 值: {text} (not a JSON value)"
            raise BadInput(title, where="--set", remedy="--set d_borders=[22,12,4]") from None
    with opened(settings()) as db, db.as_user(_actor(by), write=True) as conn:
        made = journeys.draft(conn, name, changes, _actor(by))
    print(f"已起草 drafted: {made} {name} · riskmap method diff {made}")


@method.command()
def activate(
    which: Annotated[str, typer.Argument(help="编号或名称 id or name")],
    by: Annotated[str, typer.Option(help="批准人，须不同于起草人 approver, not the drafter")],
    start: Annotated[str | None, typer.Option("--from", help="生效日，默认今天 day it comes into force")] = None,
) -> None:
    """批准并定生效日 · approve it, in force from a day."""
    now = dt.datetime.now(dt.UTC)
    day = _day(start) if start else beijing_day(now)
    with opened(settings()) as db, db.as_user(_actor(by), write=True) as conn:
        made = journeys.activate(conn, which, day, _actor(by), now)
    print(f"方法 {made} 自 {day} 起生效 in force from then")


def _actor(name: str) -> Actor:
    return dataclasses.replace(OPERATOR, id=name)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"不是日期: {text} (not a date)", where="--as-of/--from", remedy="2026-11-24") from None
