"""The door to PostGIS, and the only folder that imports psycopg."""

from riskmap.store.query import Conn, jsonb, row, rows, run, sql

__all__ = ["Conn", "jsonb", "row", "rows", "run", "sql"]
