"""What a cap still admits, found by asking its gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fedlore.privacy.accountant import Event, event_of, total_epsilon
from fedlore.privacy.bisection import largest
from fedlore.privacy.filters import Spent, limits_of, loss_of, more, tracks
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, MOST_EPSILON, BudgetExceeded, Cap, Charge, Totals
from fedlore.privacy.shares import MechanismError


@dataclass(frozen=True, slots=True)
class Total:
    """What charges cost together: by the plain sums of their prices, and tightly by their privacy-loss distributions.

    ``tight_epsilon`` holds at ``tight_delta``; it says what a fixed plan of these charges costs, while the gate, for
    charges chosen after earlier outcomes, goes by its filters.
    """

    naive_epsilon: float
    naive_delta: float
    tight_epsilon: float
    tight_delta: float


def total_of(charges: Iterable[Charge], delta_e15: int | None) -> Total:
    """Both totals of ``charges``, the tight one at the cap's ``delta_e15`` (None: at the sum of their own deltas).

    A charge without a known mechanism counts with its price in the tight total too. Where the plain sums are no worse
    in both parts, they are the tight total as well.
    """
    kept = list(charges)
    naive_epsilon = sum(charge.epsilon_micro for charge in kept) / EPSILON_UNIT
    naive_e15 = sum(charge.delta_e15 for charge in kept)
    at_e15 = naive_e15 if delta_e15 is None else delta_e15
    events, plain_micro, plain_e15 = _events(kept)
    tight = naive_epsilon
    if events and 0 < at_e15 - plain_e15 < DELTA_UNIT:
        try:
            tight = total_epsilon(events, (at_e15 - plain_e15) / DELTA_UNIT) + plain_micro / EPSILON_UNIT
        except MechanismError:  # the distance of the noise leaves nothing of so small a delta
            at_e15 = max(at_e15, naive_e15)
    if naive_e15 <= at_e15:
        tight = min(tight, naive_epsilon)
    return Total(naive_epsilon, naive_e15 / DELTA_UNIT, tight, at_e15 / DELTA_UNIT)


def _events(charges: Iterable[Charge]) -> tuple[list[Event], int, int]:
    """The events of those charges that name one, and the summed price of the others."""
    events, epsilon_micro, delta_e15 = [], 0, 0
    for charge in charges:
        try:
            events.append(event_of(charge.event, charge.epsilon_micro, charge.delta_e15))
        except MechanismError:
            epsilon_micro += charge.epsilon_micro
            delta_e15 += charge.delta_e15
    return events, epsilon_micro, delta_e15


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
    return largest(most_epsilon, lambda value: fits(value, 0)), largest(most_delta, lambda value: fits(1, value))


def check_room(cap: Cap, spent: Spent, charges: Iterable[Charge]) -> None:
    """Raise `BudgetExceeded` unless the gate admits these charges one after another, beside what is spent."""
    limits, after = limits_of(cap), spent
    for charge in charges:
        loss = loss_of(charge)
        if not tracks(limits, after, loss):
            raise refused(cap, spent)
        after += loss


def refused(cap: Cap, spent: Spent) -> BudgetExceeded:
    """The refusal that says what the gate would still admit."""
    if cap.epsilon_micro is None or cap.delta_e15 is None:
        return cap.exceeded(Totals(spent.epsilon_micro, spent.delta_e15))
    return cap.refusal(*left_in(cap, spent))
