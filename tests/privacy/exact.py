"""What the samplers are held against: exact probabilities by other formulas, and a seeded source of bytes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy import stats

from fedlore.privacy.sampling import IntegerDistribution, Randomness

Probability = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]]


def seeded(seed: int) -> Randomness:
    """Bytes that differ at every call and are the same in every run."""
    calls = iter(range(1 << 40))

    def randomness(length: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(calls)}".encode()).digest(length)

    return randomness


def gaussian(variance: float) -> Probability:
    wide = np.arange(-int(40 * variance**0.5) - 40, int(40 * variance**0.5) + 41)
    norm = np.exp(-(wide**2) / (2 * variance)).sum()
    return lambda k: np.exp(-(k.astype(float) ** 2) / (2 * variance)) / norm


def laplace(scale: float) -> Probability:
    return lambda k: np.exp(-np.abs(k) / scale) * np.tanh(1 / (2 * scale))


def polya(scale: float, parts: int) -> Probability:
    return lambda k: stats.nbinom.pmf(k, 1 / parts, -np.expm1(-1 / scale))


def table_probabilities(table: IntegerDistribution) -> list[Fraction]:
    """The exact probabilities that a table gives to ``low``, ``low + 1``, ..."""
    thresholds = [(int(u) << 64) + int(v) for u, v in zip(table.upper, table.lower, strict=True)]
    edges = [0, *thresholds, 2**128]
    return [Fraction(b - a, 2**128) for a, b in itertools.pairwise(edges)]


def chi_square_p(samples: npt.NDArray[np.int64], probability: Probability) -> float:
    """The p-value of samples against exact probabilities; each tail is one cell of its own."""
    low, high = (int(np.quantile(samples, q)) for q in (0.0005, 0.9995))
    kept = np.arange(low, high + 1)
    expected = probability(kept) * len(samples)
    inside = samples[(samples >= low) & (samples <= high)]
    counted = np.bincount(inside - low, minlength=len(kept)).astype(float)
    below, above = (samples < low).sum(), (samples > high).sum()
    span = np.arange(low - 1, low - 1 - 200 * max(1, high - low), -1)
    under = probability(span).sum() * len(samples)
    over = len(samples) - expected.sum() - under
    cells = _merged([below, *counted, above], [under, *expected, over])
    return float(stats.chi2.sf(sum((o - e) ** 2 / e for o, e in cells), len(cells) - 1))


def _merged(observed: Sequence[float], expected: Sequence[float]) -> list[tuple[float, float]]:
    """Neighbouring cells put together until each expects at least ten."""
    cells: list[tuple[float, float]] = []
    o = e = 0.0
    for seen, hoped in zip(observed, expected, strict=True):
        o, e = o + float(seen), e + float(hoped)
        if e >= 10:
            cells.append((o, e))
            o = e = 0.0
    last_o, last_e = cells.pop()
    return [*cells, (last_o + o, last_e + e)]
