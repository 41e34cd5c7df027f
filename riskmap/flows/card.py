"""The 定级说明卡 as data: what is shown, the arithmetic under it, and the names a reader may see."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core.grading import explanation
from riskmap.core.grading.contribution import Target
from riskmap.core.grading.district import Computed
from riskmap.core.grading.downgrade import downgrade
from riskmap.core.grading.engine import EPOCH, Engine
from riskmap.core.grading.firmness import Firm
from riskmap.core.grading.method import MICRO
from riskmap.core.grading.whatif import Closed, Trial, whatif
from riskmap.errors import BadInput, NotFound
from riskmap.flows import held
from riskmap.flows.grade import Graded
from riskmap.flows.trial import compared
from riskmap.store import grades
from riskmap.store.query import Conn

TEXTS = {
    "overdue_major_at_worst": "Ⅰ、Ⅱ 级源有重大隐患超期 {count} 条，加重一级 (overdue major hidden danger at a Ⅰ or Ⅱ source)",
    "overdue_major_count": "重大隐患超期 {count} 条，达到 {border} 条，加重一级 (major hidden dangers overdue)",
    "overdue_share": "超期隐患 {count} 条，占未销账 {of} 条的比例达到 {percent}，加重一级 (share of open hidden dangers overdue)",
    "held": "D、T 低于界值不足余量，等日终复核后才降 (held until a closing finds D and T clear of the border)",
    "unsure": "置信 C 且为 Ⅳ，按未评估显示 (confidence C and Ⅳ is shown as not assessed)",
    "no_source": "没有已批准的风险源 (no approved source)",
    "override": "人工调级至 {expires_on}：{reason} (set by an officer)",
}
YEARS = 3  # of the curve


def district_card(conn: Conn, graded: Graded, code: str, firm: list[Firm | None] | None = None) -> dict[str, Any]:
    """Everything of a district's card (method §9). NotFound for a code that is no district."""
    engine, standing = graded.engine, graded.survey.standing
    d = index(engine, code)
    with engine.lock:
        now, state = engine.districts()[d], graded.states[d]
        target = Target.district(engine, d)
        found = explanation.contributors(engine, target, d)
        stale = explanation.stale(engine, d)
        body: dict[str, Any] = {
            "district": {"code": code, "name": standing.names[d], "zone": standing.zones[d]},
            "as_of": graded.as_of,
            "method": graded.survey.method_name,
            "computed": state["computed"],
            "shown": state["shown"],
            "d": units(state["d_micro"]),
            "t": units(state["t_micro"]),
            "borders": _borders(engine),
            "next": explanation.distance(now, engine.ground.district_residents[d], engine.method),
            "parts": explanation.parts(engine, target),
            "rank": explanation.ranks(engine.districts(), list(standing.zones))[d],
        }
    body |= named_contributors(conn, found)
    body["difference"] = difference_texts(state)
    body["restored"] = held.told(conn, graded, code, state, body["difference"])
    body["confidence"] = {
        "letter": state["confidence"],
        "share": now.fresh_share,
        "caps": list(now.caps),
        "stale": _named(
            conn, [s | {"verified": None if s["verified"] is None else EPOCH + dt.timedelta(days=s["verified"])} for s in stale]
        ),
    }
    body["counts"] = {k: state["detail"].get(k) for k in ("sources", "levels", "open", "overdue")}
    body["curve"] = curve(conn, code, graded.as_of)
    last = state["predecessor"] and grades.closing(conn, code, state["predecessor"])
    body["changes"] = _changes(state, last)
    body["firmness"] = _firm(firm, d)
    population = standing.population
    source = "按面积分摊的普查人口 census by area" if d in engine.ground.by_area or population is None else population["source"]
    body["residents"] = {
        "count": engine.ground.district_residents[d] / 1000,
        "kind": "夜间居民 night residents",
        "source": source,
        "valid_on": population["valid_on"] if population else dt.date(2020, 11, 1),
        "demo": bool(population and population["demo"]),
        "in_worst": engine.sums.value(d, "worst") / 1000,
    }
    return body


def remembered_card(conn: Conn, graded: Graded, code: str, day: dt.date) -> dict[str, Any] | None:
    """The card of a day of marked history, which has grades and nothing under them; None when the day is not one."""
    engine, standing = graded.engine, graded.survey.standing
    d = index(engine, code)
    kept = grades.closing(conn, code, day)
    if kept is None or not kept["demo"]:
        return None
    state = {key: kept[key] for key in ("d_micro", "t_micro", "computed", "shown", "confidence", "detail")}
    now = Computed(kept["d_micro"], kept["t_micro"], kept["computed"], None, kept["confidence"], None)
    return {
        "district": {"code": code, "name": standing.names[d], "zone": standing.zones[d]},
        "as_of": day,
        "demo": True,
        "method": graded.survey.method_name,
        "computed": kept["computed"],
        "shown": kept["shown"],
        "d": units(kept["d_micro"]),
        "t": units(kept["t_micro"]),
        "borders": _borders(engine),
        "next": explanation.distance(now, engine.ground.district_residents[d], engine.method),
        "parts": None,
        "rank": None,
        "contributors": [],
        "count": None,
        "rest": None,
        "foreign": None,
        "difference": difference_texts(state),
        "restored": [],
        "confidence": {"letter": kept["confidence"], "share": None, "caps": [], "stale": []},
        "counts": None,
        "curve": curve(conn, code, day),
        "changes": None,
        "firmness": None,
        "residents": None,
    }


