"""The noise is enough for the price, not more than needed, and an independent accountant agrees."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.catalogue.plan import Plan
from fedlore.privacy.accountant import Event, calibrate, event_of, gaussian_delta, naive, total_epsilon
from fedlore.privacy.calibration import calibrated, event_of_plan
from fedlore.privacy.shares import MechanismError
from tests.privacy import exact

DELTAS = [1e-5, 1e-7, 1e-12]
EPSILONS = [0.010203, 0.05, 0.123456, 1 / 3, 1.0, 2.500050, 8.0]


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_an_independent_accountant_finds_no_more_epsilon_and_little_less(epsilon: float) -> None:
    from dp_accounting.pld import privacy_loss_distribution as pld

    for delta in DELTAS:
        multiplier = calibrate("discrete gaussian", epsilon, delta, 1.0)
        found = pld.from_gaussian_mechanism(multiplier).get_epsilon_for_delta(delta)
        assert epsilon * (1 - 2e-3) < found <= epsilon
        assert calibrate("discrete gaussian", epsilon, delta, 7.0) == pytest.approx(7 * multiplier)


@pytest.mark.parametrize(("epsilon_micro", "shift"), [(500_000, 1), (1_000_000, 1), (2_000_000, 2), (8_000_000, 1)])
def test_the_discrete_noise_itself_keeps_the_price(epsilon_micro: int, shift: int) -> None:
    """The exact hockey-stick divergence of the drawn distribution, summed over the lattice, is below delta."""
    price = calibrated("discrete gaussian", epsilon_micro, 10**10, shift, shift, 1, 1)
    moved = shift * price.scale
    k = np.arange(-int(40 * price.noise_scale), int(40 * price.noise_scale) + 1)
    probability = exact.gaussian(price.noise_scale**2)
    spent = np.maximum(0, probability(k) - math.exp(epsilon_micro / 1e6) * probability(k - moved)).sum()
    assert 0.95e-5 < spent <= 1e-5


def test_the_discrete_noise_keeps_the_price_in_several_coordinates() -> None:
    price = calibrated("discrete gaussian", 1_000_000, 10**10, 4, 2.0, 1, 4)
    k = np.arange(-int(12 * price.noise_scale), int(12 * price.noise_scale) + 1)
    one = exact.gaussian(price.noise_scale**2)(k)
    total = one
    for _ in range(3):
        total = np.convolve(total, one)
    # A shift by one unit in each coordinate has a loss that depends on the sum of the coordinates alone.
    s = np.arange(len(total)) - len(total) // 2
    loss = (2 * s * price.scale + 4 * price.scale**2) / (2 * price.noise_scale**2)
    spent = (total * np.maximum(0, 1 - np.exp(1 - np.clip(loss, -700, None)))).sum()
    assert 0.95e-5 < spent <= 1e-5


@pytest.mark.parametrize("epsilon_micro", [1, 333_333, 1_000_000, 7_000_001])
def test_laplace_noise_never_costs_more_than_its_epsilon(epsilon_micro: int) -> None:
    price = calibrated("discrete laplace", epsilon_micro, 10**10, 9.0, 3.0, 5, 20)
    assert price.scale == 1
    assert 9.0 / price.noise_scale <= epsilon_micro / 1e6 <= 9.0 / price.noise_scale * (1 + 1e-12)
    assert price.delta_spent_e15 == price.overhead_e15 == 1


def test_the_lattice_is_fine_enough_for_many_small_shares() -> None:
    price = calibrated("discrete gaussian", 8_000_000, 10**9, 1, 1.0, 400, 10)
    assert price.scale > 16
    assert price.noise_scale / math.sqrt(400) >= 4
    assert price.delta_spent_e15 == 10**9
    assert price.overhead_e15 == 1
    assert price.noise_scale / price.scale == pytest.approx(calibrate("discrete gaussian", 8, 1e-6, 1.0), rel=2e-3)


def test_prices_that_pay_for_nothing_are_refused() -> None:
    for mechanism, epsilon_micro, delta in [
        ("discrete gaussian", 1_000_000, 0),
        ("discrete gaussian", 1_000_000, 1),
        ("discrete gaussian", 0, 10**9),
        ("discrete gaussian", 1_000_000, 10**15),
        ("discrete laplace", 1_000_000, 0),
        ("discrete laplace", 90_000_000, 10**9),
        ("laplace", 1_000_000, 10**9),
    ]:
        with pytest.raises(MechanismError):
            calibrated(mechanism, epsilon_micro, delta, 1, 1.0, 5, 10)  # type: ignore[arg-type]
    for sensitivity in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(MechanismError):
            calibrate("discrete laplace", 1.0, 0.0, sensitivity)


def test_gaussians_compose_in_closed_form_and_far_below_the_naive_sum() -> None:
    multiplier = calibrate("discrete gaussian", 0.1, 1e-8, 1.0)
    events = [Event("discrete gaussian", multiplier, 1, 100_000, 10**7)] * 100
    together = total_epsilon(events, 1e-6)
    assert naive(events) == (pytest.approx(10.0), pytest.approx(1e-6))
    assert 0.8 < together < 1.0
    assert total_epsilon([Event("discrete gaussian", multiplier, 100, 10**7, 10**9)], 1e-6) == pytest.approx(together)
    same = calibrate("discrete gaussian", together, 1e-6, 1.0)
    assert same == pytest.approx(multiplier / 10, rel=1e-3)


def test_laplace_events_compose_and_mix_with_gaussians() -> None:
    laplace = [Event("discrete laplace", 10.0, 1, 100_000, 1)] * 100
    gaussian = Event("discrete gaussian", 4.0, 1, 10**6, 10**9)
    alone = total_epsilon(laplace, 1e-5)
    assert 4.0 < alone < 5.0
    mixed = total_epsilon([*laplace, gaussian], 1e-5)
    assert alone < mixed < alone + total_epsilon([gaussian], 1e-6)
    assert total_epsilon([gaussian, *laplace], 1e-5) == pytest.approx(mixed)


def test_one_event_costs_no_more_than_it_states_and_its_distance_is_charged() -> None:
    price = calibrated("discrete gaussian", 1_000_000, 10**10, 5, math.sqrt(5), 5, 10)
    assert price.event.epsilon_micro == 1_000_000
    assert 0.999 < total_epsilon([price.event], 1e-5) <= 1.0
    rough = Event("discrete gaussian", 4.0, 1, 10**6, 10**9, distance=1e-7)
    exactly = Event("discrete gaussian", 4.0, 1, 10**6, 10**9)
    assert total_epsilon([rough], 1e-5) > total_epsilon([exactly], 1e-5)
    with pytest.raises(MechanismError):
        total_epsilon([Event("discrete gaussian", 4.0, 1, 10**6, 10**9, distance=1e-5)], 1e-5)


def test_no_events_cost_nothing_and_unknown_ones_are_refused() -> None:
    assert total_epsilon([], 1e-6) == 0
    assert naive([]) == (0, 0)
    with pytest.raises(MechanismError):
        Event("exponential", 1.0, 1, 1, 0)  # type: ignore[arg-type]
    with pytest.raises(MechanismError):
        Event("discrete laplace", math.nan, 1, 1, 0)
    with pytest.raises(MechanismError):
        event_of({"mechanism": "discrete gaussian"}, 1, 0)
    with pytest.raises(MechanismError):
        total_epsilon([], 0.0)


@pytest.mark.parametrize("mechanism", ["discrete gaussian", "discrete laplace"])
def test_a_plan_names_the_event_that_it_was_calibrated_to(mechanism: str, plan: Plan) -> None:
    from dataclasses import replace

    from fedlore.privacy.sensitivity import l1_units, l2_units

    drawn = replace(plan, mechanism=mechanism)
    price = calibrated(
        drawn.mechanism, drawn.epsilon_micro, drawn.delta_e15, l1_units(drawn), l2_units(drawn), 5, len(drawn.slots)
    )
    event = event_of_plan(replace(drawn, scale=price.scale, noise_scale=price.noise_scale))
    assert event.noise_multiplier == pytest.approx(price.event.noise_multiplier)
    assert event.count == price.event.count
    assert event_of(event.as_dict(), event.epsilon_micro, event.delta_e15) == event


def test_an_event_needs_noise_beyond_its_own_rounding(plan: Plan) -> None:
    from dataclasses import replace

    for noise_scale in (1.5, 2.0):
        with pytest.raises(MechanismError, match="narrower"):
            event_of_plan(replace(plan, noise_scale=noise_scale))
    assert event_of_plan(replace(plan, noise_scale=1.0, mechanism="discrete laplace")).noise_multiplier > 0


@pytest.mark.parametrize("honest", [1, 5, 400])
@pytest.mark.parametrize("epsilon_micro", [500_000, 8_000_000, 40_000_000])
def test_the_lattice_is_the_coarsest_of_those_that_are_fine_enough(honest: int, epsilon_micro: int) -> None:
    price = calibrated("discrete gaussian", epsilon_micro, 10**9, 1, 1.0, honest, 1, least_scale=1)
    assert price.scale & (price.scale - 1) == 0
    least = max(32.0, 4 * math.sqrt(honest))
    assert price.noise_scale >= least
    # Half as fine a lattice has half the noise, less what rounding adds.
    assert price.scale == 1 or math.hypot(price.noise_scale / 2, 2) < least
    assert calibrated("discrete gaussian", epsilon_micro, 10**9, 1, 1.0, honest, 1, least_scale=3).scale % 3 == 0


def test_a_release_has_coordinates_and_a_lattice() -> None:
    for length, least_scale in ((0, 16), (1, 0)):
        with pytest.raises(MechanismError, match="at least one coordinate"):
            calibrated("discrete gaussian", 10**6, 10**9, 1, 1.0, 1, length, least_scale=least_scale)
    assert calibrated("discrete gaussian", 10**6, 10**9, 1, 1.0, 1, 1, least_scale=1).scale >= 1


def test_what_the_distance_costs_of_delta_is_taken_off_before_the_noise_is_calibrated() -> None:
    price = calibrated("discrete gaussian", 40_000_000, 10**8, 1, 1.0, 1000, 1000)
    assert 10**6 < price.overhead_e15 < 10**8
    spent = gaussian_delta(price.event.noise_multiplier, 40.0) * 1e15 + price.overhead_e15
    assert 0.999e8 < spent <= 1e8
    assert price.overhead_e15 >= (1 + math.exp(40)) * price.event.distance * 1e15
