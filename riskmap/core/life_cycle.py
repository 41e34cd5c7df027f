"""A proposal's life: its states, who may move it from one to the next, and what the desk points at before anyone decides.

    draft → submitted | withdrawn      submitted → returned | approved      returned → submitted | draft | withdrawn

The database keeps the same rules by itself (migrations/0010_life_cycle.sql); here they are asked first, so that a person is told why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.coordinates import distance_m
from riskmap.core.finding import Finding, finding
from riskmap.core.role import MAY, ROLES, may
from riskmap.errors import Conflict, Forbidden

STATES = ("draft", "submitted", "returned", "approved", "withdrawn")
OPEN = ("draft", "submitted", "returned")
EDITABLE = ("draft", "returned")
KINDS = ("create", "change", "retire")  # the database knows split, merge and transfer too; no flow makes them yet
PROPOSERS = frozenset(role for role in MAY if may(role, "feature.propose"))
DECIDERS = frozenset(role for role in ROLES if may(role, "feature.decide"))  # people alone: the command line decides on nothing
# (from, to) → who moves it
MOVES = {
    ("draft", "submitted"): "maker",
    ("draft", "withdrawn"): "maker",
    ("submitted", "returned"): "checker",
    ("submitted", "approved"): "checker",
    ("returned", "submitted"): "maker",
    ("returned", "draft"): "maker",
    ("returned", "withdrawn"): "maker",
}
NUMERALS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
FAR_M = 100.0  # a record in force that moves farther is pointed at
NEAR_M = 50.0  # another record of its layer so near to its new place is pointed at
WORDS = {"draft": "草稿 draft", "submitted": "待审 submitted", "returned": "已退回 returned", "approved": "已通过 approved",
         "withdrawn": "已撤回 withdrawn"}  # fmt: skip


def may_decide(actor: Actor, maker: str) -> bool:
    """Whether this person may approve or return what `maker` handed in."""
    return actor.role in DECIDERS and actor.id != maker


def allow(state: str, to: str, actor: Actor, maker: str) -> None:
    """Raises Conflict for a move there is not from `state`, Forbidden for one that is another's to make."""
    who = MOVES.get((state, to))
    if who is None:
        raise Conflict(
            f"这条申请现在是“{WORDS[state]}”，不能变为“{WORDS[to]}” / a proposal does not go from {state} to {to}",
            where=f"state {state}",
            remedy="刷新后再看 / reload",
            state=state,
        )
    if who == "maker" and actor.id != maker:
        raise Forbidden("只有提交人能改动这条申请 / only its maker may", where=maker)
    if who == "checker" and actor.id == maker:
        raise Forbidden(
            "不能审核自己提交的申请 / nobody decides on a proposal of their own",
            where=maker,
            remedy="由他人审核 / ask another reviewer",
        )
    if who == "checker" and actor.role not in DECIDERS:
        raise Forbidden("这个角色不能审核 / this role does not decide", where=actor.role)


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
    for name in record["missing"] if kind != "retire" else ():
        if name != "lat" and not any(f["field"] == name for f in told):
            tell(name, "", "missing", f"缺{label(name)}，通过后为待补 / missing, the record will wait for it",
                 "可退回补填 / return it, or let it wait")  # fmt: skip
    if before is None:
        return out
    if kind != "retire" and before["level"] != record["level"]:
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
    if kind == "retire" and dangers:
        tell("status", len(dangers), "open-dangers", f"还有 {len(dangers)} 条隐患未销账 / {len(dangers)} hidden dangers are open",
             "先销账再注销 / close them first")  # fmt: skip
    elif late:
        tell("status", len(late), "overdue-dangers", f"有 {len(late)} 条隐患超期未销账 / {len(late)} hidden dangers are overdue",
             "核对整改情况 / see to them")  # fmt: skip
    if kind == "retire" and before["children"]:
        n = sum(before["children"].values())
        tell("status", n, "has-children", f"还有 {n} 条下级记录 / {n} records hang on it", "一并核对下级 / see to them")
    return out
