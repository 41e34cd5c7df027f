"""Build data/water.geojson, once, from the npm package @geo-maps/earth-waterbodies-100m 0.6.0 (© OpenStreetMap, ODbL).

Water bodies of the whole earth at about 100 m, state of 2017, cut to the districts of data/districts.geojson. Serves as the
basemap without internet and keeps the demo city's points dry. Downloads 28 MB with npm when no package is given.

    python data/build_water.py [--package geo-maps-earth-waterbodies-100m-0.6.0.tgz]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import shapely
from pyproj import Geod

DATA = Path(__file__).resolve().parent
PACKAGE = "@geo-maps/earth-waterbodies-100m@0.6.0"
SMALLEST_M2 = 5_000.0          # slivers cut off at the border tell nobody anything
GEOD = Geod(ellps="WGS84")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--package", type=Path, help="a package already downloaded")
    given = ask.parse_args().package
    with tempfile.TemporaryDirectory() as scratch:
        package = given or download(Path(scratch))
        with tarfile.open(package) as archive:
            world = json.load(archive.extractfile("package/map.geo.json"))
    parts = cut(polygons(world), city())
    total = sum(area_m2(p) for p in parts) / 1e6
    head = {"type": "FeatureCollection", "name": "water", "attribution": "© OpenStreetMap contributors, ODbL", "valid_on": "2017"}
    rows = [json.dumps({"type": "Feature", "id": i, "properties": {"area_km2": round(area_m2(p) / 1e6, 3)},
                        "geometry": json.loads(shapely.to_geojson(p))}, separators=(",", ":")) for i, p in enumerate(parts, 1)]
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + ",\n".join(rows) + "\n]}\n"
    (DATA / "water.geojson").write_text(text, encoding="utf-8")
    print(f"{len(parts)} water bodies, {total:.1f} km², {len(text) / 1e3:.0f} kB")


def download(into: Path) -> Path:
    """The package's archive by npm."""
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(into), PACKAGE], check=True)
    return next(into.glob("*.tgz"))


def city() -> shapely.Polygon:
    """The outline of all districts."""
    districts = json.loads((DATA / "districts.geojson").read_text("utf-8"))
    return shapely.union_all([shapely.from_geojson(json.dumps(f["geometry"])) for f in districts["features"]])


def polygons(world: dict) -> list[shapely.Polygon]:
    """The package's polygons that reach into the city's box, whatever they are wrapped in."""
    found = []
    shapes = [f["geometry"] for f in world["features"]] if "features" in world else world.get("geometries", [world])
    for shape in shapes:
        rings = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        found += [shapely.Polygon(r[0], r[1:]) for r in rings if len(r[0]) >= 4 and near(r[0])]
    return found


def near(ring: list[list[float]]) -> bool:
    """Whether a ring reaches into the city's box: spares building the whole earth. The ring of the oceans is not ours."""
    lon, lat = [p[0] for p in ring], [p[1] for p in ring]
    return max(lon) - min(lon) < 5 and min(lon) < 117.6 and max(lon) > 115.3 and min(lat) < 41.2 and max(lat) > 39.3


def cut(water: list[shapely.Polygon], outline: shapely.Polygon) -> list[shapely.Polygon]:
    """Water inside the outline on the 1e-6 degree grid, large bodies first, slivers dropped."""
    inside = shapely.intersection(shapely.union_all(water), outline)
    tidy = shapely.set_precision(inside, 1e-6)
    parts = [p for p in shapely.get_parts(tidy) if p.geom_type == "Polygon" and area_m2(p) >= SMALLEST_M2]
    return sorted((shapely.orient_polygons(p) for p in parts), key=lambda p: (-area_m2(p), p.bounds))


def area_m2(shape: shapely.Geometry) -> float:
    """Geodesic area on the WGS 84 ellipsoid."""
    return abs(GEOD.geometry_area_perimeter(shape)[0])


if __name__ == "__main__":
    main()
