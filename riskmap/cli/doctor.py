"""riskmap doctor."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.flows.doctor import examine
from riskmap.settings import settings

MARK = {"ok": "✓", "warn": "!", "fail": "✗"}


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="机器可读 for programs")] = False) -> None:
    """检查安装，说明问题与办法 · say what is wrong and how to mend it; exit code 1 when something fails."""
    found = examine(settings(), dt.datetime.now(dt.UTC))
    if as_json:
        print(json.dumps([asdict(c) for c in found], ensure_ascii=False))
    else:
        for check in found:
            print(f"{MARK[check.state]} {check.name:<12} {check.said}")
            if check.state != "ok" and check.remedy:
                print(f"    办法 remedy: {check.remedy}")
    raise typer.Exit(1 if any(c.state == "fail" for c in found) else 0)
