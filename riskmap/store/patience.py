"""How long one transaction may take: a request is bounded shortly, a whole city or a batch is not a request."""

from __future__ import annotations

from riskmap.store.query import Conn, rows

BATCH_S = 600


def be_patient(conn: Conn, seconds: int = BATCH_S) -> None:
    """Statements of this transaction, and the work between them, may take so long. What was granted before is never shortened."""
    rows(conn, "patience_be_patient", ms=int(seconds) * 1000)
