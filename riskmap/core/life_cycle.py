"""A proposal's life: its states, who may move it from one to the next, and what the desk points at before anyone decides.

    draft → submitted | withdrawn      submitted → returned | approved      returned → submitted | draft | withdrawn

A transfer has two sides: submitted → confirmed by a reviewer of the side that gives, confirmed → approved | returned by one of the side that
takes. The database keeps the same rules by itself (migrations/0010_life_cycle.sql, 0011_sight.sql); here
they are asked first, so that a person is told why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.coordinates import distance_m
from riskmap.core.finding import Finding, finding
from riskmap.core.role import MAY, ROLES, may
from riskmap.errors import Conflict, Forbidden

STATES = ("draft", "submitted", "confirmed", "returned", "approved", "withdrawn")
OPEN = ("draft", "submitted", "confirmed", "returned")
EDITABLE = ("draft", "returned")
KINDS = ("create", "change", "retire", "split", "merge", "transfer")
ENDS = ("retire", "split", "merge")  # the record they are about is out of service after them
PROPOSERS = frozenset(role for role in MAY if may(role, "feature.propose"))
DECIDERS = frozenset(role for role in ROLES if may(role, "feature.decide"))  # people alone: the command line decides on nothing
# (from, to) → who moves it
MOVES = {
    ("draft", "submitted"): "maker",
    ("draft", "withdrawn"): "maker",
    ("submitted", "returned"): "checker",
    ("submitted", "approved"): "checker",
    ("submitted", "confirmed"): "giver",
    ("confirmed", "approved"): "taker",
    ("confirmed", "returned"): "taker",
    ("returned", "submitted"): "maker",
    ("returned", "draft"): "maker",
    ("returned", "withdrawn"): "maker",
}
NUMERALS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
BUILT_IN = "officer"  # who everybody was before there were accounts (core/actor.py); nobody signs in as this
FAR_M = 100.0  # a record in force that moves farther is pointed at
NEAR_M = 50.0  # another record of its layer so near to its new place is pointed at
WORDS = {"draft": "草稿 draft", "submitted": "待审 submitted", "confirmed": "待接收 confirmed", "returned": "已退回 returned",
         "approved": "已通过 approved", "withdrawn": "已撤回 withdrawn"}  # fmt: skip


def may_decide(actor: Actor, held: Mapping[str, Any]) -> bool:
    """Whether this person may take the next step on what was handed in, or return it. `held`: kind, state, maker, from_org, to_org, confirmed_by."""
    if actor.role not in DECIDERS or actor.id == held["maker"] or (held["maker"] == BUILT_IN and actor.role == "risk_officer"):
        return False
    if held["kind"] != "transfer":
        return True
    if held["state"] == "confirmed":
        return held["to_org"] in sides(actor) and actor.id != held["confirmed_by"]
    return held["from_org"] in sides(actor)


def sides(actor: Actor) -> tuple[int, ...]:
    """The organisations somebody speaks for. Who sees the whole city does not speak for all of it."""
    return actor.orgs or (actor.org,)


def next_of(held: Mapping[str, Any]) -> str:
    """What approving means: a transfer is confirmed by the one side, then approved by the other."""
    return "confirmed" if held["kind"] == "transfer" and held["state"] != "confirmed" else "approved"


def mover(held: Mapping[str, Any], to: str) -> str | None:
    """Who makes this move: maker, checker, giver or taker; None where there is no such move."""
    if held["kind"] == "transfer" and held["state"] == "submitted":
        return {"confirmed": "giver", "returned": "giver"}.get(to)
    return None if to == "confirmed" else MOVES.get((held["state"], to))


def allow(held: Mapping[str, Any], to: str, actor: Actor) -> None:
    """Raises Conflict for a move there is not from its state, Forbidden for one that is another's to make."""
    who, state, maker = mover(held, to), held["state"], held["maker"]
    if who is None:
        raise Conflict(
            f"这条申请现在是“{WORDS[state]}”，不能变为“{WORDS[to]}” / a proposal does not go from {state} to {to}",
            where=f"state {state}",
            remedy="刷新后再看 / reload",
            state=state,
        )
    if who == "maker":
        if actor.id != maker and not (maker == BUILT_IN and to == "withdrawn" and actor.role == "risk_officer"):
            raise Forbidden("只有提交人能改动这条申请 / only its maker may", where=maker)
        return
    if actor.id == maker:
        raise Forbidden(
            "不能审核自己提交的申请 / nobody decides on a proposal of their own",
            where=maker,
            remedy="由他人审核 / ask another reviewer",
        )
    if actor.role not in DECIDERS:
        raise Forbidden("这个角色不能审核 / this role does not decide", where=actor.role)
    if maker == BUILT_IN and actor.role == "risk_officer":
        raise Forbidden(
            "启用账户前由内置管理员提交的，由审核员审核 / what the built-in officer proposed is decided by a reviewer",
            where=maker,
            remedy="由审核员或区负责人审核 / ask a reviewer",
        )
    if not may_decide(actor, held):
        raise Forbidden(
            "移交由移出、接收双方各一人确认 / a transfer is confirmed by somebody of each side",
            where="移出方 giving side" if who == "giver" else "接收方 taking side",
            remedy="由该单位的审核员办理 / ask a reviewer of that side",
        )


