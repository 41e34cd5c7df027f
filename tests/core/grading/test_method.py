"""Parameters: bounds, record and back, differences."""

import pytest

from riskmap.core.grading.method import Method, difference, registered_level
from riskmap.errors import BadInput


def test_a_record_keeps_unit_and_reason_and_comes_back_the_same() -> None:
    method = Method()
    record = method.record()
    assert set(record) == set(Method.model_fields) and len(record) > 30
    assert all(set(v) == {"value", "unit", "reason"} and v["unit"] and v["reason"] for v in record.values())
    assert Method.from_record(record) == method and Method.from_record({}) == method
    assert Method.from_record(record).digest() == method.digest()


@pytest.mark.parametrize("bad", [
    {"weights": [1, 10, 100, 1000]}, {"d_borders": [4, 12, 22]}, {"exposure_floor": 1.2}, {"travel_none_min": 4},
    {"unheard_of": 1}, {"weights": [10**9, 1, 1, 1]}, {"spacing_m": 0}, {"hazard_half": float("nan")}])
def test_what_cannot_be_graded_with_is_refused_by_name(bad: dict) -> None:
    with pytest.raises(BadInput) as told:
        Method.from_record(bad)
    assert told.value.where and told.value.remedy


def test_differences_name_the_parameter() -> None:
    new = Method(d_borders=(25, 12, 4))
    assert [(d["parameter"], d["old"], d["new"]) for d in difference(Method(), new)] == [("d_borders", [22, 12, 4], [25, 12, 4])]
    assert new.digest() != Method().digest()


@pytest.mark.parametrize(("risk", "level"), [(25, 1), (20, 1), (16, 2), (15, 2), (12, 3), (9, 3), (8, 4), (1, 4), (None, None)])
def test_registered_level(risk: int | None, level: int | None) -> None:
    assert registered_level(risk, Method()) == level
