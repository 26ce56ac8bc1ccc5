"""How probable it is that a statement is right: probabilities that are meant to be calibrated, and what each is of."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from fedlore.learn.sums import Floats

NEAR = 0.10
SHARE = "that the true share lies within 10 points of the estimate"
MEAN = "that the true mean lies within a tenth of the measure's range of the estimate"
MEMBERS = "that the true share of members lies within 10 points of the estimate"
ASSOCIATION = "that the two are associated, and in the direction stated"

# A weak prior over what the pairs of a round are like: one in five real, phi coefficients around a size of either sign.
_REAL_SHARES = np.linspace(0.01, 0.6, 20)
_SIZES = np.linspace(0.0, 0.7, 15)
_SPREADS = np.array([0.03, 0.07, 0.15, 0.3])
_PRIOR = _REAL_SHARES**0.2 * (1 - _REAL_SHARES) ** 3.8


def association_confidence(correlation: Floats, error: Floats) -> Floats:
    """Each pair's probability of being real and of having its estimate's sign; shape ``(pairs,)``.

    Two groups (Efron 2008, "Microarrays, empirical Bayes and the two-groups model", Statistical Science 23): a phi
    coefficient is zero, or normal around plus or minus some size; its estimate adds ``error``. How many are real, of
    what size and how spread is learned from all pairs of the round, averaged over a grid under a weak prior, which is
    what decides when there are few pairs.
    """
    if correlation.size == 0:
        return correlation
    # Axes: share of real ones, size, spread, pair. Logarithms throughout, as densities of strong effects underflow.
    share = _REAL_SHARES[:, None, None, None]
    size = _SIZES[:, None, None]
    spread = _SPREADS[:, None] ** 2
    seen, variance = np.abs(correlation), error**2
    null = np.log1p(-share) + _log_density(seen, variance)
    agreeing = np.log(share / 2) + _log_density(seen - size, spread + variance)
    opposing = np.log(share / 2) + _log_density(seen + size, spread + variance)
    mixture = np.logaddexp(null, np.logaddexp(agreeing, opposing))
    deviation = np.sqrt(spread * variance / (spread + variance))
    pull = spread / (spread + variance)
    right = np.exp(agreeing - mixture) * ndtr((size + pull * (seen - size)) / deviation)
    right += np.exp(opposing - mixture) * ndtr((pull * (seen + size) - size) / deviation)
    fit = mixture.sum(axis=-1) + np.log(_PRIOR)[:, None, None]
    weight = np.exp(fit - fit.max())
    average: Floats = np.einsum("abc,abcp->p", weight / weight.sum(), right)
    return np.clip(average, 0.0, 1.0)


def no_surer_than_the_test(confidence: Floats, q_values: Floats) -> Floats:
    """The same confidences, none above one less its pair's false discovery rate, or above one half; ``(pairs,)`` each.

    The two groups take pairs to be independent, but the noise of n and of each margin is in many of them, so chance
    can look like a group of real ones. The rate is therefore the one that holds however the tests depend on each other:
    Benjamini and Hochberg's times 1 + 1/2 + ... + 1/pairs (Benjamini and Yekutieli 2001, theorem 1.3). Below one half
    it would say less than is known where real ones are many and weak.
    """
    rate = q_values * np.sum(1 / np.arange(1, q_values.size + 1))
    return np.asarray(np.minimum(confidence, np.maximum(1 - rate, 0.5)), dtype=np.float64)


def _log_density(value: Floats, variance: Floats) -> Floats:
    return np.asarray(-0.5 * (value**2 / variance + np.log(2 * np.pi * variance)), dtype=np.float64)