def moved_m(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> float | None:
    """Metres between the place in force and the proposed one; None where either is missing."""
    if old is None or None in (old["lon"], old["lat"], new["lon"], new["lat"]):
        return None
    return float(distance_m(old["lon"], old["lat"], new["lon"], new["lat"]))


def doubts(
    kind: str,
    before: Mapping[str, Any] | None,
    record: Mapping[str, Any],
    near: Sequence[Mapping[str, Any]],
    told: Sequence[Finding],
    label: Callable[[str], str],
) -> list[Finding]:
    """What a reviewer is to look at besides the check's own findings `told`.

    before  the record in force (store.features.one), None for a new one
    near    other records of the layer within NEAR_M of the new place: id, code, name, distance_m
    label   field → its word
    """
    out: list[Finding] = []
    said = {f["code"] for f in told}

    def tell(field: str, value: Any, code: str, reason: str, remedy: str, proposal: Any = None) -> None:
        out.append(finding(0, "", field, value, code, "warn", reason, remedy, proposal))

    if not said & {"duplicate-exact", "duplicate-soft"}:
        for other in near[:3]:
            name = other["name"] or other["code"]
            tell("lon", f"{other['distance_m']:.0f} m", "near-by",
                 f"{NEAR_M:.0f} 米内有同类记录“{name}”（{other['code']}），相距 {other['distance_m']:.0f} 米 / another of this layer stands near by",
                 "核对是否为同一处 / make sure it is another one", {"feature_id": other["id"]})  # fmt: skip
    moved = moved_m(before, record)
    if moved is not None and moved > FAR_M:
        tell("lon", f"{moved:.0f} m", "moved-far", f"位置移动 {moved:.0f} 米 / the place moves {moved:.0f} m",
             "对照地图与地址 / compare map and address")  # fmt: skip
    for name in record["missing"] if kind not in (*ENDS, "transfer") else ():
        if name != "lat" and not any(f["field"] == name for f in told):
            tell(name, "", "missing", f"缺{label(name)}，通过后为待补 / missing, the record will wait for it",
                 "可退回补填 / return it, or let it wait")  # fmt: skip
    if before is None:
        return out
    if kind not in ENDS and before["level"] != record["level"]:
        levels = " → ".join(NUMERALS.get(v or 0, "未定") for v in (before["level"], record["level"]))
        tell(
            "level",
            levels,
            "level-moved",
            f"等级变化 {levels} / the level changes",
            "核对可能性与后果 / check likelihood and severity",
        )
    if before["district_code"] != record["district_code"]:
        tell(
            "district",
            record["district_code"],
            "district-moved",
            "所在区变化 / it comes to stand in another district",
            "核对位置 / check the place",
        )
    dangers = [d for d in before["dangers"] if d["state"] not in ("closed", "withdrawn")]
    late = [d for d in dangers if d["overdue"]]
    if kind in ENDS and dangers:
        tell("status", len(dangers), "open-dangers", f"还有 {len(dangers)} 条隐患未销账 / {len(dangers)} hidden dangers are open",
             "先销账 / close them first")  # fmt: skip
    elif late:
        tell("status", len(late), "overdue-dangers", f"有 {len(late)} 条隐患超期未销账 / {len(late)} hidden dangers are overdue",
             "核对整改情况 / see to them")  # fmt: skip
    if kind in (*ENDS, "transfer") and before["children"]:
        n = sum(before["children"].values())
        tell("status", n, "has-children", f"还有 {n} 条下级记录 / {n} records hang on it",
             "下级不随之移交，须另行移交 / they do not go along" if kind == "transfer" else "一并核对下级 / see to them")
    return out
