"""Proposals for the stories at the review desk, made by clerks of 大兴区 through the flows, as the login role."""

from __future__ import annotations

import datetime as dt

from riskmap.core.actor import OFFICER, Actor
from riskmap.flows import propose
from riskmap.flows.register import Desk
from riskmap.store.database import Database

DISTRICT = "110115"
NEW = {"name": "甲一净水剂厂 二号液氯间", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.4270,
       "lat": 39.7265, "district": "大兴区", "verified_on": "2026-11-20"}  # fmt: skip


def clerk(db: Database, district: str = DISTRICT) -> Actor:
    with db.as_user(OFFICER) as conn:
        org = conn.execute("SELECT id FROM org WHERE kind = 'district' AND district_code = %s", (district,)).fetchone()
    assert org
    return Actor(id=f"clerk-{district}", name="周", role="district_clerk", org=org["id"], scope="org", orgs=(org["id"],))


def handed_in(
    db: Database, desk: Desk, values: dict, ago_h: float, who: Actor | None = None, layer: str = "risk_source", **more
) -> tuple[int, int]:
    """A proposal handed in `ago_h` hours ago; (id, version)."""
    who, at = who or clerk(db), dt.datetime.now(dt.UTC) - dt.timedelta(hours=ago_h)
    with db.as_user(who, write=True) as conn:
        id = propose.draft(conn, desk, desk.catalogue.layer(layer), more.pop("kind", "create"), values, who, at, **more)
        return id, propose.submit(conn, desk, id, 1, who, at)
