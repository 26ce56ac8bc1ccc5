"""Quantiles from the noised bins of a histogram, and clipping bounds from them: post-processing, at no further price.

A mean's interval is as wide as the bounds that its values are clipped to. Where the catalogue's bounds are wide and the
values lie near one end, a round that spends a little on a histogram first lets the next one clip closer (Andrew,
Thakkar, McMahan and Ramaswamy, NeurIPS 2021, clip at a private quantile for the same reason).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import NormalDist

INSIDE = 0.95
"""The share of values that clipping should leave as they are."""
_SURELY_INSIDE = 0.8


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile, and the edges between which it lies with 95 % probability, noise and sampling included."""

    estimate: float
    low: float
    high: float


def quantile(bins: Sequence[float], noise_sd: float, edges: Sequence[float], level: float) -> Quantile:
    """The value below which a share ``level`` of the projects lies.

    ``bins`` holds noised counts, ``noise_sd`` the deviation of the noise in each, ``edges`` one number more than there
    are bins. At each edge the projects below it, less ``level`` times all, are tested for their sign (all edges at
    once: Bonferroni); between edges the estimate is a straight line.
    """
    normal = NormalDist().inv_cdf(1 - 0.025 / max(len(bins) - 1, 1))
    total, below = sum(bins), [0.0, *accumulate(bins)]
    least, most = 0, len(bins)
    for index in range(1, len(bins)):
        excess = below[index] - level * total
        noise = noise_sd**2 * (index * (1 - level) ** 2 + (len(bins) - index) * level**2)
        error = normal * math.sqrt(noise + max(total, 0.0) * level * (1 - level))
        least = index if excess < -error else least
        most = min(most, index) if excess > error else most
    return Quantile(_crossing(below, total * level, edges), edges[least], edges[max(most, least + 1)])


def clipping_bounds(bins: Sequence[float], noise_sd: float, edges: Sequence[float]) -> tuple[float, float]:
    """The edges to clip at: the lower end stays, the upper comes down to where about `INSIDE` of the values are below.

    It comes down no farther than to where 80 % are surely below, so that noise alone never narrows anything.
    """
    wanted = quantile(bins, noise_sd, edges, INSIDE).estimate
    sure = quantile(bins, noise_sd, edges, _SURELY_INSIDE).high
    return edges[0], next(edge for edge in edges[1:] if edge >= max(wanted, sure))


def _crossing(below: Sequence[float], wanted: float, edges: Sequence[float]) -> float:
    """Where the last crossing of ``wanted`` is: noise may make the counts below fall at times."""
    for index in range(len(edges) - 1, 0, -1):
        if below[index - 1] < wanted:
            step = below[index] - below[index - 1]
            part = min(max((wanted - below[index - 1]) / step, 0.0), 1.0) if step > 0 else 1.0
            return edges[index - 1] + part * (edges[index] - edges[index - 1])
    return edges[0]
