"""Roads as two tables: nodes with their coordinates, and edges from node to node. Only ever imported in the child."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from riskmap.core.road.lines import Lines, direction, limit
from riskmap.errors import BadFile, TooLarge
from riskmap.readers.delimited import decode

ID = ("node_id", "id", "nodeid", "节点", "节点编号")
LON = ("lon", "lng", "longitude", "x", "经度")
LAT = ("lat", "latitude", "y", "纬度")
FROM = ("from_node", "from", "source", "u", "起点", "start_node")
TO = ("to_node", "to", "target", "v", "终点", "end_node")
LENGTH = ("length_m", "length", "metres", "meters", "长度", "长度m")


def read(path: Path, asked: dict[str, Any], limits: dict[str, int]) -> Lines:
    """`path` is the table of edges; the one of nodes is named beside it."""
    from riskmap.readers.roadfile import found_field

    edges = _table(path, limits)
    if _column(edges, FROM) is None or _column(edges, TO) is None:
        if _column(edges, LON) is not None:
            raise BadFile(
                "这是节点表，请给出边表 (this is the table of nodes)", where=path.name, remedy="riskmap roads import EDGES.csv --nodes NODES.csv"
            )
        raise BadFile("不是道路文件 (not a file of roads)", where=path.name, remedy="PBF、Shapefile、GeoPackage、GeoJSON 线，或节点表与边表")
    if not asked["nodes"]:
        raise BadFile("缺节点表 (the table of nodes is missing)", where=path.name, remedy="--nodes NODES.csv")
    nodes = _table(Path(asked["nodes"]), limits)
    id_of, lon_of, lat_of = (_column(nodes, names) for names in (ID, LON, LAT))
    if id_of is None or lon_of is None or lat_of is None:
        raise BadFile("节点表须有编号、经度、纬度 (id, lon, lat)", where="、".join(nodes)[:80], remedy="node_id,lon,lat")
    at = {v: i for i, v in enumerate(nodes[id_of])}
    if len(at) != len(nodes[id_of]):
        raise BadFile("节点编号重复 (a node's number stands twice)", where=Path(asked["nodes"]).name, remedy="请核对编号列")
    lon, lat = (_numbers(nodes, c, Path(asked["nodes"]).name) for c in (lon_of, lat_of))
    ends = []
    for names in (FROM, TO):
        column = _column(edges, names)
        assert column is not None
        for row, v in enumerate(edges[column], 2):
            if v not in at:
                raise BadFile(
                    f"边指向没有的节点“{v}” (an edge names a node that is not there)",
                    where=f"{path.name} 第 {row} 行",
                    remedy="请核对两张表",
                )
        ends.append(np.array([at[v] for v in edges[column]], dtype=np.int64))
    both = np.stack(ends, axis=1)
    n = len(both)
    way = found_field(edges, asked.get("oneway_field"), "oneway")
    if way is None and asked["directed"] is None:
        raise BadFile(
            "边表没有单行字段：每行是单向还是双向？ (is each row one way or both?)",
            where=path.name,
            remedy="--directed 或 or --undirected",
        )
    said = [direction(v) for v in edges[way]] if way else [int(bool(asked["directed"]))] * n
    odd = next((row for row, v in enumerate(said, 2) if v is None), None)
    if odd is not None:
        raise BadFile(
            f"单行的值不认识：“{edges[way][odd - 2]}” (not a direction)", where=f"{path.name} 第 {odd} 行", remedy="yes、no、-1"
        )  # type: ignore[index]
    fields = {what: found_field(edges, asked.get(f"{what}_field"), what) for what in ("class", "speed", "name")}
    length = _column(edges, LENGTH)
    kind: list[str | None] = list(edges[fields["class"]]) if fields["class"] else [None] * n
    name: list[str | None] = list(edges[fields["name"]]) if fields["name"] else [None] * n
    speed = np.array([limit(v) for v in edges[fields["speed"]]]) if fields["speed"] else np.full(n, np.nan)
    metres = _numbers(edges, length, path.name) if length else np.full(n, np.nan)
    remarks = [] if fields["class"] else [{"code": "no_class", "count": n, "text": "没有道路等级字段 / no field of class"}]
    return Lines(lon[both].ravel(), lat[both].ravel(), np.arange(0, 2 * n + 1, 2), kind, np.array(said, dtype=np.int8), speed, name, metres,
                 both.ravel(), None, remarks)  # fmt: skip


def _table(path: Path, limits: dict[str, int]) -> dict[str, list[str]]:
    text, _ = decode(path.read_bytes())
    reader = csv.reader(io.StringIO(text, newline=""))
    head = [h.strip() for h in next(reader, [])]
    rows = []
    for number, record in enumerate(reader, 2):
        if not any(record):
            continue
        if len(record) != len(head):
            raise BadFile(
                f"有 {len(record)} 列，表头 {len(head)} 列 (not as many columns as headings)",
                where=f"{path.name} 第 {number} 行",
                remedy="请核对该行",
            )
        rows.append(record)
        if len(rows) > limits["rows"]:
            raise TooLarge(f"超过 {limits['rows']} 行 (too many rows)", where=path.name, remedy="请裁剪到本市范围")
    if not rows or len(set(head)) != len(head):
        raise BadFile("表是空的，或表头重复 (no rows, or a heading twice)", where=path.name, remedy="请重新导出")
    return {h: [v.strip() for v in column] for h, column in zip(head, zip(*rows, strict=True), strict=True)}


def _column(table: dict[str, list[str]], names: tuple[str, ...]) -> str | None:
    lower = {h.lower(): h for h in table}
    return next((lower[n] for n in names if n in lower), None)


def _numbers(table: dict[str, list[str]], column: str, file: str) -> np.ndarray:
    out = np.empty(len(table[column]))
    for row, v in enumerate(table[column]):
        try:
            out[row] = float(v) if v else np.nan
        except ValueError:
            raise BadFile(
                f"不是数：“{v[:30]}” (not a number)", where=f"{file} 第 {row + 2} 行 {column}", remedy="请核对该行"
            ) from None
    return out
