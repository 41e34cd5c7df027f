"""A real server under hostile uploads: every one a clear 4xx, the service stays up and small."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from riskmap.settings import settings
from riskmap.store.cluster import Dsns
from tests.traps import documents, workbooks

TRAPS = workbooks.REFUSED | documents.GEOJSON_REFUSED | documents.TEXT_REFUSED | documents.BINARY_REFUSED
LIMIT_S = 5.0  # the promise
GROWTH_KB = 50_000
PROGRAM = """
import sys, uvicorn
from pathlib import Path
from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
with Database(sys.argv[1], sys.argv[2], pool_size=4) as db:
    given = settings().model_copy(update={"var_dir": Path(sys.argv[4])})
    uvicorn.run(create_app(given, db, grading=False), host="127.0.0.1", port=int(sys.argv[3]), log_level="warning")
"""


@pytest.fixture
def server(dsns: Dsns, tmp_path: Path) -> Iterator[tuple[httpx.Client, int]]:
    """A served application and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, dsns.app, dsns.engine, str(port), str(tmp_path)], cwd=settings().root
    ) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            for _ in range(120):
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.25)
            yield client, process.pid
        process.terminate()


def resident_kb(pid: int) -> int:
    """Most memory the process ever held, kilobytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def send(client: httpx.Client, body: bytes, key: str) -> httpx.Response:
    return client.post("/api/layers/shelter/imports", files={"file": ("upload", body)}, headers={"Idempotency-Key": key})


def test_every_trap_is_a_clear_4xx_and_the_service_stays_up_and_small(server: tuple[httpx.Client, int]) -> None:
    client, pid = server
    good = "场所名称,经度,纬度\n" + "".join(f"场所{i},{116.3 + i * 1e-4:.5f},39.9\n" for i in range(2000))
    assert send(client, good.encode(), "warm-up-1").status_code == 201
    before = resident_kb(pid)
    assert TRAPS
    for name, trap in TRAPS.items():
        body = trap()
        began = time.monotonic()
        answer = send(client, body, f"trap-{name}")
        took = time.monotonic() - began
        problem = answer.json()
        assert answer.status_code in (413, 422), (name, answer.text)
        assert problem["title"] and problem["remedy"] and problem["request_id"], name
        assert took < LIMIT_S, (name, took)
        assert client.get("/healthz").status_code == 200, name
    assert resident_kb(pid) - before < GROWTH_KB
    assert client.get("/api/layers/shelter/count").json()["count"] == 0
    assert send(client, good.encode(), "still-here-1").status_code == 201
