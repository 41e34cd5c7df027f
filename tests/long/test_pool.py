"""20,000 requests by random people over two connections, with cancelled statements, killed backends and clients that hang up."""

from __future__ import annotations

import pytest

from riskmap.store.cluster import Dsns
from tests.store.test_pool import checked, hygiene

pytestmark = pytest.mark.long


@pytest.mark.timeout(3_600)
def test_twenty_thousand_requests_and_no_row_of_another(dsns: Dsns) -> None:
    checked(hygiene(dsns, 20_000, seed=2), 20_000)
