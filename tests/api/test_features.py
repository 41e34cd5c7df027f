"""One filter, many shapes: page, count, facets, points and export speak of the same set."""

from __future__ import annotations

import csv
import io
import random

import pytest

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "=cmd|'/c calc'!A1",
    "a\\1b",
    "${7*7}",
    "</script><script>x()</script>",
    "'; DROP TABLE feature; --",
    "１００％＿测试",
]
SHELTER = "/api/layers/shelter"


@pytest.fixture
def shelters(client):
    """Thirty shelters over the middle of the city, some with hostile names, some without capacity."""
    for i in range(30):
        body = {
            "name": HOSTILE[i] if i < len(HOSTILE) else f"演示场所{i:02d}",
            "shelter_level": ("市级", "县级")[i % 2],
            "lon": 116.30 + i * 0.005,
            "lat": 39.90 + (i % 7) * 0.004,
        }
        if i % 3:
            body["capacity"] = 100 * i
        made = client.post(f"{SHELTER}/features", json=body)
        assert made.status_code == 201, made.text
    return client


def pages(client, query: str) -> list[dict]:
    """Every feature of a query, by following `next` to the end."""
    url, out = f"{SHELTER}/features?{query}", []
    while url:
        body = client.get(url).json()
        out += body["features"]
        url = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
    return out


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "code", "effective_level", "-verified_on", "district"])
def test_pages_hold_every_record_once_in_order(shelters, sort):
    found = pages(shelters, f"sort={sort}&limit=7")
    assert len(found) == len({f["id"] for f in found}) == 30
    if sort.lstrip("-") in ("id", "name"):
        keys = [f["id"] if "id" in sort else f["properties"]["name"].encode() for f in found]
        assert keys == sorted(keys, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sort", ["id", "-effective_level", "code", "name"])
def test_a_small_box_holds_what_a_large_one_holds_there(shelters, sort):
    west, south, east, north = 116.33, 39.90, 116.40, 39.915
    whole = pages(shelters, f"sort={sort}&bbox=110,30,120,45&limit=7")
    places = {f["id"]: f["geometry"]["coordinates"] for f in whole}
    wanted = [f["id"] for f in whole if west <= places[f["id"]][0] <= east and south <= places[f["id"]][1] <= north]
    found = pages(shelters, f"sort={sort}&bbox={west},{south},{east},{north}&limit=3")
    assert [f["id"] for f in found] == wanted and 0 < len(wanted) < len(whole)


def test_every_shape_agrees_under_random_filters(shelters):
    draw = random.Random(7)
    for _ in range(60):
        west, south = 116.28 + draw.random() * 0.1, 39.88 + draw.random() * 0.02
        parts = {
            "bbox": draw.choice([None, f"{west},{south},{west + 0.08},{south + 0.02}"]),
            "district": draw.choice([None, None, "110102", "110108,110105"]),
            "status": draw.choice([None, "approved", "incomplete"]),
            "attr.shelter_level": draw.choice([None, "city", "county", "city,county"]),
            "q": draw.choice([None, None, "演示", "yscs", "1"]),
        }
        query = "&".join(f"{k}={v}" for k, v in parts.items() if v)
        listed = pages(shelters, query + "&limit=11")
        count = shelters.get(f"{SHELTER}/count?{query}").json()["count"]
        assert len(listed) == count, query
        assert sum(shelters.get(f"{SHELTER}/districts?{query}").json().values()) == count
        if parts["bbox"]:
            assert shelters.get(f"{SHELTER}/points?zoom=12&{query}").json()["count"] == count
        if not parts["status"]:
            facet = shelters.get(f"{SHELTER}/facets?{query}").json()["status"]
            assert sum(n for s, n in facet.items() if s != "retired") == count


def test_unknown_capacity_is_null_not_zero(shelters):
    found = pages(shelters, "status=incomplete")
    assert len(found) == 10
    assert all("capacity" in f["properties"]["missing"] and f["properties"].get("capacity") is None for f in found)
    near = shelters.get("/api/near?lon=116.30&lat=39.90&layers=shelter&radius_m=50000").json()["found"]
    assert near[0]["capacity"] is None and [n["distance_m"] for n in near] == sorted(n["distance_m"] for n in near)


def test_hostile_names_come_back_letter_by_letter_and_export_has_no_formula(shelters):
    names = {f["properties"]["name"] for f in pages(shelters, "limit=50")}
    assert names >= set(HOSTILE[:-1])
    answer = shelters.post(f"{SHELTER}/export", json={"format": "csv", "filters": {"status": "approved,incomplete"}})
    assert answer.status_code == 200, answer.text
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer.headers["x-rows"] == "30"
    assert not [cell for line in table for cell in line if cell[:1] in ("=", "+", "@", "\t", "\r")]


@pytest.mark.parametrize(
    "query, where",
    [
        ("bbox=1,2,3", "bbox"),
        ("bbox=nan,1,2,3", "bbox"),
        ("bbox=5,1,2,3", "bbox"),
        ("level=7", "level"),
        ("level=a", "level"),
        ("district=abc", "district"),
        ("status=gone", "status"),
        ("sort=geom", "sort"),
        ("danger=1;select", "danger"),
        ("attr.name=x", "attr.name"),
        ("cursor=%27%3B--", "cursor"),
        ("limit=0", "limit"),
        ("limit=100000", "limit"),
        ("q=%00", "q"),
        ("ids=-1", "ids"),
    ],
)
def test_bad_parameters_say_where_and_how_to_mend(client, query, where):
    answer = client.get(f"{SHELTER}/features?{query}")
    assert answer.status_code == 422, answer.text
    assert where in answer.json()["where"]
    assert answer.json()["remedy"]


def test_counts_are_fresh_after_a_change(shelters):
    assert shelters.get(f"{SHELTER}/count").json()["count"] == 30
    shelters.post(
        f"{SHELTER}/features", json={"name": "新场所", "shelter_level": "县级", "capacity": 5, "lon": 116.6, "lat": 39.9}
    )
    assert shelters.get(f"{SHELTER}/count").json()["count"] == 31


def test_the_catalogue_drives_the_client(client):
    layers = {layer["name"]: layer for layer in client.get("/api/layers").json()["layers"]}
    assert {"enterprise", "risk_source", "major_hazard", "shelter", "depot", "rescue_team", "protected_site"} <= set(layers)
    kind = next(f for f in layers["risk_source"]["fields"] if f["name"] == "kind")
    assert kind["facet"] and any(o["zh"] == "加油站" for o in kind["options"])
    assert client.get("/api/layers/shelter/template.xlsx").content[:2] == b"PK"
