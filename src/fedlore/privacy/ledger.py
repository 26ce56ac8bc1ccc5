"""The rules of a budget: what a charge is, when it fits under a cap, and how its state may change.

Budgets are counted in integers, ``epsilon_micro`` (1e-6) and ``delta_e15`` (1e-15), so that ten tenths are one.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from fedlore.catalogue.errors import FedloreError

State = Literal["reserved", "committed", "void", "expired"]
Rounding = Literal["up", "down"]

EPSILON_UNIT = 10**6
DELTA_UNIT = 10**15
RENEWAL_DAYS = 365
RESERVATION_DAYS = 7
RESERVATION_SECONDS = RESERVATION_DAYS * 86_400
MOST_EPSILON = 10**6  # beyond it an epsilon says nothing, and sums stay far within 64 bits
_NO_EVENT: Mapping[str, Any] = MappingProxyType({})
_DAY_US = 86_400 * 10**6


class BudgetError(FedloreError):
    """A request that the ledger does not grant."""


class BudgetExceeded(BudgetError):
    """The charge does not fit under a cap, and nothing was reserved.

    Says what is left there, and on which day (UTC) the cap renews; a part without a cap is None.
    """

    def __init__(
        self,
        scope: str | None,
        left_epsilon_micro: int | None,
        left_delta_e15: int | None,
        renews_us: int | None = None,
    ) -> None:
        self.scope = scope
        self.left_epsilon_micro = left_epsilon_micro
        self.left_delta_e15 = left_delta_e15
        self.renews_us = renews_us
        left = []
        if left_epsilon_micro is not None:
            left.append(f"epsilon {left_epsilon_micro / EPSILON_UNIT:g}")
        if left_delta_e15 is not None:
            left.append(f"delta {left_delta_e15 / DELTA_UNIT:g}")
        where = "in all" if scope is None else f"in {scope}"
        until = "" if renews_us is None else f" until it renews on {day_of(renews_us)}"
        super().__init__(f"the privacy budget does not suffice: {' and '.join(left)} left {where}{until}")


class UnknownOperation(BudgetError):
    """Nothing was ever reserved under this operation id."""

    def __init__(self, operation_id: str) -> None:
        super().__init__(f"no budget is allocated to the operation {operation_id!r}")


class OperationConflict(BudgetError):
    """The operation id already stands for something else, or its charge is settled."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A price and the event that it pays for (`fedlore.privacy.accountant.Event.as_dict`, or any JSON object)."""

    epsilon_micro: int
    delta_e15: int
    event: Mapping[str, Any] = field(default_factory=lambda: _NO_EVENT)

    def __post_init__(self) -> None:
        if not 1 <= self.epsilon_micro <= MOST_EPSILON * EPSILON_UNIT:
            raise BudgetError(f"a charge's epsilon lies between 1e-6 and {MOST_EPSILON:g}")
        if not 0 <= self.delta_e15 < DELTA_UNIT:
            raise BudgetError("a charge's delta lies in [0, 1)")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over charges by state; void and expired ones count nowhere, committed ones with what they actually cost."""

    reserved_epsilon_micro: int = 0
    reserved_delta_e15: int = 0
    committed_epsilon_micro: int = 0
    committed_delta_e15: int = 0

    @property
    def epsilon_micro(self) -> int:
        return self.reserved_epsilon_micro + self.committed_epsilon_micro

    @property
    def delta_e15(self) -> int:
        return self.reserved_delta_e15 + self.committed_delta_e15


@dataclass(frozen=True, slots=True)
class Period:
    """One renewal period, from ``since_us`` to just before ``until_us`` (Unix microseconds); the first is number 1."""

    number: int
    since_us: int
    until_us: int

    def at(self, time_us: int) -> Period:
        """The period of the same calendar that another time lies in; the first for a time before all."""
        return period_of(self.since_us - (self.number - 1) * (self.until_us - self.since_us), time_us)


def period_of(origin_us: int, now_us: int) -> Period:
    """The period of `RENEWAL_DAYS` days that ``now_us`` lies in, counted from ``origin_us``.

    A clock before the origin is in the first period. A period that has begun never ends early: a charge counts in the
    period in which it was reserved, and in every later look at that period, however the clock was set since.
    """
    length = RENEWAL_DAYS * _DAY_US
    number = max(0, now_us - origin_us) // length
    since = origin_us + number * length
    return Period(number + 1, since, since + length)


def renewal(origin: float, now: float) -> Period:
    """The period that ``now`` lies in, counted from ``origin``; both in seconds of Unix time."""
    return period_of(round(origin * 1e6), round(now * 1e6))


def day_of(time_us: int) -> str:
    """The day (UTC) of a Unix time in microseconds, as ``YYYY-MM-DD``."""
    return str(np.datetime64(time_us, "us").astype("datetime64[D]"))


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that the charges of one scope (None: of all scopes together) may cost within one renewal period.

    A part that is None is not capped. Charges count that were reserved from ``period.since_us`` on (without a period:
    all). ``adaptive`` caps are held by the filters of `fedlore.privacy.filters`, which need both parts; the others, and
    one with a part that is None, by plain sums.
    """

    scope: str | None
    epsilon_micro: int | None
    delta_e15: int | None
    period: Period | None = None
    adaptive: bool = False

    @property
    def since_us(self) -> int:
        return 0 if self.period is None else self.period.since_us

    @property
    def filtered(self) -> bool:
        """Whether the filters hold it."""
        return self.adaptive and self.epsilon_micro is not None and self.delta_e15 is not None

    def fits(self, totals: Totals, charge: Charge) -> bool:
        """Whether the plain sums with ``charge`` stay within the cap."""
        return _fits(totals.epsilon_micro + charge.epsilon_micro, self.epsilon_micro) and _fits(
            totals.delta_e15 + charge.delta_e15, self.delta_e15
        )

    def exceeded(self, totals: Totals) -> BudgetExceeded:
        """The refusal that says what ``totals`` leave under this cap."""
        left_epsilon = _left(self.epsilon_micro, totals.epsilon_micro)
        return self.refusal(left_epsilon, _left(self.delta_e15, totals.delta_e15))

    def refusal(self, left_epsilon_micro: int | None, left_delta_e15: int | None) -> BudgetExceeded:
        """The refusal that says that this much is left, and when the cap renews."""
        renews = None if self.period is None else self.period.until_us
        return BudgetExceeded(self.scope, left_epsilon_micro, left_delta_e15, renews)


