# ruff: noqa: E501
"""Uploads over HTTP: what a clerk sees from the file to the undo."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

from tests.traps import workbooks

URL = "/api/layers/shelter/imports"
CSV = "场所名称,场所编号,场所级别,可容纳避难人数,经度,纬度\n甲,SH-1,县级,500,116.391,39.907\n乙,SH-2,市级,很多,116.395,39.91\n丙,SH-3,,70,116.4,39.92\n"


@pytest.fixture(autouse=True)
def uploads_of_their_own(client, tmp_path):
    """What is uploaded here is kept here, not among the developer's own data."""
    client.app.state.settings = client.app.state.settings.model_copy(update={"var_dir": tmp_path})


def send(client, body: bytes = CSV.encode("gb18030"), name: str = "场所.csv", **more):
    key = more.pop("key", None)
    return client.post(URL, files={"file": (name, body)}, data=more, headers={"Idempotency-Key": key} if key else None)


def count(client) -> int:
    return client.get("/api/layers/shelter/count?status=approved,incomplete").json()["count"]


def test_upload_plan_commit_undo(client, tmp_path):
    made = send(client)
    assert made.status_code == 201, made.text
    plan = made.json()
    assert plan["counts"] == {"new": 1, "incomplete": 1, "refused": 1} and plan["state"] == "planned" and count(client) == 0
    url = f"{URL}/{plan['id']}"
    held = client.get(url).json()
    assert held["plan_hash"] == plan["plan_hash"] and held["mapping"]["name"] == "场所名称" and held["file_name"] == "场所.csv"
    refused = client.get(f"{url}/rows?outcome=refused").json()["rows"]
    assert [r["row_no"] for r in refused] == [3]
    told = refused[0]["findings"][0]
    assert (
        (told["column"], told["value"], told["severity"]) == ("可容纳避难人数", "很多", "refuse")
        and told["reason"]
        and told["remedy"]
    )
    done = client.post(f"{url}/commit", json={"plan_hash": plan["plan_hash"]})
    assert done.status_code == 200 and done.json()["counts"]["created"] == 2 and count(client) == 2
    again = client.post(f"{url}/commit", json={"plan_hash": plan["plan_hash"]})
    assert again.status_code == 200 and again.json()["repeated"] and count(client) == 2
    undone = client.post(f"{url}/undo")
    assert undone.status_code == 200 and count(client) == 0
    assert client.get(url).json()["state"] == "undone"


def test_only_the_plan_that_was_seen_is_committed(client):
    plan = send(client).json()
    wrong = client.post(f"{URL}/{plan['id']}/commit", json={"plan_hash": "0" * 64})
    assert wrong.status_code == 428 and count(client) == 0
    assert client.post(f"{URL}/{plan['id']}/commit", json={}).status_code == 422
    assert client.post(f"/api/layers/depot/imports/{plan['id']}/commit", json={"plan_hash": plan["plan_hash"]}).status_code == 404
    assert client.get(f"{URL}/999999").status_code == 404 and client.get(f"{URL}/999999999999999999999").status_code in (404, 422)
    assert client.get(f"/api/layers/nothing/imports/{plan['id']}").status_code == 404


def test_the_same_key_uploads_once_and_another_request_under_it_is_told(client):
    first, second = send(client, key="upload-once-1"), send(client, key="upload-once-1")
    assert first.status_code == second.status_code == 201 and first.json()["id"] == second.json()["id"]
    assert send(client, body=CSV.replace("甲", "丁").encode(), key="upload-once-1").status_code == 409
    assert client.post(URL, files={"file": ("a.csv", CSV.encode())}, headers={"Idempotency-Key": ""}).status_code == 428
    unread = client.post(URL, files={"file": ("a.exe", b"MZ")}, headers={"Idempotency-Key": "short"})
    assert unread.status_code == 428  # told before the file is looked at


def test_rows_are_paged_in_the_order_of_the_file(client):
    lines = ["场所名称,经度,纬度"] + [f"场所{i},{116.3 + i * 0.001:.4f},39.9" for i in range(25)]
    plan = send(client, "\n".join(lines).encode()).json()
    seen, href = [], f"{URL}/{plan['id']}/rows?limit=10"
    while href:
        page = client.get(href).json()
        seen += [r["row_no"] for r in page["rows"]]
        href = next((link["href"] for link in page["links"]), None)
    assert seen == list(range(2, 27))
    assert client.get(f"{URL}/{plan['id']}/rows?outcome=nonsense").status_code == 422


