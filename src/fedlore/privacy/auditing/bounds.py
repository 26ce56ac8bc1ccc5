"""From counts of two experiments to what they prove: lower bounds on epsilon and on a Gaussian's separation."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betainccinv, betaincinv, ndtri

from fedlore.privacy.accountant import gaussian_delta

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_MOST_EPSILON = 500.0


def share_low(hits: Counts, trials: int, alpha: float) -> Floats:
    """The one-sided lower bound of a probability at confidence 1 - ``alpha`` (Clopper and Pearson, Biometrika 1934)."""
    k = np.maximum(hits, 1)
    return np.where(hits > 0, betaincinv(k, trials - k + 1, alpha), 0.0)


def share_high(hits: Counts, trials: int, alpha: float) -> Floats:
    """The one-sided upper bound of a probability at confidence 1 - ``alpha`` (Clopper and Pearson, Biometrika 1934)."""
    k = np.minimum(hits, trials - 1)
    return np.where(hits < trials, betainccinv(k + 1, trials - k, alpha), 1.0)


def epsilon_low(likelier: Counts, rarer: Counts, trials: int, delta: float, alpha: float) -> Floats:
    """What an event proves about epsilon at confidence 1 - ``alpha``; at least 0.

    ``likelier`` and ``rarer`` count the event in ``trials`` of each world. Every (epsilon, delta) mechanism keeps
    P(likelier) <= e^epsilon P(rarer) + delta, whatever the event (Kairouz, Oh and Viswanath, ICML 2015); with bounds
    in the places of the probabilities: Jagielski, Ullman and Oprea, NeurIPS 2020.
    """
    most = np.maximum(share_low(likelier, trials, alpha / 2) - delta, 0.0)
    least = share_high(rarer, trials, alpha / 2)
    return np.log(np.maximum(most / least, 1.0))


def mu_low(likelier: Counts, rarer: Counts, trials: int, alpha: float) -> Floats:
    """What an event proves about a Gaussian's separation mu = sensitivity / deviation, at confidence 1 - ``alpha``.

    No test of a mu-Gaussian mechanism is better than that of N(0, 1) against N(mu, 1) (Dong, Roth and Su, JRSS B
    2022), so mu >= z(P(likelier)) - z(P(rarer)), again with bounds in their places (Nasr et al., USENIX Security 2023).
    """
    most, least = share_low(likelier, trials, alpha / 2), share_high(rarer, trials, alpha / 2)
    kept = (most > 0) & (least < 1)
    inside = np.where(kept, most, 0.5), np.where(kept, least, 0.5)
    return np.maximum(ndtri(inside[0]) - ndtri(inside[1]), 0.0)


def epsilon_of_mu(mu: float, delta: float) -> float:
    """The epsilon at ``delta`` of a mu-Gaussian mechanism: the root of the exact curve (Balle and Wang, 2018)."""
    if mu <= 0 or gaussian_delta(1 / mu, 0.0) <= delta:
        return 0.0
    low, high = 0.0, 1.0
    while high < _MOST_EPSILON and gaussian_delta(1 / mu, high) > delta:
        low, high = high, 2 * high
    if high >= _MOST_EPSILON:
        return math.inf
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if gaussian_delta(1 / mu, middle) > delta else (low, middle)
    return low
