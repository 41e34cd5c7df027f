"""The private PostgreSQL cluster of the product: made, started, stopped, and brought back after a crash.

Reached by Unix socket only, in a folder nobody else may enter; data checksums on; never run as root.
    <home>/data       the cluster          <home>/run      the socket
    <home>/data.new   one being made       <home>/ballast  space to give up when the disk is full
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from riskmap.errors import SetupError
from riskmap.store import account, configuration, postgres
from riskmap.store.configuration import PORT
from riskmap.store.process import living_in

SUPERUSER, APP, ENGINE = "postgres", "riskmap_app", "riskmap_engine"
LEAST_FREE_BYTES = 64_000_000  # under this a start would end in a panic: one WAL segment is 16 MB
START_S, STOP_S, ORPHANS_S = 300, 60, 10


@dataclass(frozen=True, slots=True)
class Dsns:
    """Connection strings: superuser for set-up, the app's and the engine's login."""

    superuser: str
    app: str
    engine: str


@dataclass(frozen=True, slots=True)
class Status:
    """running; initialised; major version of the data; its folder; pid of the server."""

    running: bool
    initialised: bool
    version: int | None
    home: Path
    pid: int | None


class Cluster:
    """`extra` are server settings over the product's own (the tests turn fsync off); `ballast_bytes` 0 makes no ballast."""

    def __init__(
        self, var_dir: Path, database: str = "riskmap", extra: Mapping[str, str] | None = None, ballast_bytes: int = 256_000_000
    ) -> None:
        self.var_dir, self.database, self.extra, self.ballast_bytes = (
            Path(var_dir).absolute(),
            database,
            dict(extra or {}),
            ballast_bytes,
        )
        self._home: Path | None = None

    # ---- where things are

    @property
    def home(self) -> Path:
        if account.is_missing():
            return self.var_dir / "pg"
        if self._home is None:
            self._home = account.place(self.var_dir / "pg", account.account())
        return self._home

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def ballast(self) -> Path:
        return self.home / "ballast"

    def dsns(self) -> Dsns:
        """Connection strings over the socket, whether the server runs or not."""
        socket = str(account.socket_dir(self.home, account.account()))
        made = [
            make_conninfo(host=socket, port=PORT, dbname=self.database, user=user, connect_timeout=5)
            for user in (SUPERUSER, APP, ENGINE)
        ]
        return Dsns(*made)

    # ---- what a person asks for

    def up(self, release_ballast: bool = False) -> Dsns:
        """Make the cluster if there is none, start it if it is not running, make the database if it is missing. Repeatable."""
        if account.is_missing():
            postgres.install()
        version = self._version()
        programs = self._programs(version)
        who = account.account()
        account.own(self.var_dir, account.Account(os.geteuid(), os.getegid(), "", ()), 0o755)
        account.settle(self.var_dir / "pg", self.home, who)
        account.own(self.home, who)
        with self._alone():
            if release_ballast:
                self.ballast.unlink(missing_ok=True)
            if self._version() is None:
                self._make(programs, who)
            self._configure(who)
            for last in (False, False, True):
                if not self._pid():
                    self._clear_after_crash()
                    self._enough_space()
                    self._start(programs, who)
                if self._make_database(last):
                    break
            if not release_ballast:
                self._make_ballast(who)
        return self.dsns()

    def down(self) -> bool:
        """Stop the server; True when it was running."""
        version = self._version()
        if version is None or not self._pid():
            return False
        with self._alone():
            done = self._run(
                account.account(),
                str(self._programs(version).bin / "pg_ctl"),
                "stop",
                "-D",
                str(self.data),
                "-m",
                "fast",
                "-w",
                "-t",
                str(STOP_S),
            )
            if done.returncode:
                raise SetupError(
                    "数据库没有停下 The database did not stop", where=str(self.home / "log"), remedy=done.stderr.strip()[-300:]
                )
        return True

    def status(self) -> Status:
        version = self._version()
        pid = self._pid()
        return Status(pid is not None, version is not None, version, self.home, pid)

    # ---- steps of up()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One `up` or `down` at a time; the next waits."""
        with (self.var_dir / "pg.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _version(self) -> int | None:
        """Major version of the data; None when there is no cluster yet. A damaged folder is told, never touched."""
        mark = self.data / "PG_VERSION"
        try:
            if not self.data.exists():
                return None
            if mark.exists() and (self.data / "global" / "pg_control").exists():
                return int(mark.read_text().split(".")[0])
        except PermissionError as error:
            raise SetupError(
                f"无权读取 Not readable: {self.data}",
                remedy="用建库时的同一用户运行（可能是 root） Run as the user who made it, perhaps root.",
            ) from error
        raise SetupError(
            f"数据目录不完整，未作改动 The data folder is damaged and was left alone: {self.data}",
            remedy=f"确认后移走 Move it aside: mv {self.data} {self.data}.broken；再 then: riskmap restore <备份 backup>",
        )

    def _programs(self, version: int | None) -> postgres.Programs:
        if version is None:
            return postgres.install()
        if found := postgres.programs(version):
            return found
        have = ", ".join(str(p.version) for p in postgres.installed()) or "无 none"
        raise SetupError(
            f"数据由 PostgreSQL {version} 建立，本机是 {have}；数据未动。"
            f"The data were made by PostgreSQL {version}, this machine has {have}; nothing was touched",
            where=str(self.data),
            remedy=f"1) apt-get install {' '.join(postgres.packages(version))}  2) riskmap backup  "
            f"3) mv {self.home} {self.home}.{version}  4) riskmap restore <备份 backup>；"
            "只做第 1 步即可继续用旧版 step 1 alone is enough to go on with the old version",
        )

    def _make(self, programs: postgres.Programs, who: account.Account) -> None:
        """initdb into data.new, then one rename: a cluster is there whole or not at all. A half-made one is moved aside."""
        self._enough_space()
        fresh = self.home / "data.new"
        if fresh.exists():
            aside = self.home / f"aside-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
            fresh.rename(aside)
            print(f"上次没有建完的数据库移到 A half-made cluster was moved to {aside}", file=sys.stderr)
        done = self._run(
            who,
            str(programs.bin / "initdb"),
            "-D",
            str(fresh),
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "-A",
            "peer",
            "--no-instructions",
            *(["--no-sync"] if self.extra.get("fsync") == "off" else []),
        )
        if done.returncode:
            self._explain("建库失败 The cluster could not be made", done.stderr)
        fresh.rename(self.data)

    def _configure(self, who: account.Account) -> None:
        """Settings and who may come in; a running server is told to read them again when they changed."""
        socket = account.socket_dir(self.home, who)
        account.own(socket, who)
        callers = sorted({who.name, account.name_of(os.geteuid())} - {""})
        settings = configuration.server_settings(socket) | self.extra
        if configuration.configure(self.data, who, settings, callers, (SUPERUSER, APP, ENGINE)) and (pid := self._pid()):
            os.kill(pid, signal.SIGHUP)

    def _pid(self) -> int | None:
        """pid of the server if it really is ours: after a power cut the number may belong to any other process."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        return pid if pid in living_in(self.data) else None

    def _clear_after_crash(self) -> None:
        """Make way for a start after kill -9 or a power cut: wait for orphaned backends, take stale lock files away."""
        deadline = time.monotonic() + ORPHANS_S
        while left := living_in(self.data):
            if time.monotonic() > deadline:
                raise SetupError(
                    f"旧数据库进程仍在运行 Processes of a killed server still run: {', '.join(map(str, left))}",
                    remedy=f"确认后结束它们 End them: kill {' '.join(map(str, left))}",
                )
            time.sleep(0.2)
        # Either file may name a pid that by now is anyone's (or a zombie's), and the server would refuse to start for it.
        for stale in (self.data / "postmaster.pid", account.socket_dir(self.home, account.account()) / account.SOCKET_NAME):
            stale.unlink(missing_ok=True)

    def _enough_space(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < LEAST_FREE_BYTES:
            raise SetupError(
                f"磁盘已满：只剩 {free // 1_000_000} MB The disk is full", where=str(self.home), remedy=self._make_room()
            )

    def _make_room(self) -> str:
        if self.ballast.exists():
            return "腾出空间，或先放掉压舱文件 Free some space, or give up the ballast: riskmap db up --release-ballast"
        return "腾出空间后再试 Free some space, then try again."

    def _start(self, programs: postgres.Programs, who: account.Account) -> None:
        log = self.home / "log"
        if log.exists() and log.stat().st_size > 20_000_000:
            log.replace(self.home / "log.1")
        # The server must not hold our pipes: its own output goes to the log, or a caller waiting for end-of-file waits for ever.
        done = self._run(
            who, str(programs.bin / "pg_ctl"), "start", "-D", str(self.data), "-l", str(log), "-w", "-s", "-t", str(START_S)
        )
        if done.returncode:
            tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            self._explain("数据库没有启动 The database did not start", done.stderr + tail)

    def _explain(self, title: str, said: str) -> None:
        if "No space left" in said or "could not write" in said:
            raise SetupError(f"磁盘已满 The disk is full — {title}", where=str(self.home), remedy=self._make_room())
        told = [
            line for line in said.splitlines() if any(mark in line for mark in ("FATAL", "PANIC", "ERROR", "error", "HINT"))
        ] or said.splitlines()
        raise SetupError(f"{title}: {' / '.join(told[-3:])}", where=str(self.home / "log"), remedy="riskmap doctor")

    def _make_database(self, last: bool) -> bool:
        """Make the database if it is missing. False when the server turned out to be dying, killed a moment ago."""
        dsn = make_conninfo(self.dsns().superuser, dbname="postgres")
        try:
            conn = self._patiently(dsn)
        except SetupError:
            if last or self._pid():
                raise
            return False
        with conn:
            if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)).fetchone() is None:
                conn.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(self.database))
                )
        return True

    def _patiently(self, dsn: str) -> psycopg.Connection:
        """A connection, waited for while the server recovers by itself (a killed backend makes it start over)."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                return psycopg.connect(dsn, autocommit=True)
            except psycopg.OperationalError as error:
                lost = not (account.socket_dir(self.home, account.account()) / ".s.PGSQL.5432").exists()
                if time.monotonic() > deadline - (START_S - ORPHANS_S) * lost or not self._pid():
                    raise SetupError(
                        f"数据库不应答 The database does not answer: {str(error).strip()[-200:]}",
                        where=str(self.home / "log"),
                        remedy="riskmap db down && riskmap db up",
                    ) from error
                time.sleep(0.2)

    def _make_ballast(self, who: account.Account) -> None:
        """Real blocks set aside (not a sparse file), as long as the disk has ten times as much free."""
        if not self.ballast_bytes or self.ballast.exists() or shutil.disk_usage(self.home).free < 10 * self.ballast_bytes:
            return
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.ballast_bytes)
        if os.geteuid() == 0:
            os.chown(self.ballast, who.uid, who.gid)

    def _run(self, who: account.Account, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL as the server's account, in a folder it may enter, in a language we can read."""
        with (self.home / "said").open("w+", encoding="utf-8") as said:
            done = subprocess.run(
                [*who.prefix, "env", "LC_ALL=C", *command],
                stdout=subprocess.DEVNULL,
                stderr=said,
                stdin=subprocess.DEVNULL,
                cwd="/",
            )
            said.seek(0)
            text = said.read()
        (self.home / "said").unlink(missing_ok=True)
        return subprocess.CompletedProcess(done.args, done.returncode, "", text)
