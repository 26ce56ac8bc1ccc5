"""A filter admits no history that costs more than its cap, loses no unit to rounding, and knows no order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import repeat

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.privacy.accountant import Event, event_of, total_epsilon
from fedlore.privacy.filters import (
    ORDERS,
    Limits,
    Spent,
    admits,
    limits_of,
    loss_of,
    more,
    spent_by,
    tracks,
)
from fedlore.privacy.ledger import BudgetError, Cap, Charge, delta_e15, epsilon_micro
from fedlore.privacy.shares import MechanismError
from tests.privacy.charges import any_charge, gaussian, known, laplace, plain

CAPS = [Cap("s", 4_000_000, 10**11), Cap("s", 500_000, 10**9), Cap("s", 16_000_000, 10**11), Cap("s", 30_000, 10**6)]


def admitted(cap: Cap, wanted: Iterable[Charge]) -> tuple[list[Charge], Spent]:
    """What passes the gate when each is asked for in turn."""
    passed, spent, limits = [], Spent(), limits_of(cap)
    for charge in wanted:
        loss = loss_of(charge)
        if tracks(limits, spent, loss):
            passed.append(charge)
            spent += loss
    return passed, spent


def total(charges: list[Charge], delta: float) -> float:
    """The epsilon of charges by their privacy losses; one without an event is pure, but for its delta."""
    events, left = [], delta
    for charge in charges:
        if "mechanism" in charge.event:
            events.append(event_of(charge.event, charge.epsilon_micro, charge.delta_e15))
        else:
            events.append(Event("discrete laplace", 1e6 / charge.epsilon_micro, 1, charge.epsilon_micro, 0))
            left -= charge.delta_e15 / 1e15
    return total_epsilon(events, left)


@given(st.sampled_from(CAPS), st.lists(any_charge, min_size=1, max_size=40), st.integers(1, 8))
@settings(deadline=None, max_examples=120)
def test_what_is_admitted_costs_no_more_than_the_cap(cap: Cap, wanted: list[Charge], times: int) -> None:
    passed, spent = admitted(cap, wanted * times)
    assert spent == spent_by(passed)
    assert cap.epsilon_micro is not None
    assert cap.delta_e15 is not None
    if passed:
        assert total(passed, cap.delta_e15 / 1e15) <= cap.epsilon_micro / 1e6 * (1 + 1e-5)


def test_what_is_admitted_comes_close_to_the_cap() -> None:
    cap = CAPS[0]
    for charge, close in ((gaussian(100_000, 10**6), 0.82), (laplace(50_000, 1), 0.8), (laplace(1_000_000, 1), 0.999)):
        passed, _ = admitted(cap, repeat(charge, 2000))
        assert close < total(passed, 1e-4) / 4 <= 1


@given(
    st.sampled_from(CAPS), st.lists(any_charge, max_size=12), any_charge, any_charge, st.randoms(use_true_random=False)
)
@settings(deadline=None, max_examples=150)
def test_less_spent_admits_no_less_and_order_counts_for_nothing(cap, history, one, other, random) -> None:  # type: ignore[no-untyped-def]
    spent = spent_by(history)
    limits = limits_of(cap)
    for track in tracks(limits, spent + loss_of(other), loss_of(one)):
        assert track in tracks(limits, spent, loss_of(one))
    mixed = list(history)
    random.shuffle(mixed)
    assert spent_by(mixed) == spent
    assert tracks(limits, spent_by([*mixed, one]), loss_of(other)) == tracks(
        limits, spent_by([one, *mixed]), loss_of(other)
    )


@given(known)
@settings(deadline=None, max_examples=200)
def test_a_loss_is_never_below_the_exact_one_and_above_by_little(charge: Charge) -> None:
    loss = loss_of(charge)
    event = event_of(charge.event, charge.epsilon_micro, charge.delta_e15)
    with mpmath.workdps(40):
        multiplier = mpmath.mpf(event.noise_multiplier)
        if event.mechanism == "discrete gaussian":
            mu2 = event.count / multiplier**2
            renyi = [mpmath.mpf(order) * mu2 / 2 for order in ORDERS]
        else:
            pairs = [(event.count, 1 / multiplier), (1, event.count / multiplier)]
            mu2 = min(n * (2 * _quantile(1 / (1 + mpmath.exp(-e)))) ** 2 for n, e in pairs)
            renyi = [min(n * _response(e, mpmath.mpf(order)) for n, e in pairs) for order in ORDERS]
        assert mu2 <= mpmath.mpf(loss.mu2_e12) / 10**12 <= mu2 * (1 + mpmath.mpf("1e-4")) + mpmath.mpf("2e-12")
        for exact, kept in zip(renyi, loss.renyi_e9, strict=True):
            bound = exact * (1 + mpmath.mpf("1e-9")) + mpmath.mpf("2e-9")
            assert exact <= mpmath.mpf(kept) / 10**9 <= bound


def _quantile(p: mpmath.mpf) -> mpmath.mpf:
    return mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1)


def _response(epsilon: mpmath.mpf, order: mpmath.mpf) -> mpmath.mpf:
    """The Renyi divergence of randomised response from its own definition."""
    p = 1 / (1 + mpmath.exp(-epsilon))
    q = 1 - p
    return mpmath.log(p**order * q ** (1 - order) + q**order * p ** (1 - order)) / (order - 1)


@pytest.mark.parametrize("epsilon", ["0.000001", "0.01", "0.3", "1", "4", "64", "400"])
@pytest.mark.parametrize("delta", ["1e-3", "1e-6", "1e-11"])
def test_limits_keep_epsilon_and_delta_by_exact_conversions(epsilon: str, delta: str) -> None:
    limits = limits_of(Cap("s", epsilon_micro(epsilon), delta_e15(delta)))
    with mpmath.workdps(60):
        e, part = mpmath.mpf(epsilon), mpmath.mpf(delta) * 22 / 100
        spent = _gaussian_delta(mpmath.mpf(limits.mu2_e12) / 10**12, e) if limits.mu2_e12 else 0
        assert spent <= part
        assert _gaussian_delta((limits.mu2_e12 * mpmath.mpf("1.02") + 2) / 10**12, e) > part
        order = mpmath.mpf(ORDERS[limits.order])
        if limits.renyi_e9 >= 0:
            moment = mpmath.exp((order - 1) * (mpmath.mpf(limits.renyi_e9) / 10**9 - e))
            assert moment / (order - 1) * (1 - 1 / order) ** order <= part
        distance = mpmath.mpf(limits.distance_e36) / 10**36
        assert (1 + mpmath.exp(e)) * distance <= mpmath.mpf(delta) / 100
        assert limits.sum_delta_e15 is not None
        used = limits.sum_delta_e15 + limits.plain_delta_e15 + (2 * part + mpmath.mpf(delta) / 100) * 10**15
        assert used <= mpmath.mpf(delta) * 10**15


@pytest.mark.parametrize("epsilon", [0.02, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 30.0, 60.0])
def test_the_order_of_a_cap_is_nearly_the_best_of_all(epsilon: float) -> None:
    """What a Gaussian may spend at the order taken, beside the best of many orders."""
    limits, part = limits_of(Cap("s", epsilon_micro(epsilon), 10**11)), 0.22e-4

    def allowance(order: float) -> float:
        return (epsilon + math.log(part * order) / (order - 1) + math.log(order / (order - 1))) / order

    best = max(allowance(1 + 0.01 * 1.01**power) for power in range(1400))
    assert limits.renyi_e9 / 1e9 == pytest.approx(allowance(ORDERS[limits.order]) * ORDERS[limits.order], abs=2e-9)
    assert 0.94 * best < limits.renyi_e9 / 1e9 / ORDERS[limits.order] <= best * (1 + 1e-3)


def _gaussian_delta(mu2: mpmath.mpf, epsilon: mpmath.mpf) -> mpmath.mpf:
    mu = mpmath.sqrt(mu2)
    return mpmath.ncdf(mu / 2 - epsilon / mu) - mpmath.exp(epsilon) * mpmath.ncdf(-mu / 2 - epsilon / mu)


def test_ten_tenths_are_one_and_not_a_millionth_more() -> None:
    cap = Cap("s", epsilon_micro(1), 0)
    passed, spent = admitted(cap, repeat(plain(epsilon_micro(0.1), 0), 20))
    assert len(passed) == 10
    assert not admits(cap, spent, plain(1, 0))
    assert not admits(cap, Spent(), plain(1_000_001, 0))
    assert not admits(cap, Spent(), plain(1, 1))
    limits = limits_of(cap)
    assert (limits.mu2_e12, limits.renyi_e9, limits.plain_delta_e15, limits.distance_e36) == (-1, -1, 0, 0)


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 400))
def test_sums_lose_no_unit(cap: int, price: int, times: int) -> None:
    """Without a delta only the sums count, and they are whole numbers."""
    limits = limits_of(Cap("s", cap, 0))
    loss = loss_of(plain(price, 0))
    assert (tracks(limits, Spent().plus(loss, times - 1), loss) != ()) == (times * price <= cap)
    assert more(limits, Spent(), loss) == min(10**6, cap // price)


def test_more_counts_what_the_gate_admits() -> None:
    for cap in CAPS:
        for charge in (gaussian(500_000, 10**6), laplace(500_000, 10), plain(100_000, 1)):
            passed, spent = admitted(cap, repeat(charge, 3000))
            assert more(limits_of(cap), Spent(), loss_of(charge)) == len(passed) < 3000
            assert more(limits_of(cap), spent, loss_of(charge)) == 0


def test_the_first_charge_may_take_the_whole_cap_and_then_nothing_is_left() -> None:
    cap = Cap("s", 1_000_000, 10**10)
    whole = gaussian(1_000_000, 10**10)
    limits = limits_of(cap)
    assert tracks(limits, Spent(), loss_of(whole)) == ("first",)
    for late in (plain(1, 0), gaussian(20_000, 10**5), laplace(10, 1)):
        assert not admits(cap, spent_by([whole]), late)
    assert not admits(cap, spent_by([plain(1, 0)]), whole)
    assert not admits(cap, Spent(), gaussian(1_000_001, 10**10))


def test_parts_without_a_cap_are_free() -> None:
    rough = plain(3_000_000, 10**11)
    assert admits(Cap(None, None, None), spent_by([rough] * 50), rough)
    assert admits(Cap(None, 6_000_000, None), spent_by([rough]), rough)
    assert not admits(Cap(None, 6_000_000, None), spent_by([rough] * 2), plain(1, 0))
    assert admits(Cap(None, None, 2 * 10**11), spent_by([rough]), rough)
    assert not admits(Cap(None, None, 2 * 10**11), spent_by([rough] * 2), plain(1, 1))


def test_a_cap_that_says_nothing_is_still_held_by_its_sums() -> None:
    cap = Cap("s", 10**6 * 10**6, 10**11)
    charge = plain(10**6 * 10**6 // 4, 0)
    assert len(admitted(cap, repeat(charge, 9))[0]) == 4
    limits = limits_of(cap)
    assert (limits.mu2_e12, limits.renyi_e9, limits.distance_e36) == (-1, -1, -1)


def test_noise_far_from_exact_closes_the_tracks_that_need_exact_noise() -> None:
    cap = CAPS[0]
    near, far = gaussian(100_000, 10**6, 1e-25), gaussian(100_000, 10**6, 1e-7)
    assert tracks(limits_of(cap), spent_by([near] * 60), loss_of(near)) == ("gaussian", "renyi")
    assert tracks(limits_of(cap), Spent(), loss_of(far)) == ("sum",)
    assert len(admitted(cap, repeat(far, 60))[0]) == 40


def test_the_delta_of_unknown_mechanisms_has_a_part_of_its_own() -> None:
    cap = CAPS[0]
    small = plain(10_000, 10**9)
    passed, spent = admitted(cap, repeat(small, 1000))
    assert len(passed) == 50
    assert spent.plain_delta_e15 == 5 * 10**10
    pure = plain(10_000, 0)
    assert len(admitted(cap, repeat(pure, 3000))[0]) > 1500


@pytest.mark.parametrize("event", [
    {}, {"mechanism": "test"}, {"mechanism": "discrete gaussian"},
    {"mechanism": "discrete laplace", "noise_multiplier": "nan", "count": 1, "distance": 0.0},
    {"mechanism": "discrete laplace", "noise_multiplier": 1.0, "count": 10**400, "distance": 0.0},
    {"mechanism": "discrete laplace", "noise_multiplier": 1.0, "count": 1, "distance": -1.0},
    {"mechanism": ["discrete laplace"], "noise_multiplier": 1.0, "count": 1, "distance": 0.0},
])  # fmt: skip
def test_what_is_no_event_counts_at_its_price(event: dict[str, object]) -> None:
    assert loss_of(Charge(300_000, 7, event)) == loss_of(plain(300_000, 7))
    assert loss_of(plain(300_000, 7)).plain_delta_e15 == 7


@pytest.mark.parametrize(("multiplier", "count"), [(5e-324, 1), (1e-300, 2**53), (1e308, 2**53), (1e308, 1), (1e-9, 1)])
@pytest.mark.parametrize("mechanism", ["discrete gaussian", "discrete laplace"])
def test_extreme_events_neither_break_nor_cost_nothing(mechanism: str, multiplier: float, count: int) -> None:
    event = Event(mechanism, multiplier, count, 1, 0)  # type: ignore[arg-type]
    loss = loss_of(Charge(1, 0, event.as_dict()))
    assert min(loss.mu2_e12, *loss.renyi_e9) >= 1
    limits: Limits = replace(limits_of(Cap("s", 500 * 10**6, 10**14)), sum_epsilon_micro=0, epsilon_micro=0)
    assert bool(tracks(limits, Spent(), loss)) == (multiplier > 1)


def test_a_charge_that_is_no_amount_never_reaches_a_filter() -> None:
    for epsilon, delta in ((0, 0), (-1, 0), (10**13, 0), (1, -1), (1, 10**15)):
        with pytest.raises(BudgetError):
            Charge(epsilon, delta)
    for value in (math.nan, math.inf, -0.1, 0.0):
        with pytest.raises(BudgetError):
            epsilon_micro(value)
    with pytest.raises(MechanismError):
        Event("discrete gaussian", math.nan, 1, 1, 0)


def test_a_sum_may_reach_its_limit_and_not_pass_it() -> None:
    limits = replace(limits_of(Cap("s", 10**6, 10**10)), mu2_e12=100, order=0, renyi_e9=100, plain_delta_e15=10)
    nothing = replace(loss_of(plain(1, 0)), mu2_e12=0, renyi_e9=(0,) * len(ORDERS), plain_delta_e15=0, distance_e36=0)
    spent, beyond = Spent(charges=1), (101, *[0] * (len(ORDERS) - 1))
    half = 5 * 10**9
    at = replace(nothing, epsilon_micro=10**6, delta_e15=half, mu2_e12=100, renyi_e9=(100, *beyond[1:]))
    at = replace(at, plain_delta_e15=10, distance_e36=limits.distance_e36)
    assert tracks(limits, spent, at) == ("sum", "gaussian", "renyi")
    assert tracks(limits, spent, replace(at, epsilon_micro=10**6 + 1)) == ("gaussian", "renyi")
    assert tracks(limits, spent, replace(at, delta_e15=half + 1)) == ("gaussian", "renyi")
    assert tracks(limits, spent, replace(at, mu2_e12=101)) == ("sum", "renyi")
    assert tracks(limits, spent, replace(at, renyi_e9=beyond)) == ("sum", "gaussian")
    for more_of in ({"plain_delta_e15": 11}, {"distance_e36": limits.distance_e36 + 1}):
        assert tracks(limits, spent, replace(at, **more_of)) == ("sum",)
    whole = replace(at, delta_e15=10**10, mu2_e12=101, renyi_e9=beyond)
    assert tracks(limits, Spent(), whole) == ("first",)
    assert tracks(limits, spent, whole) == ()
    assert tracks(limits, Spent(), replace(whole, delta_e15=10**10 + 1)) == ()
