"""The aggregator's four answers are computed from the participants' own numbers, and name no participant."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.learn.aggregator import PatternAggregator

GIVEN = [
    {
        "participant_id": f"p{index}",
        "pattern_categories": {"testing": [{"id": "tests_first", "support": 0.4 + index / 50}]},
        "success_factors": {"ci": 0.6 + index / 100, **({"rare": 0.9} if index == 0 else {})},
    }
    for index in range(10)
]


async def test_common_factors_are_counted_and_rare_ones_left_out() -> None:
    factors = await PatternAggregator().identify_common_success_factors(GIVEN)
    assert set(factors) == {"ci"}
    assert factors["ci"] == {
        "consensus_score": 1.0,
        "average_importance": pytest.approx(0.645),
        "participant_count": 10,
        "total_participants": 10,
    }


@pytest.mark.parametrize(("holders", "kept"), [(2, False), (3, True)])
async def test_thirty_percent_of_the_participants_is_the_least(holders: int, kept: bool) -> None:
    given = [{"success_factors": {"x": 1.0} if index < holders else {}} for index in range(10)]
    assert ("x" in await PatternAggregator().identify_common_success_factors(given)) is kept


async def test_all_four_keys_and_no_participant() -> None:
    result = await PatternAggregator().aggregate_success_patterns(GIVEN, {})
    assert list(result) == ["pattern_categories", "success_factors", "correlation_patterns", "predictive_patterns"]
    (pattern,) = result["pattern_categories"]["testing"]
    assert pattern["id"] == "tests_first" and pattern["participant_count"] == 10
    assert pattern["average_support"] == pytest.approx(0.49)
    assert not any(f"p{index}" in repr(result) for index in range(10))


async def test_nobody_gives_nothing() -> None:
    result = await PatternAggregator().aggregate_success_patterns([], {})
    assert result == {key: {} for key in result}


def drawn(count: int, seed: int) -> list[dict[str, object]]:
    """Participants whose outcome rises by 2 with ``ci``, whose ``docs`` go with ``ci``, and whose ``luck`` does not."""
    rng = np.random.default_rng(seed)
    ci = rng.random(count)
    docs, luck = ci + rng.normal(0, 0.1, count), rng.random(count)
    outcome = 2 * ci + rng.normal(0, 0.2, count)
    return [
        {"success_factors": {"ci": a, "docs": b, "luck": c}, "outcome": d}
        for a, b, c, d in zip(ci, docs, luck, outcome, strict=True)
    ]


async def test_factors_that_go_together_are_told_from_those_that_do_not() -> None:
    found = await PatternAggregator().analyze_cross_participant_correlations(drawn(40, 1))
    assert set(found) == {"ci~docs", "ci~luck", "docs~luck"}
    assert found["ci~docs"]["correlation"]["low"] > 0.8
    unrelated = found["ci~luck"]["correlation"]
    assert unrelated["low"] < 0 < unrelated["high"]
    assert found["ci~docs"]["participant_count"] == 40 and found["ci~docs"]["low"] > 0.9


async def test_the_expected_change_of_the_outcome_is_covered() -> None:
    aggregator = PatternAggregator()
    covered = 0
    for seed in range(200):
        found = (await aggregator.generate_predictive_success_patterns(drawn(15, seed)))["ci"]
        covered += found["low"] <= 2 <= found["high"]
        assert found["outcome"] == "stated by the participants"
    assert 0.9 < covered / 200 < 0.99


async def test_without_a_stated_outcome_the_other_factors_stand_in_and_that_is_said() -> None:
    given = [{"success_factors": person["success_factors"]} for person in drawn(30, 2)]
    found = await PatternAggregator().generate_predictive_success_patterns(given)
    assert found["ci"]["expected_change"] > 0.2
    assert "other factors" in found["ci"]["outcome"]


async def test_too_few_participants_predict_nothing() -> None:
    assert await PatternAggregator().generate_predictive_success_patterns(drawn(3, 1)) == {}
