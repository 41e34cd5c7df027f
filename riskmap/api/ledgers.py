"""Ledgers over HTTP: a file of stock, chemical holdings or hidden dangers goes in whole, or with every reason why not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from riskmap import catalogue
from riskmap.api.deps import Json, actor, client_key, desk, now, once, settings
from riskmap.api.imports import BODY, Upload, mapping_of, on_disk, upload
from riskmap.flows import intake
from riskmap.flows import ledger as journey
from riskmap.readers import Limits
from riskmap.store.query import Conn

router = APIRouter(prefix="/api/ledgers/{ledger}/imports", tags=["ledgers"])


@router.post("", status_code=201, openapi_extra=BODY, dependencies=[Depends(client_key)])
def bring(
    request: Request,
    ledger: str,
    given: Annotated[Upload, Depends(upload)],
    dry_run: Annotated[bool, Query(description="judge every row, store nothing")] = False,
    partial: Annotated[bool, Query(description="store the sound rows although others are refused")] = False,
) -> Json:
    """Import a file into a ledger (stock, holding, hidden_danger) in one transaction; the same file goes in once.

    201 stored · 200 dry run, or the file went in before · 422 rows are refused and nothing is stored (`findings` tells each).
    """
    bounds, layers = settings(request), desk(request).catalogue
    layers.ledger(ledger)
    mapping = mapping_of(given.fields.get("mapping", ""))
    with on_disk(given) as path:
        table = journey.read(layers, ledger, path, mapping, Limits.of(bounds))
        source = journey.Source(given.name, intake.digest(path), mapping, dry_run, partial)
    shelf = journey.Shelf(layers, catalogue.gb18218(bounds.data_dir / "codes"))

    def act(conn: Conn) -> tuple[int, Any]:
        answer = journey.stored(journey.bring(conn, shelf, ledger, table, source, actor(request), now()))
        return 201 if answer["state"] == "committed" and not answer["repeated"] else 200, answer

    body = {"ledger": ledger, "file": source.file_hash, "mapping": dict(mapping), "dry_run": dry_run, "partial": partial}
    return once(request, body, act)
