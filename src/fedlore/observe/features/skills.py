"""Skill development: how long people stay, how widely they work, and how their work changes; nothing of one person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    human_commits,
    last_year,
    says,
    within,
)

_STAY = 90 * DAY
_REGULAR_COMMITS = 10
_LARGEST_TREND = 0.2


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``skill_development_patterns``."""
    history = evidence.history
    return {
        MeasureId("skill.tenure"): _tenure_days(history),
        MeasureId("skill.newcomers_stay"): within(_newcomers_stay(history), 0, 0.5),
        MeasureId("skill.module_breadth"): _module_breadth(history),
        MeasureId("skill.corrective_trend"): within(_corrective_trend(history), -_LARGEST_TREND, _LARGEST_TREND),
    }


def _spans(history: History) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The human authors, and when the first and the last commit of each landed."""
    human = human_commits(history)
    order = np.lexsort((history.commit_time[human], history.author[human]))
    author, time = history.author[human][order], history.commit_time[human][order]
    people, first, count = np.unique(author, return_index=True, return_counts=True)
    return people, time[first], time[first + count - 1]


def _tenure_days(history: History) -> float | None:
    """The median, over the last year's human commits, of the days since their author's first."""
    people, first, _ = _spans(history)
    recent = last_year(history)
    if not recent.any():
        return None
    came = first[np.searchsorted(people, history.author[recent])]
    return float(np.median(history.commit_time[recent] - came) / DAY)


def _newcomers_stay(history: History) -> float | None:
    """The share of the authors who came a year or more ago and still committed 90 days after their first commit."""
    _, first, last = _spans(history)
    if not len(first):
        return None
    # Whoever began the project is no newcomer to it.
    came = (first > first.min()) & (first <= last.max() - YEAR)
    return float((last - first >= _STAY)[came].mean()) if came.any() else None


def _module_breadth(history: History) -> float | None:
    """The median, over authors with ten human commits or more, of the number of top-level folders that they changed."""
    regular = _regular_authors(history)
    if not len(regular):
        return None
    folders = [path.partition(b"/")[0] if b"/" in path else b"" for path in history.paths]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(folders))}
    folder = np.array([numbers[name] for name in folders], np.int64)[history.changed_path]
    counted = human_commits(history)[history.changed_commit]
    author = history.author[history.changed_commit].astype(np.int64)
    pairs = np.unique(author[counted] << 32 | folder[counted])
    people, breadth = np.unique(pairs >> 32, return_counts=True)
    # An author whose commits are all empty changed no folder, and stands in no pair.
    widths = dict(zip(people.tolist(), breadth.tolist(), strict=True))
    return float(np.median([widths.get(person, 0) for person in regular.tolist()]))


def _corrective_trend(history: History) -> float | None:
    """The mean, over the same authors, of the corrective share of their later half of commits less the earlier's."""
    corrective = says(history, Said.CORRECTIVE)
    human = human_commits(history)
    trends = []
    for person in _regular_authors(history):
        mine = np.flatnonzero(human & (history.author == person))
        mine = mine[np.argsort(history.commit_time[mine], kind="stable")]
        half = len(mine) // 2
        trends.append(corrective[mine[-half:]].mean() - corrective[mine[:half]].mean())
    return float(np.mean(trends)) if trends else None


def _regular_authors(history: History) -> npt.NDArray[np.int32]:
    people, counts = np.unique(history.author[human_commits(history)], return_counts=True)
    return people[counts >= _REGULAR_COMMITS]
