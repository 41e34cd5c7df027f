"""Photos and papers of a proposal: added and taken away by its maker while it may be edited."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import Any

from riskmap.core.actor import Actor
from riskmap.core.life_cycle import EDITABLE
from riskmap.errors import BadInput, Conflict, Forbidden, NotFound
from riskmap.readers import examine
from riskmap.store import attachments, changes, journal
from riskmap.store.query import Conn

MOST = 20  # of one proposal


def examined(body: bytes) -> tuple[str, bytes]:
    """A file as it may be kept: its kind and its bytes. Asked before a transaction is begun, since a child process looks. Raises BadFile."""
    if not body:
        raise BadInput("没有文件 / no file", where="file", remedy="选一个照片或 PDF / choose a photo or a PDF")
    return examine(body)


def add(conn: Conn, change: int, name: str, file: tuple[str, bytes], actor: Actor, now: dt.datetime) -> int | None:
    """Hang an examined file on a proposal; None where it hangs there already. Raises NotFound, Forbidden, Conflict."""
    held = _held(conn, change, actor)
    if len(attachments.of_change(conn, change)) >= MOST:
        raise BadInput(f"附件最多 {MOST} 个 / at most {MOST} files", where="file")
    kind, kept = file
    digest, named = hashlib.sha256(kept).hexdigest(), tidy(name, kind)
    id = attachments.add(conn, change, held["steward_org"], kind, named, digest, kept, actor.id, now)
    if id is not None:
        journal.audit(conn, actor, "change.attach", layer=held["layer"], object_id=change, steward_org=held["steward_org"],
                      after={"attachment": id, "name": named, "kind": kind, "bytes": len(kept), "sha256": digest})  # fmt: skip
    return id


def remove(conn: Conn, change: int, id: int, actor: Actor, now: dt.datetime) -> None:
    """Take a file away. Raises NotFound, Forbidden, Conflict."""
    held = _held(conn, change, actor)
    gone = attachments.remove(conn, id, change, now)
    if gone is None:
        raise NotFound("没有这个附件 / no such attachment", where=str(id))
    journal.audit(conn, actor, "change.detach", layer=held["layer"], object_id=change, steward_org=held["steward_org"],
                  before={"attachment": id, "name": gone["name"], "sha256": gone["hash"]})  # fmt: skip


def opened(conn: Conn, id: int) -> dict[str, Any]:
    """A file with its bytes. Raises NotFound, the same for another unit's."""
    found = attachments.one(conn, id)
    if found is None:
        raise NotFound("没有这个附件 / no such attachment", where=str(id))
    return found


def tidy(name: str, kind: str) -> str:
    """A file name without folders and signs that mean something to a system, with the ending of what it is."""
    plain = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*\u202a-\u202e\u2066-\u2069]', "_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    stem = re.sub(r"\.(jpe?g|png|pdf)$", "", plain, flags=re.IGNORECASE)[:180] or "附件"
    return f"{stem}.{'jpg' if kind == 'jpeg' else kind}"


def _held(conn: Conn, change: int, actor: Actor) -> dict[str, Any]:
    held = changes.lock(conn, change)
    if held is None:
        raise NotFound("没有这条申请 / no such proposal", where=str(change))
    if held["maker"] != actor.id:
        raise Forbidden("只有提交人能改动这条申请 / only its maker may", where=held["maker"])
    if held["state"] not in EDITABLE:
        raise Conflict("已提交的申请不能改 / a proposal that was handed in is not edited", where=held["state"], state=held["state"])
    return held
