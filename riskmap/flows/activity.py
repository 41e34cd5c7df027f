"""待办与动态: what waits for a person, each with the page it is done on; what happened in what the person sees."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.life_cycle import DECIDERS, PROPOSERS, sides
from riskmap.core.mask import veiled
from riskmap.core.role import may
from riskmap.flows.survey import beijing_day
from riskmap.store import activity
from riskmap.store.query import Conn

# kind of work → the page it is done on; in the order of urgency
WHERE = {"overdue": "/dangers?overdue=yes", "take": "/review", "review": "/review", "files": "/import", "returned": "/drafts",
         "returned_files": "/import", "incoming": "/stock", "stock": "/stock"}  # fmt: skip


def works(actor: Actor) -> bool:
    """Whether anything can wait for this person at all."""
    return actor.role in PROPOSERS | DECIDERS and actor.role != "operator"


def waiting(conn: Conn, actor: Actor, now: dt.datetime) -> list[dict[str, Any]]:
    """[{key, n, since, href}], the most urgent first; empty for who has no such work."""
    if not works(actor):
        return []
    found = activity.waiting(conn, actor.id, sides(actor), beijing_day(now), decides=actor.role in DECIDERS,
                             moves=may(actor.role, "stock.move"), approves=may(actor.role, "stock.approve"))  # fmt: skip
    told = {one["key"]: one for one in found}
    return [told[key] | {"href": href} for key, href in WHERE.items() if key in told]


def feed(conn: Conn, before: dt.datetime, size: int) -> list[dict[str, Any]]:
    """What happened, each with the page that shows it; phone numbers in a text are masked for everybody."""
    return [one | {"name": veiled(one["name"], {}), "href": _page(one)} for one in activity.feed(conn, before, size)]


def _page(one: dict[str, Any]) -> str:
    match one["kind"]:
        case "danger":
            return f"/dangers/{one['id']}"
        case "shelter":
            return f"/shelters/{one['id']}/state"
        case "stock":
            return f"/stock/{one['id']}"
        case "file":
            return f"/import/{one['layer']}/{one['id']}" if "." not in one["layer"] else "/import"
        case "change":
            return "/review"
    return f"/enterprises/{one['id']}" if one["layer"] == "enterprise" else f"/?id={one['layer']}:{one['id']}"
