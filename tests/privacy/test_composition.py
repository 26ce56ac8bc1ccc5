"""The total of many releases agrees with other reckonings of it, is quick, and is never below the truth."""

from __future__ import annotations

import itertools
import math
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from fedlore.privacy.accountant import Event, calibrate, compose, event_of, naive, total_epsilon
from fedlore.privacy.losses import composed
from fedlore.privacy.shares import MechanismError
from tests.privacy import exact


def gaussian(multiplier: float, count: int = 1) -> Event:
    return Event("discrete gaussian", multiplier, count, 1, 0)


def laplace(multiplier: float, count: int = 1) -> Event:
    return Event("discrete laplace", multiplier, count, 1, 0)


def closed_form(mu: float, delta: float) -> float:
    """The epsilon of a Gaussian mechanism by scipy's normal distribution and root finder."""

    def excess(epsilon: float) -> float:
        first = stats.norm.cdf(mu / 2 - epsilon / mu)
        return first - math.exp(epsilon) * stats.norm.cdf(-mu / 2 - epsilon / mu) - delta

    return float(optimize.brentq(excess, 0.0, 300.0, xtol=1e-12))


def convolved(scale: float, count: int, epsilon: float) -> float:
    """The divergence of ``count`` counts with discrete Laplace noise, convolving the losses of what is drawn."""
    k = np.arange(-int(60 * scale), int(60 * scale) + 1)
    drawn = exact.laplace(scale)(k)
    loss = np.abs(k - 1) - np.abs(k)  # beside a count that is one higher, in 1 / scale
    once = {step: drawn[loss == step].sum() for step in (-1, 1)}
    total = np.ones(1)
    for _ in range(count):
        total = np.convolve(total, [once[-1], 0.0, once[1]])
    losses = np.arange(-count, count + 1) / scale
    return float((total * np.maximum(0, -np.expm1(np.minimum(0, epsilon - losses)))).sum())


@pytest.mark.parametrize("multiplier", [3.0, 12.0, 400.0])
@pytest.mark.parametrize("count", [1, 7, 1000])
@pytest.mark.parametrize("delta", [1e-4, 1e-6, 1e-9])
def test_gaussians_agree_with_the_closed_form(multiplier: float, count: int, delta: float) -> None:
    apart = [gaussian(multiplier)] * count
    expected = closed_form(math.sqrt(count) / multiplier, delta)
    assert total_epsilon(apart, delta) == pytest.approx(expected, rel=1e-6)
    assert total_epsilon([gaussian(multiplier, count)], delta) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("scale", "count"), [(10.0, 100), (3.0, 20), (25.0, 400), (50.0, 100), (1.0, 5)])
def test_laplace_noise_agrees_with_direct_convolution(scale: float, count: int) -> None:
    for delta in (1e-3, 1e-5, 1e-8):
        found = total_epsilon([laplace(scale)] * count, delta)
        assert convolved(scale, count, found) <= delta
        assert convolved(scale, count, found * 0.99) > delta or found == pytest.approx(count / scale)


@pytest.mark.parametrize("seed", range(4))
def test_mixtures_agree_with_a_public_library(seed: int) -> None:
    from dp_accounting.pld import privacy_loss_distribution as pld

    rng = np.random.default_rng(seed)
    events = [laplace(float(m), int(n)) for m, n in zip(rng.uniform(2, 12, 3), rng.integers(1, 20, 3), strict=True)]
    events += [gaussian(float(m)) for m in rng.uniform(2, 8, 3)]
    losses = [
        pld.from_gaussian_mechanism(e.noise_multiplier)
        if e.mechanism == "discrete gaussian"
        else pld.from_discrete_laplace_mechanism(1 / e.noise_multiplier, use_connect_dots=True).self_compose(e.count)
        for e in events
    ]
    together = losses[0]
    for loss in losses[1:]:
        together = together.compose(loss)
    for delta in (1e-4, 1e-7):
        assert total_epsilon(events, delta) == pytest.approx(together.get_epsilon_for_delta(delta), rel=2e-3)


