"""Sealing the audit trail into a hash chain, after the fact and by one sealer, so that writers never wait for each other.

hash(n) = SHA-256(hash(n - 1) + text of the row). The head is also written to a file outside the database, because a chain cannot
see its own tail cut off: copy that file (or its log lines) to another machine.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import structlog

from riskmap.errors import Problem
from riskmap.store import audit
from riskmap.store.database import Database
from riskmap.store.query import Conn

BATCH = 5_000
LATE = 20_000  # a transaction may commit after 20,000 younger audit rows; what is later still, the next start finds
EVERY_S = 0.5
HEAD_EVERY = dt.timedelta(minutes=1)

log = structlog.get_logger()


def linked(previous: str, text: str) -> str:
    """The hash of a link."""
    return hashlib.sha256((previous + text).encode()).hexdigest()


def seal(conn: Conn, everything: bool = False) -> audit.Head | None:
    """Seal what is open, at most one batch; the new head, or None when nothing was open or another sealer is at work.

    `everything` looks at the whole trail for rows that were missed, not only near its end.
    """
    if not audit.become_sealer(conn):
        return None
    head = audit.head(conn)
    waiting = audit.unsealed(conn, 0 if everything else max(0, head.audit_id - LATE), BATCH)
    if not waiting:
        return None
    previous, hashes, last = [], [], head.hash
    for _, text in waiting:
        previous.append(last)
        last = linked(last, text)
        hashes.append(last)
    ids = [i for i, _ in waiting]
    audit.append(conn, ids, list(range(head.number + 1, head.number + 1 + len(ids))), previous, hashes)
    return audit.Head(head.number + len(ids), last, ids[-1])


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many links hold; the first fault in words, or None; rows that wait for their seal."""

    links: int
    fault: str | None
    audit_id: int | None
    waiting: int


def verify(conn: Conn, *heads: Path | None) -> Verdict:
    """Walk the chain from its beginning and compare it with the heads written outside, in however many files."""
    noted: dict[int, str] = {}
    for file in filter(None, heads):
        for number, hash in _noted(file).items():
            if noted.setdefault(number, hash) != hash:
                return Verdict(0, f"库外记录互不相符：第 {number} 节 The files of heads differ at link {number}", None, audit.waiting(conn))
    count, last = 0, ""
    while links := audit.chain(conn, count, BATCH):
        for link in links:
            fault = _fault(link, count + 1, last, noted.get(count + 1))
            if fault:
                return Verdict(count, fault, link.audit_id, audit.waiting(conn))
            count, last = count + 1, link.hash
    cut = max(noted, default=0)
    if cut > count:
        return Verdict(
            count, f"链尾缺失：曾到第 {cut} 节，现只有 {count} 节 The tail is missing: the chain once had {cut} links", None, 0
        )
    return Verdict(count, None, None, audit.waiting(conn))


def _fault(link: audit.Link, number: int, last: str, noted: str | None) -> str | None:
    if link.number != number:
        return f"第 {number} 节缺失 Link {number} is missing"
    if link.text is None:
        return f"审计行 {link.audit_id} 被删除 Audit row {link.audit_id} was deleted"
    if link.previous != last:
        return f"第 {number} 节与前一节不衔接 Link {number} does not follow the one before"
    if linked(last, link.text) != link.hash:
        return f"审计行 {link.audit_id} 被改动 Audit row {link.audit_id} was edited"
    if noted and noted != link.hash:
        return f"第 {number} 节与库外记录不符 Link {number} differs from the noted head"
    return None


def _noted(heads: Path) -> dict[int, str]:
    """Place → hash, from the file of heads. A line cut short by a crash is passed over."""
    if not heads.exists():
        return {}
    lines = [line.split("\t") for line in heads.read_text(encoding="utf-8").splitlines()]
    return {int(parts[1]): parts[2] for parts in lines if len(parts) == 3 and len(parts[2]) == 64}


class Heads:
    """Where the head is told outside the database: the file of this installation, and by setting a further file and a syslog.

    One that does not answer is logged and does not keep the others from being told.
    """

    def __init__(self, file: Path, further: Path | None = None, syslog: str = "") -> None:
        self._files = [file, *([further] if further else [])]
        self._syslog = syslog

    def tell(self, head: audit.Head, now: dt.datetime) -> None:
        for path in self._files:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a", encoding="utf-8") as file:
                    file.write(f"{now.isoformat(timespec='seconds')}\t{head.number}\t{head.hash}\n")
            except OSError as error:
                log.warning("audit_head", problem=str(error), file=str(path))
        if self._syslog:
            try:
                self._send(head, now)
            except OSError as error:
                log.warning("audit_head", problem=str(error), syslog=self._syslog)
        log.info("audit_head", number=head.number, hash=head.hash)

    def _send(self, head: audit.Head, now: dt.datetime) -> None:
        """One RFC 5424 message: facility 13 (log audit), severity notice."""
        text = f'<109>1 {now.isoformat(timespec="milliseconds")} {socket.gethostname()} riskmap - audit-head - number={head.number} hash={head.hash}'
        if self._syslog.startswith("/"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
                door.connect(self._syslog)
                door.send(text.encode())
            return
        host, _, port = self._syslog.rpartition(":")
        family, kind, proto, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, proto) as door:
            door.sendto(text.encode(), address)


class Sealer:
    """A thread that seals within a second, and tells the head outside the database once a minute."""

    def __init__(self, db: Database, heads: Heads) -> None:
        self._db, self._heads = db, heads
        self._stop = threading.Event()
        self._noted_at: dt.datetime | None = None
        self._untold: audit.Head | None = None
        self._thread = threading.Thread(target=self._run, name="audit-sealer", daemon=True)

    def start(self) -> Sealer:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Seal what is left, then end."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        everything, last = True, False
        while not last:
            last = self._stop.wait(EVERY_S)
            try:
                full = True
                while full:  # after a stop of the server much may wait; it is not left for the next turn
                    with self._db.as_engine() as conn:
                        before, sealed = audit.head(conn), seal(conn, everything)
                    full = sealed is not None and sealed.number - before.number >= BATCH
                    everything = everything and sealed is not None
                    self._untold = sealed or self._untold
            except Problem as problem:
                log.warning("audit_seal", problem=problem.title)
            self._tell()

    def _tell(self) -> None:
        now = dt.datetime.now(dt.UTC)
        if self._untold is None or (self._noted_at and now - self._noted_at < HEAD_EVERY and not self._stop.is_set()):
            return
        self._heads.tell(self._untold, now)
        self._noted_at, self._untold = now, None
