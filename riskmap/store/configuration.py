"""Settings of the private cluster and who may come in. Writing them again writes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from riskmap.store.account import Account
from riskmap.store.process import memory_bytes

PORT = 5432  # only part of the socket's name
MB = 1_000_000
OURS = "riskmap.conf"
INCLUDE = f"include = '{OURS}'"


def server_settings(socket: Path) -> dict[str, str]:
    """The server's settings for this machine: socket only, sized to its memory, slow statements in the log."""
    memory = memory_bytes()
    return {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": f"{min(1000, max(64, memory // MB // 8))}MB",
        "effective_cache_size": f"{max(128, memory // MB // 2)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": f"{min(256, max(32, memory // MB // 16))}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "off",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u ",
        "log_min_duration_statement": "2s",
        "log_lock_waits": "on",
        "log_parameter_max_length": "0",  # values are people's names and telephones
        "log_parameter_max_length_on_error": "0",
    }


def configure(data: Path, who: Account, settings: Mapping[str, str], callers: Sequence[str], roles: Sequence[str]) -> bool:
    """Write settings and access rules into a data folder; True when anything changed.

    `callers` are login names that may become each of `roles` over the socket. A caller without a name (a container's random uid)
    cannot be told apart by the server; then the private folder of the socket is the guard.
    """
    conf = "".join(f"{key} = '{_quoted(value)}'\n" for key, value in settings.items())
    ident = "".join(f'riskmap "{name}" {role}\n' for name in callers for role in roles)
    access = "local all all peer map=riskmap\n" if callers else "local all all trust\n"
    main = (data / "postgresql.conf").read_text()
    if INCLUDE not in main:
        main += f"\n# the product's own settings\n{INCLUDE}\n"
    texts = {OURS: conf, "pg_ident.conf": ident, "pg_hba.conf": access, "postgresql.conf": main}
    return any([_write(data / name, text, who) for name, text in texts.items()])


def _write(path: Path, text: str, who: Account) -> bool:
    if path.exists() and path.read_text() == text:
        return False
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    if os.geteuid() == 0:
        os.chown(fresh, who.uid, who.gid)
    fresh.chmod(0o600)
    fresh.replace(path)
    return True


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
