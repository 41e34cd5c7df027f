"""A body over the bound is refused before anything reads it, however it says its length; every family of routes is there."""

from __future__ import annotations

import pytest

from riskmap.settings import settings

OVER = settings().upload_max_bytes + 200_000


def chunks():
    for _ in range(OVER // 100_000 + 1):
        yield b"x" * 100_000


@pytest.mark.parametrize("content", [b"x" * OVER, chunks()], ids=["declared", "chunked"])
def test_a_body_over_the_bound_is_413_and_stores_nothing(client, content):
    answer = client.post("/api/layers/depot/features", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413, answer.text[:200]
    assert answer.json()["remedy"]
    assert client.get("/api/layers/depot/count").json() == {"count": 0}


def test_every_family_of_routes_is_there(client):
    paths = set(client.get("/api/openapi.json").json()["paths"])
    assert {
        "/api/layers", "/api/layers/{layer}/features", "/api/layers/{layer}/features/{id}", "/api/layers/{layer}/imports",
        "/api/layers/{layer}/export",
        "/api/ledgers/{ledger}/imports", "/api/cells", "/api/districts", "/api/whatif", "/api/near", "/api/status",
    } <= paths  # fmt: skip
