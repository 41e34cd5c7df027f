"""What leaves the product as a file or on paper: audited first, formula-safe, with unit, person and time on it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from riskmap import writers
from riskmap.api.deps import actor, now
from riskmap.core.actor import Actor
from riskmap.store import journal
from riskmap.store.query import Conn
from riskmap.writers import Column

BEIJING = dt.timezone(dt.timedelta(hours=8))
FORMS = ("xlsx", "csv")


def mark(unit: str, name: str, at: dt.datetime) -> str:
    """The watermark: unit, person and time in Beijing."""
    return f"{unit} {name} {at.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def file_name(title: str, who: Actor, at: dt.datetime, n: int, form: str) -> str:
    """A name that says what, when, how much and by whom; a csv has no other place to say it."""
    by = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "", f"{who.unit}{who.name}")
    return f"{title}-{at.astimezone(BEIJING):%Y%m%d-%H%M}-{n}-{by}.{form}"


def attached(
    request: Request, conn: Conn, operation: str, form: str, title: str, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any], layer: str | None = None,
) -> Response:  # fmt: skip
    """The rows as a file, after the audit row of it in the transaction of `conn`."""
    who, at = actor(request), now()
    content = writers.write(form, title, columns, rows, mark(who.unit, who.name, at))
    after = dict(told) | {"format": form, "rows": len(rows), "sha256": hashlib.sha256(content).hexdigest()}
    journal.audit(conn, who, operation, layer=layer, after=after)
    name = file_name(title, who, at, len(rows), form)
    headers = {"Content-Disposition": f"attachment; filename=\"export.{form}\"; filename*=UTF-8''{quote(name)}", "X-Rows": str(len(rows))}
    return Response(content, media_type=writers.MEDIA[form], headers=headers)
