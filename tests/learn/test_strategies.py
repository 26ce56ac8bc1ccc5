"""What groups have released about themselves is put together without claiming more than they know."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.learn.aggregator import PatternAggregator
from fedlore.learn.pooling import NORMAL, PoolingError
from fedlore.learn.statement import Statement
from fedlore.learn.strategies import (
    ConsensusAggregationStrategy,
    FrequencyAggregationStrategy,
    HierarchicalAggregationStrategy,
    WeightedAggregationStrategy,
)
from tests.learn.making import said

NAMES = ("frequency_aggregation", "weighted_aggregation", "consensus_aggregation", "hierarchical_aggregation")


def share(estimate: float, error: float, **changes: object) -> Statement:
    return said("code.tests", "share", estimate, estimate - NORMAL * error, estimate + NORMAL * error, **changes)


def odds(log_odds: float, error: float, **changes: object) -> Statement:
    low, high = (math.exp(log_odds + sign * NORMAL * error) for sign in (-1, 1))
    return said("a~b", "odds ratio", math.exp(log_odds), low, high, **changes)


def test_the_designs_four_names_each_aggregate() -> None:
    strategies = PatternAggregator().aggregation_strategies
    assert tuple(strategies) == NAMES
    given = [share(0.6, 0.03), share(0.7, 0.03), odds(1.0, 0.3), odds(0.8, 0.3)]
    for name in NAMES:
        found = strategies[name].aggregate(given)
        assert {one.id for one in found} == {"code.tests", "a~b"}
        for one in found:
            assert one.low is not None and one.high is not None and one.low <= one.estimate <= one.high
        assert PatternAggregator().aggregate(given, name) == found


def test_frequency_counts_every_project_once() -> None:
    (found,) = FrequencyAggregationStrategy().aggregate(
        [share(0.2, 0.02, projects=300.0, epsilon=1.0), share(0.8, 0.04, projects=100.0, epsilon=2.0)]
    )
    assert found.estimate == pytest.approx(0.35)
    half = NORMAL * math.hypot(0.75 * 0.02, 0.25 * 0.04)
    assert (found.low, found.high) == (pytest.approx(0.35 - half), pytest.approx(0.35 + half))
    assert (found.cohort, found.projects, found.epsilon) == (12, 400.0, 2.0)


def test_frequency_pools_odds_ratios_by_their_precision_and_tests_them_again() -> None:
    (found,) = FrequencyAggregationStrategy().aggregate([odds(0.5, 0.3), odds(1.1, 0.6)])
    assert math.log(found.estimate) == pytest.approx((0.5 / 0.09 + 1.1 / 0.36) / (1 / 0.09 + 1 / 0.36))
    assert found.discovery and found.q_value == pytest.approx(0.0206, abs=2e-3)


def test_frequency_covers_the_share_of_all_projects() -> None:
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(600):
        truths, sizes = rng.uniform(0.2, 0.8, 5), rng.integers(50, 400, 5)
        errors = rng.uniform(0.02, 0.08, 5)
        given = [
            share(value, error, projects=float(size))
            for value, error, size in zip(truths + rng.normal(0, errors), errors, sizes, strict=True)
        ]
        (found,) = FrequencyAggregationStrategy().aggregate(given)
        covered += found.low <= truths @ sizes / sizes.sum() <= found.high
    assert 0.92 < covered / 600 < 0.98


def test_weights_are_bounded_by_what_a_groups_projects_can_show() -> None:
    honest = [share(0.5, 0.05, projects=100.0) for _ in range(5)]
    boast = share(0.9, 0.0001, projects=20.0)
    (found,) = WeightedAggregationStrategy().aggregate([*honest, boast])
    assert found.estimate < 0.56
    (pulled,) = WeightedAggregationStrategy(largest_weight=0.2).aggregate([*honest, share(0.9, 0.001, projects=1e6)])
    assert pulled.estimate == pytest.approx(0.8 * 0.5 + 0.2 * 0.9)


def test_consensus_is_the_share_of_groups_on_one_side() -> None:
    given = [share(0.9, 0.02), share(0.8, 0.02), share(0.7, 0.02), share(0.1, 0.02)]
    (found,) = ConsensusAggregationStrategy().aggregate(given)
    assert found.kind == "members"
    assert found.estimate == pytest.approx(0.75, abs=1e-6)
    assert ConsensusAggregationStrategy(least_agreement=0.8).aggregate(given) == ()
    (unsure,) = ConsensusAggregationStrategy().aggregate([share(0.51, 0.2), share(0.52, 0.2), share(0.55, 0.2)])
    assert unsure.high - unsure.low > 0.4


def test_the_hierarchy_shrinks_noisy_groups_towards_the_level_above() -> None:
    above, *groups = HierarchicalAggregationStrategy().aggregate(
        [
            odds(1.0, 0.1, round_id="a"),
            odds(1.2, 0.1, round_id="b"),
            odds(0.2, 0.8, round_id="c"),
            odds(1.6, 0.1, round_id="d"),
        ]
    )
    assert (above.cohort, above.round_id) == (24, "")
    assert [one.round_id for one in groups] == ["a", "b", "c", "d"]
    assert math.log(groups[2].estimate) > 0.8
    assert math.log(groups[0].estimate) == pytest.approx(1.0, abs=0.05)


def test_the_hierarchy_covers_the_mean_of_the_level_above_and_each_group() -> None:
    rng = np.random.default_rng(9)
    covered, within = 0, []
    for _ in range(400):
        truths, errors = rng.normal(0.6, 0.4, 8), rng.uniform(0.2, 0.5, 8)
        given = [odds(v, e) for v, e in zip(truths + rng.normal(0, errors), errors, strict=True)]
        above, *groups = HierarchicalAggregationStrategy().aggregate(given)
        covered += above.low <= math.exp(0.6) <= above.high
        within += [one.low <= math.exp(true) <= one.high for one, true in zip(groups, truths, strict=True)]
    assert covered / 400 > 0.9
    assert np.mean(within) > 0.9


def test_unbounded_statements_say_nothing_and_kinds_do_not_mix() -> None:
    unbounded = said("a~b", "odds ratio", 2.0, None, None)
    assert FrequencyAggregationStrategy().aggregate([unbounded]) == ()
    (found,) = FrequencyAggregationStrategy().aggregate([unbounded, odds(0.7, 0.2)])
    assert found.estimate == pytest.approx(math.exp(0.7))
    with pytest.raises(PoolingError, match="different kinds"):
        FrequencyAggregationStrategy().aggregate([share(0.5, 0.1), said("code.tests", "mean", 0.5, 0.4, 0.6)])
