"""The population is what its truth says, exactly: shown by going through every combination of practices."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest

from fedlore.demo.population import OUTCOMES, PRACTICES, Truth, draw_projects, draw_truth, probabilities

SIZES = [(5, 3), (15, 9), (30, 18)]
SEEDS = range(8)


def truth_of(practices: int, planted: int, seed: int) -> Truth:
    names = [f"practice.{number}" for number in range(practices)]
    return draw_truth(np.random.default_rng(seed), names, OUTCOMES, planted)


def every_combination(truth: Truth, outcome: str, extra: str) -> tuple[list[str], np.ndarray]:
    """All combinations of the practices planted on the outcome and one more, the others off, each equally likely."""
    involved = [name for name in truth.practices if (name, outcome) in truth.planted or name == extra]
    rows = np.zeros((2 ** len(involved), len(truth.practices)), bool)
    columns = [truth.practices.index(name) for name in involved]
    rows[:, columns] = list(itertools.product([False, True], repeat=len(involved)))
    return involved, rows


@pytest.mark.parametrize(("practices", "planted"), SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_marginal_odds_ratios_are_exact_and_nulls_are_null(practices: int, planted: int, seed: int) -> None:
    truth = truth_of(practices, planted, seed)
    for column, outcome in enumerate(truth.outcomes):
        extra = next(name for name in truth.practices if (name, outcome) not in truth.planted)
        involved, rows = every_combination(truth, outcome, extra)
        chances = probabilities(truth, rows)[:, column]
        assert chances.min() >= 0.025 - 1e-12
        assert chances.max() <= 0.975 + 1e-12
        assert chances.mean() == pytest.approx(0.5, abs=1e-12)
        for practice in involved:
            has = rows[:, truth.practices.index(practice)]
            with_it, without = chances[has].mean(), chances[~has].mean()
            ratio = with_it / (1 - with_it) / (without / (1 - without))
            assert ratio == pytest.approx(truth.odds_ratio(practice, outcome), rel=1e-9)
        assert truth.odds_ratio(extra, outcome) == 1.0


@pytest.mark.parametrize(("practices", "planted"), SIZES)
def test_practices_off_the_list_change_no_probability(practices: int, planted: int) -> None:
    truth = truth_of(practices, planted, 3)
    rng = np.random.default_rng(4)
    rows = rng.random((64, practices)) < 0.5
    for column, outcome in enumerate(truth.outcomes):
        other = rows.copy()
        nulls = [row for row, name in enumerate(truth.practices) if (name, outcome) not in truth.planted]
        other[:, nulls] = ~other[:, nulls]
        assert np.array_equal(probabilities(truth, rows)[:, column], probabilities(truth, other)[:, column])


@pytest.mark.parametrize(("practices", "planted"), SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_planted_pairs_have_the_promised_number_strength_directions_and_spread(
    practices: int, planted: int, seed: int
) -> None:
    truth = truth_of(practices, planted, seed)
    assert len(truth.planted) == planted
    ratios = np.array([truth.odds_ratio(*pair) for pair in truth.planted])
    strengths = np.maximum(ratios, 1 / ratios)
    assert strengths.min() >= 2.5 - 1e-9
    assert strengths.max() <= 8 + 1e-9
    assert (ratios > 1).any()
    assert (ratios < 1).any()
    counts = [sum(outcome == name for _, outcome in truth.planted) for name in truth.outcomes]
    assert max(counts) - min(counts) <= 1


def test_strengths_use_the_whole_range() -> None:
    strengths = [
        abs(np.log(truth.odds_ratio(*p))) for s in range(60) for truth in [truth_of(15, 9, s)] for p in truth.planted
    ]
    assert min(strengths) < np.log(2.7)
    assert max(strengths) > np.log(7)
    assert 0.2 < np.mean(np.array(strengths) > np.log(4)) < 0.8


def test_other_randomness_makes_another_truth() -> None:
    assert draw_truth(np.random.default_rng(1)).planted != draw_truth(np.random.default_rng(2)).planted
    assert draw_truth(np.random.default_rng(1)) == draw_truth(np.random.default_rng(1))


def test_drawn_projects_have_the_frequencies_of_the_truth() -> None:
    truth = draw_truth(np.random.default_rng(11), PRACTICES, OUTCOMES)
    n = 200_000
    bits = draw_projects(truth, n, np.random.default_rng(12))
    assert bits.dtype == bool
    assert bits.shape == (n, 19)
    assert np.abs(bits.mean(0) - 0.5).max() < 5 * 0.5 / np.sqrt(n)
    for p, practice in enumerate(PRACTICES):
        for o, outcome in enumerate(OUTCOMES):
            has, good = bits[:, p], bits[:, 15 + o]
            difference = good[has].mean() - good[~has].mean()
            assert abs(difference - truth.planted.get((practice, outcome), 0.0)) < 5 / np.sqrt(n)
    off_diagonal = np.corrcoef(bits[:, :15].T) - np.eye(15)
    assert np.abs(off_diagonal).max() < 5 / np.sqrt(n)


def test_truth_survives_json() -> None:
    truth = draw_truth(np.random.default_rng(5))
    assert Truth.from_dict(json.loads(json.dumps(truth.as_dict()))) == truth


def test_the_odds_ratio_is_the_algebra_of_the_effect() -> None:
    truth = Truth(("a", "b"), ("y",), {("a", "y"): 0.5, ("b", "y"): -0.25})
    assert truth.odds_ratio("a", "y") == float(Fraction(3, 4) / Fraction(1, 4)) ** 2
    assert truth.odds_ratio("b", "y") == pytest.approx(float(Fraction(3, 5) ** 2))


def test_too_many_effects_on_one_outcome_are_refused() -> None:
    with pytest.raises(ValueError, match="effects of at least"):
        draw_truth(np.random.default_rng(1), PRACTICES, ["only"], planted=13)
    with pytest.raises(ValueError, match="effects of at least"):
        draw_truth(np.random.default_rng(1), ["a", "b"], ["only"], planted=3)


def test_two_effects_that_fill_an_outcomes_room_are_exact() -> None:
    truth = Truth(("a", "b"), ("y",), {("a", "y"): 0.475, ("b", "y"): -0.475 - 1e-12})
    rows = np.array(list(itertools.product([False, True], repeat=2)))
    chances = probabilities(truth, rows)[:, 0]
    assert chances[rows[:, 0]].mean() - chances[~rows[:, 0]].mean() == pytest.approx(0.475, abs=1e-12)
    assert chances.min() == pytest.approx(0.025)
    assert chances.max() == pytest.approx(0.975)
