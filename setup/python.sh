#!/usr/bin/env bash
# The Python environment in .venv: made once, then only when a requirements file changed. Usage: setup/python.sh run|dev
# A machine without internet sets PIP_NO_INDEX=1 and PIP_FIND_LINKS=<folder of wheels>; pip reads both by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-run}

find_python() {
  for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$name"; return; fi
  done
}

python=$(find_python)
if [ -z "$python" ]; then
  setup/apt.sh python3 python3-venv
  python=$(find_python)
fi
if [ -z "$python" ]; then
  echo "✗ 需要 Python 3.11 或更新 Python 3.11 or newer is needed" >&2
  echo "  办法 remedy: 使用 Debian 12 / Ubuntu 24.04 或更新，或 docker compose up  Use Debian 12, Ubuntu 24.04 or newer, or docker compose up" >&2
  exit 1
fi
if [ ! -x .venv/bin/python ]; then
  "$python" -c 'import ensurepip' 2>/dev/null || setup/apt.sh "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
  echo "建立 Python 环境 Making .venv with $("$python" --version) …"
  "$python" -m venv .venv
fi

files=(requirements.txt requirements-build.txt)
[ "$kind" = dev ] && files=(requirements-dev.txt requirements-build.txt)
stamp=.venv/.installed-$kind
want=$(cat "${files[@]}" pyproject.toml | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$want" ]; then
  echo "安装 Python 库 Installing the Python libraries (by hash) …"
  arguments=()
  for file in "${files[@]}"; do arguments+=(-r "$file"); done
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "${arguments[@]}"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
  echo "$want" > "$stamp"
fi
