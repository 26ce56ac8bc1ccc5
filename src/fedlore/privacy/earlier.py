"""What a federation's releases let the planner know: that of some questions nothing can be said, whatever is spent.

A release is public among its members, so to plan by it costs nothing (post-processing: Dwork and Roth 2014, proposition
2.1). It is noised itself, so each question gets the benefit of its doubt: a share is taken at the end of its interval
nearest to one half, the number of projects that have a value at the largest that its interval allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fedlore.catalogue.measure import MeasureId
from fedlore.privacy.forecast import bin_halfwidth, likelihood_halfwidth, mean_halfwidth


@dataclass(frozen=True, slots=True)
class Earlier:
    """One share in a release with its 95 % interval: of the projects that say yes, or that have a value at all."""

    share: float
    low: float
    high: float
    round_id: str

    @property
    def nearest_half(self) -> float:
        return min(max(0.5, self.low), self.high)


Known = Mapping[MeasureId, Earlier]
Pair = tuple[MeasureId, MeasureId]
ALL_THE_SAME = "--measure asks what it names all the same"
_SIDES = ("practice", "outcome")


def pair_width(known: Known, pair: Pair, projects: int, noise_sd: float) -> float:
    """The half-width of a log odds ratio at the shares nearest to one half that are possible."""
    p, q = (known[name].nearest_half if name in known else 0.5 for name in pair)
    return likelihood_halfwidth(projects, noise_sd, p, q)


def is_doubtful(known: Known, pair: Pair, projects: int, noise_sd: float, within: float) -> bool:
    """Whether a pair is within this half-width at the shares nearest to one half, but not at those that were said."""
    p, q = (known[name].share if name in known else 0.5 for name in pair)
    said = likelihood_halfwidth(projects, noise_sd, p, q)
    return pair_width(known, pair, projects, noise_sd) <= within < said


def most_with_value(known: Known, name: MeasureId) -> float:
    """The largest share of projects that can have a value of a histogram or a mean."""
    return known[name].high if name in known else 1.0


def bin_width(known: Known, name: MeasureId, bins: int, projects: int, noise_sd: float) -> float:
    """By how much noise alone blurs an even bin's share of the most projects that can have a value."""
    return bin_halfwidth(projects * most_with_value(known, name), noise_sd, bins).noise


def mean_width(known: Known, name: MeasureId, projects: int, noise_sd: float) -> float:
    """By how much noise alone blurs the mean of the most projects that can have a value, as a part of its range."""
    return mean_halfwidth(projects * most_with_value(known, name), noise_sd).noise / 2


def why_not_pair(known: Known, pair: Pair) -> str:
    """Which of a pair's two shares is the farther from one half, in words; empty if neither is known."""
    sides = [(known[name], what) for name, what in zip(pair, _SIDES, strict=True) if name in known]
    if not sides:
        return ""
    share, what = max(sides, key=lambda side: abs(side[0].nearest_half - 0.5))
    verb = "have" if share.nearest_half < 0.5 else "lack"
    return f"too few projects {verb} the {what}, by the release of round {share.round_id} ({ALL_THE_SAME})"


def why_not_value(known: Known, name: MeasureId) -> str:
    """That too few projects have a value of a histogram or a mean; empty if it is not known how many do."""
    if name not in known:
        return ""
    return f"too few projects have a value, by the release of round {known[name].round_id} ({ALL_THE_SAME})"
