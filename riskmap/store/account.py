"""Which operating-system account the database server runs as, and where that account can reach its files.

PostgreSQL refuses to run as root, rightly. Called by root, the server runs as `postgres`; called by anyone else, as the caller.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from riskmap.errors import SetupError

SERVER_ACCOUNT = "postgres"
SYSTEM_DIR = Path("/var/lib/riskmap")
SOCKET_PATH_MAX = 107  # sun_path holds 108 bytes with its final NUL
SOCKET_NAME = ".s.PGSQL.5432.lock"  # the longest name the server makes beside its socket


@dataclass(frozen=True, slots=True)
class Account:
    """uid, gid and name of the server's account, and the command prefix that becomes it."""

    uid: int
    gid: int
    name: str
    prefix: tuple[str, ...]


def account() -> Account:
    """The account the server is to run as."""
    if os.geteuid() != 0:
        uid = os.geteuid()
        return Account(uid, os.getegid(), name_of(uid), ())
    try:
        entry = pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError as error:
        raise SetupError(
            f"没有用户 {SERVER_ACCOUNT}，数据库不能以 root 运行 No user {SERVER_ACCOUNT}; the database never runs as root",
            remedy="以普通用户运行，或 useradd --system postgres",
        ) from error
    if not shutil.which("setpriv"):
        raise SetupError(
            "缺少 setpriv（util-linux） setpriv is missing",
            remedy="apt-get install util-linux，或以普通用户运行 or run as an ordinary user",
        )
    prefix = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups", "--")
    return Account(entry.pw_uid, entry.pw_gid, SERVER_ACCOUNT, prefix)


def is_missing() -> bool:
    """Whether root has no account to run the server as yet: PostgreSQL's packages make it, so nothing was ever made here."""
    if os.geteuid() != 0:
        return False
    try:
        pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError:
        return True
    return False


def name_of(uid: int) -> str:
    """The login name of a uid; empty for an account without one (a container's random uid)."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def searchable(path: Path, who: Account) -> Path | None:
    """The first existing folder on the way to `path` that `who` may not search, or None when the way is free."""
    for folder in [*reversed(path.absolute().parents), path.absolute()]:
        if not folder.exists():
            return None
        mode = folder.stat()
        bit = stat.S_IXUSR if mode.st_uid == who.uid else stat.S_IXGRP if mode.st_gid == who.gid else stat.S_IXOTH
        if not mode.st_mode & bit:
            return folder
    return None


def place(wanted: Path, who: Account) -> Path:
    """Where the cluster lives: `wanted`, or, where `who` cannot get there (a 0700 home of root), a folder under /var/lib/riskmap.

    Only looks. `settle` writes the choice down, so that a later chmod does not lose the data from sight.
    """
    pointer = _pointer(wanted)
    if pointer.exists():
        return Path(pointer.read_text(encoding="utf-8").strip())
    if wanted.exists() and any(wanted.iterdir()) or searchable(wanted.parent, who) is None:
        return wanted
    return SYSTEM_DIR / _digest(wanted)


def settle(wanted: Path, chosen: Path, who: Account) -> None:
    """Note in a file beside `wanted` that the cluster lives elsewhere, and say so."""
    pointer = _pointer(wanted)
    if chosen == wanted or pointer.exists():
        return
    pointer.write_text(f"{chosen}\n", encoding="utf-8")
    print(
        f"用户 {who.name} 进不了 {searchable(wanted.parent, who)}，数据库放在 {chosen}（记在 {pointer.name}）\n"
        f"{who.name} cannot enter that folder, so the database lives in {chosen}",
        file=sys.stderr,
    )


def _pointer(wanted: Path) -> Path:
    return wanted.with_name(wanted.name + ".location")


def socket_dir(home: Path, who: Account) -> Path:
    """A folder for the socket, private to `who`, short enough for a socket's path."""
    near = home / "run"
    if len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_PATH_MAX:
        return near
    return _runtime_dir(who) / f"riskmap-{who.uid}-{_digest(home)}"


def own(path: Path, who: Account, mode: int = 0o700) -> None:
    """Make the folder, give it to `who`, and refuse one that is a link or another person's (a trap set in a shared /tmp)."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in {who.uid, os.geteuid()}:
        raise SetupError(
            f"目录不属于本程序 The folder belongs to someone else: {path}",
            remedy="移走它，或换用户运行 Move it away, or run as its owner.",
        )
    if os.geteuid() == 0 and found.st_uid != who.uid:
        os.chown(path, who.uid, who.gid)
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def _runtime_dir(who: Account) -> Path:
    user = Path(f"/run/user/{who.uid}")
    return user if os.geteuid() == who.uid and user.is_dir() and os.access(user, os.W_OK) else Path(tempfile.gettempdir())


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:10]
