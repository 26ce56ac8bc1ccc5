"""One participant's share of the noise: enough only together with those of the other honest participants."""

from __future__ import annotations

import math
from fractions import Fraction

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.sampling import (
    DISTANCE_BOUND,
    Integers,
    Randomness,
    discrete_gaussian,
    draw_laplace,
    polya,
)

# A discrete Gaussian is what a continuous one becomes by randomised rounding with this deviation (see calibration.py).
ROUNDING_DEVIATION = 2.0
_MOST_DRAWS = 4  # of a table, for one integer of one share


class MechanismError(FedloreError):
    """No such mechanism, or a scale, sensitivity or price that none can be made for."""


def noise_share(
    mechanism: Mechanism, noise_scale: float, least_honest: int, length: int, randomness: Randomness
) -> Integers:
    """Draw one participant's share of the noise: ``length`` integers, shape ``(length,)``, in lattice points.

    ``least_honest`` shares add up to discrete Laplace noise of scale b = ``noise_scale`` (a difference of two Polya
    variables of r = 1 / least_honest), or to Gaussian noise of standard deviation ``noise_scale`` (each a discrete
    Gaussian of variance noise_scale^2 / least_honest). Shares beyond that number only add to the noise.
    ``randomness(n)`` returns n fresh unpredictable bytes and is called anew for every draw. Raises `MechanismError`.

    Proofs: docs/proofs/polya-shares.md (Goryczka and Xiong, IEEE TDSC 2017), docs/proofs/gaussian-shares.md (Kairouz,
    Liu and Steinke, ICML 2021).
    """
    _check(mechanism, noise_scale, least_honest)
    exact = Fraction(noise_scale)
    if mechanism == "discrete gaussian":
        return discrete_gaussian(exact**2 / least_honest).draw(length, randomness)
    if least_honest == 1:
        return draw_laplace(exact, length, randomness)
    part = polya(exact, least_honest)
    return part.draw(length, randomness) - part.draw(length, randomness)


def share_variance(mechanism: Mechanism, noise_scale: float, least_honest: int) -> float:
    """The variance of one share, in lattice points squared: a part of the whole noise's."""
    _check(mechanism, noise_scale, least_honest)
    if mechanism == "discrete gaussian":
        return noise_scale**2 / least_honest
    decay = math.exp(-1 / noise_scale)
    return 2 * decay / math.expm1(-1 / noise_scale) ** 2 / least_honest


def noise_excess(members: int, least_honest: int) -> float:
    """How many times the deviation that the price needs the noise has when all ``members`` add their shares.

    The variances of independent shares add up, so it is sqrt(members / least_honest), for either mechanism.
    """
    if not 1 <= least_honest <= members:
        raise MechanismError("of all members at least one is honest, and no more than there are")
    return math.sqrt(members / least_honest)


def gaussian_divergence(sigma_share_lattice: float, shares: int) -> float:
    """Bound |log ratio| of a sum of discrete Gaussians to one of the same variance, in one coordinate.

    ``sigma_share_lattice`` is one share's standard deviation in lattice points. Kairouz, Liu and Steinke, ICML 2021,
    section 4: tau = 10 sum_{k=1}^{n-1} exp(-2 pi^2 sigma^2 k / (k + 1)), which holds from sigma = 1/2 on.
    """
    if sigma_share_lattice < 0.5 or shares < 1:
        raise MechanismError("the bound on summed discrete Gaussians needs a deviation of 1/2 and one share")
    exponent = -2 * math.pi**2 * sigma_share_lattice**2
    return 10 * math.fsum(math.exp(exponent * k / (k + 1)) for k in range(1, shares))


def share_distance(mechanism: Mechanism, noise_scale: float, least_honest: int, length: int) -> float:
    """Bound the total-variation distance of ``least_honest`` summed shares from the noise that the proof is about.

    That is the samplers' own distance, and for Gaussians the divergence of the sum and of the rounding, over all of
    ``length`` coordinates. A mechanism at this distance d from an (epsilon, delta) one is (epsilon, delta +
    (1 + e^epsilon) d): whoever releases charges the second term.
    """
    _check(mechanism, noise_scale, least_honest)
    sampled = _MOST_DRAWS * least_honest * length * DISTANCE_BOUND
    if mechanism == "discrete laplace":
        return sampled
    share = noise_scale / math.sqrt(least_honest)
    divergence = length * (gaussian_divergence(share, least_honest) + _rounding_divergence())
    return min(1.0, sampled + math.expm1(min(divergence, 1.0)))


def _rounding_divergence() -> float:
    """Bound |log ratio| of a randomly rounded Gaussian to a discrete one, in one coordinate.

    By Poisson summation the sum of a Gaussian's density over the integers is within 1 +- eta of one wherever it is
    centred, with eta = 2 sum_m exp(-2 pi^2 s^2 m^2); it enters once for the rounding and once for the whole. The log is
    at most 2 eta / (1 - eta). The terms from m = 2 on, and eta beside 1, are far below a float's last digit.
    """
    return 4 * math.exp(-2 * math.pi**2 * ROUNDING_DEVIATION**2)


def _check(mechanism: Mechanism, noise_scale: float, least_honest: int) -> None:
    if mechanism not in {"discrete gaussian", "discrete laplace"}:
        raise MechanismError(f"unknown mechanism {mechanism!r}")
    if not (math.isfinite(noise_scale) and noise_scale > 0):
        raise MechanismError("a noise scale is a finite number above 0")
    if least_honest < 1:
        raise MechanismError("at least one honest participant adds noise")
