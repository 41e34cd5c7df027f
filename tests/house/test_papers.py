"""What the papers and the container files say is what the program does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from riskmap.settings import Settings


def test_every_setting_is_in_the_example_and_no_other() -> None:
    named = set(re.findall(r"^# (RISKMAP_\w+)=", Path(".env.example").read_text(encoding="utf-8"), re.M))
    compose_only = {"RISKMAP_DB_PASSWORD", "RISKMAP_APP_PASSWORD", "RISKMAP_ENGINE_PASSWORD"}
    assert named - compose_only == {f"RISKMAP_{name.upper()}" for name in Settings.model_fields}


def test_every_target_named_in_readme_exists_in_the_makefile() -> None:
    makefile = Path("Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    said = {t for paper in ("README.md", "CONTRIBUTING.md") if Path(paper).exists() for t in
            re.findall(r"`make ([a-z-]+)", Path(paper).read_text(encoding="utf-8"))}  # fmt: skip
    assert said and said <= targets
    assert {"run", "test", "check-long", "bench", "bundle", "lint"} <= targets


def test_compose_is_guarded() -> None:
    """Parsed as YAML: health check, named volumes, limits, restart; published on the loopback only; no password inside."""
    text = Path("docker-compose.yml").read_text(encoding="utf-8")
    told = yaml.safe_load(text)
    services = told["services"]
    assert set(services) == {"db", "app"}
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert service["deploy"]["resources"]["limits"]["memory"]
        assert "no-new-privileges:true" in service["security_opt"]
    assert "pg_isready" in " ".join(services["db"]["healthcheck"]["test"])
    assert "--data-checksums" in services["db"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert services["app"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert [p for p in services["app"]["ports"] if not p.startswith("127.0.0.1:")] == [] and "ports" not in services["db"]
    used = {v.split(":")[0] for s in services.values() for v in s["volumes"] if not v.startswith(".")}
    assert used == set(told["volumes"])
    mounted = [v.split(":")[0] for s in services.values() for v in s["volumes"] if v.startswith(".")]
    assert mounted and all(Path(m).exists() for m in mounted)


def test_the_image_is_not_root_and_copies_what_is_there() -> None:
    text = Path("Dockerfile").read_text(encoding="utf-8")
    assert text.count("\nFROM ") + text.startswith("FROM ") >= 3
    last = text.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER 10001$", last, re.M) and "HEALTHCHECK" in last
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        for source in line.split()[:-1]:
            assert Path(source).exists(), source


def test_scripts_are_sound() -> None:
    scripts = [*Path("setup").glob("*.sh"), Path(".ci/run")]
    assert len(scripts) >= 6
    for script in scripts:
        assert script.stat().st_mode & 0o111, script
        assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
        assert "set -euo pipefail" in script.read_text(encoding="utf-8")


def test_the_lock_names_no_place_to_fetch_from() -> None:
    for name in ("package-lock.json", "requirements.txt", "requirements-dev.txt", "requirements-build.txt"):
        text = Path(name).read_text(encoding="utf-8")
        assert "resolved" not in text and "://" not in text, name
        if name.startswith("requirements"):
            pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==", text, re.M)
            assert pins and text.count("--hash=sha256:") >= len(pins)
