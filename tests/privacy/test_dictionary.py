"""The design's dictionary of patterns: a sensitivity from its shape, one price, and the same shape with noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fedlore.privacy.dictionary import ShapeError, derived_sensitivity, noise_dictionary, price
from tests.privacy.exact import seeded

PATTERNS: dict[str, Any] = {
    "commits": 120,
    "languages": {"counts": {"python": 40, "go": 2, "c": 0}},
    "coverage": {"values": [0.2, 0.9, 5.0, -5.0], "bounds": [0.0, 2.0]},
    "plain": {"a": 3, "b": 10_000},
}


def test_the_sensitivity_adds_up_what_one_record_may_move() -> None:
    alone = {name: derived_sensitivity({name: pattern}) for name, pattern in PATTERNS.items()}
    assert alone == {"commits": 1, "languages": 2, "coverage": 1, "plain": 2}
    assert derived_sensitivity(PATTERNS) == 6
    assert derived_sensitivity({"three": {"a": 1, "b": 2, "c": 3}}) == 3
    assert derived_sensitivity({}) == 0


@pytest.mark.parametrize(
    "pattern",
    [
        True,
        1.5,
        "many",
        [1, 2],
        {},
        {"a": 1.5},
        {"a": True},
        {"counts": {"a": True}},
        {"counts": {"a": 1}, "more": 2},
        {"counts": [1]},
        {"values": [0.5], "bounds": [1.0, 1.0]},
        {"values": [0.5], "bounds": [2.0, 1.0]},
        {"values": [0.5], "bounds": [0.0, 1.0], "more": 1},
        {"values": [math.nan], "bounds": [0.0, 1.0]},
        {"values": [math.inf], "bounds": [0.0, 1.0]},
        {"values": ["half"], "bounds": [0.0, 1.0]},
    ],
)
def test_what_has_no_sensitivity_is_refused(pattern: Any) -> None:
    with pytest.raises(ShapeError, match="pattern: "):
        derived_sensitivity({"pattern": pattern})
    with pytest.raises(ShapeError):
        noise_dictionary({"pattern": pattern}, 1.0, seeded(1))


def test_a_dictionary_without_numbers_has_nothing_to_noise() -> None:
    with pytest.raises(ShapeError, match="no number"):
        noise_dictionary({}, 1.0, seeded(1))


def test_the_price_is_epsilon_for_all_numbers_together() -> None:
    found = price(PATTERNS, 0.5)
    assert found.event.epsilon_micro == 500_000
    assert found.noise_scale == pytest.approx(6 / 0.5)
    # Ten numbers are drawn; the distance grows with each.
    assert found.event.distance == pytest.approx(10 * price({"commits": 1}, 0.5).event.distance, abs=0)


def test_a_table_without_keys_has_a_price_too() -> None:
    assert price({"none": {"counts": {}}}, 0.5) == price({"one": {"counts": {"a": 1}}}, 0.5)


def test_with_hardly_any_noise_the_shape_and_the_numbers_stay() -> None:
    found = noise_dictionary(PATTERNS, 40.0, seeded(2))
    assert found["commits"] == 120
    assert found["languages"] == PATTERNS["languages"]
    assert found["plain"] == PATTERNS["plain"]
    assert found["coverage"]["bounds"] == [0.0, 2.0]
    assert len(found["coverage"]["values"]) == 4
    assert list(found) == list(PATTERNS)


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (-3.0, 1.0)])
def test_values_stay_where_they_are_on_average_and_those_outside_go_to_their_bound(low: float, high: float) -> None:
    middle, outside = low + 0.3 * (high - low), high + 7
    values = {"values": [middle] * 600 + [outside] * 600, "bounds": [low, high]}
    found = noise_dictionary({"v": values}, 40.0, seeded(3))["v"]["values"]
    assert np.median(found[:600]) == pytest.approx(middle, abs=0.004 * (high - low))
    assert np.median(found[600:]) == pytest.approx(high, abs=0.004 * (high - low))
    # A value may move by its bounds' whole width: b is a fortieth of it.
    assert np.mean(np.abs(np.array(found[:600]) - middle)) == pytest.approx((high - low) / 40, rel=0.15)


def test_the_noise_has_the_scale_of_its_price_and_stays_in_its_bounds() -> None:
    many = {
        "counts": {"counts": {str(index): 1000 for index in range(4000)}},
        "zeros": {"counts": {str(index): 0 for index in range(4000)}},
        "values": {"values": [0.5] * 4000, "bounds": [-100.0, 101.0]},
    }
    found = noise_dictionary(many, 1.0, seeded(4))
    b = derived_sensitivity(many) / 1.0
    assert np.mean(np.abs(np.array(list(found["counts"]["counts"].values())) - 1000)) == pytest.approx(b, rel=0.1)
    zeros = np.array(list(found["zeros"]["counts"].values()))
    assert zeros.min() == 0
    assert 0.3 < np.mean(zeros > 0) < 0.6
    width = 201.0  # a value moves by as much as its bounds are apart: hardly any stays inside
    values = np.array(found["values"]["values"])
    assert values.min() == -100.0
    assert values.max() == 101.0
    assert np.mean((values > -100.0) & (values < 101.0)) == pytest.approx(
        1 - math.exp(-width / 2 / (b * width)), abs=0.03
    )
