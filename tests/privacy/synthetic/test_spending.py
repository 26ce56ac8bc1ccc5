"""What a synthetic table costs: each step's part, the whole, and what the ledger is told."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from fedlore.privacy.accountant import event_of, gaussian_delta, total_epsilon
from fedlore.privacy.filters import Spent, admits, loss_of
from fedlore.privacy.ledger import Cap
from fedlore.privacy.shares import share_distance
from fedlore.privacy.synthetic import aim, choosing, spending
from fedlore.privacy.synthetic.aim import Limits, fit
from fedlore.privacy.synthetic.measuring import measure
from fedlore.privacy.synthetic.table import SyntheticError
from tests.privacy.synthetic.making import chained, never, repeating


@pytest.mark.parametrize(("epsilon_micro", "delta_e15"), [(10**5, 10**6), (10**6, 10**10), (8 * 10**6, 10**9)])
def test_the_budget_is_all_that_the_exact_conversion_allows(epsilon_micro: int, delta_e15: int) -> None:
    budget = spending.budget_for(epsilon_micro, delta_e15)
    multiplier = (spending.UNIT / budget.limit) ** 0.5
    assert gaussian_delta(multiplier, epsilon_micro / 1e6) <= delta_e15 / 1e15
    assert gaussian_delta(multiplier * 0.99, epsilon_micro / 1e6) > delta_e15 / 1e15


def test_the_distance_of_the_noise_is_paid_out_of_delta() -> None:
    """It is far below the ledger's unit of 1e-15, so it takes one of two."""
    multiplier = (spending.UNIT / spending.budget_for(10**6, 2).limit) ** 0.5
    assert gaussian_delta(multiplier, 1.0) <= 1e-15


def test_the_ledger_is_told_one_gaussian_release_of_that_price() -> None:
    charge = spending.budget_for(10**6, 10**10).charge
    assert (charge.epsilon_micro, charge.delta_e15) == (10**6, 10**10)
    event = event_of(charge.event, charge.epsilon_micro, charge.delta_e15)
    assert (event.mechanism, event.count, event.distance) == ("discrete gaussian", 1, spending.MOST_DISTANCE)
    assert total_epsilon([event], 1e-5) == pytest.approx(1.0, abs=2e-3)
    assert loss_of(charge) == loss_of(replace(charge, event={**charge.event, "export": "projects"}))
    cap = Cap(None, 10**6, 10**10, adaptive=True)
    assert admits(cap, Spent(), charge)
    assert not admits(cap, Spent() + loss_of(charge), charge)


@pytest.mark.parametrize(
    ("epsilon_micro", "delta_e15"), [(0, 10**10), (10**6, 0), (21 * 10**6, 10**10), (2 * 10**7, 1)]
)
def test_a_price_that_buys_nothing_is_refused(epsilon_micro: int, delta_e15: int) -> None:
    with pytest.raises(SyntheticError):
        spending.budget_for(epsilon_micro, delta_e15)


@pytest.mark.parametrize("cost", [10**9, 10**13, 123_456_789_012_345, 10**18])
def test_no_step_costs_more_than_its_part(cost: int) -> None:
    deviation = spending.deviation_for(cost)
    assert Fraction(cost) * (1 - Fraction(1, 10**7)) <= spending.measuring_cost(deviation) <= cost
    mu, epsilon = math.sqrt(cost / spending.UNIT), spending.epsilon_for(cost)
    half = mu / 2
    exact = 2 * math.log(norm.cdf(half) / norm.cdf(-half))
    assert float(epsilon) == pytest.approx(max(1e-9, exact), rel=2e-9, abs=1e-9)
    assert float(epsilon) <= max(1e-9, exact)
    # The definition, backwards: a range of epsilon is 2 Phi^-1(e^(epsilon/2) / (1 + e^(epsilon/2)))-GDP.
    assert 2 * norm.ppf(1 / (1 + math.exp(-float(epsilon) / 2))) <= mu * (1 + 1e-12)


@pytest.mark.parametrize("epsilon", [0.05, 0.7, 3.0, 12.0])
def test_no_mechanism_of_bounded_range_is_more_telling_than_the_gaussian_charged_for_it(epsilon: float) -> None:
    """For each pair of Bernoulli variables whose log odds differ by epsilon, beside the claim of the module's proof."""
    mu = 2 * norm.ppf(1 / (1 + np.exp(-epsilon / 2)))
    odds = np.linspace(-20 - epsilon, 20, 2001)
    apart = norm.ppf(expit(odds + epsilon)) - norm.ppf(expit(odds))
    assert apart.max() <= mu * (1 + 1e-9)
    assert apart.max() >= mu * 0.999


def test_a_whole_run_spends_its_budget_and_no_more() -> None:
    limit = spending.budget_for(2 * 10**6, 10**10).limit
    found = fit(chained(400, (2, 3, 2, 2), 1), limit, Limits(steps=30), repeating(1), never)
    measured = sum(spending.UNIT / one.deviation**2 for one in found.measurements)
    assert measured < found.spent <= limit
    assert found.spent >= limit * 0.999_999
    assert 0 < found.distance <= spending.MOST_DISTANCE
    assert found.rounds >= 4


def test_a_budget_that_is_overdrawn_stops_the_run() -> None:
    spender = aim._Spender(chained(50, (2, 2), 1), 10**15, repeating(1))
    spender.measure((0,), 9 * 10**14)
    with pytest.raises(SyntheticError, match="left of the budget"):
        spender.measure((1,), 2 * 10**14)
    assert spender.spent <= 9 * 10**14


