"""Project success factors: the four outcomes that practices are compared on, and the growth of those who contribute."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    at_least,
    human_commits,
    last_year,
    newest,
    release_days,
    says,
)

_SILENCE = 180 * DAY
_MONTH = 30 * DAY
_MOST_MONTHS, _LEAST_MONTHS = 24, 3
_LEAST_RELEASES = 4
_REGULAR = 0.6
_FEW_CORRECTIONS = Fraction(1, 5)


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``project_success_factors``; outcomes look back from ``as_of``."""
    history = evidence.history
    human = human_commits(history)
    end = newest(history, human)
    return {
        MeasureId("success.survival"): end is not None and evidence.as_of - end <= _SILENCE,
        MeasureId("success.activity_slope"): _activity_does_not_fall(history),
        MeasureId("success.release_regularity"): _releases_are_regular(history),
        MeasureId("success.corrective_share"): _few_corrections(history),
        MeasureId("success.contributor_growth"): _contributors_grow(history),
    }


def _activity_does_not_fall(history: History) -> bool:
    human = human_commits(history)
    if not human.any():
        return False
    age = history.commit_time[human].max() - history.commit_time[human]
    months = min(_MOST_MONTHS, int(age.max()) // _MONTH)
    if months < _LEAST_MONTHS:
        return False
    # Months are counted backwards, so activity that does not fall has a slope that does not rise; whole numbers
    # (the slope times a positive one) keep equal months at exactly zero.
    commits = np.bincount(age[age < months * _MONTH] // _MONTH, minlength=months)
    month = np.arange(months)
    return bool(months * (month * commits).sum() - month.sum() * commits.sum() <= 0)


def _releases_are_regular(history: History) -> bool:
    days = release_days(history)
    if len(days) < _LEAST_RELEASES:
        return False
    intervals = np.diff(days)
    return bool(intervals.std() <= _REGULAR * intervals.mean())


def _few_corrections(history: History) -> bool:
    human = human_commits(history)
    return at_least(1 - _FEW_CORRECTIONS, ~says(history, Said.CORRECTIVE), human)


def _contributors_grow(history: History) -> bool:
    """Whether more people contributed in the project's last year than in the year before."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None:
        return False
    before = human & (history.commit_time <= end - YEAR) & (history.commit_time > end - 2 * YEAR)
    now = len(np.unique(history.author[last_year(history)]))
    return bool(before.any()) and now > len(np.unique(history.author[before]))
