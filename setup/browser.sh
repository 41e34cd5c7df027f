#!/usr/bin/env bash
# What the browser tests need: Debian's chromium, a Chinese font, axe, which no page of ours loads, and an OpenID provider to sign in by.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
command -v chromium >/dev/null || missing+=(chromium)
fc-list ':lang=zh' 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] || setup/apt.sh "${missing[@]}"
if [ ! -f node_modules/axe-core/axe.min.js ] || [ ! -f node_modules/oidc-provider/package.json ]; then
  command -v npm >/dev/null || setup/apt.sh nodejs npm
  npm ci --ignore-scripts --no-audit --no-fund --silent
fi
