"""Which practices go with which outcomes: a score test for every pair, false discoveries held down, odds ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from fedlore.learn.odds import SIGNS, OddsRatios, log_odds_ratios
from fedlore.learn.sums import Floats, Sums

FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Associations:
    """One entry for each of the plan's pairs, in its order.

    ``correlation`` is the noised phi coefficient, ``error`` its standard deviation at independence; ``z`` their ratio.
    """

    correlation: Floats
    error: Floats
    z: Floats
    q_value: Floats
    discovery: npt.NDArray[np.bool_]
    odds: OddsRatios


def associations(sums: Sums) -> Associations:
    """Test and estimate every pair of the plan at once."""
    practice = sums.share_of(tuple(pair[0] for pair in sums.plan.pairs))
    outcome = sums.share_of(tuple(pair[1] for pair in sums.plan.pairs))
    product = sums.of_kind("pair")
    correlation, error = correlations(sums.count, practice, outcome, product, sums.noise_sd)
    z = correlation / error
    q_values = benjamini_hochberg(2 * ndtr(-np.abs(z)))
    odds = log_odds_ratios(cells(sums.count, practice, outcome, product), sums.noise_sd / 2, sums.excess_kurtosis)
    return Associations(correlation, error, z, q_values, q_values <= FALSE_DISCOVERY_RATE, odds)


def cells(count: float, practice: Floats, outcome: Floats, product: Floats) -> Floats:
    """The four cells (yes yes, yes no, no yes, no no) of each pair: shape ``(pairs, 4)``, with half a slot's noise."""
    slots = np.stack([np.full_like(product, count), practice, outcome, product], axis=1)
    return slots @ SIGNS / 4


def correlations(
    count: float, practice: Floats, outcome: Floats, product: Floats, noise_sd: float
) -> tuple[Floats, Floats]:
    """The phi coefficient of each pair and its standard deviation if the two are independent, noise included.

    The score at independence is S - X Y / n. With x = X / n and y = Y / n its variance is n (1 - x^2)(1 - y^2) of
    sampling and what the noise of the four slots adds: to first order s^2 (1 + x^2)(1 + y^2), and what the product of
    two noisy margins adds over that. Where no project is left after noise the correlation is 0.
    """
    projects = max(count, 1.0)
    x, y = np.clip(practice / projects, -1.0, 1.0), np.clip(outcome / projects, -1.0, 1.0)
    variance = noise_sd**2
    free = np.maximum((1 - x**2) * (1 - y**2), 1 / projects**2)
    noise = variance * ((1 + x**2) * (1 + y**2) + (2 - x**2 - y**2 + variance / projects) / projects)
    spread = projects * np.sqrt(free)
    score = np.zeros_like(product) if count <= 0 else product - projects * x * y
    return score / spread, np.sqrt(projects * free + noise) / spread


def benjamini_hochberg(p_values: Floats) -> Floats:
    """The least false discovery rate at which each is a discovery (Benjamini and Hochberg 1995, section 3)."""
    if p_values.size == 0:
        return p_values
    order = np.argsort(p_values)[::-1]
    ranks = np.arange(p_values.size, 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.minimum.accumulate(p_values[order] * p_values.size / ranks), 1.0)
    return adjusted
