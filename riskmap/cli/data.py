"""riskmap import LAYER FILE, riskmap undo BATCH, riskmap export LAYER."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from riskmap import catalogue
from riskmap.cli import app, ledger
from riskmap.core.actor import OPERATOR
from riskmap.core.filter import parse, sort_of
from riskmap.errors import BadInput
from riskmap.flows import export as exporting
from riskmap.flows import intake, progress, register
from riskmap.flows.register import Desk
from riskmap.flows.setup import opened
from riskmap.flows.survey import beijing_day
from riskmap.readers import Limits
from riskmap.settings import Settings, settings
from riskmap.store import imports, journal
from riskmap.store.patience import be_patient
from riskmap.store.places import gazetteer

OUTCOMES = {
    "new": "新增",
    "changed": "修改",
    "unchanged": "未变",
    "duplicate": "疑似重复",
    "incomplete": "待补",
    "refused": "拒绝",
}
Json = Annotated[bool, typer.Option("--json", help="机器可读 for programs")]
SHOWN = 20
STEP = 100_000  # rows between two words on how far it is
STAGES = {"parsing": "读取", "planning": "写入计划", "comparing": "与库内比对"}
PATIENCE_S = 3_600  # a million rows take longer than a request may


@app.command("import")
def import_(
    layer: Annotated[str, typer.Argument(help="图层 layer, e.g. shelter; 台账 ledger: stock | holding | hidden_danger")],
    file: Annotated[Path, typer.Argument(help="xlsx csv geojson gpkg zip(shp)")],
    crs: Annotated[str | None, typer.Option(help="wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n")] = None,
    district: Annotated[str | None, typer.Option(help="未填所在区的行归入 stated district of rows that name none")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option(help="表头=字段 heading=field; 表头= 不要 drop; =值=字段 a constant")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只生成计划 plan only, change nothing")] = False,
    accept_duplicates: Annotated[
        bool, typer.Option("--accept-duplicates", help="疑似重复也登记 take suspected duplicates as well")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="有一行被拒绝就全部不登记 change nothing if any row is refused")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="台账：有行被拒绝时登记其余的行 ledgers: take the sound rows only")
    ] = False,
    workbook: Annotated[Path | None, typer.Option(help="把标红的工作簿写到这里 write the marked workbook here")] = None,
    as_json: Json = False,
) -> None:
    """导入一个文件：检查、列计划、登记 · import a file: check, plan, commit exactly that plan."""
    given, now = settings(), dt.datetime.now(dt.UTC)
    if layer in catalogue.load(given.layers_dir, given.data_dir / "codes").ledgers:
        ledger.refuse_others(crs=crs, district=district, accept_duplicates=accept_duplicates, workbook=workbook)
        with opened(given) as db:
            ledger.bring(given, db, layer, file, _mapping(mapping or []), dry_run, partial, as_json)
        return
    if partial:
        raise BadInput(
            "--partial 只用于台账 (for ledgers only)", where="--partial", remedy="图层默认就登记合格的行；要全有或全无用 --strict"
        )
    asked = intake.Asked(layer, file.name, crs, district, _mapping(mapping or []), given.district_tolerance_m)
    _say(as_json, f"读取 reading {file.name} …")
    layers = catalogue.load(given.layers_dir, given.data_dir / "codes")
    desk = Desk(layers, _no_places(), given.soft_duplicate_m)
    with progress.watched("parsing", hear=None if as_json else _hear()):
        table = intake.read(desk, file, asked, Limits.of(given, command_line=True))
    _say(as_json, f"{table.n:,} 行 rows; 检查并生成计划 checking and planning …")
    with opened(given) as db:
        with db.as_user(OPERATOR) as conn:
            desk = _desk(given, conn)
        checked = intake.inspect(desk, table, asked)
        with db.as_user(OPERATOR, write=True) as conn:
            be_patient(conn, PATIENCE_S)
            with progress.watched("planning", hear=None if as_json else _hear()):
                plan = intake.plan(conn, desk, file, table, checked, asked, OPERATOR)
        answer: dict[str, Any] = plan | {"committed": False}
        with db.as_user(OPERATOR) as conn:
            told = imports.planned(conn, plan["id"], ["refused"], -1, SHOWN)
            answer["refused"] = [f for r in told for f in r["findings"] if f["severity"] == "refuse"]
            if workbook:
                intake.keep(given.var_dir / "uploads", file)
                intake.returned(
                    conn, desk, given.var_dir / "uploads", layer, plan["id"], Limits.of(given, command_line=True), workbook
                )
        if not dry_run and not (strict and plan["counts"].get("refused")):
            _say(as_json, "登记 committing …")
            with db.as_user(OPERATOR, write=True) as conn:
                be_patient(conn, PATIENCE_S)
                done = register.commit(conn, desk, plan["id"], plan["plan_hash"], OPERATOR, now, accept_duplicates)
            answer |= {"committed": True, "state": done["state"], "counts": done["counts"]}
    _report(answer, as_json)
    if strict and not answer["committed"] and not dry_run:
        raise typer.Exit(1)


@app.command()
def undo(batch: Annotated[int, typer.Argument(help="批次号 batch id")], as_json: Json = False) -> None:
    """撤销一个批次 · take a batch back, unless a row of it has been edited since."""
    given = settings()
    with opened(given) as db, db.as_user(OPERATOR, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        done = register.undo(conn, _desk(given, conn), batch, OPERATOR, dt.datetime.now(dt.UTC))
    if as_json:
        print(orjson.dumps(done).decode())
    else:
        print(f"批次 {batch} 已撤销 undone：移除 removed {done.get('removed', 0)}，恢复 restored {done.get('restored', 0)}")


@app.command()
def export(
    layer: Annotated[str, typer.Argument(help="图层 layer")],
    format: Annotated[str, typer.Option(help="xlsx | csv | geojson | gpkg")] = "xlsx",
    filter: Annotated[list[str] | None, typer.Option(help="与列表相同的条件 as in the list, e.g. district=110101")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="默认 <layer>.<format>; - 为标准输出 stdout")] = None,
) -> None:
    """导出筛选出的记录 · export exactly the filtered records."""
    given, now = settings(), dt.datetime.now(dt.UTC)
    if format not in ("xlsx", "csv", "geojson", "gpkg"):
        raise BadInput(f"不支持的格式 {format} (unknown format)", where="--format", remedy="xlsx | csv | geojson | gpkg")
    pairs = dict(_pair(f, "--filter") for f in filter or [])
    with opened(given) as db:
        with db.as_user(OPERATOR, write=True) as conn:
            desk = _desk(given, conn)
            declared = desk.catalogue.layer(layer)
            order = sort_of(pairs.pop("sort", "") or declared.sort)
            found = exporting.rows(conn, declared, parse(declared, pairs), order, beijing_day(now), OPERATOR)
            journal.audit(conn, OPERATOR, "export", layer=layer, after={"format": format, "filters": pairs, "rows": len(found)})
        mark = f"{OPERATOR.unit} {OPERATOR.name} {now.astimezone(dt.timezone(dt.timedelta(hours=8))):%Y-%m-%d %H:%M}"
        content = exporting.written(declared, desk.catalogue, found, format, mark)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(content)
        return
    target = output or Path(f"{layer}.{format}")
    with tempfile.NamedTemporaryFile(dir=target.resolve().parent, prefix=".riskmap-", delete=False) as part:
        part.write(content)
    Path(part.name).chmod(0o644)
    Path(part.name).replace(target)
    print(f"{len(found):,} 条记录 records → {target}")


def _desk(given: Settings, conn: Any) -> Desk:
    return Desk(catalogue.load(given.layers_dir, given.data_dir / "codes"), gazetteer(conn), given.soft_duplicate_m)


def _no_places() -> Any:
    from riskmap.core.gazetteer import Gazetteer

    return Gazetteer()


def _mapping(pairs: list[str]) -> dict[str, str]:
    """heading=field; the last = parts them, so that a constant reads '=医疗机构=site_kind'."""
    return dict(_pair(p, "--mapping", last=True) for p in pairs)


def _pair(text: str, option: str, last: bool = False) -> tuple[str, str]:
    key, sign, value = text.rpartition("=") if last else text.partition("=")
    if not sign or not key:
        raise BadInput(f"应写成 名=值：{text} (write key=value)", where=option, remedy=f"{option} key=value")
    return key, value


def _hear() -> Callable[[progress.Progress], None]:
    """Says every STEP rows how far a stage is."""
    last = ["", 0]

    def hear(now: progress.Progress) -> None:
        if now.done and ([now.stage, now.done // STEP] != last):
            last[:] = [now.stage, now.done // STEP]
            of = f" / {now.total:,}" if now.total else ""
            _say(False, f"  {STAGES.get(now.stage, '')} {now.stage} {now.done:,}{of}")

    return hear


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        print(text, file=sys.stderr, flush=True)


def _report(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str).decode())
        return
    print(
        f"批次 batch {answer['id']} · {answer['rows']:,} 行 rows · "
        + ("已登记 committed" if answer["committed"] else "仅计划，未登记 planned only")
    )
    for outcome, label in OUTCOMES.items():
        if n := answer["counts"].get(outcome):
            print(f"  {label} {outcome}: {n:,}")
    for f in answer["findings"]:
        print(f"  · {f['column'] + '：' if f['column'] else ''}{f['reason']}。{f['remedy']}")
    for f in answer["refused"][:SHOWN]:
        print(f"  ✗ 第 {f['row']} 行 row {f['row']} {f['column']}“{f['value']}”：{f['reason']}。{f['remedy']}")
    if (n := answer["counts"].get("refused", 0)) > SHOWN:
        print(f"  … 共 {n} 行被拒绝，用 --workbook 取回标红的工作簿 {n} rows refused in all")
