#!/usr/bin/env bash
# Front-end libraries into web/vendor: from npm packages pinned in package-lock.json, each file checked against setup/vendor.sha256.
# A machine without internet gets web/vendor from the bundle; then nothing is left to do here.
set -euo pipefail
cd "$(dirname "$0")/.."
check() { (cd web/vendor 2>/dev/null && sha256sum --quiet --strict -c ../../setup/vendor.sha256) >/dev/null 2>&1; }

check && exit 0
command -v npm >/dev/null || setup/apt.sh nodejs npm
echo "取前端库 Fetching the front-end libraries …"
npm ci --omit=dev --ignore-scripts --no-audit --no-fund --silent
fresh=$(mktemp -d web/vendor.XXXXXX)
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh/leaflet/images" "$fresh/h3-js"
cp node_modules/leaflet/dist/leaflet.js node_modules/leaflet/dist/leaflet.css node_modules/leaflet/LICENSE "$fresh/leaflet/"
cp node_modules/leaflet/dist/images/*.png "$fresh/leaflet/images/"
cp node_modules/h3-js/dist/h3-js.umd.js node_modules/h3-js/LICENSE "$fresh/h3-js/"
rm -rf web/vendor
mv "$fresh" web/vendor
chmod 755 web/vendor
if ! check; then
  echo "✗ 前端库与清单不符 A front-end file differs from setup/vendor.sha256:" >&2
  (cd web/vendor && sha256sum --quiet --strict -c ../../setup/vendor.sha256 >&2) || true
  exit 1
fi
