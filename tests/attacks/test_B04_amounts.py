"""B4: no amount is lost to a float, and nothing that is no amount is taken for one."""

from __future__ import annotations

import decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.privacy.ledger import BudgetError, Cap, Charge, delta_e15, epsilon_micro
from fedlore.store import ledger
from fedlore.store.database import Database


def test_ten_tenths_fit_and_not_a_millionth_more() -> None:
    assert [epsilon_micro(value) for value in (0.1, "0.1", decimal.Decimal("0.1"))] == [100_000] * 3
    assert (epsilon_micro(1), delta_e15(1e-5), delta_e15(1e-15)) == (1_000_000, 10**10, 1)
    database, cap = Database("sqlite://"), Cap("s", epsilon_micro(1.0), delta_e15(1e-5))
    with database.transaction() as connection:
        for n in range(10):
            tenth = Charge(epsilon_micro(0.1), delta_e15(1e-6))
            ledger.reserve(connection, operation_id=f"op{n}", scope="s", charge=tenth, caps=[cap], now=1.0)
        with pytest.raises(BudgetError):
            ledger.reserve(
                connection, operation_id="more", scope="s", charge=Charge(epsilon_micro(1e-9), 0), caps=[cap], now=1.0
            )


@given(st.decimals(min_value="1e-12", max_value="1e6", allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_price_rounds_up_and_a_cap_down_by_less_than_one_unit(amount: decimal.Decimal) -> None:
    exact = Fraction(amount) * 10**6
    assert 0 <= epsilon_micro(amount) - exact < 1
    assert 0 <= exact - epsilon_micro(str(amount), rounding="down") < 1


@given(st.floats(min_value=1e-300, max_value=1e6))
def test_a_float_means_its_shortest_digits(amount: float) -> None:
    assert epsilon_micro(amount) == epsilon_micro(repr(amount)) >= 1
    below = min(amount, 0.999)
    assert 0 <= delta_e15(below) - Fraction(decimal.Decimal(repr(below))) * 10**15 < 1


@pytest.mark.parametrize(
    "wrong",
    [0, 0.0, -0.0, -1, -1e-300, float("nan"), float("inf"), -float("inf"), 1e7, 10**30, True, None, "", "nan", "x", 1j],
)
def test_what_is_no_epsilon_is_refused(wrong: object) -> None:
    with pytest.raises(BudgetError):
        epsilon_micro(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [-1e-9, 1, 1.0, 2, float("nan"), float("inf"), "0.9999999999999999", False, [0.1]])
def test_what_is_no_delta_is_refused(wrong: object) -> None:
    with pytest.raises(BudgetError):
        delta_e15(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("epsilon", "delta"), [(0, 0), (-1, 0), (10**13, 0), (1, -1), (1, 10**15)])
def test_a_charge_outside_its_range_cannot_be_made(epsilon: int, delta: int) -> None:
    with pytest.raises(BudgetError):
        Charge(epsilon, delta)
