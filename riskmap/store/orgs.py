"""Organisations: who owns records."""

from __future__ import annotations

from typing import Any

from riskmap.store.query import Conn, row, rows


def city(conn: Conn) -> int:
    """Id of the city's own organisation."""
    found = row(conn, "orgs_city")
    assert found is not None
    return found["id"]


def of_district(conn: Conn, code: str) -> int | None:
    """Id of the organisation of a district, None where there is none."""
    found = row(conn, "orgs_of_district", code=code)
    return found["id"] if found else None


def every(conn: Conn) -> list[dict[str, Any]]:
    """All organisations: id, code, name, kind, parent_id, district_code."""
    return rows(conn, "orgs_every")


def coded(conn: Conn, code: str) -> dict[str, Any] | None:
    """An organisation by its code (110000 the city, 110105 a district, BDA, nine digits a street): id, code, name, kind; None."""
    return row(conn, "orgs_coded", code=code)
