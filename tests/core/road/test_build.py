"""Lines into a network: cut where they meet and nowhere else, measured, joined only when asked, told how they hang together."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod

from riskmap.core.coordinates import gcj02_from_wgs84
from riskmap.core.road.build import built
from riskmap.core.road.lines import Lines, direction, limit
from riskmap.core.road.network import told
from riskmap.errors import BadInput
from tests.core.road.city import speeds, town


def of(*runs: list[tuple[float, float]], kind: str = "primary", oneway: int = 0, key: list[int] | None = None) -> Lines:
    xy = np.array([p for run in runs for p in run])
    start = np.concatenate([[0], np.cumsum([len(r) for r in runs])])
    n = len(runs)
    return Lines(xy[:, 0], xy[:, 1], start, [kind] * n, np.full(n, oneway, dtype=np.int8), np.full(n, np.nan), [None] * n, np.full(n, np.nan),
                 None if key is None else np.array(key))  # fmt: skip


CROSS = ([(116.0, 40.0), (116.01, 40.0), (116.02, 40.0)], [(116.01, 39.99), (116.01, 40.0), (116.01, 40.01)])


def test_lines_are_cut_where_they_share_a_point() -> None:
    network, _ = built(of(*CROSS), speeds(), "wgs84")
    assert (len(network), len(network.lon)) == (4, 5)
    assert network.metres == pytest.approx([Geod(ellps="WGS84").geometry_length(c) for c in network.course], rel=1e-9)


def test_a_bridge_shares_no_point_and_joins_nothing() -> None:
    over = [(116.0, 40.0), (116.02, 40.0)], [(116.01, 39.99), (116.01, 40.01)]
    network, _ = built(of(*over), speeds(), "wgs84")
    assert (len(network), told(network, "drive")["pieces"]) == (2, 2)
    keyed = of(*CROSS, key=[1, 2, 3, 4, 5, 6])  # OSM says who meets: the same coordinates, another node
    assert told(built(keyed, speeds(), "wgs84")[0], "drive")["pieces"] == 2


def test_ends_that_nearly_touch_are_joined_only_when_asked() -> None:
    gap = [(116.0, 40.0), (116.01, 40.0)], [(116.010005, 40.0), (116.02, 40.0)]  # 0.4 m apart
    assert told(built(of(*gap), speeds(), "wgs84")[0], "drive")["pieces"] == 2
    assert told(built(of(*gap), speeds(), "wgs84", join_m=1.0)[0], "drive")["pieces"] == 1


def test_a_street_that_comes_back_to_its_beginning_is_two_edges() -> None:
    ring = [(116.0, 40.0), (116.001, 40.0), (116.001, 40.001), (116.0, 40.0)]
    network, _ = built(of(ring), speeds(), "wgs84")
    assert len(network) == 2 and float(network.metres.sum()) == pytest.approx(
        Geod(ellps="WGS84").geometry_length(shapely.LineString(ring)), rel=1e-6
    )


def test_speed_is_the_class_and_the_posted_limit_times_the_factor() -> None:
    s = speeds()
    assert s.drive_kmh(s.of("motorway"), None) == pytest.approx(48)
    assert s.drive_kmh(s.of("主干路"), 30.0) == pytest.approx(18)
    assert s.drive_kmh(s.of("footway"), None) == 0 and s.of("footway").walk and not s.of("高速公路").walk
    assert s.of("never heard of").code == "unknown" == s.of(None).code


def test_what_is_not_known_is_told() -> None:
    network, remarks = built(of(*CROSS, kind="奇怪"), speeds(), "wgs84")
    assert set(network.kind) == {"unknown"} and [(r["code"], r["count"]) for r in remarks] == [("class", 2)]


def test_another_datum_is_shifted_and_swapped_axes_are_refused() -> None:
    lines = of(*CROSS)
    lon, lat = gcj02_from_wgs84(lines.lon, lines.lat)
    shifted = Lines(lon, lat, lines.start, lines.kind, lines.oneway, lines.limit_kmh, lines.name, lines.metres)
    back, straight = built(shifted, speeds(), "gcj02")[0], built(lines, speeds(), "wgs84")[0]
    assert np.abs(shapely.get_coordinates(back.course) - shapely.get_coordinates(straight.course)).max() < 2e-6
    swapped = Lines(lines.lat, lines.lon, lines.start, lines.kind, lines.oneway, lines.limit_kmh, lines.name, lines.metres)
    with pytest.raises(BadInput) as refused:
        built(swapped, speeds(), "wgs84")
    assert "1" in (refused.value.where or "")


def test_what_hangs_apart_is_told_with_its_place() -> None:
    found = told(town(), "walk")
    assert found["pieces"] >= 2 and 0.9 < found["share"] < 1
    assert any(p["lon"] > 116.43 for p in found["others"])


@pytest.mark.parametrize(
    ("said", "way"), [("yes", 1), ("-1", -1), ("no", 0), (None, 0), (1, 1), (1.0, 1), ("T", None), ("双向", 0), ("单行", 1)]
)
def test_words_for_one_way(said: object, way: int | None) -> None:
    assert direction(said) == way


def test_limits() -> None:
    assert (
        limit("60") == 60
        and limit("40 mph") == pytest.approx(64.37, abs=0.01)
        and np.isnan(limit("RU:urban"))
        and np.isnan(limit(None))
    )
