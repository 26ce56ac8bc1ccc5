"""Skill development: how long people stay, how widely they work, and how their work changes; nothing of one person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Said
from fedlore.observe.features.answers import bounded, mean_of, median_of, portion, share_of
from fedlore.observe.features.areas import folder_numbers
from fedlore.observe.features.careers import REGULAR_COMMITS, Careers, breadths, careers_of, differences
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    changed_files,
    human_commits,
    is_held,
    last_year,
    newest,
    says,
    source_paths,
)
from fedlore.observe.features.tests_inside import may_hold_tests
from fedlore.observe.naming import language_of, written_language

_STAY = 90 * DAY
_LARGEST_TREND = 0.2
_LARGEST_SHIFT = 0.5
_MOST_FOLDERS = 3.0
_MOST_DOUBLINGS = 2.0
_REGULAR = "authors with ten commits or more"


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of the domain ``skill_development_patterns``."""
    return {MeasureId(f"skill.{name}"): answer for name, answer in _answers(evidence).items()}


def _answers(evidence: Evidence) -> dict[str, Answer]:
    history = evidence.history
    careers, recent = careers_of(history), last_year(history)
    source, tests = source_paths(history)
    any_commit = np.ones(history.commits, np.bool_)
    changes_source, with_tests = changed_files(history, source) > 0, changed_files(history, tests) > 0
    fixes, features_ = says(history, Said.CORRECTIVE), says(history, Said.FEATURE)
    fix_or_feature = fixes | features_
    files = changed_files(history)
    folders = folder_numbers(history.paths, whole=False)
    complexity = _complexity(evidence)
    return {
        "tenure": _tenure_days(history),
        "newcomers_stay": bounded(_newcomers_stay(history), 0, 0.5),
        "module_breadth": median_of(breadths(history, careers, folders), _REGULAR, "median folders"),
        "corrective_trend": _trend(differences(careers, fixes, any_commit), _LARGEST_TREND),
        "language_breadth": median_of(breadths(history, careers, _languages(history)), _REGULAR, "median languages"),
        "breadth_trend": _trend(_breadth_differences(history, careers, folders), _MOST_FOLDERS),
        "complexity_handled": median_of(
            complexity[recent & (complexity > 0)], "commits of the last year to branching source", "median branches"
        ),
        "complexity_trend": _trend(
            differences(careers, np.log2(np.maximum(complexity, 1)), complexity > 0), _MOST_DOUBLINGS
        ),
        "fix_to_feature": share_of(
            "corrections", fixes, "corrective and feature commits of the last year", recent & fix_or_feature
        ),
        "fix_to_feature_trend": _trend(differences(careers, fixes, fix_or_feature), _LARGEST_SHIFT),
        "tests_trend": _trend(
            differences(careers, with_tests, changes_source & ~may_hold_tests(evidence)), _LARGEST_SHIFT
        ),
        "size_trend": _trend(
            differences(careers, np.log2(np.maximum(files, 1)), (files > 0) & ~history.at_cut), _MOST_DOUBLINGS
        ),
        "ramp_up": _ramp_up(history, careers),
        "turnover": _turnover(history),
        "orphaned_files": _orphaned_files(evidence),
    }


def _trend(of_people: npt.NDArray[np.float64], largest: float) -> Answer:
    """The mean over people of their later half less their earlier half, within bounds on both sides."""
    answer = mean_of(of_people, "regular authors with both halves", "mean difference of later and earlier half")
    return bounded(answer, -largest, largest)


def _spans(history: History) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The human authors, and when the first and the last commit of each landed."""
    human = human_commits(history)
    order = np.lexsort((history.commit_time[human], history.author[human]))
    author, time = history.author[human][order], history.commit_time[human][order]
    people, first, number = np.unique(author, return_index=True, return_counts=True)
    return people, time[first], time[first + number - 1]


def _tenure_days(history: History) -> Answer:
    people, first, _ = _spans(history)
    recent = last_year(history)
    if not recent.any() or history.at_cut.any():
        return Answer(None)
    came = first[np.searchsorted(people, history.author[recent])]
    days = (history.commit_time[recent] - came) / DAY
    return median_of(days, "human commits of the last year", "median days since their author's first")


def _newcomers_stay(history: History) -> Answer:
    """The share of the authors who came a year or more ago and still committed 90 days after their first commit."""
    _, first, last = _spans(history)
    if not len(first) or history.at_cut.any():
        return Answer(None)
    # Whoever began the project is no newcomer to it.
    came = (first > first.min()) & (first <= last.max() - YEAR)
    return share_of("still there after 90 days", last - first >= _STAY, "newcomers of a year ago or more", came)


def _languages(history: History) -> npt.NDArray[np.int64]:
    """A number for the language of each path, -1 for none."""
    names = [written_language(language_of(path)) for path in history.paths]
    numbers = {name: number for number, name in enumerate(sorted(set(names) - {""}))}
    return np.array([numbers.get(name, -1) for name in names], np.int64)


def _breadth_differences(history: History, careers: Careers, folders: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    earlier, later = (breadths(history, careers, folders, half) for half in (0, 1))
    return (later - earlier).astype(np.float64)


def _complexity(evidence: Evidence) -> npt.NDArray[np.int64]:
    """For each commit, the branches of the most complex source file, as it is at HEAD, that it changed; 0 for none."""
    history = evidence.history
    at_head = {file.path: file.complexity for file in evidence.tree.files if file.language}
    of_path = np.array([at_head.get(path, 0) for path in history.paths], np.int64)
    complexity = np.zeros(history.commits, np.int64)
    np.maximum.at(complexity, history.changed_commit, of_path[history.changed_path])
    complexity[history.at_cut] = 0
    return complexity


def _ramp_up(history: History, careers: Careers) -> Answer:
    if history.at_cut.any():
        return Answer(None)
    time = history.commit_time[careers.row]
    first, tenth = time[careers.place == 0], time[careers.place == REGULAR_COMMITS - 1]
    return median_of((tenth - first) / DAY, _REGULAR, "median days from the first to the tenth")


def _turnover(history: History) -> Answer:
    """Of those who made two commits or more in the year before the last, who made none in the last."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None or not is_held(history, end - YEAR):
        return Answer(None)
    before = human & (history.commit_time <= end - YEAR) & (history.commit_time > end - 2 * YEAR)
    authors, number = np.unique(history.author[before], return_counts=True)
    members = authors[number >= 2]
    left = np.setdiff1d(members, history.author[last_year(history)])
    return portion("of these without a commit in the last year", len(left), "authors of the year before", len(members))


def _orphaned_files(evidence: Evidence) -> Answer:
    """Files at HEAD that none of the last year's authors ever changed."""
    history = evidence.history
    if history.at_cut.any():
        return Answer(None)
    kept = set(evidence.tree.paths)
    at_head = np.array([path in kept for path in history.paths], np.bool_)
    counted = human_commits(history)[history.changed_commit] & at_head[history.changed_path]
    here = np.zeros(len(history.people), np.bool_)
    here[history.author[last_year(history)]] = True
    known = counted & here[history.author[history.changed_commit]]
    files, cared_for = (len(np.unique(history.changed_path[chosen])) for chosen in (counted, known))
    return portion("files without an author who is still there", files - cared_for, "files", files)
