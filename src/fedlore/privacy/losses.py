"""The privacy loss of many releases together: Gaussians in closed form, pure mechanisms on a grid that never flatters.

The loss is that of the dominating pair (Zhu, Dong and Wang, AISTATS 2022): an epsilon-private mechanism is dominated by
randomised response (Kairouz, Oh and Viswanath, ICML 2015), n equal ones by a binomial, and Gaussians by one Gaussian of
mu^2 = the sum of theirs, which is added exactly at the end. Why each rounding can only raise the result:
docs/proofs/accountant.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Masses = npt.NDArray[np.float64]

_TAIL = 1e-22  # a mass below it is cut off, and counted as a loss without bound
_LOG_TAIL = 51.0
_STEPS = 256  # grid points in one standard deviation of the whole loss
_MOST_POINTS = 2**13  # of the grid; beyond it the grid gets coarser
_MOST_ATOMS = 2**20  # of one kind of mechanism; beyond it the kind counts as a Gaussian that dominates it
_SURE = 500.0  # an epsilon above it is lost with all but 1e-217 of the probability
_LEAST = 1e-30  # an epsilon, or a mu^2 above 0, below it counts as this
_PRECISION = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """A privacy-loss distribution: a Gaussian of ``mu2``, plus ``masses[j]`` at the loss ``top - j * step``.

    ``infinite`` is the mass of losses without bound. Same in both directions (a unit added or removed).
    """

    mu2: float
    top: float
    step: float
    masses: Masses
    infinite: float

    def delta(self, epsilon: float) -> float:
        """The hockey-stick divergence at ``epsilon``: the sum over the grid of that of the Gaussian."""
        at = epsilon - (self.top - self.step * np.arange(len(self.masses)))
        if self.mu2 == 0:
            parts = -np.expm1(np.minimum(at, 0.0))
        else:
            from scipy.special import log_ndtr  # slow to import, and only needed here

            mu = math.sqrt(max(_LEAST, self.mu2))
            upper = log_ndtr(mu / 2 - at / mu)
            ratio = np.minimum(0.0, at + log_ndtr(-mu / 2 - at / mu) - upper)
            parts = np.exp(upper) * -np.expm1(ratio)
        return float(self.infinite + self.masses @ parts)

    def epsilon(self, delta: float) -> float:
        """The least epsilon at ``delta``, rounded up by at most 1e-9 of itself; infinite if there is none."""
        if not (math.isfinite(self.top) and math.isfinite(self.mu2)) or self.infinite >= delta:
            return math.inf
        if self.delta(0.0) <= delta:
            return 0.0
        low, high = 0.0, max(1e-9, self.top + self.mu2)
        while self.delta(high) > delta:
            low, high = high, 2 * high
        while high - low > _PRECISION * high:
            middle = (low + high) / 2
            low, high = (middle, high) if self.delta(middle) > delta else (low, middle)
        return high


def composed(mu2: float, pure: Mapping[float, int]) -> Losses:
    """The loss of a Gaussian of ``mu2`` and, for each epsilon of ``pure``, of so many epsilon-private mechanisms."""
    sure = math.fsum(epsilon * count for epsilon, count in pure.items() if epsilon > _SURE)
    kinds: Counter[float] = Counter()
    for epsilon, count in sorted(pure.items()):
        if epsilon <= _SURE:
            kinds[max(_LEAST, epsilon)] += count
    wide = [epsilon for epsilon, count in kinds.items() if 2 * _reach(epsilon, count) > _MOST_ATOMS]
    mu2 += math.fsum(pure_mu2(epsilon) * kinds.pop(epsilon) for epsilon in wide)
    step = _step(mu2, kinds)
    top, masses, infinite = sure, np.ones(1), 0.0
    for epsilon, count in kinds.items():
        highest, more = _binomial(epsilon, count, step)
        top += highest
        masses = np.convolve(masses, more)
        above, below = _cuts(masses)
        infinite += 2 * _TAIL + masses[:above].sum()
        lowest = masses[below:].sum()
        masses = masses[above:below]
        masses[-1] += lowest
        top -= above * step
    return Losses(mu2, top, step, masses, float(infinite))


def pure_mu2(epsilon: float) -> float:
    """The mu^2 of a Gaussian that dominates any epsilon-private mechanism.

    mu = 2 Phi^-1(e^eps / (1 + e^eps)) or slightly more: docs/proofs/filters.md.
    """
    most = min(math.pi / 2 * epsilon * epsilon, 8 * epsilon)
    if not 1e-2 < epsilon < _SURE:
        return most
    return min(most, (2 * NormalDist().inv_cdf(1 / (1 + math.exp(epsilon)))) ** 2)


def _step(mu2: float, kinds: Mapping[float, int]) -> float:
    """A grid fine beside the deviation of the whole loss, but of a bounded number of points."""
    if not kinds:
        return 1.0
    variance = math.fsum(4 * e * e * n * _odds(e) for e, n in kinds.items())
    widest = 2 * max(kinds)
    span = min(
        math.fsum(2 * e * min(n, 2 * _reach(e, n)) for e, n in kinds.items()),
        2 * (0.7 * _LOG_TAIL * widest + math.sqrt(2 * _LOG_TAIL * variance)),
    )
    if len(kinds) == 1 and span <= _MOST_POINTS * widest:
        return widest  # every loss lies on the grid
    return max(math.sqrt(variance + mu2) / _STEPS, span / _MOST_POINTS)


def _binomial(epsilon: float, count: int, step: float) -> tuple[float, Masses]:
    """The highest loss of ``count`` randomised responses, and the masses at whole steps below it."""
    p = 1 / (1 + math.exp(-epsilon))
    reach = _reach(epsilon, count)
    first, last = max(0, math.floor(count * (1 - p) - reach)), min(count, math.ceil(count * (1 - p) + reach))
    # The number of responses that say the less likely thing; each ratio of neighbouring probabilities is exact.
    wrong = np.arange(first, last, dtype=np.float64)
    logs = np.concatenate(([0.0], np.cumsum(np.log((count - wrong) / (wrong + 1)) - epsilon)))
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    below = 2 * epsilon * np.arange(len(chances)) / step
    whole = np.floor(below)
    rest = (below - whole) * step
    # Split between two points such that both distributions of the pair keep their mass.
    lower = np.exp(rest - step) * (np.expm1(-rest) / math.expm1(-step))
    size = int(whole[-1]) + 2
    places = whole.astype(np.int64)
    masses = np.zeros(size)
    np.add.at(masses, places, chances * (1 - lower))
    np.add.at(masses, places + 1, chances * lower)
    return epsilon * (count - 2 * first), masses


def _cuts(masses: Masses) -> tuple[int, int]:
    """Where the heads and tails begin that hold less than `_TAIL` each."""
    above = int(np.searchsorted(np.cumsum(masses), _TAIL))
    below = len(masses) - int(np.searchsorted(np.cumsum(masses[::-1]), _TAIL))
    return above, below


def _reach(epsilon: float, count: int) -> float:
    """How far from its mean a binomial may lie but for `_TAIL` (Bernstein's inequality)."""
    return 0.7 * _LOG_TAIL + math.sqrt(2 * _LOG_TAIL * count * _odds(epsilon))


def _odds(epsilon: float) -> float:
    """The variance of one randomised response, e^eps / (1 + e^eps)^2."""
    small = math.exp(-epsilon)
    return small / (1 + small) ** 2
