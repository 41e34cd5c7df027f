"""The stock by its pages, as plain forms: receipt, issue by first expired, count by two people, transfer, shortages and duplicates told."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from tests.api.test_stock import RICE, at, book, lot, put  # noqa: F401

_keys = itertools.count(1)


def send(person: Any, path: str, expect: int = 303, **fields: Any) -> str:
    data = {"csrf": person.token, "key": f"stock-page-{next(_keys):04d}", **{k.replace("_0", "-"): str(v) for k, v in fields.items()}}
    answer = person.post(path, data=data)
    assert answer.status_code == expect, answer.text
    return answer.text


def test_receipt_of_a_new_lot_and_issue_filled_in_first_expired_first(at):  # noqa: F811
    ku, page = at["ku"], f"/stock/{at['mine']}"
    for batch, until in (("L", "2027-06-01"), ("E", "2027-01-01"), ("X", "2020-01-01")):
        send(ku, f"{page}/receipt", **{"n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": 40, "n0-batch_no": batch, "n0-expires_on": until})
    text = ku.get(page).text
    assert text.index("2020-01-01") < text.index("2027-01-01") < text.index("2027-06-01")
    filled = ku.get(f"{page}?do=issue&supply=1010200&unit=kg&quantity=50").text
    taken = {int(i): v for i, v in re.findall(r'name="q-(\d+)"[^>]*value="([^"]*)"', filled)}
    lots = {x["batch_no"]: x["id"] for x in ku.get(f"/api/depots/{at['mine']}/stock").json()["lots"]}
    assert taken == {lots["E"]: "40", lots["L"]: "10", lots["X"]: ""} and "过期的 40 kg 不出库" in filled
    send(ku, f"{page}/issue", **{f"q-{lots['E']}": 40, f"q-{lots['L']}": 10, "party": "某街道"})
    assert book(ku, at["mine"]) == {lots["E"]: 0.0, lots["L"]: 30.0, lots["X"]: 40.0}
    short = send(ku, f"{page}/issue", 409, **{f"q-{lots['L']}": "30.01"})
    assert "库存不足" in short and 'value="30.01"' in short and book(ku, at["mine"])[lots["L"]] == 30
    assert "没有填写数量" in send(ku, f"{page}/issue", 422)


def test_a_count_difference_is_another_persons_and_of_the_book_as_it_was_counted(at):  # noqa: F811
    ku, shen, rice, page = at["ku"], at["shen"], lot(at), f"/stock/{at['mine']}"
    assert "须写原因" in send(ku, f"{page}/count", 422, **{f"q-{rice}": 93, f"seen-{rice}": 100})
    moved = send(ku, f"{page}/count", 409, **{f"q-{rice}": 93, f"seen-{rice}": 99, "reason": "受潮"})
    assert "账面已变动" in moved and book(ku, at["mine"]) == {rice: 100.0}
    send(ku, f"{page}/count", **{f"q-{rice}": 93, f"seen-{rice}": 100, "reason": "受潮损失"})
    own = ku.get(page).text
    assert "由另一人复核后入账" in own and 'value="approve"' not in own
    text = shen.get(page).text
    assert "账面 100，实盘 93 kg" in text and "待复核" in shen.get("/stock").text
    id = re.search(r"/stock/documents/(\d+)/decide", text)[1]  # type: ignore[index]
    send(ku, f"/stock/documents/{id}/decide", 403, act="approve", depot=at["mine"])
    assert "须写原因" in send(shen, f"/stock/documents/{id}/decide", 422, act="refuse", depot=at["mine"])
    send(shen, f"/stock/documents/{id}/decide", act="approve", depot=at["mine"])
    assert book(ku, at["mine"]) == {rice: 93.0}


def test_a_transfer_is_received_and_a_mistake_reversed(at):  # noqa: F811
    ku, wai, rice, page = at["ku"], at["wai"], lot(at), f"/stock/{at['mine']}"
    send(ku, f"{page}/transfer", **{f"q-{rice}": 30, "to": at["theirs"]})
    text = wai.get(f"/stock/{at['theirs']}").text
    id = re.search(r"/stock/documents/(\d+)/receive", text)[1]  # type: ignore[index]
    send(wai, f"/stock/documents/{id}/receive", act="receive", depot=at["theirs"])
    assert list(book(wai, at["theirs"]).values()) == [30.0] and book(ku, at["mine"]) == {rice: 70.0}
    send(ku, f"{page}/issue", **{f"q-{rice}": 20})
    last = ku.get("/api/stock/movements").json()["documents"][0]["id"]
    send(ku, f"/stock/documents/{last}/reverse", answer="错录", depot=at["mine"])
    assert book(ku, at["mine"]) == {rice: 70.0}


def test_what_is_short_is_told_also_where_there_is_none_of_it_and_expired_fills_no_reserve(at):  # noqa: F811
    ku, page = at["ku"], f"/stock/{at['mine']}"
    lot(at, 100, expires_on="2026-03-01")
    send(ku, f"{page}/minimum", supply_code="1010200", unit="kg", minimum=80)
    send(ku, f"{page}/minimum", supply_code="1010100", unit="kg", minimum=50)
    text = ku.get("/stock").text
    assert "面粉缺 50 kg" in ku.get(page).text and "大米缺 80 kg" in ku.get(page).text
    assert re.search(r'id="short".*面粉.*50 kg', text, re.S) and re.search(r'id="short".*大米.*80 kg', text, re.S)
    lot(at, 90, batch_no="B2", expires_on="2030-01-01")
    assert "大米缺" not in ku.get(page).text


def test_the_same_kind_in_two_depots_is_seen_by_the_city(at):  # noqa: F811
    lot(at)
    put(at["wai"], at["theirs"], "receipt", [RICE | {"quantity": 15, "batch_no": "C"}])
    assert 'id="shared"' in at["shi"].get("/stock").text and 'id="shared"' not in at["ku"].get("/stock").text
    theirs = at["ku"].get(f"/stock/{at['theirs']}").text
    assert "账面只有该单位和市局看到" in theirs and "B1" not in theirs and "do=issue" not in theirs
    send(at["ku"], f"/stock/{at['theirs']}/receipt", 403, **{"n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": 1})


@pytest.mark.parametrize("fields", [
    {"n0-supply_code": "1010200", "n0-unit": "kg"}, {"n0-supply_code": "9999999", "n0-unit": "kg", "n0-quantity": "1"}, {"q-99999": "1"},
    {"n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": "-4"}, {"n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": "一百"},
    {"n0-supply_code": "1010200", "n0-unit": "kg", "n0-quantity": "1", "n0-expires_on": "明年"},
])  # fmt: skip
def test_what_is_wrong_comes_back_with_what_was_typed(at, fields):  # noqa: F811
    answer = at["ku"].post(f"/stock/{at['mine']}/receipt", data={"csrf": at["ku"].token, "key": f"stock-page-{next(_keys):04d}", **fields})
    assert answer.status_code in (404, 422), answer.text
    assert answer.status_code == 404 or all(f'value="{v}"' in answer.text for v in fields.values())
    assert book(at["ku"], at["mine"]) == {}


def test_the_export_is_in_the_audit(at, db):  # noqa: F811
    lot(at)
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', at["ku"].get("/stock?expiry=good").text))
    assert form["expiry"] == "good" and 'href="/stock">清除筛选' not in at["ku"].get("/stock").text
    answer = at["ku"].post("/stock/export", data=form | {"key": "stock-export-1", "expiry": "", "days": "90"})
    assert answer.status_code == 200 and answer.headers["X-Rows"] == "1"
    assert at["ku"].post("/stock/export", data={"csrf": at["ku"].token, "key": "stock-export-2", "expiry": "x"}).status_code == 422
