"""The single-file map of a district or a filter: the same set as the list, the grades of the last run, in one HTML for a USB stick."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import orjson
import shapely

from riskmap.core.actor import Actor
from riskmap.core.cell import center, polygons
from riskmap.core.filter import Filter
from riskmap.core.grading.method import MICRO
from riskmap.core.layer import Layer
from riskmap.core.outline import outlines
from riskmap.errors import TooLarge
from riskmap.flows.export import rows
from riskmap.flows.survey import BEIJING, beijing_day
from riskmap.page.single import single_file
from riskmap.settings import Settings
from riskmap.store import features, grades, journal, places
from riskmap.store.query import Conn

MOST_RECORDS = 20_000  # all are listed in the file; more would make a file no old machine opens
MOST_CELLS = 20_000


def made(
    conn: Conn, settings: Settings, layer: Layer, asked: Filter, order: tuple[str, str, bool], actor: Actor, now: dt.datetime
) -> str:
    """The HTML text. Raises TooLarge naming the count and how to narrow it."""
    today = beijing_day(now)
    total = features.count(conn, asked, today)
    if total > MOST_RECORDS:
        raise TooLarge(
            f"{total:,} 条太多，单个文件最多 {MOST_RECORDS:,} 条 / too many records for one file",
            where=layer.label.zh,
            remedy="加筛选，例如 --filter level=1,2 / narrow it, e.g. --filter level=1,2",
        )
    found = rows(conn, layer, asked, order, today, actor)
    states = {s["code"]: s for s in grades.districts(conn)}
    listed = places.districts(conn)
    shapes = {d["code"]: s for d, s in zip(listed, outlines([shapely.from_wkb(bytes(d["shape"])) for d in listed]), strict=True)}
    chosen = [shapes[c] for c in asked.district or () if c in shapes]
    area = shapely.union_all(chosen or list(shapes.values()))
    cells = _cells(conn, area) if chosen else None
    run = grades.last_run(conn)
    words = choice(layer, asked, {code: s["name"] for code, s in states.items()})
    journal.audit(conn, actor, "snapshot", layer=layer.name, after={"choice": words, "rows": total})
    return single_file(
        web_dir=settings.web_dir,
        title=f"{layer.label.zh} · {words}",
        bounds=area.bounds,
        districts=_districts(states, shapes, set(asked.district or ()) if cells else set()),
        cells=cells,
        records=[_record(f, states) for f in found],
        total=total,
        facts=[
            ("范围", words),
            ("评定", f"{run['as_of']} · {run['method']}" if run else "未评估"),
            ("制作", f"{actor.unit} {actor.name}"),
            ("时间", f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M}"),
        ],
        demo=any(f["properties"]["demo"] for f in found) or bool(features.ledgers(conn, today).get("demo")),
    )


def choice(layer: Layer, asked: Filter, names: dict[str, str]) -> str:
    """The filter in words, for the head of the file."""
    said = [names.get(code, code) for code in asked.district or ()]
    if asked.level is not None:
        said.append("等级 " + " ".join("无 Ⅰ Ⅱ Ⅲ Ⅳ".split()[n] for n in asked.level))
    said += [f"“{asked.q}”"] if asked.q else []
    said += [f"隐患 {asked.danger}"] if asked.danger else []
    said += [f"核验 {asked.verified}"] if asked.verified else []
    labels = {f.name: f.label.zh for f in layer.field}
    said += [f"{labels[name]} {'、'.join(values)}" for name, values in asked.attributes]
    return " · ".join(said) or "全市"


def _districts(states: dict[str, dict[str, Any]], shapes: dict[str, shapely.Geometry], bare: set[str]) -> dict[str, Any]:
    """Every district with its shown grade; D and T as the card shows them, None where it is not assessed."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": orjson.loads(shapely.to_geojson(shapes[code])),
                "properties": {
                    "code": code,
                    "name": s["name"],
                    "shown": s["shown"],
                    "bare": code in bare,
                    "d": None if s["d_micro"] is None else round(s["d_micro"] / MICRO, 2),
                    "t": None if s["t_micro"] is None else round(s["t_micro"] / MICRO, 5),
                },
            }
            for code, s in states.items()
        ],
    }


def _cells(conn: Conn, area: shapely.Geometry) -> dict[str, Any] | None:
    """Cells whose centre lies in the area; None where they are more than a file should hold."""
    table = grades.cells(conn)
    lon, lat = center(table["cell"])
    shapely.prepare(area)
    here = np.flatnonzero(shapely.contains_xy(area, lon, lat))
    if not 0 < len(here) <= MOST_CELLS:
        return None
    shapes = shapely.transform(polygons(table["cell"][here]), lambda xy: xy.round(5))
    level, risk = table["level"][here].tolist(), (table["risk_micro"][here] / MICRO).round(1).tolist()
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": orjson.loads(g), "properties": {"level": v, "risk": r}}
            for g, v, r in zip(shapely.to_geojson(shapes), level, risk, strict=True)
        ],
    }


def _record(feature: dict[str, Any], states: dict[str, dict[str, Any]]) -> dict[str, Any]:
    p, place = feature["properties"], feature["geometry"]
    lon, lat = place["coordinates"] if place else (None, None)
    district = states.get(p["district"] or "", {}).get("name", "")
    return {
        "lon": lon, "lat": lat, "level": p["effective_level"], "name": p["name"] or "（名称待补）", "code": p["code"],
        "place": " ".join(part for part in (district, p["address"]) if part), "note": p["parent_name"] or "",
    }  # fmt: skip
