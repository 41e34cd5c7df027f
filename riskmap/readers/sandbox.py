"""A throw-away process for what strangers wrote: limited in memory, time and files, without network, killed when it overstays."""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from riskmap.errors import BadFile, TooLarge

_ROOT = str(Path(__file__).resolve().parents[2])
# One thread a library, nothing of the caller's environment: no proxies, no credentials, no search paths.
_ENVIRONMENT = {
    "PYTHONPATH": _ROOT,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "none",
    "PROJ_NETWORK": "OFF",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
}
_GRACE_S = 5  # start-up and writing, beside the parse time itself
_LOOK_S = 0.25  # between two looks at how far the child is
PROGRESS = "progress"  # the file in the scratch folder that tells it
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def run(task: str, paths: dict[str, str], limits: dict[str, int], told: Callable[[int], None] | None = None) -> None:
    """Run riskmap.readers.child on `task` until it has written its result. Raises BadFile or TooLarge in the child's words.

    `told` hears, while it runs, how many rows the child has read so far.
    """
    order = json.dumps({"task": task, "paths": paths, "limits": limits})
    with subprocess.Popen(
        [sys.executable, "-B", "-s", "-m", "riskmap.readers.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd=paths["scratch"],
        start_new_session=True,
        text=True,
    ) as child:
        try:
            answer = _answer(child, order, limits["seconds"] + _GRACE_S, Path(paths["scratch"], PROGRESS), told)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise _overstayed(limits) from None
        except BaseException:
            child.kill()
            raise
    if child.returncode == 0:
        return
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _overstayed(limits)
    try:
        said = json.loads(answer)
    except ValueError:
        raise BadFile(
            "文件使解析程序异常退出 (the file broke its reader)", remedy="请用 Excel 或 WPS 另存为 .xlsx 后重试"
        ) from None
    raise (TooLarge if said["status"] == 413 else BadFile)(said["title"], where=said["where"], remedy=said["remedy"])


def _answer(child: subprocess.Popen[str], order: str, seconds: float, progress: Path, told: Callable[[int], None] | None) -> str:
    """What the child says at its end; `told` hears its rows meanwhile. Raises TimeoutExpired."""
    if told is None:
        return child.communicate(order, timeout=seconds)[0]
    given: str | None = order
    last = time.monotonic() + seconds
    while True:
        try:
            return child.communicate(given, timeout=min(_LOOK_S, max(0.0, last - time.monotonic())))[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() >= last:
                raise
        given = None  # it was sent with the first call
        said = progress.read_text("ascii") if progress.exists() else ""
        if said.isdigit():
            told(int(said))


def _overstayed(limits: dict[str, int]) -> BadFile:
    return BadFile(f"解析超过 {limits['seconds']} 秒 (reading took too long)", remedy="请拆分文件后重试")


def confine(limits: dict[str, int]) -> None:
    """Called by the child before it touches the file: limits of its own, which it cannot raise again, and no network."""

    def cap(what: int, soft: int, hard: int | None = None) -> None:
        resource.setrlimit(what, (soft, hard or soft))

    cap(resource.RLIMIT_AS, limits["memory_bytes"])
    cap(resource.RLIMIT_CPU, limits["seconds"], limits["seconds"] + 1)
    cap(resource.RLIMIT_FSIZE, 3 * limits["unpacked_bytes"])
    cap(resource.RLIMIT_NOFILE, 128)
    cap(resource.RLIMIT_CORE, 0)
    try:  # a network namespace of its own has no way out; where the kernel forbids it, sockets are taken away
        ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    except (OSError, AttributeError):
        pass
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network here")

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse  # type: ignore[assignment]
