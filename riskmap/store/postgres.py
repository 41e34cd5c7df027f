"""The PostgreSQL programs of this machine: found, or installed by apt where the caller may."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from riskmap.errors import SetupError

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
# Tells postgresql-common not to create a system-wide cluster for us; taken away again after the installation.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/riskmap.conf")
COMPOSE = "或用容器 or with containers: docker compose up"


@dataclass(frozen=True, slots=True)
class Programs:
    """One installed PostgreSQL: its major version, folder of programs, and whether PostGIS is there for it."""

    version: int
    bin: Path
    postgis: bool


def installed() -> list[Programs]:
    """Every PostgreSQL server of this machine, newest first: Debian's folders, then whatever pg_config on the PATH says."""
    out = []
    for folder in DEBIAN.glob("*/bin"):
        if folder.parent.name.isdigit() and (folder / "initdb").exists():
            version = int(folder.parent.name)
            out.append(Programs(version, folder, _control(Path(f"/usr/share/postgresql/{version}"))))
    if not out and (config := shutil.which("pg_config")):
        said = {key: _ask([config, f"--{key}"]) for key in ("bindir", "sharedir", "version")}
        match = re.search(r"(\d+)", said["version"])
        if match and (Path(said["bindir"]) / "initdb").exists():
            out.append(Programs(int(match[1]), Path(said["bindir"]), _control(Path(said["sharedir"]))))
    return sorted(out, key=lambda p: -p.version)


def programs(version: int | None = None) -> Programs | None:
    """The newest usable PostgreSQL with PostGIS; of exactly `version` when a cluster of that version exists."""
    for found in installed():
        if found.postgis and (found.version == version if version else found.version >= OLDEST):
            return found
    return None


def packages(version: int | None = None) -> list[str]:
    """The Debian packages to install. Follows a server that is there already, else the distribution's own version."""
    if version is None:
        version = next((p.version for p in installed() if p.version >= OLDEST), None) or _distribution_version()
    return [f"postgresql-{version}", f"postgresql-{version}-postgis-3"]


def install(version: int | None = None) -> Programs:
    """The programs with PostGIS, installed now if they are missing and the caller may; SetupError with the exact line if not."""
    if found := programs(version):
        return found
    names = packages(version)
    line = f"sudo apt-get install -y --no-install-recommends {' '.join(names)}"
    if int(names[0].split("-")[1]) < OLDEST:
        raise SetupError(
            f"本系统只提供 PostgreSQL {names[0].split('-')[1]}，需要 {OLDEST} 以上 This system offers only an older PostgreSQL",
            remedy=f"使用较新的 Debian/Ubuntu，或 RISKMAP_DATABASE_URL 指向已有的库；{COMPOSE}",
        )
    prefix = privilege()
    if prefix is None or not shutil.which("apt-get"):
        raise SetupError("缺少 PostgreSQL/PostGIS PostgreSQL with PostGIS is missing", remedy=f"{line}\n{COMPOSE}")
    print(f"安装 Installing: {' '.join(names)} …", file=sys.stderr)
    _apt(prefix, names, line)
    if found := programs(version):
        return found
    raise SetupError("安装后仍找不到 PostGIS PostGIS is still missing after the installation", remedy=f"{line}\n{COMPOSE}")


def privilege() -> list[str] | None:
    """The command prefix that makes root: nothing for root, `sudo -n` where it asks no password, None where neither."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def _apt(prefix: list[str], names: list[str], line: str) -> None:
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    fresh = not NO_MAIN_CLUSTER.exists()
    if fresh:
        subprocess.run([*prefix, "mkdir", "-p", str(NO_MAIN_CLUSTER.parent)], check=True)
        subprocess.run(
            [*prefix, "tee", str(NO_MAIN_CLUSTER)], input=b"create_main_cluster = false\n", stdout=subprocess.DEVNULL, check=True
        )
    try:
        wanted = [*quiet, "install", "-y", "-q", "--no-install-recommends", *names]
        done = subprocess.run(wanted, capture_output=True, text=True)
        if done.returncode:  # package lists may be missing or old
            subprocess.run([*quiet, "update", "-q"], capture_output=True)
            done = subprocess.run(wanted, capture_output=True, text=True)
        if done.returncode:
            raise SetupError("安装失败 Installation failed: " + done.stderr.strip()[-400:], remedy=f"{line}\n{COMPOSE}")
    finally:
        if fresh:
            subprocess.run([*prefix, "rm", "-f", str(NO_MAIN_CLUSTER)], check=False)


def _distribution_version() -> int:
    said = _ask(["apt-cache", "depends", "postgresql"]) if shutil.which("apt-cache") else ""
    match = re.search(r"postgresql-(\d+)", said)
    return int(match[1]) if match else OLDEST


def _control(share: Path) -> bool:
    return (share / "extension" / "postgis.control").exists()


def _ask(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
