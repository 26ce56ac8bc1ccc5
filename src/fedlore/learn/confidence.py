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

# Prior over a round's share of real associations (mean 1 in 5) and the spread of their phi coefficients.
_REAL_SHARES = np.linspace(0.01, 0.79, 27)
_REAL_PRIOR = _REAL_SHARES**0.2 * (1 - _REAL_SHARES) ** 3.8
_SPREADS = np.geomspace(0.05, 0.8, 13)


def association_confidence(correlation: Floats, error: Floats) -> Floats:
    """Each pair's probability of being real and of having its estimate's sign; shape ``(pairs,)``.

    Two groups (Efron, "Microarrays, empirical Bayes and the two-groups model", 2008): a phi coefficient is zero, or
    normal around zero; its estimate adds ``error``. The share of real ones and their spread are learned from all pairs
    of the round, averaged over a grid under a weak prior, which is what decides when there are few pairs.
    """
    if correlation.size == 0:
        return correlation
    share = _REAL_SHARES[:, None, None]
    variance = _SPREADS[None, :, None] ** 2
    total = variance + error**2
    null = _density(correlation, error**2)
    real = _density(correlation, total)
    mixture = share * real + (1 - share) * null
    same_sign = ndtr(np.abs(correlation) * np.sqrt(variance / total) / error)
    fit = np.log(mixture).sum(axis=2) + np.log(_REAL_PRIOR)[:, None]
    weight = np.exp(fit - fit.max())
    weight /= weight.sum()
    right = share * real * same_sign / mixture
    return np.asarray(np.einsum("st,stp->p", weight, right), dtype=np.float64)


def _density(value: Floats, variance: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * value**2 / variance) / np.sqrt(2 * np.pi * variance), dtype=np.float64)
