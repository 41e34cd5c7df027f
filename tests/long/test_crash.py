"""Killed at any moment of an import of 20,000 rows, then sent again with the same plan: none or all, and exactly once."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from riskmap.settings import ROOT
from riskmap.store.cluster import Cluster
from riskmap.store.process import living_in

ROWS = 20_000
MOMENTS = 50
KEEP = {"shared_buffers": "128MB"}  # fsync stays on: this is what is tested

# The client: plans once, commits the plan; told to commit again it must find it done.
CLIENT = """
import datetime as dt, json, sys
from pathlib import Path
from riskmap import catalogue
from riskmap.core.actor import OPERATOR
from riskmap.core.feature import check
from riskmap.flows.register import Desk, Source, commit, plan
from riskmap.settings import settings
from riskmap.store import server
from riskmap.store.places import gazetteer
given = settings()
layers = catalogue.load(given.layers_dir, given.data_dir / "codes")
with server.open_database(given, server.dsns(given), layers.staff_layers()) as db:
    with db.as_user(OPERATOR) as conn:
        desk = Desk(layers, gazetteer(conn), given.soft_duplicate_m)
    job = json.loads(sys.argv[1])
    if job["do"] == "plan":
        n = job["rows"]
        table = {
            "code": [f"SH-K-{job['batch']}-{i}" for i in range(n)], "name": [f"临时避难点 {job['batch']}-{i}" for i in range(n)],
            "lon": [116.1 + (i % 400) * 14e-4 for i in range(n)], "lat": [39.7 + (i // 400) * 8e-3 for i in range(n)],  # 120 m apart
        }
        checked = check(desk.catalogue.layer("shelter"), desk.catalogue.codes, table, gazetteer=desk.gazetteer)
        with db.as_user(OPERATOR, write=True) as conn:
            conn.execute("SET LOCAL statement_timeout = '600s'")
            made = plan(conn, desk, checked, Source(file_name="crash test"), OPERATOR)
        print(json.dumps({"id": made["id"], "hash": made["plan_hash"]}))
    else:
        print("go", flush=True)
        with db.as_user(OPERATOR, write=True) as conn:
            conn.execute("SET LOCAL statement_timeout = '600s'")
            done = commit(conn, desk, job["id"], job["hash"], OPERATOR, dt.datetime.now(dt.UTC), accept_duplicates=True)
        print(json.dumps(done["counts"]))
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="riskmap-k-"))
    folder.chmod(0o755)
    yield folder
    for pid in living_in(folder / "pg" / "data"):
        os.kill(pid, signal.SIGQUIT)
    time.sleep(1)
    shutil.rmtree(folder, ignore_errors=True)


def environment(place: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "RISKMAP_VAR_DIR": str(place),
        "RISKMAP_BALLAST_BYTES": "0",
        "PYTHONPATH": str(ROOT),
    }


def client(place: Path, **job: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CLIENT, json.dumps(job)], env=environment(place), cwd=ROOT, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out.splitlines()[-1]


def stored(cluster: Cluster, batch: int) -> tuple[int, int, int]:
    """(records, versions, audit rows) of a batch."""
    with psycopg.connect(cluster.dsns().superuser) as conn:
        row = conn.execute(
            """SELECT (SELECT count(*) FROM feature WHERE batch_id = %(b)s), (SELECT count(*) FROM feature_version WHERE batch_id = %(b)s),
                      (SELECT count(*) FROM import_batch WHERE id = %(b)s AND state = 'committed')""", {"b": batch}).fetchone()  # fmt: skip
        assert row
        return row


def clear(cluster: Cluster) -> None:
    """Take the records away, so that every moment meets the same city."""
    with psycopg.connect(cluster.dsns().superuser) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM feature_version; DELETE FROM feature; DELETE FROM import_row")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_at_random_moments(place: Path) -> None:
    cluster = Cluster(place, extra=KEEP, ballast_bytes=0)
    assert subprocess.run([sys.executable, "-m", "riskmap", "migrate"], env=environment(place), cwd=ROOT).returncode == 0
    dice = random.Random(int(dt.date(2026, 1, 1).toordinal()))
    # How long an undisturbed commit takes here, so that the moments cover all of it and a little after.
    first = json.loads(finished(client(place, do="plan", rows=ROWS, batch=0)))
    begun = time.monotonic()
    finished(client(place, do="commit", **first))
    took = time.monotonic() - begun
    clear(cluster)
    outcomes = {"none": 0, "all": 0}
    for moment in range(1, MOMENTS + 1):
        plan = json.loads(finished(client(place, do="plan", rows=ROWS, batch=moment)))
        worker = client(place, do="commit", **plan)
        assert worker.stdout and worker.stdout.readline() == "go\n"
        time.sleep(dice.uniform(0, took))
        victim = dice.choice(["worker", "backend", "server", "everything"])
        pids = living_in(cluster.data)
        if victim == "worker":
            worker.kill()
        elif victim == "backend":
            with psycopg.connect(cluster.dsns().superuser) as conn:
                found = conn.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'riskmap_app' LIMIT 1").fetchone()
            if found:
                os.kill(found[0], signal.SIGKILL)
        else:
            server = cluster.status().pid
            for pid in pids if victim == "everything" else [server]:
                try:
                    os.kill(pid or 0, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        worker.communicate(timeout=600)
        back = time.monotonic()
        cluster.up()
        assert time.monotonic() - back < 30
        records, versions, committed = _patiently(cluster, plan["id"])
        assert (records, versions, committed) in ((0, 0, 0), (ROWS, ROWS, 1)), (
            f"moment {moment}, {victim}: {records} {versions} {committed}"
        )
        outcomes["all" if committed else "none"] += 1
        finished(client(place, do="commit", **plan))  # the client cannot know, so it sends the same again
        assert stored(cluster, plan["id"]) == (ROWS, ROWS, 1)
        clear(cluster)
    assert min(outcomes.values()) > 0, outcomes  # both sides of the commit were met
    with psycopg.connect(cluster.dsns().superuser, autocommit=True) as conn:
        conn.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        conn.execute("SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_am a ON a.oid = c.relam"
                     " WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace AND i.indisvalid")  # fmt: skip
        broken = conn.execute("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert broken == (0,)
    cluster.down()


def _patiently(cluster: Cluster, batch: int) -> tuple[int, int, int]:
    """After a backend was killed the server restarts by itself: wait for it."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return stored(cluster, batch)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
