"""One row of the table, and the table: as text, as JSON, and in the README between its marks."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
LIBRARIES = ("numpy", "scipy", "duckdb", "geopandas", "shapely", "folium", "fastapi", "psycopg")


@dataclass(frozen=True)
class Row:
    """`ours` and `theirs` in `unit`; None: not measured, and `note` says why. `better`: "less" (a time) or "more" (a rate).

    `goal` is the promise ours has to keep in the same unit (None: none was made), `kept` whether it did.
    """

    what: str
    ours: float | None
    theirs: float | None
    unit: str
    than: str
    note: str = ""
    better: str = "less"
    goal: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; below 1 it is worse."""
        if not self.ours or not self.theirs:
            return None
        return self.theirs / self.ours if self.better == "less" else self.ours / self.theirs

    @property
    def kept(self) -> bool | None:
        if self.goal is None or self.ours is None:
            return None
        return self.ours <= self.goal if self.better == "less" else self.ours >= self.goal


def figure(value: float | None, unit: str) -> str:
    """Three significant digits with the unit; a dash for what was not measured."""
    if value is None:
        return "—"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def cells(row: Row) -> list[str]:
    ratio = "—" if row.ratio is None else f"{row.ratio:.{0 if row.ratio >= 100 else 1 if row.ratio >= 10 else 2}f} ×"
    kept = {None: "", True: " ✓", False: " ✗"}[row.kept]
    goal = "" if row.goal is None else f"{'≤' if row.better == 'less' else '≥'} {figure(row.goal, row.unit)}{kept}"
    return [row.what, figure(row.ours, row.unit), f"{row.than}: {figure(row.theirs, row.unit)}", ratio, goal, row.note]


HEAD = ["测什么 What", "本品 Ours", "对照 Theirs", "倍数 Ratio", "承诺 Promise", "说明 Note"]


def markdown(rows: list[Row], about: dict[str, Any]) -> str:
    lines = [
        f"`make bench` 写于 written {about['date']}，{about['cores']} 核 cores，{about['memory_gb']} GB，"
        f"{about['processor']}，负载 load {about['load']}。倍数大于 1 表示本品更快；两边在同一次运行中测得。"
        "Ratio above 1: ours is faster; both sides measured in the same run.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|" + "---|" * len(HEAD),
        *("| " + " | ".join(text.replace("|", "\\|") for text in cells(row)) + " |" for row in rows),
        "",
        "版本 Versions: " + ", ".join(f"{name} {number}" for name, number in about["versions"].items()) + ".",
    ]
    return "\n".join(lines)


def machine(extra: dict[str, str]) -> dict[str, Any]:
    """Where and when: cores this process may use, memory, versions of both sides."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "processor": model[1].strip() if model else platform.machine(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "versions": {"Python": platform.python_version(), **{n: version(n) for n in LIBRARIES}, **extra},
    }


def keep(rows: list[Row], about: dict[str, Any], root: Path, readme: bool) -> None:
    """Write var/bench.json and, if asked and where the README has the marks, its section."""
    record = about | {"rows": [asdict(r) | {"ratio": r.ratio, "kept": r.kept} for r in rows]}
    (root / "var").mkdir(exist_ok=True)
    (root / "var" / "bench.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = root / "README.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if readme and BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        after = rest.split(END, 1)[1]
        page.write_text(f"{before}{BEGIN}\n{markdown(rows, about)}\n{END}{after}", encoding="utf-8")


def told(rows: list[Row]) -> str:
    """The table for a terminal."""
    return "\n".join("  ".join(part for part in cells(row) if part) for row in rows)


def best(do: Callable[[], Any], times: int) -> tuple[float, Any]:
    """(seconds, result): the quickest of a few runs."""
    out, shortest = None, float("inf")
    for _ in range(times):
        clock = time.perf_counter()
        out = do()
        shortest = min(shortest, time.perf_counter() - clock)
    return shortest, out