def epsilon_micro(value: float | str | decimal.Decimal, *, rounding: Rounding = "up") -> int:
    """``value`` in 1e-6, exactly as its decimal digits say: 0.1 is 100 000.

    A price rounds up, never down; a cap is converted with ``rounding="down"``. Raises `BudgetError` for anything that
    is not a number in (0, 1e6], NaN and infinity included.
    """
    number = _decimal(value, "epsilon")
    if not 0 < number <= MOST_EPSILON:
        raise BudgetError(f"epsilon lies in (0, {MOST_EPSILON:g}], not {value!r}")
    return _units(number, EPSILON_UNIT, rounding)


def delta_e15(value: float | str | decimal.Decimal, *, rounding: Rounding = "up") -> int:
    """``value`` in 1e-15, exactly as its decimal digits say; rounds like `epsilon_micro`.

    Raises `BudgetError` for anything that is not a number in [0, 1).
    """
    number = _decimal(value, "delta")
    if not 0 <= number < 1:
        raise BudgetError(f"delta lies in [0, 1), not {value!r}")
    units = _units(number, DELTA_UNIT, rounding)
    if units == DELTA_UNIT:
        raise BudgetError(f"delta lies in [0, 1), not {value!r}")
    return units


def _fits(spent: int, cap: int | None) -> bool:
    return cap is None or spent <= cap


def _left(cap: int | None, spent: int) -> int | None:
    return None if cap is None else max(0, cap - spent)


def _decimal(value: float | str | decimal.Decimal, name: str) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | decimal.Decimal):
        raise BudgetError(f"{name} is a number, not {value!r}")
    try:
        # The shortest digits that name a float are what its writer meant.
        number = decimal.Decimal(repr(float(value))) if isinstance(value, float) else decimal.Decimal(value)
    except decimal.InvalidOperation:
        raise BudgetError(f"{name} is a number, not {value!r}") from None
    if not number.is_finite():
        raise BudgetError(f"{name} is a finite number, not {value!r}")
    return number


def _units(number: decimal.Decimal, unit: int, rounding: Rounding) -> int:
    numerator, denominator = number.as_integer_ratio()
    whole, rest = divmod(numerator * unit, denominator)
    return whole + (1 if rest and rounding == "up" else 0)
