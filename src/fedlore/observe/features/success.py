"""Project success factors: the four outcomes that practices are compared on, what else a history tells of how a project
fares, and what its owner knows better.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Said
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    Mask,
    at_least,
    human_commits,
    is_held,
    last_year,
    newest,
    says,
    since_cut,
)
from fedlore.observe.features.releases import recent_releases, release_days
from fedlore.observe.features.stated import stated

_SILENCE = 180 * DAY
_MONTH = 30 * DAY
_MOST_MONTHS, _LEAST_MONTHS = 24, 3
_LEAST_RELEASES, _RELEASE_YEARS = 4, 2
_FEW_CORRECTIONS = Fraction(1, 5)


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``project_success_factors``; outcomes look back from ``as_of``."""
    history = evidence.history
    now, before = last_year(history), _year_before(history)
    return {
        MeasureId("success.survival"): _survives(evidence),
        MeasureId("success.activity_slope"): _activity_does_not_fall(history),
        MeasureId("success.release_regularity"): _releases_are_regular(history),
        MeasureId("success.corrective_share"): _few_corrections(history),
        MeasureId("success.contributor_growth"): _contributors_grow(history, now, before),
        MeasureId("success.active_months"): _active_months(history),
        MeasureId("success.contributor_retention"): _retention(history, now, before),
        MeasureId("success.release_recency"): _days_since_release(evidence),
        MeasureId("success.age"): _age(history),
        MeasureId("success.on_time"): stated(evidence, "on_time", 0, 1),
        MeasureId("success.customer_satisfaction"): stated(evidence, "customer_satisfaction", 1, 5),
        MeasureId("success.revenue_growth"): stated(evidence, "revenue_growth", -0.5, 1),
        MeasureId("success.incidents"): stated(evidence, "incidents_per_month", 0, 10_000),
    }


def _survives(evidence: Evidence) -> Answer:
    history = evidence.history
    end, cut = newest(history, human_commits(history)), since_cut(history)
    # No commit before a shallow cut is newer than the cut.
    is_known = cut is None or evidence.as_of - max(cut, end or 0) > _SILENCE or (end is not None and end >= cut)
    if end is None:
        return Answer(False if is_known else None, {"human commits": 0})
    silence = max(0, evidence.as_of - end)  # a commit of the very day may lie after its beginning
    return Answer(silence <= _SILENCE if is_known else None, {"days since the newest human commit": silence / DAY})


def _months_back(history: History) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    """Human commits in each of the last whole months of 30 days, newest first, and how many months these are."""
    human = human_commits(history) & (history.commit_time >= (since_cut(history) or 0))
    if not human.any():
        return np.zeros(0, np.int64), 0
    age = history.commit_time[human].max() - history.commit_time[human]
    months = min(_MOST_MONTHS, int(age.max()) // _MONTH)
    return np.bincount(age[age < months * _MONTH] // _MONTH, minlength=months).astype(np.int64), months


def _activity_does_not_fall(history: History) -> Answer:
    commits, months = _months_back(history)
    if months < _LEAST_MONTHS or (months < _MOST_MONTHS and history.at_cut.any()):
        return Answer(None if history.at_cut.any() else False, {"whole months": months})
    # Months are counted backwards, so activity that does not fall has a slope that does not rise; whole numbers
    # (the slope times a positive one) keep equal months at exactly zero.
    month = np.arange(months)
    falls = int(months * (month * commits).sum() - month.sum() * commits.sum())
    spread = int(months * (month * month).sum() - month.sum() ** 2)
    return Answer(falls <= 0, {"whole months": months, "slope in commits a month each month": -falls / spread})


def _active_months(history: History) -> Answer:
    commits, months = _months_back(history)
    return portion("months with a human commit", int((commits > 0).sum()), "whole months", months, least=_LEAST_MONTHS)


def _releases_are_regular(history: History) -> Answer:
    """Whether the releases of the last two years lie at most as unevenly as days drawn at random would.

    The squared coefficient of variation of ``n`` intervals between such days is (n - 1) / (n + 1): Kim and Jo,
    Measuring Burstiness for Finite Event Sequences (Physical Review E 2016).
    """
    days = recent_releases(history, _RELEASE_YEARS) // DAY
    if not is_held(history, (newest(history, human_commits(history)) or 0) - _RELEASE_YEARS * YEAR):
        return Answer(None, {"days with a release after the cut": len(days)})
    if len(days) < _LEAST_RELEASES:
        return Answer(False, {"days with a release in the last two years": len(days)})
    intervals = np.diff(days)
    count, total, squares = len(intervals), int(intervals.sum()), int((intervals * intervals).sum())
    because = {
        "days with a release in the last two years": len(days),
        "coefficient of variation of the intervals": float(intervals.std() / intervals.mean()),
        "that of days drawn at random": math.sqrt((count - 1) / (count + 1)),
    }
    # In whole numbers, so that no rounding decides where both are the same.
    return Answer((count * squares - total**2) * (count + 1) <= (count - 1) * total**2, because)


def _few_corrections(history: History) -> Answer:
    human = human_commits(history)
    corrective = says(history, Said.CORRECTIVE)
    because = {"corrective commits": float((corrective & human).sum()), "human commits": float(human.sum())}
    is_known = human.any() or not history.at_cut.any()
    return Answer(at_least(1 - _FEW_CORRECTIONS, ~corrective, human) if is_known else None, because)


def _year_before(history: History) -> Mask:
    """The human commits of the 365 days before the project's last year."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None:
        return human
    return human & (history.commit_time <= end - YEAR) & (history.commit_time > end - 2 * YEAR)


def _contributors_grow(history: History, now: Mask, before: Mask) -> Answer:
    """Whether more people contributed in the project's last year than in the year before."""
    people, earlier = len(np.unique(history.author[now])), len(np.unique(history.author[before]))
    because = {"people in the last year": people, "people in the year before": earlier}
    if not is_held(history, (newest(history, human_commits(history)) or 0) - 2 * YEAR):
        return Answer(None, because)
    return Answer(earlier > 0 and people > earlier, because)


def _retention(history: History, now: Mask, before: Mask) -> Answer:
    earlier = np.unique(history.author[before])
    if not is_held(history, (newest(history, human_commits(history)) or 0) - YEAR):
        return Answer(None, {"people in the year before": len(earlier)})
    stayed = int(np.isin(earlier, history.author[now]).sum())
    return portion("people who still contributed", stayed, "people in the year before", len(earlier))


def _days_since_release(evidence: Evidence) -> Answer:
    released = release_days(evidence.history)
    if not len(released):
        return Answer(None, {"releases": 0})
    days = float(evidence.as_of // DAY - int(released[-1]))
    return Answer(days, {"days since the newest release": days})


def _age(history: History) -> Answer:
    times = history.commit_time[human_commits(history)]
    if not len(times) or history.at_cut.any():
        return Answer(None, {"human commits": len(times)})
    years = (int(times.max()) - int(times.min())) / YEAR
    return Answer(years, {"years from the first human commit to the newest": years})
