"""riskmap paper-template: the Word template of papers, to put the bureau's own letterhead in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.flows.paper import KINDS
from riskmap.writers.docx import shipped


@app.command(name="paper-template")
def paper_template(output: Annotated[Path, typer.Option("--output", "-o", help="写到这个 Word 文件 the file to write")]) -> None:
    """自带的 Word 模板，改成本单位的版式后放进 RISKMAP_PAPER_DIR · the Word template, to be made one's own."""
    output.write_bytes(shipped())
    print(f"已写出 written: {output}；改好后放进 RISKMAP_PAPER_DIR，名为 put it there as " + "、".join(f"{kind}.docx" for kind in KINDS))