def test_time_that_is_up_ends_the_run_with_one_last_round_of_all_that_is_left() -> None:
    limit = spending.budget_for(10**6, 10**10).limit
    found = fit(chained(400, (2, 3, 2), 1), limit, Limits(steps=30, seconds=0), repeating(1), lambda: 1.0)
    assert found.rounds == 1
    assert found.spent >= limit * 0.999_999
    deviations = [one.deviation for one in found.measurements]
    assert deviations[-1] < min(deviations[:-1]) / 3


def test_choices_are_as_likely_as_the_exact_mechanism_makes_them() -> None:
    scores, epsilon = [10, 8, 3, 10], Fraction(3, 2)
    exact = np.exp(1.5 * (np.array(scores) - 10) / (2 * 4))
    weights = np.array(choosing.weights(scores, 4, epsilon), dtype=np.float64)
    assert weights / weights.sum() == pytest.approx(exact / exact.sum(), rel=1e-12)
    randomness = repeating(7)
    drawn = np.bincount([choosing.choose(scores, 4, epsilon, randomness) for _ in range(4000)], minlength=4)
    expected = 4000 * exact / exact.sum()
    assert ((drawn - expected) ** 2 / expected).sum() < 25  # chi-squared of 3 degrees: 1e-5


def test_a_draw_on_the_border_of_two_candidates_takes_the_second() -> None:
    half = (1 << 255).to_bytes(32, "little")
    just_below = ((1 << 255) - 1).to_bytes(32, "little")
    assert choosing.choose([5, 5], 1, Fraction(1), lambda _: half) == 1
    assert choosing.choose([5, 5], 1, Fraction(1), lambda _: just_below) == 0
    assert choosing.distance(3) == 6 * 2.0**-192


def test_the_dearest_and_the_cheapest_price_are_prices() -> None:
    dearest = spending.budget_for(20 * 10**6, 10**10)
    assert dearest.limit > spending.budget_for(19 * 10**6, 10**10).limit
    assert spending.budget_for(10**6, 2).limit > 0
    with pytest.raises(SyntheticError, match="too small"):
        spending.budget_for(10**6, 1)
    with pytest.raises(SyntheticError, match="and a delta"):
        spending.budget_for(10**6, 0)


def test_draws_beyond_the_distance_that_is_paid_for_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    one = measure((0,), chained(50, (2, 2), 1).counts((0,)), spending.deviation_for(10**14), repeating(1))[1]
    for most, stops in ((one, False), (one * 0.999, True)):
        monkeypatch.setattr(spending, "MOST_DISTANCE", most)
        spender = aim._Spender(chained(50, (2, 2), 1), 10**15, repeating(1))
        if stops:
            with pytest.raises(SyntheticError, match="distance"):
                spender.measure((0,), 10**14)
        else:
            spender.measure((0,), 10**14)
            assert spender.distance == one


def test_the_first_noise_is_made_for_sixteen_rounds_a_column_of_nine_parts_measuring_and_one_choosing() -> None:
    limit = 48 * 10**12
    assert aim.first_deviation(3, limit) == spending.deviation_for(9 * 10**11)
    found = fit(chained(100, (2, 2, 2), 1), limit, Limits(steps=5, seconds=0), repeating(1), lambda: 1.0)
    assert [one.deviation for one in found.measurements[:3]] == [
        measure((0,), np.zeros(2, dtype=np.int64), aim.first_deviation(3, limit), repeating(1))[0].deviation
    ] * 3


def test_a_score_is_what_noise_would_not_explain() -> None:
    """Off by 3 and 1 rows, of which noise of deviation 1 explains sqrt(2 / pi) in each of the two cells."""
    counts, foreseen = np.array([10, 20]), np.array([7, 21]) * aim.LATTICE
    assert aim.score(counts, foreseen, 1.0, 5) == 5 * (4 * 1024 - round(2 * 1024 * math.sqrt(2 / math.pi)))
    assert aim.sensitivity([3, 7, 5]) == 7 * 1024


def test_a_measurement_is_as_fine_and_as_far_from_exact_as_its_lattice_says() -> None:
    """Noise of 5 rows is 40 on a lattice of 8 points a row, with the rounding's deviation of 2 beside it."""
    counts = np.array([100, 0, 7])
    for deviation, scale in ((5.0, 8), (4.0, 8), (3.9, 16), (64.0, 1)):
        found, distance = measure((0, 1), counts, deviation, repeating(5))
        wide = math.hypot(deviation * scale, 2.0)
        assert found.deviation == pytest.approx(wide / scale, rel=1e-12)
        assert (found.noised * scale % 1 == 0).all()
        assert distance == pytest.approx(share_distance("discrete gaussian", wide, 1, 3), rel=1e-9, abs=0)


def test_a_hopeless_candidate_weighs_nothing_and_extreme_draws_are_in_range() -> None:
    assert choosing.weights([0, 10**9], 1, Fraction(1))[0] == 0
    assert choosing.choose([0, 10**9], 1, Fraction(1), lambda length: b"\xff" * length) == 1
    assert choosing.choose([5, 5], 1, Fraction(1), lambda length: b"\x00" * length) == 0
    assert choosing.choose([5, 5], 1, Fraction(1), lambda length: b"\xff" * length) == 1
    for scores, sensitivity, randomness in (([], 1, repeating(1)), ([1], 0, repeating(1)), ([1], 1, lambda _: b"")):
        with pytest.raises(SyntheticError):
            choosing.choose(scores, sensitivity, Fraction(1), randomness)
