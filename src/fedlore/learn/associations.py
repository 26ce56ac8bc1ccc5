"""Which practices go with which outcomes: a test for every pair, false discoveries held down, odds ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr, ndtri

from fedlore.learn.odds import SIGNS, OddsRatios, log_odds_ratios
from fedlore.learn.sums import Floats, Sums

FALSE_DISCOVERY_RATE = 0.05

NEARLY_NORMAL = 50.0
"""Projects expected in a pair's smallest cell from which on a normal stands for its distribution."""

_MOST = 250
_LEAST_P = 1e-300
_LEAST_SD = 1e-6
_TIE = 1e-5


@dataclass(frozen=True, slots=True)
class Associations:
    """One entry for each of the plan's pairs, in its order.

    ``correlation`` is the noised phi coefficient. ``z`` is the normal deviate of its p-value at independence, with its
    sign. ``error`` is the standard deviation at independence, larger where the p-value says that chance alone does more
    than a normal would.
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
    product, noise_sd = sums.of_kind("pair"), sums.noise_of_pairs()
    correlation, error = correlations(sums.count, practice, outcome, product, noise_sd)
    p_values = chances(sums.count, practice, outcome, product, noise_sd)
    size = -ndtri(p_values / 2)
    # A deviate below 1 is no reason to know less about the pair than that it looks like chance.
    error = np.maximum(error, np.abs(correlation) / np.maximum(size, 1.0))
    q_values = benjamini_hochberg(p_values)
    odds = log_odds_ratios(cells(sums.count, practice, outcome, product), noise_sd, sums.excess_kurtosis)
    z = np.sign(correlation) * size
    return Associations(correlation, error, z, q_values, q_values <= FALSE_DISCOVERY_RATE, odds)


def cells(count: float, practice: Floats, outcome: Floats, product: Floats) -> Floats:
    """The four cells (yes yes, yes no, no yes, no no) of each pair: shape ``(pairs, 4)``."""
    slots = np.stack([np.full_like(product, count), practice, outcome, product], axis=1)
    return slots @ SIGNS / 4


def correlations(
    count: float, practice: Floats, outcome: Floats, product: Floats, noise_sd: Floats | float
) -> tuple[Floats, Floats]:
    """The phi coefficient of each pair and its standard deviation if the two are independent, noise included.

    ``noise_sd`` holds the deviations of the noise in n, X, Y and S, shape ``(pairs, 4)``, or is that of all. The score
    at independence is S - X Y / n. With x = X / n and y = Y / n its variance is n (1 - x^2)(1 - y^2) of sampling and
    what the noise adds: to first order that of S, y^2 times that of X, x^2 times that of Y and x^2 y^2 times that of n,
    and what the product of two noisy margins adds over that. Where no project is left after noise the correlation is 0.
    """
    projects = max(count, 1.0)
    x, y = np.clip(practice / projects, -1.0, 1.0), np.clip(outcome / projects, -1.0, 1.0)
    free = np.maximum((1 - x**2) * (1 - y**2), 1 / projects**2)
    noise = _noise_of_scores(projects, x, y, noise_sd)
    spread = projects * np.sqrt(free)
    score = np.zeros_like(product) if count <= 0 else product - projects * x * y
    return score / spread, np.sqrt(projects * free + noise) / spread


def _noise_of_scores(projects: float, x: Floats, y: Floats, noise_sd: Floats | float) -> Floats:
    of_count, of_x, of_y, of_s = np.broadcast_to(noise_sd, (len(x), 4)).T ** 2
    first = of_s + y**2 * of_x + x**2 * of_y + x**2 * y**2 * of_count
    second = (1 - y**2) * of_x + (1 - x**2) * of_y + of_x * of_y / projects
    return np.asarray(first + second / projects, dtype=np.float64)


def chances(count: float, practice: Floats, outcome: Floats, product: Floats, noise_sd: Floats | float) -> Floats:
    """Each pair's p-value: how probable a score at least as far from zero is if the two are independent.

    Where the smallest expected cell is small the score is far from normal: there it is a hypergeometric cell, as in
    Fisher's exact test (1935), plus normal noise. Sides are those of the distance from what is expected. Without noise
    the test is exact, given the margins; elsewhere the deviate is `correlations`' own.
    """
    correlation, error = correlations(count, practice, outcome, product, noise_sd)
    p_values = np.asarray(2 * ndtr(-np.abs(correlation / error)), dtype=np.float64)
    projects = max(count, 1.0)
    # By symmetry the smallest cell is taken to be that of both margins' rarer side.
    rarer, other = ((projects - np.minimum(np.abs(margin), projects)) / 2 for margin in (practice, outcome))
    rare = rarer * other < NEARLY_NORMAL * projects
    if count > 0 and np.any(rare):
        x, y = np.clip(practice[rare] / projects, -1.0, 1.0), np.clip(outcome[rare] / projects, -1.0, 1.0)
        distance = np.abs(product[rare] - projects * x * y) / 4
        of_rare = np.broadcast_to(noise_sd, (len(rare), 4))[rare]
        sd = np.sqrt(_noise_of_scores(projects, x, y, of_rare)) / 4
        p_values[rare] = _beyond(distance, np.rint(projects), np.rint(rarer[rare]), np.rint(other[rare]), sd)
    return np.maximum(p_values, _LEAST_P)


def _beyond(distance: Floats, projects: float, rarer: Floats, other: Floats, noise_sd: Floats) -> Floats:
    """The chance that a hypergeometric cell plus noise is at least so far from its mean; shape ``(pairs,)``."""
    cell = np.arange(_MOST, dtype=np.float64)
    rarer, other = rarer[:, None], other[:, None]
    there = (cell <= np.minimum(rarer, other)) & (cell >= rarer + other - projects)
    within = np.where(there, cell, np.maximum(rarer + other - projects, 0.0))
    weight = np.where(there, np.exp(_log_hypergeometric(within, projects, rarer, other)), 0.0)
    away = cell - rarer * other / projects
    # Ties are as far away as what was seen, whatever the rounding.
    sd, seen = np.maximum(noise_sd, _LEAST_SD)[:, None], np.maximum(distance - _TIE, 0.0)[:, None]
    tails = ndtr((away - seen) / sd) + ndtr((-away - seen) / sd)
    return np.asarray(np.minimum((weight * tails).sum(axis=1), 1.0), dtype=np.float64)


def _log_hypergeometric(cell: Floats, projects: float, rarer: Floats, other: Floats) -> Floats:
    def choose(all_of: Floats | float, some: Floats) -> Floats:
        return np.asarray(gammaln(all_of + 1.0) - gammaln(some + 1.0) - gammaln(all_of - some + 1.0))

    return choose(rarer, cell) + choose(projects - rarer, other - cell) - choose(projects, other)


def benjamini_hochberg(p_values: Floats) -> Floats:
    """The least false discovery rate at which each is a discovery (Benjamini and Hochberg 1995, section 3)."""
    if p_values.size == 0:
        return p_values
    order = np.argsort(p_values)[::-1]
    ranks = np.arange(p_values.size, 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.minimum.accumulate(p_values[order] * p_values.size / ranks), 1.0)
    return adjusted
