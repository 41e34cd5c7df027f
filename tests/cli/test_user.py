"""riskmap user …: from an empty database to a person who may come in, by the real program; and the addresses that are served then."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_edge import riskmap


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="riskmap-user-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
        riskmap("db", "down", RISKMAP_VAR_DIR=str(path))


def test_from_empty_to_people(var: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = riskmap(*arguments, RISKMAP_VAR_DIR=str(var))
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    code, said, _ = run("user", "add", "chief", "--role", "security_admin", "--name", "某安全员")
    password = re.search(r"^\s+((?:\w{4}-){3}\w{4})$", said, re.M)
    assert code == 0 and password and "everybody signs in" in said
    code, said, _ = run("user", "add", "Zhao", "--role", "district_clerk", "--org", "110105")
    assert code == 0 and "everybody signs in" not in said
    assert run("user", "add", "zhao", "--role", "district_clerk", "--org", "110105")[0] == 1
    code, _, why = run("user", "add", "x", "--role", "king")
    assert code == 1 and "remedy" in why
    assert run("user", "add", "qian", "--role", "risk_officer", "--org", "110105")[0] == 1
    assert run("user", "role", "zhao", "reviewer")[0] == 0 and run("user", "disable", "zhao")[0] == 0 and run("user", "unlock", "zhao")[0] == 0
    code, said, _ = run("user", "reset-password", "zhao", "--second-factor")
    assert code == 0 and password[1] not in said
    found = {a["login"]: a for a in json.loads(run("user", "list", "--json")[1])}
    assert (found["zhao"]["role"], found["zhao"]["state"], found["zhao"]["org"]) == ("reviewer", "disabled", "110105")
    assert run("user", "enable", "zhao")[0] == 0 and run("user", "disable", "nobody")[0] == 1
    assert run("user", "bind", "zhao", "sub-1")[0] == 0 and run("user", "bind", "chief", "sub-1")[0] == 1
    code, said, _ = run("key", "add", "统计平台，张某负责", "--org", "110105", "--layer", "shelter", "--layer", "depot", "--days", "90")
    key = re.search(r"rmk_([a-z0-9]{8})_\S{43}", said)
    assert code == 0 and key
    code, said, _ = run("key", "list", "--json")
    assert key[0] not in said and [(k["prefix"], k["layers"], k["awaits"]) for k in json.loads(said)] == [(key[1], ["depot", "shelter"], None)]
    assert run("key", "add", "x", "--layer", "nothing")[0] == 1 and run("key", "confirm", key[1])[0] == 1
    assert run("key", "revoke", key[1])[0] == 0 and "revoked" in run("key", "list")[1] and run("key", "revoke", "aaaaaaaa")[0] == 1
    assert run("verify-audit")[0] == 0
