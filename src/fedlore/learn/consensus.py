"""What members agree on and what divides them, from one noised bit of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.learn.intervals import Noise, Ratio
from fedlore.learn.sums import Sums

TOO_FEW = "too few members to say"


@dataclass(frozen=True, slots=True)
class Held:
    """The share of members most of whose projects say yes, or how evenly they divide, with a 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """The measures that passed a threshold; both empty, with the reason, where members were not asked.

    ``consensus`` holds shares of members, ``divergence`` their spread 4 p (1 - p): 0 if all are alike, 1 if half say
    yes. That is the chance that two members drawn at random differ, as a part of the largest such chance (Gini 1912).
    """

    consensus: Mapping[MeasureId, Held]
    divergence: Mapping[MeasureId, Held]
    reason: str = ""


def member_ratio(sums: Sums) -> Ratio:
    """Members with yes over all members, for every ``plan.members``: noise only, the members are the population."""
    bits = sums.of_kind("member")
    noise = Noise(sums.variance_of("member"), 0.0, 0.0, sums.excess_kurtosis)
    return Ratio(bits, np.full_like(bits, sums.members), noise, sampled=False)


def agreement(sums: Sums, consensus_threshold: float, divergence_threshold: float) -> Agreement:
    """Measures that at least ``consensus_threshold`` of the members hold, and those that divide them by so much."""
    if not sums.plan.members:
        return Agreement({}, {}, TOO_FEW)
    found = member_ratio(sums).interval()
    rows = zip(found.estimate.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    shares = {measure: Held(*row) for measure, row in zip(sums.plan.members, rows, strict=True)}
    spreads = {measure: _spread(share) for measure, share in shares.items()}
    return Agreement(
        {measure: share for measure, share in shares.items() if share.estimate >= consensus_threshold},
        {measure: spread for measure, spread in spreads.items() if spread.estimate >= divergence_threshold},
    )


def _spread(share: Held) -> Held:
    ends = [4 * p * (1 - p) for p in (share.low, share.high)]
    most = 1.0 if share.low <= 0.5 <= share.high else max(ends)
    return Held(4 * share.estimate * (1 - share.estimate), min(ends), most)