def test_the_grid_never_flatters_and_costs_little() -> None:
    """Against all outcomes of a few responses of different epsilons, counted one by one."""
    epsilons = (0.2, 0.31, 0.47, 0.05, 1.1, 0.9)
    found = composed(0.0, dict.fromkeys(epsilons, 1))
    for epsilon in (0.0, 0.5, 1.0, 2.0, 2.9):
        outcomes = (
            (
                math.prod(1 / (1 + math.exp(-sign * e)) for sign, e in zip(signs, epsilons, strict=True)),
                math.fsum(sign * e for sign, e in zip(signs, epsilons, strict=True)),
            )
            for signs in itertools.product((-1, 1), repeat=len(epsilons))
        )
        truth = math.fsum(p * max(0.0, -math.expm1(epsilon - loss)) for p, loss in outcomes)
        assert truth * (1 - 1e-12) <= found.delta(epsilon) <= truth * 1.01
    assert found.epsilon(1e-20) == pytest.approx(sum(epsilons), rel=1e-6)


def test_one_kind_of_response_is_exact_even_for_the_least_delta() -> None:
    found = composed(0.0, {0.1: 40})
    p = Fraction(math.exp(0.1)) / (1 + Fraction(math.exp(0.1)))
    for wrong in (0, 1, 2):
        epsilon = 0.1 * (40 - 2 * wrong) - 0.1
        truth = sum(
            math.comb(40, k) * float(p ** (40 - k) * (1 - p) ** k) * -math.expm1(epsilon - 0.1 * (40 - 2 * k))
            for k in range(wrong + 1)
        )
        assert found.delta(epsilon) == pytest.approx(truth, rel=1e-9, abs=0)


def test_a_hundred_small_gaussian_releases_cost_less_than_one_where_their_sum_says_ten() -> None:
    multiplier = calibrate("discrete gaussian", 0.1, 1e-8, 1.0)
    events = [Event("discrete gaussian", multiplier, 1, 100_000, 10**7)] * 100
    assert 0.9 < total_epsilon(events, 1e-6) <= 0.92
    assert naive(events)[0] == pytest.approx(10.0)


def test_a_thousand_events_of_ten_kinds_and_one_more_are_quick() -> None:
    kinds = [laplace(7.3 + index, 1 + index) for index in range(6)] + [gaussian(20.5 + index) for index in range(4)]
    events = [kinds[index % 10] for index in range(1000)]
    total_epsilon(events[:10], 1e-6)  # imports
    begin = time.process_time()
    together = compose(events)
    first = together.epsilon(1e-6)
    middle = time.process_time()
    more = [together.plus([event]).epsilon(1e-6) for event in (laplace(9.9), kinds[0], kinds[9])]
    end = time.process_time()
    assert middle - begin < 0.3
    assert (end - middle) / 3 < 0.3
    assert all(value > first for value in more)
    assert more[1] == pytest.approx(total_epsilon([*events, kinds[0]], 1e-6), rel=1e-9)


SPREAD = [laplace(10.0 ** (power / 4 - 2), int(10 ** (power / 4))) for power in range(37)]


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        ([gaussian(1e9, 10**6), laplace(1e9, 100)], 0.0, 1e-4),
        ([gaussian(1e300), laplace(1e300, 2**53)], 0.0, 1e-20),
        ([laplace(1e6, 2**53)], 1e3, 1e7),
        ([laplace(5e-324)], math.inf, math.inf),
        ([gaussian(5e-324)], math.inf, math.inf),
        ([laplace(1e-3, 1000), gaussian(1e6)], 1e6 * (1 - 1e-9), 1e6 * (1 + 1e-9)),
        ([laplace(1 / 400), laplace(1e5, 10**6), gaussian(0.01)], 5000.0, 6500.0),
        (SPREAD, 300.0, 20_000.0),
    ],
)
def test_huge_and_tiny_events_take_no_time_and_stay_sane(events: list[Event], low: float, high: float) -> None:
    begin = time.process_time()
    together = compose(events)
    found = together.epsilon(1e-6)
    assert time.process_time() - begin < 2.0
    assert len(together.losses.masses) < 2**15
    assert low <= found <= high


some_event = st.one_of(
    st.builds(gaussian, st.floats(0.3, 1e4), st.integers(1, 100)),
    st.builds(laplace, st.floats(0.1, 1e4), st.integers(1, 300)),
)


