"""Code lists: one format, whole, and consistent with each other."""

import csv

import pytest

from riskmap.settings import ROOT

CODES = ROOT / "data" / "codes"
FILES = sorted(CODES.glob("*.tsv"))


def rows(name: str) -> list[dict[str, str]]:
    with (CODES / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def test_there_are_lists_and_the_readme_names_each():
    assert len(FILES) >= 15
    readme = (ROOT / "data" / "README.md").read_text("utf-8")
    assert [p.stem for p in FILES if p.stem not in readme] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_one_format(path):
    lines = path.read_text("utf-8").splitlines()
    head = lines[0].split("\t")
    assert head[:5] == ["code", "zh", "en", "parent", "status"]
    cells = [line.split("\t") for line in lines[1:]]
    assert cells and all(len(row) == len(head) for row in cells)
    codes = [row[0] for row in cells]
    assert len(set(codes)) == len(codes)
    for row in cells:
        assert row[0] and row[1] and row[4].split(" ")[0] in ("VERIFIED", "RECALLED", "DOUBT", "DESIGN"), row
        assert all(cell == cell.strip() and '"' not in cell for cell in row), row


def test_counts_are_those_of_the_standards():
    expected = {"accident_type": 27, "gb18218_table1": 85, "gb18218_table2": 24, "alpha": 5, "hazard_grade": 4, "district": 16,
                "industry": 20, "shelter_level": 5}
    assert {name: len(rows(name)) for name in expected} == expected
    towns = rows("town")
    official = [t for t in towns if t["official"] == "yes"]
    assert len(official) == 343 and sum(t["kind"] == "街道" for t in official) == 165
    assert all(t["code"][:6] == t["parent"] for t in towns)
    assert {t["parent"] for t in towns} == {d["code"] for d in rows("district")}


def test_districts_sum_to_the_city():
    districts = rows("district")
    assert sum(int(d["population_2020"]) for d in districts) == 21_893_095
    assert sum(float(d["area_km2"]) for d in districts) == pytest.approx(16_410.54, abs=0.01)
    assert {d["zone"] for d in districts} == {"核心区", "拓展区", "发展新区", "涵养区"}


def test_supplies_form_a_tree():
    supplies = {s["code"]: s for s in rows("supply")}
    for code, supply in supplies.items():
        assert len(code) == 7 and code.isdigit()
        assert (supply["level"] == "大类") == (supply["parent"] == "")
        if supply["parent"]:
            assert supply["parent"] in supplies


def test_named_toxic_gases_of_beta_have_a_check_digit():
    for row in rows("beta"):
        if row["parent"] == "3":
            digits = row["code"].replace("-", "")
            assert sum(i * int(d) for i, d in enumerate(reversed(digits[:-1]), 1)) % 10 == int(digits[-1])
        else:
            assert row["beta"] == next(t["beta"] for t in rows("gb18218_table2") if t["code"] == row["code"])
