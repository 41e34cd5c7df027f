"""How far a long upload is: asked for by its key while it runs, and afterwards."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path

import openpyxl
import pytest

from riskmap.flows import progress
from tests.api.conftest import Client

URL = "/api/layers/shelter/imports"
ORDER = ["parsing", "checking", "planning", "comparing", "done"]


@pytest.fixture(autouse=True)
def uploads_of_their_own(client: Client, tmp_path: Path) -> None:
    client.app.state.settings = client.app.state.settings.model_copy(update={"var_dir": tmp_path})


def workbook(rows: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.append(["场所名称", "可容纳避难人数", "经度", "纬度", "备注"])
    for i in range(rows):
        sheet.append([f"场所{i}", 100 + i % 900, 116.2 + i % 200 * 0.002, 39.8 + i // 200 * 0.002, f"说明{i}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def watch(client: Client, key: str, done: threading.Event) -> list[dict]:
    """Every answer that differs from the one before, until the work has ended."""
    told: list[dict] = []
    while True:
        ended = done.is_set()
        answer = client.get(f"/api/imports/progress/{key}")
        if answer.status_code == 200:
            body = answer.json()
            if not told or {**body, "elapsed_s": 0} != {**told[-1], "elapsed_s": 0}:
                told.append(body)
        else:
            assert answer.status_code == 404 and answer.json()["remedy"]
        if ended:
            return told
        time.sleep(0.02)


def test_an_upload_is_followed_from_another_thread(client: Client) -> None:
    rows, key, done, answers = 12_000, "upload-of-this-test", threading.Event(), []

    def upload() -> None:
        try:
            answers.append(client.post(URL, files={"file": ("场所.xlsx", workbook(rows))}, headers={"Idempotency-Key": key}))
        finally:
            done.set()

    thread = threading.Thread(target=upload)
    thread.start()
    told = watch(client, key, done)
    thread.join()
    plan = answers[0].json()
    assert answers[0].status_code == 201 and plan["rows"] == rows
    stages = list(dict.fromkeys(t["stage"] for t in told))
    assert stages == [s for s in ORDER if s in stages] and len(stages) >= 3 and {"parsing", "done"} <= set(stages)
    assert told[-1]["batch"] == plan["id"] and told[-1]["failure"] is None
    assert any(0 < t["rows"] < rows for t in told if t["stage"] in ("parsing", "planning"))  # rows, not only words
    for stage in stages:
        seen = [t["rows"] for t in told if t["stage"] == stage]
        assert seen == sorted(seen)
    assert all(t["total"] == rows for t in told if t["stage"] in ("checking", "planning", "comparing"))
    assert [t["elapsed_s"] for t in told] == sorted(t["elapsed_s"] for t in told)


def test_a_commit_is_followed_too_and_a_refusal_is_told(client: Client) -> None:
    plan = client.post(URL, files={"file": ("场所.xlsx", workbook(5))}).json()
    body = {"plan_hash": plan["plan_hash"]}
    done = client.post(f"{URL}/{plan['id']}/commit", json=body, headers={"Idempotency-Key": "commit-of-this-test"})
    assert done.status_code == 200
    told = client.get("/api/imports/progress/commit-of-this-test").json()
    assert (told["stage"], told["batch"]) == ("done", plan["id"])
    bad = client.post(URL, files={"file": ("场所.xlsx", b"%PDF-1.7")}, headers={"Idempotency-Key": "refused-of-this-test"})
    told = client.get("/api/imports/progress/refused-of-this-test").json()
    assert bad.status_code == 422 and (told["stage"], told["failure"], told["batch"]) == ("failed", bad.json()["title"], None)


def test_a_key_nobody_sent_is_unknown(client: Client) -> None:
    assert client.get("/api/imports/progress/nobody-sent-this").status_code == 404
    assert client.get("/api/imports/progress/short").status_code == 422
    described = client.get("/api/openapi.json").json()["paths"]["/api/imports/progress/{key}"]["get"]
    assert "Idempotency-Key" in described["description"]


def test_the_board_forgets_the_oldest() -> None:
    board = progress.Board()
    for i in range(progress.KEPT + 10):
        board.put(i, progress.Progress("parsing"))
    assert board.of(9) is None and board.of(10) is not None
