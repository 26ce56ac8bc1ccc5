"""From a price and a sensitivity to the lattice and the noise of one round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from fedlore.catalogue.plan import Mechanism, Plan
from fedlore.privacy.accountant import Event, calibrate
from fedlore.privacy.sensitivity import sensitivity
from fedlore.privacy.shares import ROUNDING_DEVIATION, MechanismError, share_distance

LEAST_SCALE = 16
_LEAST_SHARE_DEVIATION = 4.0  # lattice points: the divergence of summed shares is then below 1e-67
_LEAST_DEVIATION = 32.0  # lattice points: the rounding's part of the noise is then below 0.2 %


@dataclass(frozen=True, slots=True)
class Calibration:
    """The noise of one release: ``scale`` lattice points make one unit, ``noise_scale`` is in lattice points.

    ``delta_spent_e15`` (1e-15) is all that the release costs of delta, ``overhead_e15`` the part of it that pays for
    the noise's distance from the exact mechanism. ``event`` is what goes into the ledger.
    """

    scale: int
    noise_scale: float
    delta_spent_e15: int
    overhead_e15: int
    event: Event


def calibrated(
    mechanism: Mechanism,
    epsilon_micro: int,
    delta_e15: int,
    l1_units: float,
    l2_units: float,
    least_honest: int,
    length: int,
    *,
    least_scale: int = LEAST_SCALE,
) -> Calibration:
    """Find the lattice and the noise with which ``least_honest`` shares pay for (epsilon, delta).

    ``l1_units`` and ``l2_units`` bound what one privacy unit, added or removed, moves, in units (a lattice of scale 1);
    the event takes no coordinate to move by more than one unit in the Laplace case (a plan's is `event_of_plan`).
    ``length`` is the number of coordinates. Raises `MechanismError` where the price is too small, or epsilon so large
    that the noise's distance eats all of delta.

    Proof. Laplace: discrete noise of b = L1 / epsilon is epsilon-private (Ghosh et al., STOC 2009). Gaussian: let s be
    `ROUNDING_DEVIATION`. A continuous Gaussian of deviation t, calibrated exactly (Balle and Wang, ICML 2018), stays
    private when each coordinate is then rounded to an integer drawn from a discrete Gaussian of deviation s around it,
    for that looks at nothing else. What comes out is within the divergence of `shares.share_distance` of a discrete
    Gaussian of variance t^2 + s^2 around the true integer, and the sum of shares is as near to that one (Kairouz, Liu
    and Steinke, ICML 2021). At total distance d all of it costs (1 + e^epsilon) d more of delta, which is taken off
    before t is calibrated. In full: docs/proofs/discrete-laplace.md, discrete-gaussian.md and gaussian-shares.md.
    """
    if epsilon_micro < 1 or not 0 <= delta_e15 < 10**15:
        raise MechanismError("a release costs at least 1e-6 of epsilon and less than 1 of delta")
    if length < 1 or least_scale < 1:
        raise MechanismError("a release has at least one coordinate and one lattice point a unit")
    if mechanism == "discrete laplace":
        return _laplace(epsilon_micro, delta_e15, l1_units, least_honest, length)
    if mechanism != "discrete gaussian":
        raise MechanismError(f"unknown mechanism {mechanism!r}")
    scale = least_scale
    while True:
        found = _gaussian(scale, epsilon_micro, delta_e15, l2_units, least_honest, length)
        share = found.noise_scale / math.sqrt(least_honest)
        if share >= _LEAST_SHARE_DEVIATION and found.noise_scale >= _LEAST_DEVIATION:
            return found
        scale *= 2


def event_of_plan(plan: Plan) -> Event:
    """The event of a round, read off its plan: what its noise is worth, whatever price the plan states."""
    moved = sensitivity(plan)
    length = len(plan.slots)
    distance = share_distance(plan.mechanism, plan.noise_scale, plan.least_honest, length)
    if plan.mechanism == "discrete laplace" and plan.weights:
        multiplier, count = plan.noise_scale / moved.l1, 1  # moves of any sizes: as one of their sum
    elif plan.mechanism == "discrete laplace":
        # Moves are of linf, its half and 1, which fill so many groups of linf; each group is private by itself.
        multiplier, count = plan.noise_scale / moved.linf, -(-moved.l1 // moved.linf)
    else:
        if plan.noise_scale <= ROUNDING_DEVIATION:
            raise MechanismError("the noise is narrower than its own rounding")
        multiplier, count = math.sqrt(plan.noise_scale**2 - ROUNDING_DEVIATION**2) / moved.l2, 1
    return Event(plan.mechanism, multiplier, count, plan.epsilon_micro, plan.delta_e15, distance)


def _laplace(epsilon_micro: int, delta_e15: int, l1_units: float, least_honest: int, length: int) -> Calibration:
    epsilon = epsilon_micro / 1e6
    calibrate("discrete laplace", epsilon, 0.0, l1_units)  # the door's checks
    exact = Fraction(l1_units) * 10**6 / epsilon_micro
    noise_scale = float(exact)
    if Fraction(noise_scale) < exact:
        noise_scale = math.nextafter(noise_scale, math.inf)
    distance = share_distance("discrete laplace", noise_scale, least_honest, length)
    overhead = _overhead_e15(epsilon, distance, delta_e15)
    event = Event("discrete laplace", noise_scale, math.ceil(l1_units), epsilon_micro, overhead, distance)
    return Calibration(1, noise_scale, overhead, overhead, event)


def _gaussian(
    scale: int, epsilon_micro: int, delta_e15: int, l2_units: float, least_honest: int, length: int
) -> Calibration:
    epsilon = epsilon_micro / 1e6
    l2 = l2_units * scale
    # Less noise is further off: the distance at the least deviation allowed bounds the one in the end.
    least = max(_LEAST_DEVIATION, _LEAST_SHARE_DEVIATION * math.sqrt(least_honest))
    distance = share_distance("discrete gaussian", least, least_honest, length)
    overhead = _overhead_e15(epsilon, distance, delta_e15 - 1)
    continuous = calibrate("discrete gaussian", epsilon, (delta_e15 - overhead) / 1e15, l2)
    noise_scale = math.hypot(continuous, ROUNDING_DEVIATION)
    event = Event("discrete gaussian", continuous / l2, 1, epsilon_micro, delta_e15, distance)
    return Calibration(scale, noise_scale, delta_e15, overhead, event)


def _overhead_e15(epsilon: float, distance: float, most: int) -> int:
    """What the distance costs of delta, in 1e-15, rounded up; never more than ``most``."""
    overhead = (1 + math.exp(epsilon)) * distance * 1e15
    if overhead > most:
        raise MechanismError(
            f"delta is too small for epsilon {epsilon:g}: the noise's distance from the exact one costs "
            f"{overhead:.3g}e-15 of it"
        )
    return max(1, math.ceil(overhead))
