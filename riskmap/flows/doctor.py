"""What is wrong with this installation, and how to mend it. Looks only; starts, stops and changes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from riskmap import catalogue
from riskmap.errors import Problem
from riskmap.flows.health import Check, checks, disk
from riskmap.flows.paper import KINDS, try_template
from riskmap.settings import Settings
from riskmap.store import account, postgres, server
from riskmap.store.migrate import connect, lacking, pending
from riskmap.writers.pdf import REMEDY, wanting


def examine(settings: Settings, now: dt.datetime) -> list[Check]:
    """Every check that can be made without changing anything; one that breaks is itself a finding."""
    out: list[Check] = []
    for name, look in (
        ("python", _python), ("catalogue", _catalogue), ("frontend", _frontend), ("paper", _paper), ("folders", _folders),
        ("postgresql", _programs), ("cluster", _cluster), ("schema", _schema),
    ):  # fmt: skip
        out += list(_careful(name, look, settings))
    if any(c.name == "schema" and c.state == "ok" for c in out):
        with server.open_database(settings, server.dsns(settings, start=False), ()) as db:
            out += checks(db, settings, now)
    else:
        out.append(disk(settings.var_dir))
    return out


def _careful(name: str, look: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    try:
        yield from look(settings)
    except Problem as problem:
        yield Check(name, "fail", problem.title, problem.remedy or "")
    except OSError as error:
        yield Check(name, "fail", str(error), "检查权限 Check the permissions.")


def _python(settings: Settings) -> Iterator[Check]:
    yield Check("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} · {settings.root}")


def _catalogue(settings: Settings) -> Iterator[Check]:
    found = catalogue.load(settings.layers_dir, settings.data_dir / "codes")
    yield Check("catalogue", "ok", f"{len(found.layers)} 图层 layers, {len(found.codes)} 代码表 code lists")


def _frontend(settings: Settings) -> Iterator[Check]:
    """Every front-end file against its checksum."""
    listing = settings.root / "setup" / "vendor.sha256"
    bad = []
    for line in listing.read_text(encoding="utf-8").splitlines():
        want, name = line.split(maxsplit=1)
        path = settings.web_dir / "vendor" / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != want:
            bad.append(name)
    if bad:
        yield Check("frontend", "fail", "缺失或不符 missing or different: " + ", ".join(bad), "make vendor")
    else:
        yield Check("frontend", "ok", "前端库齐全且校验一致 complete")


def _paper(settings: Settings) -> Iterator[Check]:
    """What a PDF needs of the machine, and the bureau's own Word templates where it has some."""
    for kind in KINDS:
        try_template(settings, kind)
    said = wanting()
    yield Check("paper", "warn" if said else "ok", said or "PDF 与中文字体齐全 complete", REMEDY if said else "")


def _folders(settings: Settings) -> Iterator[Check]:
    folder: Path = settings.var_dir if settings.var_dir.exists() else settings.var_dir.parent
    if os.access(folder, os.W_OK):
        yield Check("folders", "ok", str(settings.var_dir))
    else:
        yield Check("folders", "fail", f"不可写 not writable: {folder}", "换用户运行，或设 RISKMAP_VAR_DIR")


def _programs(settings: Settings) -> Iterator[Check]:
    if settings.database_url:
        return
    found = postgres.programs()
    if found:
        yield Check("postgresql", "ok", f"{found.version} + PostGIS · {found.bin}")
    else:
        line = f"sudo apt-get install -y --no-install-recommends {' '.join(postgres.packages())}"
        yield Check("postgresql", "fail", "缺少带 PostGIS 的 PostgreSQL missing", f"{line}；或 docker compose up")


def _cluster(settings: Settings) -> Iterator[Check]:
    if (cluster := server.embedded(settings)) is None:
        if settings.owner_database_url:
            yield Check("cluster", "ok", "外部数据库 external")
        else:
            said = "外部数据库，应用以所有者连接 external; the app signs in as the owner"
            yield Check("cluster", "warn", said, "另设 RISKMAP_OWNER_DATABASE_URL 与应用账号 Give the app a login of its own")
        return
    status = cluster.status()
    if not account.is_missing() and (blocked := account.searchable(cluster.home.parent, account.account())):
        yield Check("cluster", "fail", f"数据库账号进不了 the server's account cannot enter {blocked}", f"chmod o+x {blocked}")
    elif not status.initialised:
        yield Check("cluster", "warn", f"尚未建立 not made yet: {status.home}", "riskmap db up")
    elif status.running:
        yield Check("cluster", "ok", f"运行中 running · PostgreSQL {status.version} · {status.home}")
    else:
        yield Check("cluster", "warn", f"已停止 stopped · PostgreSQL {status.version} · {status.home}", "riskmap db up")


def _schema(settings: Settings) -> Iterator[Check]:
    if (cluster := server.embedded(settings)) and not cluster.status().running:
        return
    with connect(server.dsns(settings, start=False).superuser) as conn:
        if missing := lacking(conn):
            yield Check(
                "schema",
                "fail",
                "缺少 missing: " + ", ".join(missing),
                "riskmap migrate（或以超级用户执行 migrations/bootstrap.sql）",
            )
        elif waiting := pending(conn, settings.migrations_dir):
            yield Check("schema", "fail", "待迁移 pending: " + ", ".join(waiting), "riskmap migrate")
        else:
            yield Check("schema", "ok", "已是最新 current")
