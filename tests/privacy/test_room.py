"""What is left of a cap, when it renews, and what charges cost together in both ways of counting."""

from __future__ import annotations

import pytest

from fedlore.privacy.accountant import event_of, total_epsilon
from fedlore.privacy.filters import Spent, admits, spent_by
from fedlore.privacy.ledger import RENEWAL_DAYS, BudgetError, Cap, Charge, Totals, day_of, delta_e15, period_of, renewal
from fedlore.privacy.room import left_in, refused, rounds_left, total_of

DAY_US = 86_400 * 10**6


def _gaussian(multiplier: float) -> dict[str, object]:
    return {"mechanism": "discrete gaussian", "noise_multiplier": multiplier, "count": 1, "distance": 0.0}


def test_what_is_left_is_exactly_what_is_admitted() -> None:
    cap = Cap("s", 2_000_000, 10**10, adaptive=True)
    spent = spent_by([Charge(1_000_000, 10**9, _gaussian(8.0))] * 2)
    epsilon, delta = left_in(cap, spent)
    assert admits(cap, spent, Charge(epsilon, 0))
    assert not admits(cap, spent, Charge(epsilon + 1, 0))
    assert admits(cap, spent, Charge(1, delta))
    assert not admits(cap, spent, Charge(1, delta + 1))
    more = rounds_left(cap, spent, last := Charge(1_000_000, 10**9, _gaussian(8.0)))
    assert more > 0
    assert admits(cap, spent_by([last] * (1 + more)), last)
    assert not admits(cap, spent_by([last] * (2 + more)), last)
    assert left_in(cap, Spent())[0] == 2_000_000


def test_the_tight_total_is_never_above_the_plain_sums_where_these_hold() -> None:
    plain = Charge(500_000, 10**9, {"kind": "allocation"})
    gaussian = Charge(1_000_000, 10**9, _gaussian(3.7))
    alone = total_of([plain], 10**10)
    assert (alone.naive_epsilon, alone.tight_epsilon, alone.tight_delta) == (0.5, 0.5, 1e-5)
    both = total_of([plain] + [gaussian] * 9, 10**10)
    assert both.naive_epsilon == 9.5
    assert 0.5 < both.tight_epsilon < 5
    assert total_of([gaussian], None).tight_epsilon <= 1.0
    # Delta of the plain charges is taken off before the others are told theirs; where nothing is left, sums remain.
    assert total_of([plain, gaussian], 10**9).tight_epsilon == 1.5
    assert total_of([], 10**9).tight_epsilon == 0.0


@pytest.mark.parametrize(("days", "number"), [(-5, 1), (0, 1), (364.999, 1), (365, 2), (730, 3)])
def test_a_year_renews_on_its_day_and_not_before(days: float, number: int) -> None:
    origin = 1_700_000_000 * 10**6
    period = period_of(origin, origin + round(days * DAY_US))
    assert period.number == number
    assert period.since_us == origin + (number - 1) * 365 * DAY_US
    assert period.until_us == period.since_us + 365 * DAY_US
    assert period.at(origin) == period_of(origin, origin)
    assert period.at(period.until_us).number == number + 1


def test_a_clock_before_the_origin_is_in_the_first_year_and_frees_nothing() -> None:
    first = renewal(1_000_000.5, 0.0)
    assert (first.number, first.since_us, first.until_us) == (1, 1_000_000_500_000, 1_000_000_500_000 + 365 * DAY_US)
    assert RENEWAL_DAYS == 365


def test_days_are_those_of_the_world_s_clock() -> None:
    assert [day_of(time) for time in (0, DAY_US - 1, DAY_US, 1_795_564_800 * 10**6)] == [
        "1970-01-01",
        "1970-01-01",
        "1970-01-02",
        "2026-11-25",
    ]


def test_a_refusal_says_what_the_gate_would_admit_and_when_it_renews() -> None:
    cap = Cap("north", 2_000_000, 10**10, period_of(0, 5 * DAY_US), adaptive=True)
    spent = spent_by([Charge(1_500_000, 10**9, {"kind": "allocation"})])
    refusal = refused(cap, spent)
    assert (refusal.left_epsilon_micro, refusal.left_delta_e15) == left_in(cap, spent) == (500_000, 4 * 10**9)
    assert refusal.renews_us == 365 * DAY_US
    words = (
        "the privacy budget does not suffice: epsilon 0.5 and delta 4e-06 left in north until it renews on 1971-01-01"
    )
    assert str(refusal) == words


def test_the_filters_need_both_parts_of_an_adaptive_cap() -> None:
    assert [
        Cap("s", epsilon, delta, adaptive=adaptive).filtered
        for epsilon, delta, adaptive in ((1, 1, True), (1, None, True), (None, 1, True), (1, 1, False))
    ] == [True, False, False, False]
    assert Cap("s", 1, 1).since_us == 0


def test_the_tight_total_is_told_what_the_plain_charges_leave_of_delta() -> None:
    plain = Charge(500_000, 6 * 10**9, {"kind": "allocation"})
    gaussians = [Charge(1_000_000, 10**9, _gaussian(3.7))] * 9
    events = [event_of(one.event, one.epsilon_micro, one.delta_e15) for one in gaussians]
    found = total_of([plain, *gaussians], 10**10)
    assert found.tight_epsilon == 0.5 + total_epsilon(events, 4e-6)
    assert (found.naive_delta, found.tight_delta) == (15e-6, 1e-5)
    assert total_of([plain, *gaussians], 6 * 10**9).tight_epsilon == 9.5
    assert total_of([plain, *gaussians], None).tight_delta == 15e-6


def test_nothing_is_left_of_a_cap_that_is_spent() -> None:
    cap = Cap("s", 1_000_000, 10**9, adaptive=True)
    whole = spent_by([Charge(1_000_000, 10**9)])
    assert left_in(cap, whole) == (0, 0)
    assert rounds_left(cap, whole, Charge(1, 0)) == 0
    assert left_in(cap, spent_by([Charge(999_999, 0)])) == (1, 4 * 10**8 + 10**8)


def test_reserved_and_committed_count_alike() -> None:
    assert Totals() == Totals(0, 0, 0, 0)
    both = Totals(1, 20, 300, 4000)
    assert (both.epsilon_micro, both.delta_e15) == (301, 4020)
    cap = Cap("s", 400, 5000)
    assert cap.fits(both, Charge(99, 980))
    assert not cap.fits(both, Charge(100, 980))
    assert not cap.fits(both, Charge(99, 981))
    assert (cap.exceeded(both).left_epsilon_micro, cap.exceeded(both).left_delta_e15) == (99, 980)


@pytest.mark.parametrize("value", [1, 1.5, "1.00001", -1e-9, "0.9999999999999999"])
def test_no_delta_is_one_or_more(value: float | str) -> None:
    with pytest.raises(BudgetError):
        delta_e15(value)
