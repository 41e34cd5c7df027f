"""The edge of the command line: exit codes, refused addresses, a port in use, errors as a person reads them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskmap.cli import load
from riskmap.cli.serve import chosen, listening
from riskmap.errors import SetupError
from riskmap.settings import Settings

COMMANDS = ("up", "serve", "migrate", "backup", "restore", "doctor", "verify-audit", "bundle")


def riskmap(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real program, in a process of its own."""
    env = {"PATH": "/usr/bin:/bin", "RISKMAP_BALLAST_BYTES": "0", **environment}
    return subprocess.run([sys.executable, "-m", "riskmap", *arguments], capture_output=True, text=True, env=env, timeout=120)


def test_every_command_has_help() -> None:
    app = load()
    for name in COMMANDS:
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0, name


def test_exit_codes(tmp_path: Path) -> None:
    assert riskmap("--help").returncode == 0
    assert riskmap("no-such-command").returncode == 2
    assert riskmap("restore", RISKMAP_VAR_DIR=str(tmp_path)).returncode == 2
    status = riskmap("db", "status", "--json", RISKMAP_VAR_DIR=str(tmp_path / "v"))
    assert status.returncode == 1 and json.loads(status.stdout)["initialised"] is False


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "riskmap.example"])
def test_other_addresses_are_refused_until_accounts_exist(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Settings(var_dir=tmp_path / "v", _env_file=None)  # type: ignore[call-arg]
    monkeypatch.setattr("riskmap.cli.serve.settings", lambda: bare)
    with pytest.raises(SetupError, match="loopback"):
        chosen(host, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_loopback_is_taken(host: str) -> None:
    assert chosen(host, 8001).port == 8001


def test_a_port_in_use_is_told_at_once_and_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match="in use"):
            listening(Settings(port=port, _env_file=None))  # type: ignore[call-arg]
        done = riskmap("up", "--port", str(port), RISKMAP_VAR_DIR=str(tmp_path / "v"))
    assert done.returncode == 1 and str(port + 1) in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "v").exists()


def test_a_setting_out_of_bounds_stops_the_start() -> None:
    done = riskmap("doctor", RISKMAP_PORT="99999")
    assert done.returncode == 1 and "RISKMAP_PORT" in done.stderr and "Traceback" not in done.stderr


def test_problems_are_told_with_where_and_remedy(tmp_path: Path) -> None:
    data = tmp_path / "pg" / "data"
    (data / "global").mkdir(parents=True)
    (data / "global" / "pg_control").write_bytes(b"")
    (data / "PG_VERSION").write_text("12")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    done = riskmap("db", "up", RISKMAP_VAR_DIR=str(tmp_path))
    assert done.returncode == 1
    assert [word for word in ("PostgreSQL 12", "remedy", "postgresql-12") if word not in done.stderr] == []
    assert "Traceback" not in done.stderr