def downgrade_list(conn: Conn, graded: Graded, code: str) -> dict[str, Any]:
    """降级清单, greedy: first what is overdue, then closing hidden dangers, then sources; with D and T after each step."""
    d = index(graded.engine, code)
    found = downgrade(graded.engine, d)
    steps = [
        {"id": s.id, "action": s.action, "level": s.level, "d": s.d, "t": s.t, "delta_d": s.delta_d, "delta_t": s.delta_t}
        for s in found.steps
    ]
    items = _named(conn, steps)
    return {
        "district": code,
        "kind": "greedy",
        "aim": found.aim,
        "reached": found.reached,
        "before": _pair(found.before),
        "after": _pair(found.after),
        "overdue": _named(conn, [{"id": i} for i in found.overdue]),
        "items": items,
        "hidden": len(steps) - len(items),  # steps at records of other units: `after` counts them, the list does not show them
    }


def try_out(conn: Conn, graded: Graded, code: str, rectify: list[int], retire: list[int]) -> dict[str, Any]:
    """What a district's grade would be with these hidden dangers closed and these sources gone; nothing is written."""
    engine = graded.engine
    d = index(engine, code)
    dangers = grades.dangers(conn, rectify, graded.as_of)
    missing = sorted(set(rectify) - {x["id"] for x in dangers})
    if missing:
        raise BadInput(
            f"不是未销账的隐患: {missing[:5]} (not an open hidden danger)", where="rectify", remedy="刷新后重选 refresh"
        )
    unseen = sorted(set(retire) - grades.names(conn, retire).keys())
    if unseen:  # in the words of the engine for a record that is not there, so that a trial tells nobody what is
        raise BadInput(
            f"不是在册的风险源: {unseen[:5]} (not a source in force)",
            where="retire/rectify",
            remedy="刷新后重选 refresh and choose again",
        )
    close: dict[int, Closed] = {}
    for x in dangers:
        had = close.get(x["feature_id"], Closed())
        close[x["feature_id"]] = Closed(
            had.major + x["major"],
            had.general + (not x["major"]),
            had.overdue + x["overdue"],
            had.overdue_major + (x["major"] and x["overdue"]),
        )
    before, after = whatif(engine, Trial(frozenset(retire), close))
    return compared(graded, d, before, after)


def index(engine: Engine, code: str) -> int:
    """Position of a district."""
    try:
        return engine.ground.districts.index(code)
    except ValueError:
        raise NotFound("没有这个区 (no such district)", where=code) from None


def curve(conn: Conn, code: str, until: dt.date) -> list[dict[str, Any]]:
    """Closings of the last years, oldest first."""
    return [
        {
            "on": r["closed_on"],
            "d": units(r["d_micro"]),
            "t": units(r["t_micro"]),
            "computed": r["computed"],
            "shown": r["shown"],
            "demo": r["demo"],
        }
        for r in grades.curve(conn, code, until - dt.timedelta(days=366 * YEARS))
        if r["closed_on"] <= until
    ]


def difference_texts(state: dict[str, Any]) -> list[dict[str, Any]]:
    """What makes 现状 differ from 固有: [{rule, text}]."""
    detail, out = state["detail"], []
    for r in detail.get("rules", []):
        percent = f"{r['border']:.0%}" if r["rule"] == "overdue_share" else ""
        out.append({"rule": r["rule"], "text": TEXTS[r["rule"]].format(percent=percent, **r)})
    out += [{"rule": k, "text": TEXTS[k]} for k in ("held",) if detail.get("held")]
    if detail.get("unassessed"):
        out.append({"rule": detail["unassessed"], "text": TEXTS[detail["unassessed"]]})
    if detail.get("override"):
        out.append({"rule": "override", "text": TEXTS["override"].format(**detail["override"])})
    return out


def _changes(state: dict[str, Any], last: dict[str, Any] | None) -> dict[str, Any] | None:
    """Since the last closing; and, as that closing kept it, by cause since the one before."""
    if not last:
        return None
    delta = None if state["d_micro"] is None or last["d_micro"] is None else units(state["d_micro"] - last["d_micro"])
    return {"since": last["closed_on"], "delta_d": delta, "demo": last["demo"], "closing": last["detail"].get("changes")}


def named_contributors(conn: Conn, found: dict[str, Any]) -> dict[str, Any]:
    """The list with names; what the reader may not see is counted with the foreign part, not shown."""
    listed = _named(conn, found["list"])
    seen = {c["id"] for c in listed}
    hidden = [c for c in found["list"] if c["id"] not in seen]
    return {
        "contributors": listed,
        "count": found["count"],
        "rest": {
            "count": found["rest"]["count"] + len(hidden),
            "share": found["rest"]["share"] + sum(c["share"] for c in hidden),
        },
        "foreign": found["foreign"],
    }


def _named(conn: Conn, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows whose record the reader may see, with its name. The engine knows every record; the rest leaves not even its number."""
    names = grades.names(conn, [r["id"] for r in rows])
    return [r | names[r["id"]] for r in rows if r["id"] in names]


def _firm(firm: list[Firm | None] | None, d: int) -> dict[str, Any] | None:
    one = firm[d] if firm else None
    return (
        None
        if one is None
        else {"grade": one.grade, "rank": one.rank, "rank_low": one.rank_low, "rank_high": one.rank_high, "n": one.n}
    )


def _borders(engine: Engine) -> dict[str, Any]:
    m = engine.method
    return {"d": m.d_borders, "t": m.t_borders, "fall_margin": m.fall_margin}


def _pair(state: Any) -> dict[str, Any]:
    return {"d": units(state.d_micro), "t": units(state.t_micro), "computed": state.grade}


def units(micro: int | None) -> float | None:
    return None if micro is None else micro / MICRO
