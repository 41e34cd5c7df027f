"""riskmap roads import | show: the road network the plans stand on."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from riskmap import catalogue
from riskmap.cli import app
from riskmap.core.actor import OPERATOR
from riskmap.core.road.speed import FACTOR
from riskmap.errors import BadInput
from riskmap.flows import roads as journey
from riskmap.flows.setup import opened
from riskmap.flows.survey import beijing_day
from riskmap.readers import Limits, road
from riskmap.settings import settings
from riskmap.store import roads as kept
from riskmap.store.places import gazetteer

roads = typer.Typer(help="路网 · roads", no_args_is_help=True)
app.add_typer(roads, name="roads")
Json = Annotated[bool, typer.Option("--json", help="机器可读 for programs")]
MODES = {"drive": "驾车 driving", "walk": "步行 on foot"}


@roads.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="OSM PBF、Shapefile (.shp .zip)、GeoPackage、GeoJSON 线 lines，或边表 table of edges csv")
    ],
    source: Annotated[str, typer.Option(help="来源，记入每个方案 where it comes from; told in every plan")],
    valid_on: Annotated[str, typer.Option("--date", help="数据日期 YYYY-MM-DD the day the roads are as of")],
    name: Annotated[str | None, typer.Option(help="名称，默认文件名 a name")] = None,
    crs: Annotated[
        str | None, typer.Option(help="wgs84 | cgcs2000 | gcj02 | bd09 | EPSG:n；文件没说时必填 where the file says nothing")
    ] = None,
    nodes: Annotated[Path | None, typer.Option(help="边表的节点表 table of nodes beside a table of edges")] = None,
    layer: Annotated[str | None, typer.Option(help="图层名 layer of the file")] = None,
    class_field: Annotated[str | None, typer.Option(help="道路等级字段 field of the class")] = None,
    oneway_field: Annotated[str | None, typer.Option(help="单行字段 field of the direction")] = None,
    speed_field: Annotated[str | None, typer.Option(help="限速字段 field of the posted limit, km/h")] = None,
    name_field: Annotated[str | None, typer.Option(help="路名字段 field of the name")] = None,
    directed: Annotated[
        bool | None, typer.Option("--directed/--undirected", help="边表每行单向还是双向 rows of a table: one way or both")
    ] = None,
    join_m: Annotated[float, typer.Option(min=0, max=20, help="相距不到此数的端点连起来 join ends nearer than this")] = 0.0,
    factor: Annotated[
        float, typer.Option(min=0.1, max=1.0, help="车速 = 设计速度或限速 × 系数 speed = design speed or limit × factor")
    ] = FACTOR,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 check only, change nothing")] = False,
    as_json: Json = False,
) -> None:
    """导入路网，整体替换现有的 · bring roads; they replace those in force as a whole."""
    given, now = settings(), dt.datetime.now(dt.UTC)
    say = (lambda _: None) if as_json else (lambda text: print(text, file=sys.stderr, flush=True))
    brought = journey.Brought(name or file.stem, source.strip(), _day(valid_on, now), crs, join_m, factor)
    if not brought.source:
        raise BadInput("写明来源 / say where they come from", where="--source")
    asked = road.Asked(nodes, layer, class_field, oneway_field, speed_field, name_field, directed)
    say(f"读取 reading {file.name} …")
    lines = road.read(file, asked, Limits.of(given, command_line=True), None if as_json else lambda n: say(f"  {n:,}"))
    datum = journey.crs_of(lines, crs)
    say(f"{len(lines):,} 条线 lines，坐标系 datum {datum}；建网 building …")
    with opened(given) as db:
        with db.as_user(OPERATOR) as conn:
            places = gazetteer(conn)
        network, facts = journey.made(lines, catalogue.road_speeds(given.data_dir / "codes"), datum, brought, places)
        body: dict[str, Any] = {
            "name": brought.name,
            "source": brought.source,
            "valid_on": str(brought.valid_on),
            "datum": datum,
            "stored": False,
            **facts,
        }
        if not dry_run:
            say(f"存储 storing {len(network):,} …")
            read = {k: str(v) for k, v in vars_of(asked).items() if v is not None and k != "nodes"}
            hash = journey.digest([p for p in (file, nodes) if p], datum, brought, read)
            id, new = journey.keep(
                db,
                network,
                brought,
                datum,
                facts,
                hash,
                OPERATOR,
                now,
                None if as_json else lambda n, of: say(f"  {n:,} / {of:,}"),
            )
            body |= {"stored": True, "dataset": id, "new": new}
    _report(body, as_json)


@roads.command()
def show(as_json: Json = False) -> None:
    """现在用的路网 · the roads in force."""
    with opened(settings()) as db, db.as_user(OPERATOR) as conn:
        held = kept.dataset(conn)
    if held is None:
        print("{}" if as_json else "没有路网，行程按直线估算 · no roads: ways are estimates")
        return
    body = {**held["facts"], "dataset": held["id"], "name": held["name"], "source": held["source"], "valid_on": str(held["valid_on"]),
            "datum": held["datum"], "stored": True, "new": False}  # fmt: skip
    _report(body, as_json)


def vars_of(asked: road.Asked) -> dict[str, Any]:
    return {k: getattr(asked, k) for k in asked.__slots__}


def _day(text: str, now: dt.datetime) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"不是日期：{text} / not a date", where="--date", remedy="YYYY-MM-DD") from None
    if day > beijing_day(now):
        raise BadInput(f"{day} 还没有到 / is yet to come", where="--date", remedy=str(beijing_day(now)))
    return day


def _report(body: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(orjson.dumps(body, option=orjson.OPT_INDENT_2, default=str).decode())
        return
    state = (
        "未存储 not stored"
        if not body["stored"]
        else f"数据集 dataset {body['dataset']}" + ("" if body.get("new") else " · 未变 unchanged")
    )
    print(f"{body['name']} · {body['source']} · {body['valid_on']} · {body['datum']} · {state}")
    print(
        f"  节点 nodes {body['nodes']:,} · 路段 edges {body['edges']:,}（单行 one way {body['one_way']:,}）· {body['kilometres']:,} km"
    )
    for mode, label in MODES.items():
        t = body[mode]
        if not t["nodes"]:
            print(f"  {label}: 没有路 none")
            continue
        print(
            f"  {label}: 互通的部分 pieces {t['pieces']:,}；最大一片 the largest {t['largest']:,} 节点 nodes = {t['share'] * 100:.1f} %"
        )
        for o in t["others"]:
            if o["nodes"] > 1:
                print(
                    f"    · 不通的一片 apart: {o['nodes']:,} 节点 nodes, {o['metres'] / 1000:,.1f} km, {o['district']} {o['lon']:.4f}, {o['lat']:.4f}"
                )
    for r in body["remarks"]:
        print(f"  · {r['count']:,} {r['text']}")
