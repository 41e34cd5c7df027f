"""本期无变化: a clerk of the unit has looked, nothing changed; the verified date of one record, or of all of an enterprise, is renewed.

No second person decides, because nothing is changed: the record's values stay to the letter, the history names who looked, and who made the
click takes it back as long as a record stands as it left it. A record that lacks something, or of which a change is under way, takes none.
The database keeps the same by itself (migrations/0024_confirmation.sql).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.life_cycle import PROPOSERS
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.flows.survey import beijing_day
from riskmap.store import confirmations, journal
from riskmap.store.query import Conn

MOST = 2000  # records of one click
WHY = {
    "absent": "没有这条记录 / no such record",
    "foreign": "不是本单位的记录 / another organisation's record",
    "retired": "已停用 / retired",
    "today": "今天已核验 / verified today already",
    "moved": "看过之后又有变动 / changed since it was seen",
    "incomplete": "待补：先补齐必填项 / incomplete, supply what is missing first",
    "waiting": "有未办结的变更申请 / a change of it is under way",
}


def unchanged(conn: Conn, asked: Sequence[tuple[int, int]], actor: Actor, now: dt.datetime, of: int | None = None) -> dict[str, Any]:
    """Confirm records as seen, (id, version) each. `of`: the enterprise they were confirmed for.

    Returns {sitting, confirmed, left: [{id, code, name, layer, why, reason}]}. Raises Conflict where none takes it, with why of each.
    """
    if actor.role not in PROPOSERS:
        raise Forbidden("这个角色不核验记录 / this role does not confirm", where=actor.role)
    pairs = sorted(dict(asked).items())
    if not 1 <= len(pairs) <= MOST:
        raise BadInput(f"一次 1–{MOST} 条 / 1 to {MOST} records at once", where="records")
    today, sitting = beijing_day(now), uuid.uuid4()
    done = confirmations.add(conn, pairs, today, sitting, actor.id, now)
    taken = {one["feature_id"] for one in done}
    rest = [one for one in pairs if one[0] not in taken]
    left = confirmations.left(conn, rest, today, actor.orgs or (actor.org,), actor.scope == "city") if rest else []
    left = [one | {"reason": WHY[one["why"]]} for one in left]
    if not done:
        if len(left) == 1 and left[0]["why"] == "absent":
            raise NotFound("没有这条记录 / no such record", where=str(left[0]["id"]))
        raise Conflict("没有可确认的记录 / nothing here takes a confirmation", where="; ".join(sorted({one["reason"] for one in left}))[:200],
                       remedy="按原因处理后再确认 / see to the reasons first", left=left)  # fmt: skip
    _tell(conn, actor, "feature.confirm", done, of, {"sitting": str(sitting), "verified_on": today.isoformat(), "left": len(left)})
    return {"sitting": str(sitting), "confirmed": len(done), "verified_on": today, "left": left}


def undo(conn: Conn, sitting: uuid.UUID, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Take a click back. Returns {sitting, undone, kept}: kept are those that moved on since. Raises NotFound, Forbidden, Conflict."""
    held = confirmations.of(conn, sitting)
    if held is None:
        raise NotFound("没有这次确认 / no such confirmation", where=str(sitting))
    if held["actor"] != actor.id and actor.role not in ("risk_officer", "operator"):
        raise Forbidden("只有确认人能撤销 / only who confirmed takes it back", where=held["actor"])
    if held["undone"] == held["records"]:
        return {"sitting": str(sitting), "undone": 0, "kept": 0}
    done = confirmations.undo(conn, sitting, actor.id, now)
    if not done:
        raise Conflict("这些记录此后都有变动，不能撤销 / every one of them was changed since", where=str(sitting),
                       remedy="逐条修改 / change them one by one")  # fmt: skip
    kept = held["records"] - held["undone"] - len(done)
    _tell(conn, actor, "feature.unconfirm", done, None, {"sitting": str(sitting), "kept": kept})
    return {"sitting": str(sitting), "undone": len(done), "kept": kept}


def _tell(conn: Conn, actor: Actor, operation: str, done: Sequence[dict[str, Any]], of: int | None, more: dict[str, Any]) -> None:
    """Events by layer and organisation, which the grader follows; one audit row for the click."""
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in done:
        groups[one["layer"], one["steward_org"]].append(one["feature_id"])
    for (layer, steward), ids in groups.items():
        journal.event(conn, "features.changed", layer, steward, {"ids": ids})
    first = done[0]
    journal.audit(conn, actor, operation, layer=first["layer"] if len(groups) == 1 else None,
                  object_id=of or (first["feature_id"] if len(done) == 1 else None), steward_org=first["steward_org"],
                  after={"ids": [one["feature_id"] for one in done]} | more)  # fmt: skip
