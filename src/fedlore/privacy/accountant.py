"""What releases cost together: calibration of one, tight composition of many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.losses import Losses, composed
from fedlore.privacy.shares import MechanismError

_MOST_EPSILON = 500.0
_MOST_COUNT = 2**53


@dataclass(frozen=True, slots=True)
class Event:
    """What was done to the data, so that an accountant can replay it.

    ``discrete gaussian``: ``noise_multiplier`` is the standard deviation over the L2 sensitivity, ``count`` the number
    of equal releases. ``discrete laplace``: ``noise_multiplier`` is b over the most that one coordinate moves,
    ``count`` the number of coordinates that one project can move. ``epsilon_micro`` (1e-6) and ``delta_e15`` (1e-15)
    are the stated price of the whole event, and ``distance`` bounds how far its noise is from the exact mechanism
    (total variation). Neighbours differ in one privacy unit, added or removed.
    """

    mechanism: Mechanism
    noise_multiplier: float
    count: int
    epsilon_micro: int
    delta_e15: int
    distance: float = 0.0

    def __post_init__(self) -> None:
        if self.mechanism not in {"discrete gaussian", "discrete laplace"}:
            raise MechanismError(f"an event of an unknown mechanism, {self.mechanism!r}, cannot be accounted")
        if not (math.isfinite(self.noise_multiplier) and self.noise_multiplier > 0 and 1 <= self.count <= _MOST_COUNT):
            raise MechanismError("an event has a finite noise multiplier above 0 and a count from 1 to 2^53")
        if not (self.epsilon_micro >= 0 and self.delta_e15 >= 0 and 0 <= self.distance < 1):
            raise MechanismError("an event's price and distance are not negative")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def event_of(table: Mapping[str, Any], epsilon_micro: int, delta_e15: int) -> Event:
    """The event that a charge's JSON object names (see `Event.as_dict`; other keys are ignored), at the charge's price.

    Raises `MechanismError` for anything that is not an event.
    """
    try:
        return Event(
            table["mechanism"],
            float(table["noise_multiplier"]),
            int(table["count"]),
            epsilon_micro,
            delta_e15,
            float(table["distance"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise MechanismError(f"not an event: {error}") from None


def calibrate(mechanism: Mechanism, epsilon: float, delta: float, sensitivity: float) -> float:
    """The least noise for (epsilon, delta): a standard deviation (Gaussian) or a scale b (Laplace), in the
    sensitivity's own unit.

    ``sensitivity`` is L2 for the Gaussian and L1 for Laplace. Gaussian: the exact condition for the continuous
    mechanism, Balle and Wang, ICML 2018, Theorem 8. Laplace: b = sensitivity / epsilon, delta is not needed. Raises
    `MechanismError`.
    """
    if not (0 < epsilon <= _MOST_EPSILON and math.isfinite(sensitivity) and sensitivity > 0):
        raise MechanismError(f"epsilon lies in (0, {_MOST_EPSILON:g}], a sensitivity is finite and above 0")
    if mechanism == "discrete laplace":
        return sensitivity / epsilon
    if mechanism != "discrete gaussian":
        raise MechanismError(f"unknown mechanism {mechanism!r}")
    if not 0 < delta < 1:
        raise MechanismError("Gaussian noise needs a delta in (0, 1)")
    low, high = 0.0, 1.0
    while gaussian_delta(high, epsilon) > delta:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if gaussian_delta(middle, epsilon) > delta else (low, middle)
    return sensitivity * high * (1 + _margin(epsilon))


def gaussian_delta(noise_multiplier: float, epsilon: float) -> float:
    """The exact delta of a Gaussian mechanism at ``epsilon`` (Balle and Wang, ICML 2018, Theorem 8)."""
    half, rest = 1 / (2 * noise_multiplier), epsilon * noise_multiplier
    return _normal_cdf(half - rest) - math.exp(epsilon) * _normal_cdf(-half - rest)


def naive(events: Iterable[Event]) -> tuple[float, float]:
    """The plain sums of the stated epsilons and deltas, beside which `total_epsilon` is shown."""
    kept = list(events)
    return sum(event.epsilon_micro for event in kept) / 1e6, sum(event.delta_e15 for event in kept) / 1e15


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """Events put together, to be asked for their epsilon and carried on to the next event.

    ``mu2`` and ``pure`` (how many mechanisms of each epsilon) are what they consist of, ``distance`` how far their
    noise is from the exact one, ``losses`` their privacy-loss distribution.
    """

    mu2: float
    pure: Mapping[float, int]
    distance: float
    losses: Losses

    def plus(self, events: Iterable[Event]) -> Composed:
        """These and more events; the grid is made anew only where a Laplace event is among them."""
        kept = list(events)
        gained = math.fsum(_gaussian_mu2(event) for event in kept)
        more: Counter[float] = Counter()
        for event in kept:
            if event.mechanism == "discrete laplace":
                more[1 / event.noise_multiplier] += event.count
        pure = Counter(self.pure) + more
        mu2 = self.mu2 + gained
        losses = composed(mu2, pure) if more else replace(self.losses, mu2=self.losses.mu2 + gained)
        return Composed(mu2, pure, math.fsum([self.distance, *(event.distance for event in kept)]), losses)

    def epsilon(self, delta: float) -> float:
        """The least epsilon of all of it at ``delta``; infinite if an event has hardly any noise.

        Noise at distance d from the exact one adds (1 + e^epsilon) d to delta. Raises `MechanismError` where that
        leaves too little.
        """
        if not 0 < delta < 1:
            raise MechanismError("a total is stated at a delta in (0, 1)")
        exact = self.losses.epsilon(delta)
        if self.distance == 0 or math.isinf(exact):
            return exact
        # Epsilon may grow by one over the distance's part of delta.
        left = delta - (1 + math.exp(min(exact + 1, _MOST_EPSILON))) * self.distance
        charged = self.losses.epsilon(left) if left > 0 else math.inf
        if charged > exact + 1:
            raise MechanismError("delta is too small for these events")
        return charged


def compose(events: Iterable[Event]) -> Composed:
    """Put events together by their privacy-loss distributions: far tighter than `naive`.

    Each event's noise must have been fixed before its data were seen (for adaptive use: `fedlore.privacy.filters`).
    Equal events are merged, Gaussians combined in closed form. Sources: `fedlore.privacy.losses`.
    """
    return Composed(0.0, {}, 0.0, composed(0.0, {})).plus(events)


def total_epsilon(events: Iterable[Event], delta: float) -> float:
    """The epsilon of all ``events`` together at ``delta`` (see `compose`); raises `MechanismError`."""
    return compose(events).epsilon(delta)


def _gaussian_mu2(event: Event) -> float:
    return (
        event.count / event.noise_multiplier / event.noise_multiplier if event.mechanism == "discrete gaussian" else 0
    )


def _margin(epsilon: float) -> float:
    """How much more noise keeps an accountant with a grid of 1e-4 in epsilon below ours too.

    Between grid points it interpolates the curve of delta, which costs it at most 6e-8 / epsilon^2 of epsilon (for
    every delta from 1e-12 on); below epsilon 0.01 that is its own coarseness, and not worth the noise.
    """
    return min(1e-3, 1e-6 + 1e-7 / epsilon**2)


def _normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2
