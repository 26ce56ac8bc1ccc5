"""What a cap still admits, found by asking its gate."""

from __future__ import annotations

from collections.abc import Callable

from fedlore.privacy.filters import Spent, limits_of, loss_of, more, tracks
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, MOST_EPSILON, BudgetExceeded, Cap, Charge


def rounds_left(cap: Cap, spent: Spent, charge: Charge) -> int:
    """How many more charges like this one the gate admits, one after another, counted up to 1,000,000."""
    return more(limits_of(cap), spent, loss_of(charge))


def left_in(cap: Cap, spent: Spent) -> tuple[int, int]:
    """What one more charge may cost by its stated price: the most pure epsilon (1e-6), and the most delta (1e-15).

    Each is reckoned without the other; 0 if none is admitted. Both parts of the cap are given.
    """
    limits = limits_of(cap)

    def fits(epsilon_micro: int, delta_e15: int) -> bool:
        return bool(tracks(limits, spent, loss_of(Charge(epsilon_micro, delta_e15))))

    most_epsilon = min(cap.epsilon_micro or 0, MOST_EPSILON * EPSILON_UNIT)
    most_delta = min(cap.delta_e15 or 0, DELTA_UNIT - 1)
    return _largest(most_epsilon, lambda value: fits(value, 0)), _largest(most_delta, lambda value: fits(1, value))


def refused(cap: Cap, spent: Spent) -> BudgetExceeded:
    """The refusal that says what the gate would still admit."""
    return cap.refusal(*left_in(cap, spent))


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number from 1 to ``most`` that fits, where fitting never returns once it is lost; 0 if none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
