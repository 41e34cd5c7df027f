"""A clerk's batch between two people: handed in with the hash of its plan, returned with a reason, approved as exactly that plan, taken back.

Rows somebody has a doubt about (a finding `warn`) are not approved in bulk: on handing in they leave the batch and become proposals,
decided one by one. The database keeps the same rules (migrations/0013_batch.sql); here they are asked first, so that a person is told why.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.life_cycle import DECIDERS
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound, Precondition
from riskmap.flows import register
from riskmap.flows.register import Desk
from riskmap.store import batches, imports, journal
from riskmap.store.query import Conn

WORDS = {"reading": "读取中 being read", "planned": "待提交 planned", "refused": "未通过 refused", "submitted": "待审 submitted",
         "returned": "已退回 returned", "withdrawn": "已撤回 withdrawn", "committed": "已生效 in force", "undone": "已撤销 undone"}  # fmt: skip
# (from, to) → who moves it; the rest there is not
MOVES = {
    ("planned", "submitted"): "maker",
    ("returned", "submitted"): "maker",
    ("planned", "withdrawn"): "maker",
    ("returned", "withdrawn"): "maker",
    ("submitted", "withdrawn"): "maker",
    ("submitted", "returned"): "checker",
    ("submitted", "committed"): "checker",
}
TAKEN = ("new", "changed", "incomplete")


def submit(
    conn: Conn,
    desk: Desk,
    batch: int,
    plan_hash: str,
    actor: Actor,
    now: dt.datetime,
    *,
    note: str = "",
    accept_duplicates: bool = False,
) -> dict[str, Any]:
    """Hand the batch in; rows with a doubt become proposals. {id, state, plan_hash, split, counts}.

    `accept_duplicates` proposes rows suspected to be duplicates too; else they are left out. Raises Precondition, Conflict, BadInput.
    """
    held = _held(conn, desk, batch, plan_hash)
    allow(held["state"], "submitted", actor, held["actor"])
    outcomes = [*TAKEN, *(["duplicate"] if accept_duplicates else [])]
    if not sum(held["counts"].get(outcome, 0) for outcome in outcomes):
        raise BadInput("没有可提交的行 / no row to hand in", where=str(batch), remedy="改正被拒绝的行 / mend the refused rows")
    stale = imports.stale(conn, batch, held["layer"])
    if stale:
        raise Conflict("计划已过时：有记录在此期间被他人修改 / the plan is stale: records were changed since",
                       where=f"{len(stale)} 行 / rows", remedy="重新上传 / upload again", rows=stale)  # fmt: skip
    foreign = batches.foreign(conn, batch)
    if foreign:
        own = sum(one["why"] == "not-own" for one in foreign)
        raise Conflict(
            f"{own} 行是其他单位的记录，{len(foreign) - own} 行已有未办结的申请 / rows are another unit's records or have an open proposal",
            where="、".join(str(one["row_no"]) for one in foreign[:10]),
            remedy="删去这些行后重新上传 / take these rows out and upload again",
            rows=foreign,
        )
    if len(note.strip()) < 2 and (outside := batches.outside(conn, batch)):
        raise BadInput(f"{outside} 行不在本单位区域内，须说明原因 / rows stand outside the unit's area: say why", where="note")
    said = note.strip()[:400]
    split = batches.split(conn, batch, held["layer"], outcomes, said or f"批次 {batch}", actor.id, now)
    if split:
        imports.reseal(conn, batch, held["findings"])
    batches.move(conn, batch, "submitted", now, note=said)
    sealed = batches.digest(conn, batch)
    _note(conn, actor, "import.submit", held, batch, {"plan_hash": sealed, "split": split} | held["counts"])
    return {"id": batch, "state": "submitted", "plan_hash": sealed, "split": split, "counts": held["counts"]}


def withdraw(conn: Conn, batch: int, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Take the batch back for good, before anybody decided."""
    held = _locked(conn, batch)
    allow(held["state"], "withdrawn", actor, held["actor"])
    batches.move(conn, batch, "withdrawn", now)
    _note(conn, actor, "import.withdraw", held, batch, {})
    return {"id": batch, "state": "withdrawn"}


