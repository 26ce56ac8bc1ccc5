"""Shares, histograms and means of the projects, each with an interval that holds sampling and noise."""

from __future__ import annotations

import numpy as np

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import PlanError
from fedlore.learn.intervals import Estimates, Noise, Ratio
from fedlore.learn.sums import Sums


def share_ratio(sums: Sums) -> Ratio:
    """Projects with yes, (n + X) / 2, over the n projects: one of each for every ``plan.shares``."""
    variance = sums.noise_sd**2
    coded = sums.of_kind("share")
    noise = Noise(variance / 2, variance, variance / 2, sums.excess_kurtosis)
    return Ratio((sums.count + coded) / 2, np.full_like(coded, sums.count), noise)


def bin_ratio(sums: Sums, position: int) -> Ratio:
    """Each bin of ``plan.histograms[position]`` over the sum of its bins: the projects that have a value."""
    variance = sums.noise_sd**2
    counts = [bins for _, bins in sums.plan.histograms]
    start = sum(counts[:position])
    bins = sums.of_kind("bin")[start : start + counts[position]]
    noise = Noise(variance, variance * len(bins), variance, sums.excess_kurtosis)
    return Ratio(bins, np.full_like(bins, bins.sum()), noise)


def mean_ratio(sums: Sums) -> Ratio:
    """The sums of values in [-1, 1] over the projects that have one, (n + R) / 2: for every ``plan.means``."""
    variance = sums.noise_sd**2
    there = (sums.count + sums.of_kind("present")) / 2
    noise = Noise(variance, variance / 2, 0.0, sums.excess_kurtosis)
    return Ratio(sums.of_kind("mean"), there, noise, (-1.0, 1.0))


def in_own_quantity(scaled: Estimates, measures: tuple[MeasureId, ...], catalogue: Catalogue) -> Estimates:
    """Means in [-1, 1] mapped back to each measure's own bounds."""
    bounds = []
    for name in measures:
        if (own := catalogue[name].bounds) is None:
            raise PlanError(f"{name} has no bounds")
        bounds.append(own)
    low, high = np.array(bounds, dtype=np.float64).reshape(-1, 2).T
    half, middle = (high - low) / 2, (high + low) / 2
    return Estimates(middle + half * scaled.estimate, middle + half * scaled.low, middle + half * scaled.high)
