"""What members agree on and what they differ in, from one noised bit of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.learn.intervals import Noise, Ratio
from fedlore.learn.sums import Sums

TOO_FEW = "too few members to say"


@dataclass(frozen=True, slots=True)
class Agreement:
    """For each measure that passed a threshold, how far members agree (or differ), and why if there is none to say.

    ``consensus`` maps a measure to the share of members most of whose projects say yes, ``divergence`` to how evenly
    the members divide: 4 p (1 - p), 0 if all are alike and 1 if half say yes.
    """

    consensus: Mapping[MeasureId, float]
    divergence: Mapping[MeasureId, float]
    reason: str = ""


def member_ratio(sums: Sums) -> Ratio:
    """Members with yes over all members, for every ``plan.members``: noise only, the members are the population."""
    bits = sums.of_kind("member")
    noise = Noise(sums.noise_sd**2, 0.0, 0.0, sums.excess_kurtosis)
    return Ratio(bits, np.full_like(bits, sums.members), noise, sampled=False)


def agreement(sums: Sums, consensus_threshold: float, divergence_threshold: float) -> Agreement:
    """Measures that at least ``consensus_threshold`` of the members hold, and those that divide them by so much."""
    if not sums.plan.members:
        return Agreement({}, {}, TOO_FEW)
    shares = dict(zip(sums.plan.members, member_ratio(sums).estimate().tolist(), strict=True))
    spreads = {measure: 4 * share * (1 - share) for measure, share in shares.items()}
    return Agreement(
        {measure: share for measure, share in shares.items() if share >= consensus_threshold},
        {measure: spread for measure, spread in spreads.items() if spread >= divergence_threshold},
    )
