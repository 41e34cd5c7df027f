"""Every operation of /api/openapi.json as every role, many times, with what is sound and what is not: no 5xx, no answer that is not described."""

from __future__ import annotations

import pytest

from riskmap.core.role import ROLES
from tests.api.fuzzed import tried
from tests.api.test_schema import asker_of, town
from tests.api.town import Town

pytestmark = pytest.mark.long
__all__ = ["town"]
SOUND, ALL = 10, ("positive", "negative")


@pytest.mark.parametrize("role", [*ROLES, "key", "nobody"])
def test_every_answer_is_described(town: Town, role: str) -> None:
    wrong, seen = tried(town.app.openapi(), asker_of(town, role).request, lambda _: SOUND, ALL)
    assert wrong == [], "\n".join(sorted(set(wrong)))
    assert sum(seen.values()) > 300
