#!/usr/bin/env bash
# What papers (PDF) need of the system: Pango and a Chinese font. Where they cannot be installed the product runs without PDF and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
ldconfig -p 2>/dev/null | grep -q 'libpangoft2-1\.0\.so' || missing+=(libpango-1.0-0 libpangoft2-1.0-0)
fc-list ':lang=zh' 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk fontconfig)
[ ${#missing[@]} -eq 0 ] || setup/apt.sh "${missing[@]}"
