"""Closer clipping bounds for means, from histograms of them that earlier rounds released."""

from __future__ import annotations

import numpy as np

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.learn.sums import Sums
from fedlore.privacy.quantiles import clipping_bounds


def closer_bounds(sums: Sums, catalogue: Catalogue) -> dict[MeasureId, tuple[float, float]]:
    """The bounds that a release allows to clip each mean to that it has a histogram of; empty if it has none."""
    found, start = {}, 0
    values, variances = sums.of_kind("bin"), sums.variance_of("bin")
    for name, bins in sums.plan.histograms:
        here = slice(start, start + bins)
        start += bins
        measure = catalogue[name]
        if measure.kind == "mean" and measure.bounds is not None:
            low, high = measure.bounds
            edges = (low, *measure.bin_edges, high)
            found[name] = clipping_bounds(values[here].tolist(), float(np.sqrt(variances[here].mean())), edges)
    return found
