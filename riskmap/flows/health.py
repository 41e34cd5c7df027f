"""Is it well? Each check says what it saw and how to mend it; /readyz and `riskmap doctor` ask the same ones."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from riskmap.errors import Problem
from riskmap.flows.backup import last
from riskmap.settings import Settings
from riskmap.store import row
from riskmap.store.database import Database

LEAST_FREE = 0.10  # share of the disk; below it writes are at risk
BACKUP_DAYS, DRILL_DAYS = 2, 14
HEAD_LAG_S = 180.0


@dataclass(frozen=True, slots=True)
class Check:
    """`state`: ok · warn (works, wants attention) · fail (not ready)."""

    name: str
    state: str
    said: str
    remedy: str = ""


def checks(db: Database, settings: Settings, now: dt.datetime) -> list[Check]:
    """Everything that decides whether this installation is ready, then what wants attention."""
    return [*_database(db), *heads(settings, now), disk(settings.var_dir), *backups(settings, now)]


def ready(found: list[Check]) -> bool:
    return all(c.state != "fail" for c in found)


def _database(db: Database) -> list[Check]:
    try:
        with db.as_engine(write=False) as conn:
            facts = row(conn, "health_facts")
    except Problem as problem:
        return [Check("database", "fail", problem.title, problem.remedy or "riskmap db up")]
    assert facts is not None
    out = [Check("database", "ok", "数据库应答 answers")]
    if facts["audit_waiting"]:
        out.append(
            Check(
                "audit",
                "fail",
                f"{facts['audit_waiting']} 条审计 10 秒未封 audit rows have waited 10 s for their seal",
                "封链随服务运行：查看日志 audit_seal The sealer runs with the server: see the log.",
            )
        )
    else:
        out.append(Check("audit", "ok", "审计链已封到最新 sealed"))
    if facts["run"] is None:
        out.append(Check("grading", "warn", "尚未定级 never graded", "riskmap grade"))
    elif facts["event_lag"]:
        out.append(
            Check(
                "grading", "warn", f"{facts['event_lag']} 个改动待定级 changes wait for grading", "稍候；不减少时 riskmap grade"
            )
        )
    else:
        out.append(Check("grading", "ok", f"定级批次 run {facts['run']}"))
    return out


def heads(settings: Settings, now: dt.datetime) -> list[Check]:
    """Whether the head of the audit chain reaches the file it is to be kept in besides; nothing where none is set."""
    file = settings.audit_head_file
    if file is None:
        return []
    try:
        noted, other = file.stat().st_mtime, settings.audit_heads.stat().st_mtime if settings.audit_heads.exists() else now.timestamp()
    except OSError as error:
        return [Check("audit_head", "warn", f"链头没有写到 the head is not written: {file.name} ({error.strerror})", "检查 RISKMAP_AUDIT_HEAD_FILE")]
    if other - noted > HEAD_LAG_S:
        return [Check("audit_head", "warn", f"{file.name} 落后 lags {other - noted:.0f} s", "检查 RISKMAP_AUDIT_HEAD_FILE；日志 the log: audit_head")]
    return [Check("audit_head", "ok", f"链头写到 the head is written to {file.name}")]


def disk(folder: Path) -> Check:
    """Room on the volume of `folder`."""
    usage = shutil.disk_usage(folder if folder.exists() else folder.parent)
    share = usage.free / usage.total
    said = f"剩余 {share:.0%}，{usage.free / 1e9:.1f} GB free"
    if share < LEAST_FREE and usage.free < 20_000_000_000:
        return Check("disk", "fail", said, "腾出空间 Free some space; 满时 when full: riskmap db up --release-ballast")
    return Check("disk", "ok", said)


def backups(settings: Settings, now: dt.datetime) -> list[Check]:
    """Age of the last backup and of the last drill that passed."""
    known = last(settings)
    out = []
    for key, name, limit, remedy in (
        ("backup_at", "backup", BACKUP_DAYS, "riskmap backup"),
        ("drill_at", "drill", DRILL_DAYS, "riskmap restore --drill"),
    ):
        at = known.get(key)
        age = (now - dt.datetime.fromisoformat(at)).days if at else None
        if age is None:
            out.append(Check(name, "warn", "从未做过 never done", remedy))
        elif name == "drill" and not known.get("drill_ok"):
            out.append(Check(name, "fail", f"上次演练未通过 the last drill failed ({at})", remedy))
        else:
            out.append(Check(name, "warn" if age > limit else "ok", f"{age} 天前 days ago", remedy if age > limit else ""))
    return out
