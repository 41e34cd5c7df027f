"""Backup, restore, and the drill that proves a backup: a backup exists only after a restore.

A backup is one tar file: manifest.json (what it holds, counted and checksummed in the same frozen view) and database.dump.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import socket
import tarfile
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from riskmap import __version__
from riskmap.errors import SetupError
from riskmap.flows.seal import verify
from riskmap.settings import Settings
from riskmap.store import dump, server
from riskmap.store.cluster import Dsns
from riskmap.store.migrate import bootstrap, connect, found, migrate

MANIFEST, DUMP = "manifest.json", "database.dump"
FORMAT = 1
LAST = "backup.json"  # in var/: when the last backup and the last drill were, for readyz and doctor


@dataclass(frozen=True, slots=True)
class Report:
    """What a restore found. `differences` empty means the restored database equals the backed-up one."""

    file: str
    tables: int
    rows: int
    seconds: float
    differences: list[str] = field(default_factory=list)
    audit_links: int = 0


def backup(settings: Settings, folder: Path, now: dt.datetime) -> Path:
    """Write a backup of the current database into `folder`; the file's path. A backup cut short leaves nothing behind."""
    where = server.dsns(settings)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"riskmap-{now:%Y%m%d-%H%M%S}.tar"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as work:
        dumped = Path(work) / DUMP
        with dump.snapshot(where.superuser) as (conn, name):
            held = dump.content(conn)
            dump.write(where.superuser, name, dumped, held.server)
        manifest = {
            "format": FORMAT,
            "product": __version__,
            "made_at": now.isoformat(timespec="seconds"),
            "host": socket.gethostname(),
            "database": settings.database_name,
            "sha256": _sha256(dumped),
            "bytes": dumped.stat().st_size,
        } | asdict(held)
        part = Path(work) / "backup.tar"
        with tarfile.open(part, "w") as tar:
            listing = Path(work) / MANIFEST
            listing.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
            tar.add(listing, MANIFEST)
            tar.add(dumped, DUMP)
        part.chmod(0o600)  # personal data inside
        part.replace(target)
    _note(settings, backup_at=now.isoformat(timespec="seconds"), backup_file=str(target))
    return target


def manifest(file: Path) -> dict[str, Any]:
    """The manifest of a backup file; SetupError when it is not one."""
    try:
        with tarfile.open(file) as tar:
            held = tar.extractfile(MANIFEST)
            told: dict[str, Any] = json.load(held) if held else {}
    except FileNotFoundError as error:
        raise SetupError(f"没有这个文件 No such file: {file}") from error
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise SetupError(
            f"不是完好的备份 Not a sound backup: {file}: {error}", remedy="换一份备份 Take another backup."
        ) from error
    if told.get("format") != FORMAT:
        raise SetupError(
            f"不认识的备份格式 Unknown format of backup: {told.get('format')}",
            where=str(file),
            remedy="升级程序 Update the program.",
        )
    return told


def restore(settings: Settings, file: Path, now: dt.datetime) -> tuple[Report, str | None]:
    """Make the backup the current database. What was there is kept under the name returned (None: there was nothing)."""
    where = server.dsns(settings)
    fresh, kept = f"{settings.database_name}_new_{now:%Y%m%d%H%M%S}", f"{settings.database_name}_before_{now:%Y%m%d%H%M%S}"
    report = _into(settings, where, file, fresh, now)
    if report.differences:
        dump.drop(where.superuser, fresh)
        raise SetupError(
            "恢复的数据与备份清单不符，未启用 The restored data differ from the manifest; nothing was changed: "
            + "; ".join(report.differences[:5]),
            where=str(file),
            remedy="换一份备份 Take another backup.",
        )
    with connect(dump.beside(where.superuser, fresh)) as conn:
        migrate(conn, settings.migrations_dir)
    was_empty = _is_empty(where)
    dump.exchange(where.superuser, settings.database_name, fresh, kept)
    if was_empty:
        dump.drop(where.superuser, kept)
    return report, None if was_empty else kept


def drill(settings: Settings, file: Path | None, now: dt.datetime) -> Report:
    """Restore into a scratch database, compare everything, throw it away. Without `file`, of a backup made now."""
    where = server.dsns(settings)
    with tempfile.TemporaryDirectory(dir=settings.var_dir, prefix=".drill-") as work:
        taken = file or backup(settings, Path(work), now)
        scratch = f"{settings.database_name}_drill_{now:%Y%m%d%H%M%S}"
        try:
            report = _into(settings, where, taken, scratch, now)
        finally:
            dump.drop(where.superuser, scratch)
    _note(settings, drill_at=now.isoformat(timespec="seconds"), drill_ok=not report.differences)
    return report


