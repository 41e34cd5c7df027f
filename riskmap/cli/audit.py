"""riskmap verify-audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.flows.seal import verify
from riskmap.flows.setup import opened
from riskmap.settings import settings


@app.command("verify-audit")
def verify_audit(
    as_json: Annotated[bool, typer.Option("--json", help="机器可读 for programs")] = False,
    heads: Annotated[Path | None, typer.Option(help="另存的链头文件 a file of heads kept elsewhere", exists=True, dir_okay=False)] = None,
) -> None:
    """核对审计链 · walk the audit chain; exit code 1 names the first bad row."""
    given = settings()
    with opened(given) as db, db.as_engine(write=False) as conn:
        found = verify(conn, given.audit_heads, given.audit_head_file, heads)
    if as_json:
        print(json.dumps({"links": found.links, "fault": found.fault, "audit_id": found.audit_id, "waiting": found.waiting}))
    elif found.fault:
        print(f"✗ {found.fault}（前 {found.links} 节完好 the {found.links} links before it hold）")
    else:
        print(f"审计链完好 The chain holds: {found.links} · 待封 waiting {found.waiting}")
    raise typer.Exit(1 if found.fault else 0)
