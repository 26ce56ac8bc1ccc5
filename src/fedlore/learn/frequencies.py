"""Shares, histograms and means of the projects, each with an interval that holds sampling and noise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fedlore.learn.intervals import Estimates, Noise, Ratio
from fedlore.learn.sums import Sums


def share_ratio(sums: Sums) -> Ratio:
    """Projects with yes, (n + X) / 2, over the n projects: one of each for every ``plan.shares``."""
    coded, whole = sums.of_kind("share"), sums.variance_of("count")
    noise = Noise((whole + sums.variance_of("share")) / 4, whole, whole / 2, sums.excess_kurtosis)
    return Ratio((sums.count + coded) / 2, np.full_like(coded, sums.count), noise)


def bin_ratio(sums: Sums, position: int) -> Ratio:
    """Each bin of ``plan.histograms[position]`` over the sum of its bins: the projects that have a value."""
    counts = [bins for _, bins in sums.plan.histograms]
    here = slice(sum(counts[:position]), sum(counts[: position + 1]))
    bins, variance = sums.of_kind("bin")[here], sums.variance_of("bin")[here]
    noise = Noise(variance, variance.sum(), variance, sums.excess_kurtosis)
    return Ratio(bins, np.full_like(bins, bins.sum()), noise)


def mean_ratio(sums: Sums) -> Ratio:
    """The sums of values in [-1, 1] over the projects that have one, (n + R) / 2: for every ``plan.means``."""
    there = (sums.count + sums.of_kind("present")) / 2
    whole = (sums.variance_of("count") + sums.variance_of("present")) / 4
    noise = Noise(sums.variance_of("mean"), whole, 0.0, sums.excess_kurtosis)
    return Ratio(sums.of_kind("mean"), there, noise, (-1.0, 1.0))


def in_own_quantity(scaled: Estimates, bounds: Iterable[tuple[float, float]]) -> Estimates:
    """Means in [-1, 1] mapped back to the bounds, one pair a mean, that the values were clipped to."""
    low, high = np.array(list(bounds), dtype=np.float64).reshape(-1, 2).T
    half, middle = (high - low) / 2, (high + low) / 2
    return Estimates(middle + half * scaled.estimate, middle + half * scaled.low, middle + half * scaled.high)
