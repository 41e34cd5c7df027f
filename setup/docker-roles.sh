#!/usr/bin/env bash
# Run once by the database image when its volume is empty: the login roles with their passwords. bootstrap.sql finds them there.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U postgres -d "$POSTGRES_DB" -v app="$RISKMAP_APP_PASSWORD" -v engine="$RISKMAP_ENGINE_PASSWORD" <<'SQL'
CREATE ROLE riskmap_app LOGIN NOINHERIT NOBYPASSRLS PASSWORD :'app';
CREATE ROLE riskmap_engine LOGIN NOINHERIT NOBYPASSRLS PASSWORD :'engine';
SQL
