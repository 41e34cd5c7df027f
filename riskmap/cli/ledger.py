"""riskmap import stock | holding | hidden_danger FILE: the part of `import` that is a ledger's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import typer

from riskmap import catalogue
from riskmap.core.actor import OPERATOR
from riskmap.errors import BadInput
from riskmap.flows import ledger
from riskmap.flows.intake import digest
from riskmap.readers import Limits
from riskmap.settings import Settings
from riskmap.store.database import Database
from riskmap.store.patience import be_patient

SHOWN = 20
PATIENCE_S = 3_600
OUTCOMES = {"new": "新增", "changed": "更新", "unchanged": "未变", "refused": "拒绝"}


def bring(
    given: Settings, db: Database, name: str, file: Path, mapping: Mapping[str, str], dry_run: bool, partial: bool, as_json: bool
) -> None:
    """Import one file into a ledger and say what came of it. Exit code 1 when rows were refused and nothing was stored."""
    codes = given.data_dir / "codes"
    shelf = ledger.Shelf(catalogue.load(given.layers_dir, codes), catalogue.gb18218(codes))
    table = ledger.read(shelf.catalogue, name, file, mapping, Limits.of(given, command_line=True))
    source = ledger.Source(file.name, digest(file), mapping, dry_run, partial)
    with db.as_user(OPERATOR, write=True) as conn:
        be_patient(conn, PATIENCE_S)
        answer = ledger.bring(conn, shelf, name, table, source, OPERATOR, dt.datetime.now(dt.UTC))
    if as_json:
        print(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str).decode())
    else:
        _report(answer)
    if answer["state"] == "refused":
        raise typer.Exit(1)


def refuse_others(**options: Any) -> None:
    """A ledger has no place on the map: options of layers do not apply. Raises BadInput naming them."""
    said = ["--" + name.replace("_", "-") for name, value in options.items() if value]
    if said:
        raise BadInput("台账没有这些选项 (not for a ledger)", where=" ".join(said), remedy="去掉它们 leave them out")


def _report(answer: Mapping[str, Any]) -> None:
    state = {
        "committed": f"批次 batch {answer['id']} · 已登记 committed",
        "planned": "仅试算，未登记 dry run, nothing stored",
        "refused": "有行被拒绝，全部未登记 rows were refused, nothing stored",
    }[answer["state"]]
    if answer["repeated"]:
        state = f"批次 batch {answer['id']} · 此前已登记，未重复登记 already imported"
    print(f"{answer['ledger']} · {answer['rows']:,} 行 rows · {state}")
    for outcome, label in OUTCOMES.items():
        if n := answer["counts"].get(outcome):
            print(f"  {label} {outcome}: {n:,}")
    for sign, found in (("·", answer["findings"]), ("✗", answer["refused"])):
        for f in found[:SHOWN]:
            where = f"第 {f['row']} 行 row {f['row']} {f['column']}“{f['value']}”：" if f["row"] else ""
            print(f"  {sign} {where}{f['reason']}。{f['remedy']}")
        if len(found) > SHOWN:
            print(f"  … 共 {len(found)} 条，--json 可见全部 {len(found)} in all, see --json")
    if answer["state"] == "refused":
        print("  改正后重新导入，或加 --partial 只登记合格的行 mend them, or take the sound rows with --partial")
