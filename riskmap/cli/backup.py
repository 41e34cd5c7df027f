"""riskmap backup, riskmap restore, riskmap restore --drill."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from riskmap.cli import app
from riskmap.flows import backup as flow
from riskmap.flows.setup import make_current
from riskmap.settings import settings

Json = Annotated[bool, typer.Option("--json", help="机器可读 for programs")]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@app.command()
def backup(
    folder: Annotated[Path | None, typer.Option("--output", "-o", help="放在哪个目录 folder; default var/backups")] = None,
    as_json: Json = False,
) -> None:
    """备份数据库到一个文件 · back the database up into one file."""
    given = settings()
    make_current(given)
    file = flow.backup(given, folder or given.var_dir / "backups", now())
    if as_json:
        print(json.dumps({"file": str(file), "bytes": file.stat().st_size}))
    else:
        print(f"{file}  {file.stat().st_size / 1e6:.1f} MB\n请复制到另一台机器 Copy it to another machine.")


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="riskmap backup 写的文件 a file that `riskmap backup` wrote")] = None,
    drill: Annotated[
        bool, typer.Option("--drill", help="演练：恢复到临时库，核对后丢弃 into a scratch database, compared, dropped")
    ] = False,
    as_json: Json = False,
) -> None:
    """恢复；原有数据另存不删 · restore; what was there is kept under another name."""
    given = settings()
    if drill:
        make_current(given)
        report, kept = flow.drill(given, file, now()), None
    elif file is None:
        raise typer.BadParameter("要恢复哪个文件 which file is to be restored?", param_hint="FILE")
    else:
        report, kept = flow.restore(given, file, now())
    if as_json:
        print(json.dumps(asdict(report) | {"kept": kept}, ensure_ascii=False))
    else:
        tell(report, kept, drill)
    raise typer.Exit(1 if report.differences else 0)


def tell(report: flow.Report, kept: str | None, drill: bool) -> None:
    """A report as a person reads it."""
    counts = f"{report.tables} 表 tables · {report.rows} 行 rows · 审计链 audit links {report.audit_links} · {report.seconds} s"
    if report.differences:
        print(f"✗ 与备份不符 differs from the backup · {counts}")
        for line in report.differences:
            print(f"  {line}")
        return
    print(f"{'演练通过 the drill passed' if drill else '已恢复 restored'} · {report.file} · {counts}")
    if kept:
        print(f"原数据库改名为 {kept}，确认无误后可删除 the former database is now {kept}; drop it when you are sure")
