"""A thousand dispatches and returns at once leave the book balanced."""

from __future__ import annotations

import pytest

from riskmap.store.cluster import Dsns
from riskmap.store.database import Database
from tests.api.test_dispatches import Stores, balanced, rush

pytestmark = pytest.mark.long


def test_a_thousand_at_once(db: Database, dsns: Dsns) -> None:
    stores = Stores(db)
    stores.db_superuser = dsns.superuser  # type: ignore[attr-defined]
    came = rush(stores, each=125, threads=8, seed=7)
    assert sum(came.values()) == 1000 and set(came) <= {"cancel", "load", "load return", "load receive", "refused"}, came
    assert came.get("load return", 0) > 50 and came.get("cancel", 0) > 50, came
    balanced(dsns, stores.depot)
