#!/usr/bin/env bash
# Install from the offline bundle, with the network off. Run inside the unpacked folder; afterwards: .venv/bin/riskmap up
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f bundle.txt ]; then echo "✗ 这不是离线安装包 This is not an unpacked bundle" >&2; exit 1; fi
. ./bundle.txt
prefix=()
if [ "$(id -u)" != 0 ] && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then prefix=(sudo -n); fi

if [ -f debs/Packages ] && command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || [ ${#prefix[@]} -gt 0 ]; }; then
  echo "安装系统软件包 Installing Debian packages from the bundle (built for $system) …"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work/lists/partial"
  echo "deb [trusted=yes] file:$PWD/debs ./" > "$work/sources.list"
  apt=("${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends
       -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
  # The product makes a cluster of its own; the packages' system-wide one is not wanted.
  conf=/etc/postgresql-common/createcluster.d/riskmap.conf
  "${prefix[@]}" mkdir -p "$(dirname $conf)"
  echo "create_main_cluster = false" | "${prefix[@]}" tee $conf >/dev/null
  "${apt[@]}" update >/dev/null
  # shellcheck disable=SC2086
  if ! "${apt[@]}" install $packages >"$work/log" 2>&1; then tail -n 5 "$work/log" >&2; "${prefix[@]}" rm -f $conf; exit 1; fi
  "${prefix[@]}" rm -f $conf
fi

export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/wheels"
command -v "python$python" >/dev/null && export PYTHON="python$python"
setup/python.sh run
setup/vendor.sh
.venv/bin/python -m riskmap doctor || true
echo
echo "已安装 Installed. 启动 Start: .venv/bin/riskmap up"
