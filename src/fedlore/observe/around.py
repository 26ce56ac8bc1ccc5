"""Outcomes around the day on which a practice began: month by month, and what differs after it.

A difference is not an effect. Projects change with age whatever they do, and what is adopted in a bad spell looks as if
it had helped when the spell ends (regression to the mean). So the words here are "differs after", and nothing more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, Said, Times
from fedlore.observe.features.commits import DAY, Mask, changed_files, human_commits, says, sized_commits
from fedlore.observe.features.releases import waits_for_release
from fedlore.observe.intervals import (
    Interval,
    mean_ratio_interval,
    median_ratio_interval,
    share_difference_interval,
)
from fedlore.observe.onsets import PRACTICES

MONTH = 30 * DAY
WINDOW = 12
"""So many months before an onset and after it are looked at."""
LEAST_MONTHS = 3
LEAST_CASES = 20
LARGEST_RATIO = 2.0
"""A fourfold change, as a power of two; larger ones count as this."""

_How = Literal["mean", "median", "count", "distinct"]
_Numbers = npt.NDArray[np.float64]


class Cases(NamedTuple):
    """When something happened (Unix seconds) and its numbers, one each; and how a span of time sums them up.

    ``mean`` (of zeros and ones) and ``median`` are of the numbers, ``count`` is how many there are a month,
    ``distinct`` how many different numbers there are in a month (the mean over the months).
    """

    times: Times
    numbers: _Numbers
    how: _How


@dataclass(frozen=True, slots=True)
class Series:
    """One outcome month by month: what it counts, in words, and a value for each month (None: nothing to tell)."""

    outcome: str
    words: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """The outcomes around a practice's onset (Unix seconds).

    ``months`` number the months of 30 days from the onset: -1 is the last before it, 0 the first after it. Only months
    that lie entirely between the first and the newest human commit are there, at most `WINDOW` on each side.
    """

    practice: str
    words: str
    onset: int
    months: tuple[int, ...]
    series: tuple[Series, ...]


def _shares(flag: Said) -> Callable[[Evidence], Cases]:
    def cases(evidence: Evidence) -> Cases:
        human = human_commits(evidence.history)
        said = says(evidence.history, flag)[human].astype(np.float64)
        return Cases(evidence.history.commit_time[human], said, "mean")

    return cases


def _commits(evidence: Evidence) -> Cases:
    times = evidence.history.commit_time[human_commits(evidence.history)]
    return Cases(times, np.ones(len(times)), "count")


def _contributors(evidence: Evidence) -> Cases:
    human = human_commits(evidence.history)
    return Cases(evidence.history.commit_time[human], evidence.history.author[human].astype(np.float64), "distinct")


def _lead_days(evidence: Evidence) -> Cases:
    landed, days = waits_for_release(evidence.history, human_commits(evidence.history))
    return Cases(landed, days, "median")


def _commit_sizes(evidence: Evidence) -> Cases:
    sized = sized_commits(evidence.history)
    files = changed_files(evidence.history)[sized].astype(np.float64)
    return Cases(evidence.history.commit_time[sized], files, "median")


def _stories(evidence: Evidence) -> Cases:
    changes = evidence.planning.changes
    done = [change.time for change in changes if (change.kind, change.status) == ("story", "done")]
    return Cases(np.array(done, np.int64), np.ones(len(done)), "count")


OUTCOMES: Mapping[str, tuple[str, Callable[[Evidence], Cases]]] = {
    "corrective_share": ("share of commits that correct", _shares(Said.CORRECTIVE)),
    "revert_share": ("share of commits that take another back", _shares(Said.REVERT)),
    "commits": ("human commits a month", _commits),
    "contributors": ("people with a commit in a month", _contributors),
    "lead_days": ("median days from a commit to the next release", _lead_days),
    "commit_files": ("median files changed by a commit", _commit_sizes),
    "stories_done": ("stories done a month", _stories),
}
"""The outcomes by name: what they count, and where their numbers come from."""


def all_around(evidence: Evidence, began: Mapping[str, int | None]) -> tuple[Around, ...]:
    """The outcomes around each practice that has an onset (Unix seconds) among ``began``, the earliest first."""
    outcomes = {outcome: cases_of(evidence) for outcome, (_, cases_of) in OUTCOMES.items()}
    if not len(outcomes["stories_done"].times):
        del outcomes["stories_done"]
    found = sorted((onset, practice) for practice, onset in began.items() if onset is not None)
    return tuple(
        Around(practice, PRACTICES[practice], onset, months, _monthly(outcomes, onset, months))
        for onset, practice in found
        for months in [_months_around(evidence, onset)]
    )


def _months_around(evidence: Evidence, onset: int) -> tuple[int, ...]:
    before, after = months_seen(evidence, onset)
    return tuple(range(-before, after))


def _monthly(outcomes: Mapping[str, Cases], onset: int, months: Sequence[int]) -> tuple[Series, ...]:
    """Each outcome month by month; the cases of all these months are chosen first, most lie far from an onset."""
    series = []
    for outcome, cases in outcomes.items():
        near = _between(cases, onset, months[0], months[-1] + 1) if months else np.zeros(len(cases.times), np.bool_)
        seen = Cases(cases.times[near], cases.numbers[near], cases.how)
        values = tuple(_summed(seen, _between(seen, onset, month, month + 1), onset, 1) for month in months)
        series.append(Series(outcome, OUTCOMES[outcome][0], values))
    return tuple(series)


def months_seen(evidence: Evidence, onset: int) -> tuple[int, int]:
    """The whole months between the first human commit and an onset, and from it to the newest; at most 12 each."""
    times = evidence.history.commit_time[human_commits(evidence.history)]
    if not len(times):
        return 0, 0
    before, after = (onset - int(times.min())) // MONTH, (int(times.max()) - onset) // MONTH
    return min(max(before, 0), WINDOW), min(max(after, 0), WINDOW)


def difference_after(evidence: Evidence, onset: int | None, outcome: str, largest: float) -> Answer:
    """By how much an outcome differs in the months after an onset from the months before, within ``largest`` of zero.

    Shares by their difference, all others by the binary logarithm of their ratio (1: twice as much). None where there
    is no onset, fewer than 3 whole months or (of shares and medians) fewer than 20 cases on either side, or where a
    ratio would be of nothing. The interval (see `_interval`) takes cases, or months, as independent.
    """
    if onset is None:
        return Answer(None)
    before, after = months_seen(evidence, onset)
    because: dict[str, float] = {"months before": before, "months after": after}
    if min(before, after) < LEAST_MONTHS:
        return Answer(None, because)
    words, cases_of = OUTCOMES[outcome]
    cases = cases_of(evidence)
    earlier, later = _between(cases, onset, -before, 0), _between(cases, onset, 0, after)
    few = cases.how in ("mean", "median") and min(earlier.sum(), later.sum()) < LEAST_CASES
    low, high = _summed(cases, earlier, onset, before), _summed(cases, later, onset, after)
    if low is None or high is None or few:
        return Answer(None, because)
    because = {f"{words}, before": low, f"{words}, after": high, **because}
    if cases.how == "mean":
        change = high - low
    elif min(low, high) > 0:
        change = math.log2(high / low)
    else:
        return Answer(None, because)
    interval = _interval(cases, onset, before, after)
    return Answer(min(max(change, -largest), largest), because, interval=interval)


def _interval(cases: Cases, onset: int, before: int, after: int) -> Interval | None:
    """Of the difference of two shares, or of the binary logarithm of the ratio of two medians or of monthly means."""
    earlier, later = _between(cases, onset, -before, 0), _between(cases, onset, 0, after)
    match cases.how:
        case "mean":
            part = [int(cases.numbers[side].sum()) for side in (earlier, later)]
            return share_difference_interval((part[0], int(earlier.sum())), (part[1], int(later.sum())))
        case "median":
            return median_ratio_interval(cases.numbers[earlier], cases.numbers[later])
        case "count" | "distinct":
            months = {
                month: _summed(cases, _between(cases, onset, month, month + 1), onset, 1) or 0.0
                for month in range(-before, after)
            }
            sides = [[number for month, number in months.items() if (month >= 0) == side] for side in (False, True)]
            return mean_ratio_interval(*sides)


def differences_after(
    evidence: Evidence, began: Mapping[str, int | None], asked: Mapping[str, tuple[str, str, float]]
) -> dict[MeasureId, Answer]:
    """`difference_after` for each measure in ``asked``: a practice, an outcome and the largest difference."""
    return {
        MeasureId(name): difference_after(evidence, began[practice], outcome, largest)
        for name, (practice, outcome, largest) in asked.items()
    }


def _between(cases: Cases, onset: int, begin: int, end: int) -> Mask:
    """Which cases fall in the months from ``begin`` up to ``end``, both counted from an onset."""
    return (cases.times >= onset + begin * MONTH) & (cases.times < onset + end * MONTH)


def _summed(cases: Cases, chosen: Mask, onset: int, months: int) -> float | None:
    """What the chosen cases of so many months come to; None for the mean or median of nothing."""
    numbers = cases.numbers[chosen]
    match cases.how:
        case "count":
            return len(numbers) / months
        case "distinct":
            month = (cases.times[chosen] - onset) // MONTH
            return len(set(zip(month.tolist(), numbers.tolist(), strict=True))) / months
        case "mean":
            return float(numbers.mean()) if len(numbers) else None
        case "median":
            return float(np.median(numbers)) if len(numbers) else None
