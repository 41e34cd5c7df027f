"""Districts and towns, as the gazetteer needs them."""

from __future__ import annotations

from typing import Any

from riskmap.core.gazetteer import Gazetteer
from riskmap.store.query import Conn, rows


def gazetteer(conn: Conn) -> Gazetteer:
    """Every district with its outline and every town."""
    return Gazetteer.of(districts(conn), rows(conn, "places_towns"))


def districts(conn: Conn) -> list[dict[str, Any]]:
    """code, name, name_en, zone, population, area_km2, shape (WKB), lon, lat of the label."""
    return rows(conn, "places_districts")


def towns(conn: Conn) -> list[dict[str, Any]]:
    """code, name, kind, district_code."""
    return rows(conn, "places_towns")
