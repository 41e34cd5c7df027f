"""The door to road files: OSM PBF, Shapefile, GeoPackage, GeoJSON lines, and tables of nodes and edges → lines. Read in the child process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import orjson

from riskmap.core.road.lines import Lines
from riskmap.errors import BadFile, TooLarge
from riskmap.readers import Limits, sandbox


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person said of the file. `nodes`: the table of nodes beside a table of edges. Field names None: found by their usual names.
    `directed`: whether each row of a table without a direction is one way; None: not said."""

    nodes: Path | None = None
    layer: str | None = None
    class_field: str | None = None
    oneway_field: str | None = None
    speed_field: str | None = None
    name_field: str | None = None
    directed: bool | None = None


def read(path: Path, asked: Asked, limits: Limits, told: Callable[[int], None] | None = None) -> Lines:
    """The roads of a file. `told` hears how many ways were read so far. Raises BadFile (what, where, remedy) or TooLarge."""
    for one in filter(None, (path, asked.nodes)):
        if not one.is_file():
            raise BadFile("没有这个文件 (no such file)", where=str(one), remedy="请检查文件路径")
        if one.stat().st_size > limits.file_bytes:
            raise TooLarge(
                f"文件超过 {limits.file_bytes / 1e6:.0f} MB (the file is too big)",
                where=one.name,
                remedy="请裁剪到本市范围 cut it to the city",
            )
        if one.stat().st_size == 0:
            raise BadFile("文件是空的 (the file is empty)", where=one.name, remedy="请重新导出文件")
    with tempfile.TemporaryDirectory(prefix="riskmap-roads-") as folder:
        result, order = Path(folder, "result"), Path(folder, "asked")
        nodes = str(asked.nodes.resolve()) if asked.nodes else None
        order.write_bytes(orjson.dumps(asdict(asked) | {"nodes": nodes}))
        paths = {"path": str(path.resolve()), "result": str(result), "asked": str(order), "scratch": folder}
        sandbox.run("roads", paths, asdict(limits), told)
        return loaded(result)


def saved(lines: Lines, result: Path) -> None:
    """Written by the child for `loaded`."""
    arrays = {n: getattr(lines, n) for n in ("lon", "lat", "start", "oneway", "limit_kmh", "metres")}
    if lines.key is not None:
        arrays["key"] = lines.key
    said = orjson.dumps({n: getattr(lines, n) for n in ("kind", "name", "crs", "remarks")})
    with result.open("wb") as out:
        np.savez(out, said=np.frombuffer(said, dtype=np.uint8), **arrays)


def loaded(result: Path) -> Lines:
    with np.load(result, allow_pickle=False) as found:
        said = orjson.loads(found["said"].tobytes())
        return Lines(found["lon"], found["lat"], found["start"], said["kind"], found["oneway"], found["limit_kmh"], said["name"], found["metres"],
                     found["key"] if "key" in found else None, said["crs"], said["remarks"])  # fmt: skip
