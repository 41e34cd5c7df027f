"""A whole installation in a folder of its own, driven by the real command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from riskmap.settings import ROOT
from riskmap.store.process import living_in


class Installation:
    """`run` a command of riskmap; `serving` the page; `var` is where everything lies."""

    def __init__(self, var: Path) -> None:
        self.var = var
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "RISKMAP_VAR_DIR": str(self.var), "RISKMAP_BALLAST_BYTES": "0",
                "RISKMAP_PORT": str(self.port), "RISKMAP_LOG_FORMAT": "json"}  # fmt: skip

    def run(self, *arguments: str, code: int = 0) -> str:
        """stdout of a command that must end with `code`."""
        done = subprocess.run([sys.executable, "-m", "riskmap", *arguments], env=self.environment(), cwd=ROOT, capture_output=True, text=True,
                              timeout=1800)  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """`riskmap up` until the address was printed; ended by SIGTERM."""
        log = self.var.parent / "log"
        with log.open("w") as out:
            process = subprocess.Popen([sys.executable, "-m", "riskmap", "up", *arguments], env=self.environment(), cwd=ROOT, text=True, stdout=out,
                                       stderr=subprocess.STDOUT)  # fmt: skip
        try:
            deadline = time.monotonic() + 900
            while "ready:" not in log.read_text():
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
                time.sleep(0.1)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)

    def get(self, path: str, timeout: float = 30) -> tuple[int, bytes]:
        """(status, body) of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def ready(self) -> dict[str, str]:
        """Readiness by check; `status` is the whole."""
        _, body = self.get("/readyz")
        told = json.loads(body)
        return {"status": told["status"], **{c["name"]: c["state"] for c in told["checks"]}}


@pytest.fixture
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="riskmap-i-"))
    folder.chmod(0o755)
    yield Installation(folder / "var")
    for data in folder.glob("**/data/postmaster.pid"):
        for pid in living_in(data.parent):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGQUIT)
    time.sleep(1)
    shutil.rmtree(folder, ignore_errors=True)