def _into(settings: Settings, where: Dsns, file: Path, name: str, now: dt.datetime) -> Report:
    """Restore `file` into a new database `name` and compare it with its manifest."""
    begun = dt.datetime.now(dt.UTC)
    told = manifest(file)
    _acceptable(told, settings, where, file)
    target = dump.create(where.superuser, name)
    try:
        with tempfile.TemporaryDirectory(dir=settings.var_dir, prefix=".restore-") as work:
            dumped = _unpack(file, Path(work), told)
            with connect(target) as conn:
                bootstrap(conn, settings.migrations_dir / "bootstrap.sql")
                server_version = conn.info.server_version // 10_000
            dump.read(target, dumped, server_version)
        with connect(target) as conn:
            held = dump.content(conn)
            chain = verify(conn)
    except BaseException:
        dump.drop(where.superuser, name)
        raise
    differences = compare(told, asdict(held)) + ([chain.fault] if chain.fault else [])
    rows = sum(int(t["rows"]) for t in held.tables.values())
    took = (dt.datetime.now(dt.UTC) - begun).total_seconds()
    return Report(file.name, len(held.tables), rows, round(took, 1), differences, chain.links)


def compare(told: dict[str, Any], held: dict[str, Any]) -> list[str]:
    """Where a restored database differs from its manifest, in words. Checksums are comparable within one major version."""
    out = []
    same_version = told["server"] == held["server"]
    for name in sorted(set(told["tables"]) | set(held["tables"])):
        a, b = told["tables"].get(name), held["tables"].get(name)
        if a is None or b is None:
            out.append(f"表 table {name}: {'备份中没有 not in the backup' if a is None else '未恢复 not restored'}")
        elif a["rows"] != b["rows"]:
            out.append(f"表 table {name}: {a['rows']} → {b['rows']} 行 rows")
        elif same_version and a["checksum"] != b["checksum"]:
            out.append(f"表 table {name}: 内容不同 content differs")
    for key in ("migrations", "grades", "audit_links", "audit_hash"):
        if told[key] != held[key]:
            out.append(f"{key}: {told[key]} → {held[key]}")
    return out


def _acceptable(told: dict[str, Any], settings: Settings, where: Dsns, file: Path) -> None:
    with connect(where.superuser) as conn:
        mine = conn.info.server_version // 10_000
    if told["server"] > mine:
        raise SetupError(
            f"备份来自更新的 PostgreSQL {told['server']}，本机 {mine} The backup is of a newer PostgreSQL",
            where=str(file),
            remedy=f"apt-get install postgresql-{told['server']} postgresql-{told['server']}-postgis-3",
        )
    known = {m.name for m in found(settings.migrations_dir)}
    if unknown := [name for name in told["migrations"] if name not in known]:
        raise SetupError(
            f"备份比程序新 The backup is newer than this program: {', '.join(unknown)}",
            where=str(file),
            remedy="升级程序 Update the program.",
        )
    free = shutil.disk_usage(settings.var_dir).free
    if free < 8 * int(told["bytes"]):
        raise SetupError(
            f"磁盘空间不足：需约 {8 * told['bytes'] // 1_000_000} MB Not enough disk space",
            where=str(settings.var_dir),
            remedy="腾出空间后再试 Free some space, then try again.",
        )


def _unpack(file: Path, folder: Path, told: dict[str, Any]) -> Path:
    """database.dump out of the tar, checked against the manifest before anything reads it."""
    target = folder / DUMP
    try:
        with tarfile.open(file) as tar:
            held = tar.extractfile(DUMP)
            if held is None:
                raise KeyError(DUMP)
            with target.open("wb") as out:
                shutil.copyfileobj(held, out)
    except (tarfile.TarError, KeyError, OSError) as error:
        raise SetupError(
            f"备份不完整 The backup is incomplete: {error}", where=str(file), remedy="换一份备份 Take another backup."
        ) from error
    if _sha256(target) != told["sha256"]:
        raise SetupError(
            "备份已损坏：校验和不符 The backup is damaged: its checksum differs",
            where=str(file),
            remedy="换一份备份 Take another backup.",
        )
    return target


def _is_empty(where: Dsns) -> bool:
    with connect(where.superuser) as conn:
        return dump.is_empty(conn)


def last(settings: Settings) -> dict[str, Any]:
    """When the last backup and the last drill were: {backup_at, backup_file, drill_at, drill_ok}, what is known of it."""
    try:
        told: dict[str, Any] = json.loads((settings.var_dir / LAST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return told


def _note(settings: Settings, **facts: Any) -> None:
    path = settings.var_dir / LAST
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(last(settings) | facts), encoding="utf-8")
    fresh.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
