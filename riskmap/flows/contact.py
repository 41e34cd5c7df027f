"""Lifting the mask of one record's persons and phones: for one reader, once, with a reason that stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.layer import PERSONAL, Layer
from riskmap.errors import NotFound
from riskmap.store import features, journal
from riskmap.store.query import Conn


def revealed(conn: Conn, layer: Layer, id: int, reason: str, actor: Actor, today: dt.date) -> dict[str, Any]:
    """Field → value of the record's persons and phones. Raises NotFound, for another unit's as for none. The audit names fields, not values."""
    found = features.one(conn, layer.name, id, today) if 0 < id < 2**62 else None
    if found is None:
        raise NotFound("没有这条记录 / no such record", where=f"{layer.name}/{id}")
    values = {f.name: found["attributes"].get(f.name) for f in layer.field if f.type in PERSONAL}
    journal.audit(conn, actor, "contact.reveal", layer=layer.name, object_id=id, steward_org=found["steward_org"],
                  after={"reason": reason, "fields": sorted(values)})  # fmt: skip
    return values