@given(st.lists(some_event, max_size=5), some_event, st.floats(1e-12, 0.1), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_a_total_grows_with_each_event_falls_with_delta_and_has_no_order(events, one, delta, random) -> None:  # type: ignore[no-untyped-def]
    slack = 1 + 5e-3  # the grid of one set of events is not that of another
    total = total_epsilon([*events, one], delta)
    assert total_epsilon(events, delta) <= total * slack + 1e-9
    assert total_epsilon([*events, one], delta * 2) <= total
    mixed = [*events, one]
    random.shuffle(mixed)
    assert total_epsilon(mixed, delta) == pytest.approx(total, rel=1e-8, abs=1e-9)
    apart = compose(events).plus([one]).epsilon(delta)
    assert apart == pytest.approx(total, rel=5e-3, abs=1e-9)
    pure = math.fsum(e.count / e.noise_multiplier for e in mixed if e.mechanism == "discrete laplace")
    if all(e.mechanism == "discrete laplace" for e in mixed):
        assert total <= pure * (1 + 1e-8)


@pytest.mark.parametrize("event", [gaussian(4.0), laplace(2.0, 3)])
@pytest.mark.parametrize("distance", [1e-12, 1e-9, 1e-8, 1e-7])
def test_the_distance_of_the_noise_is_charged_at_the_epsilon_that_is_said(event: Event, distance: float) -> None:
    together = compose([replace(event, distance=distance / 2)] * 2)
    found = together.epsilon(1e-5)
    spent = together.losses.delta(found) + (1 + math.exp(found)) * distance
    assert spent <= 1e-5
    assert spent > 1e-5 - 3 * (1 + math.exp(found)) * distance - 1e-10
    assert found >= compose([event] * 2).epsilon(1e-5)


@pytest.mark.parametrize("count", [0, -1, 2**53 + 1, 10**400, math.inf, math.nan])
def test_no_event_has_such_a_count(count: float) -> None:
    table = {"mechanism": "discrete laplace", "noise_multiplier": 1.0, "count": count, "distance": 0.0}
    with pytest.raises(MechanismError):
        event_of(table, 1, 0)


def _deviation(pure: dict[float, int], mu2: float = 0.0) -> float:
    return math.sqrt(mu2 + sum(n * (2 * e) ** 2 / (2 + 2 * math.cosh(e)) for e, n in pure.items()))


MANY = {0.01 + index / 1e5: 1 for index in range(400)}


@pytest.mark.parametrize(
    ("pure", "mu2", "steps"),
    [
        ({0.1: 100, 0.25: 40}, 0.0, 256),
        ({0.1: 100, 0.25: 40}, 9.0, 256),
        ({3.0: 2, 1.0: 9}, 0.0, 256),
        (MANY, 0.0, 256),
    ],
)
def test_the_grid_is_as_fine_as_is_stated(pure: dict[float, int], mu2: float, steps: int) -> None:
    found = composed(mu2, pure)
    assert found.step == pytest.approx(_deviation(pure, mu2) / steps)
    assert math.fsum(found.masses) + found.infinite == pytest.approx(1, abs=1e-12)
    assert found.top <= sum(e * n for e, n in pure.items())


def test_the_grid_gets_coarser_and_never_longer() -> None:
    assert composed(0.0, {40.0: 1, 0.001: 1000}).step == pytest.approx((80 + 2) / 2**13, rel=0.02)
    assert composed(0.0, {0.125: 300}).step == 0.25
    assert composed(0.0, {}).masses.tolist() == [1.0]
    for pure in ({40.0: 1, 0.001: 1000}, {400.0: 50, 1e-6: 10**6, 0.3: 7}, MANY):
        assert 1 < len(composed(0.0, pure).masses) <= 2**13 + 8 * len(pure)


def test_so_many_equal_responses_that_a_gaussian_stands_for_them() -> None:
    assert composed(0.0, {1e-5: 10**9}).mu2 == 0
    found = composed(0.5, {1e-6: 10**13, 1e-7: 10**3})
    assert found.mu2 == pytest.approx(0.5 + 10**13 * math.pi / 2 * 1e-12)
    assert len(found.masses) > 1


def test_an_epsilon_beyond_all_sense_is_lost_for_certain() -> None:
    assert composed(0.0, {501.0: 3}).epsilon(1e-6) == pytest.approx(1503, rel=1e-8)
    assert composed(0.0, {499.0: 3}).epsilon(1e-6) == pytest.approx(1497, rel=1e-8)
    assert composed(0.0, {1e-40: 5, 1e-35: 7}).epsilon(1e-15) == 0


@pytest.mark.parametrize("delta", [0.0, 1.0])
def test_no_gaussian_noise_is_enough_for_no_delta(delta: float) -> None:
    with pytest.raises(MechanismError, match="delta in"):
        calibrate("discrete gaussian", 1.0, delta, 1.0)
