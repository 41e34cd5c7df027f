"""The chemicals of the standard, an assessment without saving, the pages of a hazard and of an enterprise, through the real application."""

from __future__ import annotations

from riskmap.store.database import Database
from tests.api.conftest import Client

UNIT = {"name": "液氯储存单元", "hazard_grade": "四级", "lon": 116.3381, "lat": 39.7271, "district": "大兴区"}


def test_every_row_of_both_tables_is_reachable(client: Client) -> None:
    whole = client.get("/api/chemicals").json()
    assert (len(whole["chemicals"]), len(whole["classes"])) == (85, 24)
    for row in whole["chemicals"]:
        for asked in filter(None, (row["zh"], *row["alias"].replace("、", ";").split(";"), *row["cas"].split(";"))):
            assert row["no"] in {r["no"] for r in client.get("/api/chemicals", params={"q": asked}).json()["chemicals"]}, asked
    for row in whole["classes"]:
        found = client.get("/api/chemicals", params={"q": row["symbol"]}).json()["classes"]
        assert row["symbol"] in {r["symbol"] for r in found}
    assert client.get("/api/chemicals", params={"q": "液氯"}).json()["chemicals"][0]["no"] == 12
    assert client.get("/api/chemicals", params={"q": "没有这个"}).json() == {"chemicals": [], "classes": []}


def test_an_assessment_saves_nothing_and_names_the_clauses(client: Client, db: Database, officer) -> None:
    lines = [{"chemical": "氨", "amount": 15}, {"chemical": "液氯", "amount": "3000", "unit": "kg"}]
    told = client.post("/api/hazards/assess", json={"holdings": lines, "population_500m": 60}).json()
    work = told["assessment"]
    assert (work["s"], work["alpha"], work["r"], work["grade"]) == ("2.1", "1.5", "8.1", "四级") and told["findings"] == []
    assert all(s["clause"].startswith("4.") for s in work["steps"])
    assert set(work["tables"]) == {"gb18218_table1", "gb18218_table2", "beta", "alpha", "hazard_grade"}
    unknown = client.post("/api/hazards/assess", json={"holdings": lines}).json()["assessment"]
    assert unknown["r"] is None and unknown["grade"] is None and unknown["is_major"] and unknown["unknown"]
    refused = client.post("/api/hazards/assess", json={"holdings": [{"chemical": "硝化棉", "amount": 5}]}).json()
    assert refused["assessment"] is None and len(refused["findings"][0]["proposal"]) == 5
    assert client.post("/api/hazards/assess", json={"holdings": [{"chemical": "氨", "amount": 1, "unit": "桶"}]}).status_code == 422
    with db.as_user(officer) as conn:
        assert conn.execute("SELECT count(*) AS n FROM holding").fetchone() == {"n": 0}


def test_the_file_of_an_enterprise_has_all_of_it(client: Client) -> None:
    plant = {"name": "甲一净水剂厂", "uscc": "91110115MA0DEM013E", "lon": 116.338, "lat": 39.727, "district": "大兴区"}
    made = client.post("/api/layers/enterprise/features", json=plant)
    if made.status_code == 422:
        made = client.post("/api/layers/enterprise/features", json={k: v for k, v in plant.items() if k != "uscc"})
    plant_id, code = made.json()["id"], made.json()["properties"]["code"]
    unit = client.post("/api/layers/major_hazard/features", json=UNIT | {"parent_code": code}).json()
    source = {"name": "加氯间", "kind": "chemical", "accident_type": "中毒", "likelihood": 4, "severity": 5, "lon": 116.3382, "lat": 39.7272,
              "district": "大兴区", "verified_on": "2026-11-12", "parent_code": unit["properties"]["code"]}  # fmt: skip
    client.post("/api/layers/risk_source/features", json=source)
    shown = client.get(f"/enterprises/{plant_id}").text
    assert all(name in shown for name in ("甲一净水剂厂", "液氯储存单元", "加氯间", "从未核验")) and f"/hazards/{unit['id']}" in shown
    assert shown.index("液氯储存单元") < shown.index("加氯间")  # what was never verified stands first
    assert f"/enterprises/{plant_id}" in client.get("/enterprises", params={"q": "净水"}).text
    assert "没有找到" in client.get("/enterprises", params={"q": "没有这家"}).text
    assert client.get("/enterprises/999999").status_code == 404
    page = client.get(f"/hazards/{unit['id']}").text
    assert "没有登记危险化学品" in page and client.get(f"/hazards/{plant_id}").status_code == 404
    assert client.get(f"/hazards/{unit['id']}?lang=en").status_code == 200 and client.get(f"/enterprises/{plant_id}?lang=en").status_code == 200


def test_a_plain_form_with_chemicals_is_saved_and_worked_out(client: Client) -> None:
    sent = {"key": "form-key-000001", "name": "氨罐区", "population_500m": "60", "holdings": "1", "act": "save",
            "holdings.chemical": ["氨", "液氯", ""], "holdings.amount": ["15", "3000", ""], "holdings.unit": ["t", "kg", "t"]}  # fmt: skip
    assert "holdings.chemical" in client.get("/register/major_hazard").text
    answer = client.post("/register/major_hazard", data=sent, follow_redirects=False)
    assert answer.status_code == 303, answer.text[:500]
    shown = client.get(answer.headers["location"]).text
    assert 'data-r="8.1"' in shown and "四级" in shown and shown.count('class="hz-l"') == 5
    assert client.get(f"{answer.headers['location']}/summary").status_code == 200
