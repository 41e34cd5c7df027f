#!/usr/bin/env bash
# What the routing tests compare with: pgRouting for the PostgreSQL that is here. The product itself never asks it.
set -euo pipefail
cd "$(dirname "$0")/.."
server=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$server" ] || exit 0                     # the first start says how PostgreSQL is installed
version=$(basename "$(dirname "$(dirname "$server")")")
[ -f "/usr/share/postgresql/$version/extension/pgrouting.control" ] || setup/apt.sh "postgresql-$version-pgrouting"
