"""What a release says of how common things are, for the planner of later rounds: intervals of shares, read from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.learn.expected import TYPICAL
from fedlore.learn.intervals import Noise, Ratio
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from fedlore.privacy.earlier import Earlier


def said_earlier(sums: Sums, said: Iterable[Statement]) -> dict[MeasureId, Earlier]:
    """The share of projects that say yes, or that have a value at all, of each measure of one round.

    Only intervals of at most `TYPICAL` to either side are of use. ``sums`` and ``said`` are the release's.
    """
    shares = [(MeasureId(one.id), one.estimate, one.low, one.high) for one in said if one.kind == "share"]
    return {
        name: Earlier(share, low, high, sums.plan.round_id)
        for name, share, low, high in (*shares, *_with_value(sums))
        if low is not None and high is not None and high - low <= 2 * TYPICAL
    }


def _with_value(sums: Sums) -> Iterator[tuple[MeasureId, float, float, float]]:
    """The share of projects that have a value, with its interval: of histograms by their bins, and of means."""
    n, of_n = sums.count, sums.variance_of("count").item()
    bins, of_bins, start = sums.of_kind("bin"), sums.variance_of("bin"), 0
    for name, number in sums.plan.histograms:
        here = slice(start, start + number)
        start += number
        yield name, *_interval(bins[here].sum(), n, Noise(of_bins[here].sum(), of_n, 0.0, sums.excess_kurtosis))
    for name, present, noise in zip(sums.plan.means, sums.of_kind("present"), sums.variance_of("present"), strict=True):
        yield name, *_interval((n + present) / 2, n, Noise((of_n + noise) / 4, of_n, of_n / 2, sums.excess_kurtosis))


def _interval(part: float, whole: float, noise: Noise) -> tuple[float, float, float]:
    found = Ratio(np.array([part]), np.array([whole]), noise).interval()
    return float(found.estimate[0]), float(found.low[0]), float(found.high[0])
