"""make bench, or python -m tests.bench [--quick] [--only grading,join,web,wall,browser,import]

Prints the table of ratios, both sides in the same run; writes var/bench.json and, on a whole run, the section of the README.
Talks to this machine only. Takes about a quarter of an hour; the first time two more, to load the demo city.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from tests.bench import bench_grading, browser, intake, wall, web
from tests.bench.city import ROOT, Place, postgres_version, standing
from tests.bench.table import Row, figure, keep, machine, told

PROMISED = {"全量": 3.0, "一处变更 ": 0.05}


def grading(say: Callable[[str], None]) -> Iterator[Row]:
    """Rows of bench_grading, with what is promised of the engine."""
    for r in bench_grading.rows(say):
        what, than = r["name"].rsplit(" / ", 1)
        if "代价" in what:
            what, than = "一处变更的代价 cost of a change, p95: 5,000,000 sources", "248,415 sources"
        goal = next((limit for start, limit in PROMISED.items() if what.startswith(start)), None)
        ms = r["ours"] < 0.5 and r["theirs"] < 60 and not what.startswith("全量")
        scale = 1000 if ms else 1
        yield Row(what, r["ours"] * scale, r["theirs"] * scale, "ms" if ms else "s", than, r["note"],
                  goal=None if goal is None else goal * scale)


def chosen(names: set[str], quick: bool, place: Place | None, say: Callable[[str], None]) -> Iterator[Row]:
    if "grading" in names:
        yield from grading(say)
    if place is None:
        return
    if "join" in names:
        yield from intake.located(place)
    if "web" in names:
        yield from web.rows(place, 4 if quick else 15)
    if "wall" in names:
        yield from wall.rows(place, 2 if quick else 6)
    if "browser" in names:
        yield from browser.rows(place, 1 if quick else 3)
    if "import" in names:
        yield from intake.imports(place)


ALL = ("grading", "join", "web", "wall", "browser", "import")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="shorter, for trying; the README is left as it is")
    asked.add_argument("--only", default=",".join(ALL), help="some of " + ",".join(ALL))
    given = asked.parse_args()
    names = set(given.only.split(","))
    if not names <= set(ALL):
        asked.error("--only takes some of " + ",".join(ALL))
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - begun:6.1f} s  {text}", file=sys.stderr, flush=True)

    rows: list[Row] = []

    def collect(found: Iterator[Row]) -> None:
        for row in found:
            rows.append(row)
            say(f"{row.what}: {figure(row.ours, row.unit)}, {row.than} {figure(row.theirs, row.unit)}")

    versions = {}
    if "grading" in names:
        collect(chosen({"grading"}, given.quick, None, say))
    if names - {"grading"}:
        with standing(say) as place:
            versions["PostgreSQL"] = postgres_version(place)
            collect(chosen(names - {"grading"}, given.quick, place, say))
    keep(rows, machine(versions | {"tipg": "1.6.1"}), ROOT, readme=names == set(ALL) and not given.quick)
    print(told(rows))


if __name__ == "__main__":
    main()
