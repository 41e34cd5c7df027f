#!/usr/bin/env bash
# What the slow proofs need beside the rest: LibreOffice, which opens every table that leaves and looks for formulas.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v soffice >/dev/null || setup/apt.sh libreoffice-calc
