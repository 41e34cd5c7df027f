#!/usr/bin/env bash
# Install Debian/Ubuntu packages where the caller may (root, or sudo that asks nothing); else print the exact line and fail.
set -euo pipefail
line="sudo apt-get install -y --no-install-recommends $*"
prefix=()
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then prefix=(sudo -n); else
    echo "✗ 缺少系统软件包 System packages are missing: $*" >&2
    echo "  办法 remedy: $line" >&2
    echo "               或用容器 or with containers: docker compose up" >&2
    exit 1
  fi
fi
if ! command -v apt-get >/dev/null; then
  echo "✗ 没有 apt-get，请自行安装 There is no apt-get; install by your own means: $*" >&2
  exit 1
fi
echo "安装 Installing: $* …"
install=("${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${install[@]}" >"$log" 2>&1; then
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >>"$log" 2>&1 || true
  if ! "${install[@]}" >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "✗ 安装失败 Installation failed" >&2
    echo "  办法 remedy: $line" >&2
    exit 1
  fi
fi