def test_crs_district_and_mapping_are_taken(client):
    body = "单位,X,Y\n甲,447900.0,4417700.0\n".encode()
    plan = send(
        client,
        body,
        crs="EPSG:4548",
        district="朝阳区",
        mapping=json.dumps({"单位": "name", "X": "lon", "Y": "lat", "=县级": "shelter_level"}),
    ).json()
    row = client.get(f"{URL}/{plan['id']}/rows").json()["rows"][0]
    assert (
        row["outcome"] == "incomplete"
        and row["payload"]["name"] == "甲"
        and 116 < row["payload"]["lon"] < 117
        and row["payload"]["attributes"]["shelter_level"] == "3"
    )
    for bad in (
        {"crs": "EPSG:2437"},
        {"crs": "x"},
        {"district": "某区"},
        {"mapping": "["},
        {"mapping": '{"单位": 1}'},
        {"mapping": '{"没有": "name"}'},
    ):
        answer = send(client, body, **bad)
        assert answer.status_code == 422 and answer.json()["remedy"], bad


def test_the_workbook_comes_back_marked(client):
    book = openpyxl.Workbook()
    book.active.append(["场所名称", "可容纳避难人数", "经度", "纬度"])
    book.active.append(["甲", "很多", 116.39, 39.9])
    out = io.BytesIO()
    book.save(out)
    plan = send(client, out.getvalue(), "台账.xlsx").json()
    back = client.get(f"{URL}/{plan['id']}/workbook")
    assert back.status_code == 200 and "filename*=UTF-8''" in back.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(back.content)).active
    assert sheet["B2"].fill.fgColor.rgb == "FFFF6B6B" and sheet["E1"].value == "原因" and "不是数字" in sheet["E2"].value


def test_the_template_filled_in_registers(client):
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/layers/shelter/template.xlsx").content))
    sheet = book.worksheets[0]
    for c in range(2, sheet.max_column + 1):
        sheet.cell(3, c).value = sheet.cell(2, c).value
    out = io.BytesIO()
    book.save(out)
    plan = send(client, out.getvalue(), "模板.xlsx").json()
    assert plan["counts"] == {"new": 1}


def test_forms_that_are_none(client):
    assert client.post(URL, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 422
    assert client.post(URL, content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 422
    assert client.post(URL, data={"crs": "wgs84"}, files={"other": ("a", b"x")}).status_code == 422
    assert client.post(URL, files=[("file", ("a", b"x")), ("file", ("b", b"y"))]).status_code == 422
    assert client.post(URL, files={"file": ("a.csv", b"")}).status_code == 422
    assert send(client, workbooks.billion_laughs(), "x.xlsx").status_code == 422
    big = client.post(
        URL, content=(b"x" * 1_000_000 for _ in range(30)), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert big.status_code in (413, 422)


def test_a_body_over_the_bound_is_refused_while_it_comes(client):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    sent = []

    def body():
        yield head
        for i in range(60):
            sent.append(i)
            yield b"x" * 1_000_000

    answer = client.post(URL, content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413 and answer.json()["remedy"]
    declared = client.post(
        URL, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b", "Content-Length": "900000000"}
    )
    assert declared.status_code == 413


def test_hostile_names_are_plain_text(client):
    rows = 'name,lon,lat\n"<img src=x onerror=alert(1)>",116.391,39.907\n"=HYPERLINK(1)",116.395,39.91\n'
    plan = send(client, rows.encode()).json()
    client.post(f"{URL}/{plan['id']}/commit", json={"plan_hash": plan["plan_hash"]})
    names = {f["properties"]["name"] for f in client.get("/api/layers/shelter/features").json()["features"]}
    assert names == {"<img src=x onerror=alert(1)>", "=HYPERLINK(1)"}
    exported = client.post("/api/layers/shelter/export", json={"format": "csv"}).content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in exported


def test_fields_of_the_product_cannot_be_imported(client):
    rows = (
        "name,lon,lat,id,status,steward_org,version,created_at,effective_level\n甲,116.391,39.907,1,approved,99,7,2020-01-01,1\n"
    )
    plan = send(client, rows.encode()).json()
    row = client.get(f"{URL}/{plan['id']}/rows").json()["rows"][0]
    assert row["outcome"] == "incomplete" and not {"status", "version", "created_at", "effective_level"} & set(
        row["payload"]["attributes"]
    )
    assert row["payload"]["steward_org"] != 99
