"""A million discrete Gaussians beside OpenDP's, both held against the exact probabilities by one test."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import opendp.prelude as dp
from scipy import stats

from bench.clock import timed
from bench.row import Row, at_least, value
from fedlore.privacy.sampling import discrete_gaussian

DRAWS = 1_000_000
SIGMAS = (4, 100)
LEAST_RATIO = 100
ALPHA = 1e-6
FAR = 5  # standard deviations, beyond which outcomes are counted by themselves
LEAST_EXPECTED = 10
REPEATS = 5

Integers = npt.NDArray[np.int64]


def run() -> list[Row]:
    """About half a minute, nearly all of it OpenDP's.

    Cold draws make the table first, warm ones find it made; of each the median of some repeats is taken.
    """
    return [row for sigma in SIGMAS for row in _rows(sigma)]


def _rows(sigma: int) -> list[Row]:
    variance = Fraction(sigma**2)

    def draw() -> Integers:
        return discrete_gaussian(variance).draw(DRAWS, os.urandom)

    def draw_cold() -> Integers:
        discrete_gaussian.cache_clear()
        return draw()

    measure = _opendp(sigma)
    drawn: list[Integers] = []
    peer = timed(lambda: drawn.append(np.array(measure([0] * DRAWS), dtype=np.int64)))
    cold, warm = (float(np.median([timed(work) for _ in range(REPEATS)])) for work in (draw_cold, draw))
    return [
        at_least(f"noise: {DRAWS:,} discrete Gaussians of sigma {sigma}, table made anew", cold, peer, LEAST_RATIO),
        at_least(f"noise: the same of sigma {sigma}, table at hand", warm, peer, LEAST_RATIO),
        value(
            f"noise: goodness of fit, sigma {sigma}, p-value",
            goodness_of_fit(draw(), sigma),
            low=ALPHA,
            peer=goodness_of_fit(drawn[0], sigma),
        ),
        value(f"noise: goodness of fit of OpenDP, sigma {sigma}, p-value", goodness_of_fit(drawn[0], sigma), low=ALPHA),
    ]


def _opendp(sigma: int) -> Callable[[list[int]], list[int]]:
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
    measurement: Callable[[list[int]], list[int]] = dp.m.make_gaussian(*space, scale=float(sigma))
    return measurement


def goodness_of_fit(drawn: Integers, sigma: int) -> float:
    """The p-value of draws against the exact discrete Gaussian: all outcomes by chi-square, far ones by themselves.

    Each tail beyond five sigma is one count, tested as binomial; the smaller of the three p-values is taken times
    three (Bonferroni).
    """
    edge = FAR * sigma
    reach = np.arange(-45 * sigma, 45 * sigma + 1)
    weights = np.exp(-((reach / sigma) ** 2) / 2)
    exact = weights / weights.sum()
    tails = [
        float(stats.binomtest(int(far.sum()), len(drawn), float(exact[beyond].sum())).pvalue)
        for far, beyond in ((drawn < -edge, reach < -edge), (drawn > edge, reach > edge))
    ]
    inside = drawn[np.abs(drawn) <= edge]
    observed = np.bincount(inside + edge, minlength=2 * edge + 1)
    return min(1.0, 3 * min(*tails, _chi_square(observed, exact[np.abs(reach) <= edge] * len(drawn))))


def _chi_square(observed: Integers, expected: npt.NDArray[np.float64]) -> float:
    """Pearson's test of what lies inside; neighbours are put together until each cell expects enough."""
    starts, gathered = [0], 0.0
    for place, hope in enumerate(expected[:-1]):
        gathered += float(hope)
        if gathered >= LEAST_EXPECTED and expected[place + 1 :].sum() >= LEAST_EXPECTED:
            starts.append(place + 1)
            gathered = 0.0
    seen, hoped = (np.add.reduceat(counts, starts) for counts in (observed.astype(np.float64), expected))
    return float(stats.chisquare(seen, hoped * seen.sum() / hoped.sum()).pvalue)
