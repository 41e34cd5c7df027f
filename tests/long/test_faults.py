"""A frozen, killed and full database under a running server: told honestly, and well again by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from riskmap.settings import Settings
from riskmap.store.cluster import Cluster
from riskmap.store.migrate import connect
from riskmap.store.process import living_in
from tests.long.conftest import Installation


def wait(installation: Installation, want: str, seconds: float) -> dict[str, str]:
    """Readiness once it is `want`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        told = installation.ready()
        if told["status"] == want:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_frozen_then_killed_then_well_again(installation: Installation) -> None:
    with installation.serving("--no-demo") as process:
        wait(installation, "ready", 30)
        data = installation.var / "pg" / "data"
        threads = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
        frozen = living_in(data)
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        assert installation.get("/healthz", timeout=5)[0] == 200
        assert installation.get("/readyz", timeout=10)[0] == 503
        time.sleep(10)
        assert installation.get("/healthz", timeout=5)[0] == 200
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        wait(installation, "ready", 10)
        server = Cluster(installation.var).status().pid
        assert server
        os.kill(server, signal.SIGKILL)
        wait(installation, "not ready", 10)
        status, body = installation.get("/api/districts")
        assert status == 503 and b"traceback" not in body.lower()
        Cluster(installation.var, ballast_bytes=0).up()
        wait(installation, "ready", 30)
        until = time.monotonic() + 10
        while installation.get("/api/layers")[0] != 200:
            assert time.monotonic() < until, "every pool is well within ten seconds, without a restart"
            time.sleep(0.3)
        assert len(list(Path(f"/proc/{process.pid}/task").iterdir())) <= threads + 45  # the worker pool, and nothing that grows


@pytest.mark.long
@pytest.mark.timeout(900)
def test_disk_filled_while_writing(installation: Installation) -> None:
    """At 0 %: writes are refused, what was committed stays, and the ballast opens the way back."""
    if os.geteuid() != 0:
        pytest.skip("需要 root 挂载 tmpfs mounting needs root")
    disk = installation.var
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2300m,mode=755", "none", str(disk)], check=True)
    try:
        cluster = Cluster(
            disk, ballast_bytes=200_000_000, extra={"shared_buffers": "64MB", "max_wal_size": "64MB", "min_wal_size": "32MB"}
        )
        with connect(cluster.up().superuser) as conn:
            conn.execute("CREATE TABLE kept (n int); CREATE TABLE bulk (text text)")
            committed = 0
            with pytest.raises(Exception) as full:  # noqa: B017, PT011
                while True:
                    with conn.transaction():
                        conn.execute("INSERT INTO kept VALUES (%s)", (committed,))
                        conn.execute("INSERT INTO bulk SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
                    committed += 1
        assert type(full.value).__name__ in ("DiskFull", "OperationalError", "AdminShutdown", "CrashShutdown"), full.value
        assert committed
        begun = time.monotonic()
        cluster.down() if cluster.status().running else None
        cluster.up(release_ballast=True)
        assert time.monotonic() - begun < 60
        with connect(cluster.dsns().superuser) as conn:
            conn.execute("TRUNCATE bulk")  # the person makes room first: even reading writes (hint bits, with checksums on)
            conn.execute("CHECKPOINT")
            # The one whose answer was lost may stand or not; every one that was answered stands.
            found = conn.execute("SELECT count(*) AS n, max(n) AS last FROM kept").fetchone()
            assert found and found["n"] in (committed, committed + 1) and found["last"] == found["n"] - 1
        cluster.up()
        assert cluster.ballast.exists() or shutil.disk_usage(disk).free < 10 * 200_000_000
        cluster.down()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_low_disk_is_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from riskmap.flows import health

    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: type("U", (), {"total": 10**11, "free": 10**9}))
    assert health.disk(Settings(var_dir=tmp_path, _env_file=None).var_dir).state == "fail"  # type: ignore[call-arg]
