"""What the product brings with it: districts, streets and towns, organisations, the default method. Loading is repeatable."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from riskmap.core.grading.method import Method
from riskmap.errors import SetupError
from riskmap.store.query import Conn, rows, run

CITY = ("110000", "北京市应急管理局")
ZONE = ("BDA", "北京经济技术开发区")  # an organisation and an overlay area, not a seventeenth district
DEFAULT_METHOD = "默认方法 default"


def load_reference(conn: Conn, data_dir: Path) -> None:
    """Load from `data_dir` into a migrated database over the set-up connection. What is there and current stays as it is."""
    districts = _districts(data_dir / "districts.geojson")
    towns = _table(data_dir / "codes" / "town.tsv")
    with conn.transaction():
        conn.execute("SET LOCAL ROLE riskmap_owner")
        have = {r["code"]: r for r in rows(conn, "reference_editions")}
        for d in districts:
            known = have.get(d["code"])
            if known is None or any(known[key] != d[key] for key in ("name", "zone", "population", "borders_version")):
                run(conn, "reference_district", **d)
        run(
            conn,
            "reference_town",
            codes=[t["code"] for t in towns],
            names=[t["zh"] for t in towns],
            kinds=[t["kind"] for t in towns],
            districts=[t["parent"] for t in towns],
        )
        for level in _orgs(districts, towns):
            run(conn, "reference_org", **level)
    with conn.transaction():
        conn.execute("SET LOCAL ROLE riskmap_engine")
        run(conn, "reference_method", name=DEFAULT_METHOD, parameters=Jsonb(Method().record()))


def _orgs(districts: list[dict[str, Any]], towns: list[dict[str, str]]) -> list[dict[str, list[Any]]]:
    """Columns of organisations, parents before children; the city comes first and so has id 1."""
    city = {"codes": [CITY[0]], "names": [CITY[1]], "kinds": ["city"], "parents": [None], "districts": [None]}
    middle = {
        "codes": [d["code"] for d in districts] + [ZONE[0]],
        "names": [d["name"] for d in districts] + [ZONE[1]],
        "kinds": ["district"] * len(districts) + ["zone"],
        "parents": [CITY[0]] * (len(districts) + 1),
        "districts": [d["code"] for d in districts] + [None],
    }
    official = [t for t in towns if t["official"] == "yes"]
    streets = {
        "codes": [t["code"] for t in official],
        "names": [t["zh"] for t in official],
        "kinds": ["street"] * len(official),
        "parents": [t["parent"] for t in official],
        "districts": [t["parent"] for t in official],
    }
    return [city, middle, streets]


def _districts(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        raise SetupError(
            "缺少行政区边界 The district outlines are missing",
            where=str(path),
            remedy="从发布包恢复 data/ Restore data/ from the release.",
        )
    out = []
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        p = feature["properties"]
        row = {
            key: p[key]
            for key in ("code", "name", "name_en", "zone", "population", "population_source", "area_km2", "borders_version")
        }
        out.append(row | {"outline": json.dumps(feature["geometry"]), "lon": p["label"][0], "lat": p["label"][1]})
    return sorted(out, key=lambda d: d["code"])


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
