"""Our server and tipg, each one process on a loopback port over the same database; and wrk, which asks them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from riskmap.store.cluster import APP, ENGINE, SUPERUSER
from tests.bench.city import CITY, ROOT, TIPG, VAR, Place, free_port

HERE = Path(__file__).parent
TIPG_VENV = ROOT / "var" / "bench-venv"
LOG = VAR / "servers.log"
CONNECTIONS = 8


@contextmanager
def ours(place: Place, database: str = CITY) -> Iterator[str]:
    """Address of `riskmap serve`; of the city itself, graded and settled. Where there are accounts, settling is the caller's, who has a session."""
    port = free_port()
    with running(
        [sys.executable, "-m", "riskmap", "serve", "--port", str(port)],
        {
            "RISKMAP_OWNER_DATABASE_URL": place.tcp(SUPERUSER, database),
            "RISKMAP_DATABASE_URL": place.tcp(APP, database),
            "RISKMAP_ENGINE_DATABASE_URL": place.tcp(ENGINE, database),
            "RISKMAP_VAR_DIR": str(VAR),
            "RISKMAP_LOG_LEVEL": "warning",
            "RISKMAP_PLAIN_HTTP": "true",
        },
    ) as server:
        address = f"http://127.0.0.1:{port}"
        wait(server, f"{address}/healthz")
        if database == CITY:
            wait(server, f"{address}/api/cells?resolution=7")
            settle(address)
        yield address


@contextmanager
def tipg(place: Place) -> Iterator[str]:
    """Address of tipg, which sees the schema `bench` only and reads past row-level security."""
    install_tipg()
    port = free_port()
    with running(
        [str(TIPG_VENV / "bin" / "python"), "-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--port", str(port),
         "tipg_app:app"],
        {"DATABASE_URL": place.tcp(TIPG), "TIPG_DB_SCHEMAS": '["bench"]', "DB_MAX_CONN_SIZE": "8"},
        HERE,
    ) as server:
        address = f"http://127.0.0.1:{port}"
        wait(server, f"{address}/collections")
        yield address


def install_tipg() -> None:
    """Into an environment of its own, by hash; nothing is done when it is there. CalledProcessError tells why it could not be."""
    wanted = HERE / "requirements-tipg.txt"
    mark = TIPG_VENV / "installed"
    if mark.exists() and mark.read_text() == wanted.read_text():
        return
    subprocess.run([sys.executable, "-m", "venv", str(TIPG_VENV)], check=True)
    subprocess.run(
        [str(TIPG_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
         "-r", str(wanted)],
        check=True,
        timeout=300,
    )
    mark.write_text(wanted.read_text())


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], folder: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A server process of ours, ended with the block."""
    with LOG.open("ab") as log:
        server = subprocess.Popen(command, env=os.environ | environment, cwd=folder, stdout=log, stderr=log)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait(server: subprocess.Popen[bytes], url: str, seconds: float = 120) -> None:
    """Until the server answers. OSError when it ended or took too long."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=30).read()
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise OSError(f"{server.args[:4]} 没有启动 did not start: 见 see {LOG.name}") from None  # type: ignore[index]
            time.sleep(0.5)


def settle(address: str, session: str = "", seconds: float = 120) -> None:
    """Until what the server works out once at its start is done, so that neither side is measured beside it."""
    deadline = time.monotonic() + seconds
    while fetch(f"{address}/api/districts/110101/grade", session)["firmness"] is None and time.monotonic() < deadline:
        time.sleep(0.5)


def fetch(url: str, session: str = "") -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": session} if session else {}), timeout=60) as answer:
        return json.load(answer)


def asked(address: str, paths: Sequence[str], seconds: int, session: str = "") -> dict[str, float]:
    """What wrk says of these paths: requests, seconds, bytes, bad, p50_ms, p95_ms, p99_ms; `session` is a cookie. FileNotFoundError without wrk."""
    wrk = shutil.which("wrk")
    if not wrk:
        raise FileNotFoundError("没有 wrk：apt-get install wrk / wrk is not installed")
    listed = VAR / "paths.txt"
    listed.write_text("\n".join(paths) + "\n")
    done = subprocess.run(
        [wrk, "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", *(["-H", f"Cookie: {session}"] if session else []),
         "-s", str(HERE / "boxes.lua"), address, "--", str(listed)],
        capture_output=True, text=True, check=True, timeout=seconds + 60,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])
