"""riskmap snapshot: one self-contained HTML of a district or a filter."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from riskmap import catalogue
from riskmap.cli import app
from riskmap.core.actor import OPERATOR
from riskmap.core.filter import parse, sort_of
from riskmap.errors import BadInput
from riskmap.flows.setup import opened
from riskmap.flows.snapshot import made
from riskmap.settings import settings


@app.command()
def snapshot(
    output: Annotated[Path, typer.Option("--output", "-o", help="写到这个 HTML 文件 the file to write")],
    district: Annotated[str | None, typer.Option(help="区代码 district code, e.g. 110105")] = None,
    layer: Annotated[str, typer.Option(help="图层 layer")] = "risk_source",
    filters: Annotated[list[str] | None, typer.Option("--filter", help="筛选 e.g. level=1,2")] = None,
) -> None:
    """单文件地图：一个区或一次筛选，离线打开 · a single-file map that opens offline."""
    given = settings()
    declared = catalogue.load(given.layers_dir, given.data_dir / "codes").layer(layer)
    query = dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in filters or [])
    unknown = [k for k in query if k not in KNOWN and not k.startswith("attr.")]
    if unknown:
        raise BadInput("没有这种筛选 / not a filter", where=", ".join(unknown), remedy="可用 / use: " + ", ".join(KNOWN) + ", attr.<field>")
    if district:
        query["district"] = district
    if not district and not query:
        query["level"] = "1"
    asked = parse(declared, query)
    with opened(given) as db:
        with db.as_user(OPERATOR, write=True) as conn:
            text = made(conn, given, declared, asked, sort_of(declared.sort), OPERATOR, dt.datetime.now(dt.UTC))
    output.write_text(text, encoding="utf-8")
    print(f"已写出 written: {output} ({output.stat().st_size / 1e6:.1f} MB)")


KNOWN = ("q", "bbox", "district", "level", "status", "danger", "verified", "parent", "ids")
