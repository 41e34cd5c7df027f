"""The private cluster: made once, found again, brought back after crashes, and clear about what stands in the way."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from riskmap.errors import SetupError
from riskmap.store import account, postgres
from riskmap.store.cluster import Cluster
from riskmap.store.migrate import connect
from riskmap.store.process import living_in

QUICK = {"fsync": "off", "shared_buffers": "32MB"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder of this test's own; whatever server is left in it is stopped by its pid."""
    made = Path(tempfile.mkdtemp(prefix="riskmap-c-"))
    made.chmod(0o755)
    yield made
    for data in made.glob("**/PG_VERSION"):
        if data.parent.parent.name != "base":
            for pid in living_in(data.parent):
                _kill(pid, signal.SIGQUIT)
    shutil.rmtree(made, ignore_errors=True)


def _kill(pid: int, how: int) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def made(folder: Path, **more: object) -> Cluster:
    return Cluster(folder, extra=QUICK, **{"ballast_bytes": 0, **more})  # type: ignore[arg-type]


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Configuration files with their times: what a second start must not touch."""
    return {p.name: (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.glob("*.conf")}


def test_made_started_stopped_and_found_again(folder: Path) -> None:
    cluster = made(folder)
    dsns = cluster.up()
    with connect(dsns.superuser) as conn:
        names = ["data_checksums", "jit", "listen_addresses", "server_encoding"]
        shown = conn.execute("SELECT setting FROM pg_settings WHERE name = ANY (%s) ORDER BY name", (names,)).fetchall()
        assert [s["setting"] for s in shown] == ["on", "off", "", "UTF8"]
        conn.execute("CREATE TABLE kept AS SELECT 7 AS n")
    before, pid = snapshot(cluster.data), cluster.status().pid
    assert made(folder).up() == dsns
    assert (snapshot(cluster.data), cluster.status().pid) == (before, pid)
    assert cluster.down() and not cluster.down()
    assert not cluster.status().running and living_in(cluster.data) == []
    with connect(made(folder).up().superuser) as conn:
        assert conn.execute("SELECT n FROM kept").fetchone() == {"n": 7}


def test_the_server_is_never_root_and_its_folders_are_private(folder: Path) -> None:
    cluster = made(folder)
    cluster.up()
    pid = cluster.status().pid
    assert pid and Path(f"/proc/{pid}").stat().st_uid != 0
    run = account.socket_dir(cluster.home, account.account())
    for private in (cluster.data, run):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700 and private.stat().st_uid != 0
    with open(f"/proc/{pid}/net/tcp") as tcp:
        held = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
        assert not [line for line in tcp.readlines()[1:] if f"socket:[{line.split()[9]}]" in held]


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("很长的目录名" * 4) / ("d" * 60)
    deep.mkdir(parents=True)
    cluster = made(deep)
    dsns = cluster.up()
    with connect(dsns.app.replace("riskmap_app", "postgres")) as conn:
        assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    run = account.socket_dir(cluster.home, account.account())
    assert not run.is_relative_to(deep)
    cluster.down()
    shutil.rmtree(run, ignore_errors=True)


def test_another_persons_socket_folder_is_refused(folder: Path) -> None:
    trap = folder / "trap"
    trap.symlink_to(folder)
    with pytest.raises(SetupError, match="someone else"):
        account.own(trap, account.account())


def test_after_kill_9_it_comes_back_with_what_was_committed(folder: Path) -> None:
    cluster = made(folder)
    dsns = cluster.up()
    with connect(dsns.superuser) as conn:
        conn.execute("CREATE TABLE kept (n int)")
        conn.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
    busy = psycopg.connect(dsns.superuser)
    busy.execute("INSERT INTO kept SELECT generate_series(1, 1000)")  # never committed
    pid = cluster.status().pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    with connect(cluster.up().superuser) as conn:
        assert conn.execute("SELECT count(*) AS n FROM kept").fetchone() == {"n": 1000}
    busy.close()


def test_a_pid_file_left_by_a_power_cut_may_name_any_process(folder: Path) -> None:
    cluster = made(folder)
    cluster.up()
    who = account.account()
    locks = [cluster.data / "postmaster.pid", account.socket_dir(cluster.home, who) / account.SOCKET_NAME]
    texts = [lock.read_text() for lock in locks]
    cluster.down()
    stranger = subprocess.Popen([*who.prefix, "sleep", "60"])  # alive, of the server's own account, and not a server
    try:
        for lock, text in zip(locks, texts, strict=True):
            lock.write_text(text.replace(text.split()[0], str(stranger.pid), 1))
            os.chown(lock, who.uid, who.gid)
        assert not cluster.status().running
        cluster.up()
        assert cluster.status().running and stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_half_made_is_moved_aside_and_damaged_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    half = folder / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    cluster = made(folder)
    cluster.up()
    assert "half-made" in capsys.readouterr().err
    assert [p.name for p in folder.glob("pg/aside-*/*")] == ["PG_VERSION"]
    cluster.down()
    (cluster.data / "global" / "pg_control").rename(folder / "lost")
    listing = sorted(p.name for p in cluster.data.iterdir())
    with pytest.raises(SetupError, match="damaged") as told:
        made(folder).up()
    assert "restore" in (told.value.remedy or "") and sorted(p.name for p in cluster.data.iterdir()) == listing


def test_another_version_is_told_and_never_touched(folder: Path) -> None:
    data = folder / "pg" / "data"
    (data / "global").mkdir(parents=True)
    (data / "global" / "pg_control").write_bytes(b"old")
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetupError, match="PostgreSQL 12") as told:
        made(folder).up()
    assert "postgresql-12" in (told.value.remedy or "") and "riskmap restore" in (told.value.remedy or "")
    assert sorted(p.name for p in data.iterdir()) == ["PG_VERSION", "global"]


def test_missing_packages_give_the_exact_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "programs", lambda version=None: None)
    monkeypatch.setattr(postgres, "privilege", lambda: None)
    with pytest.raises(SetupError) as told:
        postgres.install()
    for part in ("apt-get install", "postgis-3", "docker compose"):
        assert part in (told.value.remedy or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 会遇到 only root meets this")
def test_on_a_bare_machine_the_packages_come_before_the_account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = account.SERVER_ACCOUNT
    monkeypatch.setattr(account, "SERVER_ACCOUNT", "riskmap-no-such-account")
    cluster = made(folder)
    assert not cluster.status().initialised  # looking needs no account
    install = postgres.install

    def packages(version: int | None = None) -> postgres.Programs:
        monkeypatch.setattr(account, "SERVER_ACCOUNT", real)  # the package makes the account
        return install(version)

    monkeypatch.setattr(postgres, "install", packages)
    cluster.up()
    assert cluster.status().running


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 会遇到 only root meets this")
def test_where_the_servers_account_may_not_go_the_cluster_lives_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(account, "SYSTEM_DIR", folder / "system")
    cluster = made(home / "var")
    cluster.up()
    assert cluster.home.is_relative_to(folder / "system")
    home.chmod(0o755)  # a later chmod must not lose the data from sight
    assert made(home / "var").home == cluster.home and made(home / "var").status().running


def test_ordinary_user(folder: Path) -> None:
    """The same as an account that is not root: by this very user, or, for root, by the server's account in a child."""
    who = account.account()
    place = folder / "own"
    place.mkdir()
    os.chown(place, who.uid, who.gid)
    pid = os.fork() if os.geteuid() == 0 else None
    if pid == 0:
        code = 1
        try:
            os.initgroups(who.name, who.gid)
            os.setgid(who.gid)
            os.setuid(who.uid)
            os.environ.pop("HOME", None)
            cluster = made(place)
            cluster.up()
            with connect(cluster.dsns().superuser) as conn:
                assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}
            assert cluster.data.stat().st_uid == who.uid and cluster.down()
            code = 0
        finally:
            os._exit(code)
    if pid is None:
        cluster = made(place)
        cluster.up()
        assert cluster.down()
    else:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_full_disk_is_told_and_the_ballast_opens_the_way(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("需要 root 挂载 tmpfs mounting needs root")
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "none", str(disk)]).returncode:
        pytest.skip("此处不能挂载 mounting is not allowed here")
    try:
        cluster = made(disk, ballast_bytes=20_000_000)
        cluster.up()
        with connect(cluster.dsns().superuser) as conn:
            conn.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        assert cluster.ballast.stat().st_blocks * 512 >= 20_000_000
        cluster.down()
        with (disk / "filler").open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(disk).free - 50_000_000)
        with pytest.raises(SetupError, match="full") as told:
            cluster.up()
        assert "--release-ballast" in (told.value.remedy or "")
        cluster.up(release_ballast=True)
        with connect(cluster.dsns().superuser) as conn:
            assert conn.execute("SELECT count(*) AS n FROM kept").fetchone() == {"n": 1000}
        cluster.down()
        (disk / "filler").unlink()
        cluster.up()
        assert cluster.ballast.exists()
        cluster.down()
    finally:
        time.sleep(0.2)
        subprocess.run(["umount", "-l", str(disk)], check=False)
