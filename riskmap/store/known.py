"""Places already known of a layer, for the coordinate doctor to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskmap.core.doctor import Reference
from riskmap.store.query import Conn, rows

MOST = 20_000


def places(conn: Conn, layer: str, codes: Sequence[str], names: Sequence[str]) -> Reference:
    """Records of `layer` in force that carry one of `codes` or `names`, filled up to MOST with others of the layer."""
    found = rows(conn, "known_places", layer=layer, codes=list(codes), names=list(names), most=MOST)
    return Reference(
        np.array([r["lon"] for r in found], dtype=np.float64),
        np.array([r["lat"] for r in found], dtype=np.float64),
        [r["code"] for r in found],
        [r["name"] for r in found],
    )