def send_back(conn: Conn, desk: Desk, batch: int, plan_hash: str, reason: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Return the batch to its maker with a reason."""
    held = _held(conn, desk, batch, plan_hash)
    allow(held["state"], "returned", actor, held["actor"])
    said = reason.strip()[:1000]
    if len(said) < 2:
        raise BadInput("退回须写明原因 / a return needs its reason", where="reason")
    batches.move(conn, batch, "returned", now, reason=said, checker=actor.id)
    _note(conn, actor, "import.return", held, batch, {"reason": said})
    return {"id": batch, "state": "returned", "reason": said}


def approve(conn: Conn, desk: Desk, batch: int, plan_hash: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Put exactly the plan of that hash in force. A second approval by the same person answers the same.

    Raises Conflict where a row could not be written: nothing is then.
    """
    held = _held(conn, desk, batch, plan_hash)
    if held["state"] != "committed" or held["checker"] != actor.id:
        allow(held["state"], "committed", actor, held["actor"])
        if batches.digest(conn, batch) != plan_hash:
            raise Precondition("计划的行与提交时不同，未通过 / the rows are not those that were handed in", where="plan_hash",
                               remedy="退回，请重新上传 / return it, to be uploaded again")  # fmt: skip
        wanted = imports.to_write(conn, batch)
    done = register.commit(conn, desk, batch, plan_hash, actor, now, approved=True)
    if not done["repeated"]:
        got = (done["counts"]["created"], done["counts"]["updated"])
        if got != wanted:
            raise Conflict(
                f"应登记新增 {wanted[0]}、修改 {wanted[1]} 行，实际 {got[0]}、{got[1]}，未通过 / not every row could be written; nothing was",
                where=str(batch), remedy="退回，请提交人核对归属 / return it: rows may be another unit's")  # fmt: skip
    return done


def ask_undo(conn: Conn, batch: int, reason: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Its maker asks the approving side to take a batch in force back."""
    held = _locked(conn, batch)
    if held["actor"] != actor.id:
        raise Forbidden("只有提交人能申请撤销 / only its maker asks", where=held["actor"])
    if held["state"] != "committed":
        raise Conflict("批次尚未生效 / the batch is not in force", where=held["state"])
    said = reason.strip()[:1000]
    if len(said) < 2:
        raise BadInput("申请撤销须写明原因 / say why it is to be undone", where="reason")
    batches.ask_undo(conn, batch, said, now)
    _note(conn, actor, "import.ask_undo", held, batch, {"reason": said})
    return {"id": batch, "state": "committed", "undo_reason": said}


def allow(state: str, to: str, actor: Actor, maker: str) -> None:
    """Raises Conflict for a move there is not from `state`, Forbidden for one that is another's to make."""
    who = MOVES.get((state, to))
    if who is None:
        raise Conflict(
            f"批次现在是“{WORDS[state]}”，不能变为“{WORDS[to]}” / a batch does not go from {state} to {to}",
            where=f"state {state}",
            remedy="刷新后再看 / reload",
            state=state,
        )
    if who == "maker" and actor.id != maker:
        raise Forbidden("只有提交人能这样做 / only its maker may", where=maker)
    if who == "checker" and actor.id == maker:
        raise Forbidden(
            "不能审核自己提交的批次 / nobody decides on a batch of their own", where=maker, remedy="由他人审核 / ask another"
        )
    if who == "checker" and actor.role not in DECIDERS:
        raise Forbidden("这个角色不能审核 / this role does not decide", where=actor.role)


def _locked(conn: Conn, batch: int) -> dict[str, Any]:
    held = imports.lock(conn, batch)
    if held is None:
        raise NotFound("没有这个批次 / no such batch", where=str(batch))
    return held


def _held(conn: Conn, desk: Desk, batch: int, plan_hash: str) -> dict[str, Any]:
    """The batch, locked, of a layer and with the plan that was seen."""
    held = _locked(conn, batch)
    desk.catalogue.layer(held["layer"])
    if held["plan_hash"] != plan_hash:
        raise Precondition(
            "批次的计划与所看到的不同 / this is not the plan that was shown",
            where="plan_hash",
            remedy="重新打开再决定 / reopen it, then decide",
        )
    return held


def _note(conn: Conn, actor: Actor, operation: str, held: dict[str, Any], batch: int, after: dict[str, Any]) -> None:
    journal.event(conn, "batches.changed", held["layer"], held["steward_org"], {"batch": batch})
    journal.audit(conn, actor, operation, layer=held["layer"], object_id=batch, steward_org=held["steward_org"],
                  before={"state": held["state"]}, after=after)  # fmt: skip
