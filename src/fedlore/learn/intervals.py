"""Intervals for a noised sum over a noised number of projects, by inverting a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from fedlore.learn.sums import Floats

LEVEL = 0.95
_GRID = 401
_LEAST_VARIANCE = 1e-6
_NORMAL = float(ndtri(0.5 + LEVEL / 2))


@dataclass(frozen=True, slots=True)
class Estimates:
    """Point estimates and the bounds of their 95 % intervals, one of each for every question (same shapes)."""

    estimate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Noise:
    """Variances and covariance of a part's and a whole's noise (squared units), and one slot's excess kurtosis.

    One number for all ratios, or one each.
    """

    part: Floats | float
    whole: Floats | float
    covariance: Floats | float
    excess_kurtosis: float = 0.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """``part / whole`` where each is a sum over projects plus noise, and a project's own value lies in ``bounds``.

    For any ratio r, ``part - r * whole`` has mean zero if r is the true one. Its variance is that of the noise plus
    ``whole * (r - low) * (high - r)`` of sampling: exact for yes and no, the largest possible for values in between.
    Where ``sampled`` is false the whole is the population itself, and only the noise counts.
    """

    part: Floats
    whole: Floats
    noise: Noise
    bounds: tuple[float, float] = (0.0, 1.0)
    sampled: bool = True

    def estimate(self) -> Floats:
        """The ratio within its bounds; the middle of them where no project is left after noise."""
        low, high = self.bounds
        there = self.whole > 0
        ratio = np.divide(self.part, self.whole, out=np.full_like(self.part, (low + high) / 2), where=there)
        return np.clip(ratio, low, high)

    def interval(self) -> Estimates:
        """Every ratio that a two-sided 5 % test does not reject: Wilson's interval and Fieller's in one quadratic.

        The part is first moved to where a ratio within bounds can put it; that only widens the interval, so it never
        is empty and still covers (Wilson 1927; Fieller 1954).
        """
        low, high = self.bounds
        whole = np.maximum(self.whole, 0.0)
        part = np.clip(self.part, low * whole, high * whole)
        square = self._quantile() ** 2
        drawn = whole if self.sampled else np.zeros_like(whole)
        a = whole**2 + square * (drawn - self.noise.whole)
        b = -2 * part * whole - square * (drawn * (low + high) - 2 * self.noise.covariance)
        c = part**2 + square * (drawn * low * high - self.noise.part)
        root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))
        bounded = a > 0
        safe = np.where(bounded, a, 1.0)
        lower = np.where(bounded, (-b - root) / (2 * safe), low)
        upper = np.where(bounded, (-b + root) / (2 * safe), high)
        return Estimates(self.estimate(), np.clip(lower, low, high), np.clip(upper, low, high))

    def probability_within(self, distance: float) -> Floats:
        """How probable it is that the true ratio lies within ``distance`` of the estimate, all ratios alike beforehand.

        A posterior under a flat prior, on a grid: calibrated where true ratios are spread over the bounds, and no
        wilder than the prior itself where the noise drowns everything.
        """
        low, high = self.bounds
        grid = np.linspace(low, high, _GRID)[:, None]
        weight = -0.5 * (self._z(grid) ** 2 + np.log(self._variance(grid)))
        weight = np.exp(weight - weight.max(axis=0))
        near = np.abs(grid - self.estimate()) <= distance
        return np.asarray((weight * near).sum(axis=0) / weight.sum(axis=0), dtype=np.float64)

    def _noise_variance(self, ratio: Floats) -> Floats:
        return self.noise.part - 2 * ratio * self.noise.covariance + ratio**2 * self.noise.whole

    def _variance(self, ratio: Floats) -> Floats:
        low, high = self.bounds
        noise = np.maximum(self._noise_variance(ratio), _LEAST_VARIANCE)
        if not self.sampled:
            return noise
        sampling = np.maximum(self.whole, 0.0) * np.maximum((ratio - low) * (high - ratio), 0.0)
        return np.asarray(noise + sampling, dtype=np.float64)

    def _z(self, ratio: Floats) -> Floats:
        difference = self.part - ratio * np.maximum(self.whole, 0.0)
        return difference / np.sqrt(self._variance(ratio))

    def _quantile(self) -> Floats:
        estimate = self.estimate()
        share = self._noise_variance(estimate) / self._variance(estimate)
        return quantile(self.noise.excess_kurtosis * share**2)


def quantile(excess_kurtosis: Floats | float) -> Floats:
    """What a standardised symmetric variable exceeds in absolute value with 5 % probability.

    Cornish and Fisher's expansion (1938) to the fourth cumulant: 1.960 for a normal, 2.17 for Laplace (2.12 in truth).
    """
    return np.asarray(_NORMAL + (_NORMAL**3 - 3 * _NORMAL) * np.asarray(excess_kurtosis) / 24, dtype=np.float64)
