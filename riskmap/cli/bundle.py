"""riskmap bundle: what a machine without internet needs, in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.flows.bundle import bundle as make
from riskmap.settings import settings


@app.command()
def bundle(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="文件 file; default dist/riskmap-bundle.tar")] = None,
    debs: Annotated[bool, typer.Option(help="连同 PostgreSQL/PostGIS 的 deb 包 with the Debian packages themselves")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="机器可读 for programs")] = False,
) -> None:
    """离线安装包 · everything an intranet machine needs."""
    given = settings()
    made = make(given, output or given.root / "dist" / "riskmap-bundle.tar", debs)
    if as_json:
        print(json.dumps({"file": str(made.file), "bytes": made.file.stat().st_size, "sha256": made.sha256, "wheels": made.wheels,
                          "debs": made.debs}))  # fmt: skip
        return
    print(f"{made.file}  {made.file.stat().st_size / 1e6:.0f} MB  sha256 {made.sha256}")
    print(f"{made.wheels} wheels · {made.debs} deb · 前端库 front-end files · 源码 source")
    print("在内网机器上 On the intranet machine:  tar xf riskmap-bundle.tar && cd riskmap && setup/offline.sh")
