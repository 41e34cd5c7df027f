"""The real application on a real database, called through its ASGI door."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database

_keys = itertools.count(1)


class Client(TestClient):
    """A client that sends an Idempotency-Key of its own with every change, unless told one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"base_url": "http://127.0.0.1", "client": ("127.0.0.1", 4711)} | kwargs)

    def request(self, method: str, url: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if method in ("POST", "PATCH"):
            kwargs["headers"] = {"Idempotency-Key": f"test-key-{next(_keys):06d}"} | (kwargs.get("headers") or {})
        return super().request(method, url, **kwargs)


@pytest.fixture
def client(db: Database) -> Iterator[Client]:
    with Client(create_app(settings(), db, grading=False), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def source() -> dict[str, Any]:
    """A risk source as a form sends it, in 大兴区."""
    return {
        "name": "液氯储存单元",
        "kind": "chemical",
        "accident_type": "中毒",
        "likelihood": 4,
        "severity": 5,
        "lon": 116.3381,
        "lat": 39.7271,
        "district": "大兴区",
        "verified_on": "2026-11-12",
    }
