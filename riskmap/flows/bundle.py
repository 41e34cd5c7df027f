"""The offline bundle: source, wheels by hash, front-end files, Debian packages; one tar that is the same on every build.

riskmap/                 the source as committed, with web/vendor
riskmap/wheels/          every Python library, checked against requirements.txt
riskmap/debs/            PostgreSQL, PostGIS and Python as a small apt repository, for the distribution it was built on
riskmap/bundle.txt       what it was built for
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from riskmap import __version__
from riskmap.errors import SetupError
from riskmap.settings import Settings
from riskmap.store import postgres

EPOCH = 1_577_836_800  # 2020-01-01: the time every file in the bundle carries
REQUIREMENTS = ("requirements.txt", "requirements-build.txt")
# Without git (a machine that itself came from a bundle), everything but these.
NOT_SOURCE = {
    ".git",
    ".venv",
    "var",
    "dist",
    "node_modules",
    "wheels",
    "debs",
    "bundle.txt",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
    ".env",
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The file, its checksum, and how many wheels and Debian packages are inside."""

    file: Path
    sha256: str
    wheels: int
    debs: int


def bundle(settings: Settings, target: Path, with_debs: bool = True) -> Bundle:
    """Build the bundle into `target`."""
    root = settings.root
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".bundle-") as work:
        stage = Path(work) / "riskmap"
        _source(root, stage)
        shutil.copytree(root / "web" / "vendor", stage / "web" / "vendor", dirs_exist_ok=True)
        wheels = _wheels(root, stage / "wheels")
        debs = _debs(stage / "debs") if with_debs else 0
        (stage / "bundle.txt").write_text(_label(), encoding="utf-8")
        part = Path(work) / "bundle.tar"
        _pack(stage, part)
        part.replace(target)
    with target.open("rb") as file:
        return Bundle(target, hashlib.file_digest(file, "sha256").hexdigest(), wheels, debs)


def _label() -> str:
    """What the bundle was built for, as `key=value` lines a shell can read."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    name = release.get("PRETTY_NAME", "").strip('"')
    packages = " ".join(wanted())
    return f"version={__version__}\npython={sys.version_info.major}.{sys.version_info.minor}\nsystem='{name}'\npackages='{packages}'\n"


def wanted() -> list[str]:
    """The Debian packages a fresh machine needs."""
    return ["python3", "python3-venv", *postgres.packages()]


def _source(root: Path, stage: Path) -> None:
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        files = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    else:
        files = [p.relative_to(root) for p in root.rglob("*") if p.is_file() and not set(p.relative_to(root).parts) & NOT_SOURCE]
    for name in files:
        if (root / name).is_file():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, stage / name)


def _wheels(root: Path, folder: Path) -> int:
    arguments = [part for name in REQUIREMENTS for part in ("-r", str(root / name))]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line] or done.stderr.splitlines()
        raise SetupError(
            "取不到 Python 库 The Python libraries could not be fetched: " + " / ".join(said[-2:]),
            remedy="检查网络 Check the network.",
        )
    return len(list(folder.glob("*.whl")))


def _debs(folder: Path) -> int:
    """The packages and all they stand on, as an apt repository of one folder. As if nothing were installed: the target may be bare."""
    if not shutil.which("apt-get"):
        return 0
    (folder / "partial").mkdir(parents=True)
    nothing = folder / "status"
    nothing.touch()
    command = [
        "apt-get",
        "-y",
        "-q",
        "--no-install-recommends",
        "--download-only",
        "-o",
        f"Dir::State::status={nothing}",
        "-o",
        f"Dir::Cache::archives={folder}",
        "-o",
        "Debug::NoLocking=1",
        "-o",
        "APT::Sandbox::User=root",
        "install",
        *wanted(),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"},
    )
    nothing.unlink()
    shutil.rmtree(folder / "partial", ignore_errors=True)
    (folder / "lock").unlink(missing_ok=True)
    if done.returncode:
        raise SetupError(
            "取不到 Debian 包 The Debian packages could not be fetched: " + done.stderr.strip()[-300:],
            remedy="apt-get update 后再试，或 riskmap bundle --no-debs",
        )
    files = sorted(folder.glob("*.deb"))
    (folder / "Packages").write_text("\n".join(_entry(path) for path in files), encoding="utf-8")
    return len(files)


def _entry(path: Path) -> str:
    """The package's stanza in the repository's index."""
    fields = subprocess.run(["dpkg-deb", "-f", str(path)], capture_output=True, text=True, check=True).stdout.rstrip("\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{fields}\nFilename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest}\n"


def _pack(stage: Path, target: Path) -> None:
    """A tar whose bytes depend on the content alone: sorted names, one time, one owner."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(stage.rglob("*")):
            info = tar.gettarinfo(path, str(path.relative_to(stage.parent)))
            info.mtime, info.uid, info.gid, info.uname, info.gname = EPOCH, 0, 0, "", ""
            info.mode = 0o755 if path.is_dir() or info.mode & 0o100 else 0o644
            if path.is_file():
                with path.open("rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
