"""The demo city: the counts asked for, in the right district, on dry land, the same every time."""

import csv
import datetime as dt
import json
import tomllib
from collections import Counter

import numpy as np
import pytest
import shapely

from riskmap.core import chemical
from riskmap.core.demo import city, history, kinds, names, sources
from riskmap.core.demo.land import District, Town
from riskmap.core.fragments import fragments
from riskmap.core.layer import COMMON_FIELDS, Layer
from riskmap.core.value import uscc
from riskmap.settings import ROOT

TODAY = dt.date(2026, 11, 24)
OPEN = ("listed", "rectifying", "rectified")


def rows(name):
    with (ROOT / "data/codes" / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def shapes(name):
    features = json.loads((ROOT / "data" / name).read_text("utf-8"))["features"]
    return [(f.get("properties", {}), shapely.from_geojson(json.dumps(f["geometry"]))) for f in features]


@pytest.fixture(scope="module")
def given():
    districts = [District(p["code"], p["name"], p["population"], shape) for p, shape in shapes("districts.geojson")]
    towns = [Town(r["code"], r["zh"], r["parent"], r["kind"]) for r in rows("town") if r["official"] == "yes"]
    water = shapely.multipolygons([shape for _, shape in shapes("water.geojson")])
    tables = chemical.Tables(*(rows(n) for n in ("gb18218_table1", "gb18218_table2", "beta", "alpha", "hazard_grade")))
    return districts, towns, water, fragments([(d.code, d.shape) for d in districts]), tables


@pytest.fixture(scope="module")
def made(given):
    return city.build(*given, TODAY)


@pytest.fixture(scope="module")
def layers():
    found = [Layer.model_validate(tomllib.loads(path.read_text("utf-8"))) for path in ROOT.glob("layers/*/layer.toml")]
    return {layer.name: layer for layer in found}


def levels(made):
    table = made.layers["risk_source"]
    value = np.array(table["likelihood"]) * np.array(table["severity"])
    return np.where(value >= 20, 1, np.where(value >= 15, 2, np.where(value >= 9, 3, 4)))


def test_the_counts_of_the_city(made):
    counted = {name: len(table["code"]) for name, table in made.layers.items()}
    assert counted["enterprise"] == 20_173 and counted["risk_source"] == 248_415
    assert 200 <= counted["major_hazard"] <= 600 and counted["shelter"] >= 1_100
    level = Counter(levels(made).tolist())
    assert level == {1: 414, 2: 15_002, 3: 87_016, 4: 145_983}
    kind = Counter(made.layers["risk_source"]["kind"])
    assert (kind["petrol_station"], kind["gas_station"]) == (989, 187)
    assert set(kind) == set(kinds.PARTS)


def test_every_table_is_rectangular_with_codes_of_its_own(made, layers):
    for name, table in made.layers.items():
        n = len(table["code"])
        assert {len(column) for column in table.values()} == {n}, name
        assert len(set(table["code"])) == n, name
        prefix = layers[name].code_prefix
        assert all(c.startswith(f"{prefix}-{d}-") for c, d in zip(table["code"], table["district"], strict=True)), name
    for table in (made.holdings, made.dangers, made.events, made.stock):
        assert len({len(column) for column in table.values()}) == 1 and len(next(iter(table.values()))) > 0


def test_columns_and_values_are_what_the_layers_declare(made, layers):
    for name, table in made.layers.items():
        layer = layers[name]
        fields = layer.fields()
        assert set(table) <= set(COMMON_FIELDS) | set(fields), name
        assert set(layer.common.required) <= set(table)
        assert {f for f, one in fields.items() if one.required} <= set(table), name
        for field, one in fields.items():
            if field not in table:
                continue
            values = [v for v in table[field] if v is not None]
            if one.type in ("code", "codes"):
                allowed = {o.code for o in one.options} or {r["code"] for r in rows(one.codes)}
                flat = {x for v in values for x in v} if one.type == "codes" else set(values)
                assert flat <= allowed, (name, field)
            if one.type in ("integer", "number"):
                low, high = one.low if one.low is not None else -np.inf, one.high if one.high is not None else np.inf
                assert all(low <= v <= high for v in values), (name, field)
            if one.required and (name, field) != ("shelter", "capacity"):
                assert len(values) == len(table[field]), (name, field)


def test_places_lie_in_their_district_and_on_dry_land(made, given):
    districts, _, water, *_ = given
    shapely.prepare(water)
    for name, table in made.layers.items():
        lon, lat, code = np.array(table["lon"]), np.array(table["lat"]), np.array(table["district"])
        for one in districts:
            at = code == one.code
            assert shapely.contains_xy(one.shape, lon[at], lat[at]).all(), (name, one.name)
        assert not shapely.intersects_xy(water, lon, lat).any(), name


def test_towns_are_official_and_of_the_district(made, given):
    towns = {t.code: t.district for t in given[1]}
    for table in made.layers.values():
        assert all(towns[t] == d for t, d in zip(table["town"], table["district"], strict=True))


def test_parents_exist(made):
    firms, units = set(made.layers["enterprise"]["code"]), set(made.layers["major_hazard"]["code"])
    assert set(made.layers["major_hazard"]["parent_code"]) <= firms
    parents = Counter(made.layers["risk_source"]["parent_code"])
    assert set(parents) <= firms | units
    assert all(parents[unit] == 1 for unit in units)
    assert firms <= set(parents), "every enterprise keeps a source"
    assert set(made.holdings["feature_code"]) == units


def test_residents_sum_to_the_census_and_nobody_lives_in_a_reservoir(made, given):
    districts, _, water, parts, _ = given
    known = set(zip(parts.cell.tolist(), parts.district.tolist(), strict=True))
    keys = list(zip(made.cell.tolist(), made.cell_district, strict=True))
    assert len(set(keys)) == len(keys) and set(keys) <= known
    total = Counter()
    for district, milli in zip(made.cell_district, made.residents_milli.tolist(), strict=True):
        total[district] += milli
    assert total == {d.code: d.population * 1000 for d in districts}
    lake = max(shapely.get_parts(water), key=lambda one: one.area)
    lived = shapely.points(made.land.lon, made.land.lat)[made.land.residents > 0]
    deep = shapely.STRtree(lived).query(lake.buffer(-0.005), predicate="contains")
    assert len(deep) == 0


def test_industry_stands_apart_from_dwellings(made):
    table = made.layers["enterprise"]
    density = made.land.density
    near = {}
    for section in ("C", "H"):
        at = [i for i, s in enumerate(table["industry"]) if s == section]
        lon, lat = np.array(table["lon"])[at], np.array(table["lat"])[at]
        tree = shapely.STRtree(shapely.points(made.land.lon, made.land.lat))
        near[section] = float(np.median(density[tree.nearest(shapely.points(lon, lat))]))
    assert near["C"] * 5 < near["H"]


def test_enterprises_cluster(made):
    """Half the factories share their square kilometre with many: far from an even spread."""
    table = made.layers["enterprise"]
    at = [i for i, s in enumerate(table["industry"]) if s == "C"]
    x, y = np.round(np.array(table["lon"])[at] * 85), np.round(np.array(table["lat"])[at] * 111)
    square = Counter(zip(x.tolist(), y.tolist(), strict=True))
    assert sum(n for n in square.values() if n >= 12) > len(at) / 2


def test_grades_of_major_hazards_come_from_their_holdings(made, given):
    held = {}
    for code, chem, cas, symbol, _, q in zip(*made.holdings.values(), strict=True):
        held.setdefault(code, []).append(chemical.Holding(chem, q, cas, (symbol,)))
    table = made.layers["major_hazard"]
    for code, grade, r, people in zip(*(table[k] for k in ("code", "hazard_grade", "r_value", "population_500m")), strict=True):
        verdict = chemical.assess(held[code], people, given[4])
        assert verdict.is_major and verdict.grade == grade and float(verdict.r) == pytest.approx(r, abs=0.006)
    assert set(table["hazard_grade"]) == {"一级", "二级", "三级", "四级"}


def test_hidden_dangers_are_in_all_states(made):
    assert len(made.dangers["code"]) == pytest.approx(12_000, rel=0.05)
    known = set(made.layers["risk_source"]["code"])
    assert set(made.dangers["feature_code"]) <= known
    last = {}
    columns = ("danger_code", "state", "deadline_on", "happened_on")
    for code, state, deadline, on in zip(*(made.events[k] for k in columns), strict=True):
        assert on <= TODAY.isoformat()
        assert code not in last or last[code][2] <= on
        last[code] = (state, deadline, on)
    assert set(last) == set(made.dangers["code"])
    states = Counter(state for state, *_ in last.values())
    assert set(states) == {*OPEN, "closed", "withdrawn"}
    overdue = sum(state in OPEN and deadline < TODAY.isoformat() for state, deadline, _ in last.values())
    assert 0 < overdue < sum(states[s] for s in OPEN) / 5
    assert {g for g in made.dangers["grade"]} == {"general", "major"}


def test_stock_sums_to_the_citys_figures(made):
    relief = [q for q, c in zip(made.stock["quantity"], made.stock["supply_code"], strict=True) if c.startswith("1")]
    assert sum(made.stock["quantity"]) == 1_980_000 and sum(relief) == 1_820_000
    assert min(made.stock["quantity"]) >= 1
    supplies = {r["code"]: r["zh"] for r in rows("supply")}
    assert all(supplies[c] == n for c, n in zip(made.stock["supply_code"], made.stock["supply_name"], strict=True))
    depots = dict(zip(made.layers["depot"]["code"], made.layers["depot"]["depot_level"], strict=True))
    assert {depots[c] for c in made.stock["feature_code"]} == {"city", "district", "street"}
    today = TODAY.isoformat()
    expired = sum(e is not None and e < today for e in made.stock["expires_on"])
    assert 0 < expired < len(made.stock["quantity"]) / 10
    assert any(q < m for q, m in zip(made.stock["quantity"], made.stock["minimum_reserve"], strict=True))


def test_shelters_have_all_levels_and_do_not_suffice(made):
    table = made.layers["shelter"]
    assert set(table["shelter_level"]) == {"1", "2", "3", "4", "5"}
    assert 0 < sum(c is None for c in table["capacity"]) < 150
    assert sum(c or 0 for c in table["capacity"]) < 21_893_095 / 2


def test_the_same_arguments_give_the_same_bytes(made, given):
    def text(one):
        grid = [one.cell.tolist(), one.cell_district, one.residents_milli.tolist()]
        return json.dumps([one.layers, one.holdings, one.dangers, one.events, one.stock, grid], ensure_ascii=False)
    first = text(made)
    assert text(city.build(*given, TODAY)) == first


def test_credit_codes_check_and_ordinals_differ():
    for code in names.credit_codes(["110101", "110119"] * 40):
        assert uscc(code) == (code, None)
    assert len({names.ordinal(i) for i in range(3_000)}) == 3_000
    assert [names.ordinal(i) for i in (0, 9, 10, 20, 98, 99)] == ["甲一", "甲十", "甲十一", "甲二十一", "甲九十九", "乙一"]


def test_ratings_give_the_level_they_stand_for():
    for level, (options, bounds) in enumerate(zip(sources.RATINGS, ((20, 25), (15, 19), (9, 14), (1, 8)), strict=True), 1):
        assert all(bounds[0] <= likely * severe <= bounds[1] for likely, severe in options), level


def test_history_leads_up_to_today():
    today = [history.Standing("110102", 23_000_000, 60_000), history.Standing("110119", 900_000, 0),
             history.Standing("110117", None, None)]
    closings = history.closings(today, TODAY, 1, (22, 12, 4), (0.05, 0.01, 0.001))
    assert {r["district_code"] for r in closings} == {"110102", "110119"}
    assert len(closings) == 2 * history.WEEKS and all(r["demo"] for r in closings)
    assert closings[0]["closed_on"] == TODAY - dt.timedelta(weeks=104)
    assert closings[-1]["closed_on"] == TODAY - dt.timedelta(weeks=1)
    last = [r for r in closings if r["district_code"] == "110102"][-1]
    assert last["d_micro"] == pytest.approx(23_000_000, rel=0.02)
    assert all(r["shown"] <= r["computed"] and 1 <= r["shown"] <= 4 for r in closings)
    assert closings == history.closings(today[::-1], TODAY, 1, (22, 12, 4), (0.05, 0.01, 0.001))
