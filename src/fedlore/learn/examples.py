"""Code templates that enough members hold: heavy hitters of a public dictionary, from one noised bit of each member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.learn.confidence import NEAR
from fedlore.learn.intervals import Noise, Ratio
from fedlore.learn.sums import Sums

_ROUNDING = 1e-9


class Holders(NamedTuple):
    """The share of members that hold a template, with a 95 % interval and the probability that it is within `NEAR`."""

    template: MeasureId
    estimate: float
    low: float
    high: float
    confidence: float


def holder_ratio(sums: Sums) -> Ratio:
    """Members that hold each of ``plan.templates`` over all members: noise only, the members are the population."""
    bits = sums.of_kind("holder")
    noise = Noise(sums.variance_of("holder"), 0.0, 0.0, sums.excess_kurtosis)
    return Ratio(bits, np.full_like(bits, sums.members), noise, sampled=False)


def widely_held(sums: Sums) -> Iterator[Holders]:
    """Those templates that at least ``plan.min_holders`` members hold by the low end of the interval of their number.

    Nothing is said of the others, not even that they were fewer. One that too few hold comes through with a
    probability of at most 2.5 %, and the less the fewer they are.
    """
    ratio = holder_ratio(sums)
    found = ratio.interval()
    rows = zip(found.estimate, found.low, found.high, ratio.probability_within(NEAR), strict=True)
    for template, row in zip(sums.plan.templates, rows, strict=True):
        said = Holders(template, *(float(number) for number in row))
        if said.low * sums.members >= sums.plan.min_holders - _ROUNDING:
            yield said
