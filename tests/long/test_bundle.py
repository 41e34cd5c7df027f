"""The offline bundle: the same bytes on two builds; installs and starts where there is no network at all."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.long.conftest import Installation

# Inside the namespace: no network (proven), install, start, ask the page, stop.
SCRIPT = r"""
set -euo pipefail
ip link set lo up 2>/dev/null || true
python3 - <<'PY'
import socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError as error:
    sys.exit(0 if "nreachable" in str(error) else f"unexpected: {error}")
sys.exit("there is a network")
PY
cd "$1"
setup/offline.sh
export RISKMAP_VAR_DIR="$1/var" RISKMAP_BALLAST_BYTES=0
.venv/bin/riskmap up --no-demo --port 8999 >log 2>&1 &
server=$!
for _ in $(seq 300); do grep -q 'ready:' log && break; kill -0 $server || { cat log; exit 1; }; sleep 0.2; done
.venv/bin/python - <<'PY'
import urllib.request
for path in ("/healthz", "/", "/static/vendor/leaflet/leaflet.js", "/api/layers"):
    with urllib.request.urlopen("http://127.0.0.1:8999" + path, timeout=20) as answer:
        assert answer.status == 200 and answer.read(), path
PY
kill -TERM $server
wait $server
"""


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_installs_and_starts_with_the_network_off(installation: Installation) -> None:
    if os.geteuid() != 0:
        pytest.skip("网络命名空间需要 root a network namespace needs root")
    place = installation.var.parent
    first = json.loads(installation.run("bundle", "-o", str(place / "one.tar"), "--no-debs", "--json"))
    second = json.loads(installation.run("bundle", "-o", str(place / "two.tar"), "--no-debs", "--json"))
    assert first["sha256"] == second["sha256"] and first["wheels"] > 40
    with tarfile.open(place / "one.tar") as tar:
        tar.extractall(place / "machine", filter="data")
    home: Path = place / "machine" / "riskmap"
    assert (home / "web/vendor/leaflet/leaflet.js").exists()
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(place), "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(["unshare", "--net", "bash", "-c", SCRIPT, "offline", str(home)], env=environment, capture_output=True, text=True,
                          timeout=1200)  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
