"""What releases cost together: calibration of one, tight composition of many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.shares import MechanismError

_MOST_EPSILON = 500.0


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
        if not (math.isfinite(self.noise_multiplier) and self.noise_multiplier > 0 and self.count >= 1):
            raise MechanismError("an event has a finite noise multiplier above 0 and a count of at least 1")
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
    except (KeyError, TypeError, ValueError) as error:
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


def total_epsilon(events: Iterable[Event], delta: float) -> float:
    """The epsilon of all ``events`` together at ``delta``, by composing privacy-loss distributions.

    Tighter than `naive`. Equal events are merged and Gaussians combined in closed form. Each event's noise must have
    been fixed before its data were seen. Raises `MechanismError` where the noise's own distance leaves too
    little of delta.

    Sources: Koskela, Jalko and Honkela, AISTATS 2020; Doroshenko et al., PoPETs 2022 (the library's discretisation).
    """
    if not 0 < delta < 1:
        raise MechanismError("a total is stated at a delta in (0, 1)")
    kept = list(events)
    if not kept:
        return 0.0
    from dp_accounting.pld import privacy_loss_distribution as pld

    losses = []
    if precision := math.fsum(e.count / e.noise_multiplier**2 for e in kept if e.mechanism == "discrete gaussian"):
        losses.append(pld.from_gaussian_mechanism(1 / math.sqrt(precision)))
    repeated: Counter[float] = Counter()
    for event in kept:
        if event.mechanism == "discrete laplace":
            repeated[event.noise_multiplier] += event.count
    losses += [pld.from_discrete_laplace_mechanism(1 / m).self_compose(n) for m, n in sorted(repeated.items())]
    composed = losses[0]
    for loss in losses[1:]:
        composed = composed.compose(loss)
    exact = float(composed.get_epsilon_for_delta(delta))
    # Noise at distance d from the exact one adds (1 + e^epsilon) d to delta; epsilon may grow by one over that.
    left = delta - (1 + math.exp(min(exact + 1, _MOST_EPSILON))) * math.fsum(event.distance for event in kept)
    charged = float(composed.get_epsilon_for_delta(left)) if left > 0 else math.inf
    if charged > exact + 1:
        raise MechanismError("delta is too small for these events")
    return charged


def _margin(epsilon: float) -> float:
    """How much more noise keeps an accountant with a grid of 1e-4 in epsilon below ours too.

    Between grid points it interpolates the curve of delta, which costs it at most 6e-8 / epsilon^2 of epsilon (for
    every delta from 1e-12 on); below epsilon 0.01 that is its own coarseness, and not worth the noise.
    """
    return min(1e-3, 1e-6 + 1e-7 / epsilon**2)


def _normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2
