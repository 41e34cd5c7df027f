#!/usr/bin/env bash
# What the browser tests need: Debian's chromium and a Chinese font.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
command -v chromium >/dev/null || missing+=(chromium)
fc-list ':lang=zh' 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] || setup/apt.sh "${missing[@]}"
