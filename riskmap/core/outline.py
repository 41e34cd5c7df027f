"""District outlines for the screen: simplified as one coverage, so that shared borders stay shared."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

TOLERANCE_DEG = 0.0006  # about 60 m: under a pixel where outlines are filled, a few pixels where they are only lines


def outlines(shapes: Sequence[shapely.Geometry], tolerance_deg: float = TOLERANCE_DEG) -> list[shapely.Geometry]:
    """Simplified shapes in the same order, coordinates to 1e-5 degrees; no gap or overlap appears between neighbours."""
    return [shapely.transform(shape, lambda xy: xy.round(5)) for shape in shapely.coverage_simplify(list(shapes), tolerance_deg)]
