"""Methodology effectiveness: how early a practice begins, and what differs after it."""

from __future__ import annotations

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    Mask,
    first_added,
    human_commits,
    matching_paths,
    says,
    source_paths,
    within,
)
from fedlore.observe.features.patterns import CI

_EARLY_QUARTERS = 1
_LEAST_COMMITS = 20
_LARGEST_CHANGE = 0.3


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``methodology_effectiveness``."""
    history = evidence.history
    ci_from = first_added(history, matching_paths(history, CI))
    _, tests = source_paths(history)
    tests_from = first_added(history, tests)
    return {
        MeasureId("methodology.early_ci"): _is_early(history, ci_from),
        MeasureId("methodology.early_tests"): _is_early(history, tests_from),
        MeasureId("methodology.ci_corrective_change"): corrective_change(history, ci_from),
        MeasureId("methodology.tests_corrective_change"): corrective_change(history, tests_from),
    }


def corrective_change(history: History, onset: int | None) -> float | None:
    """The corrective share of the human commits from an onset on, less that of those before it, within -0.3 and 0.3.

    None where there was no onset, or fewer than 20 human commits on either side of it.
    """
    if onset is None:
        return None
    human = human_commits(history)
    corrective = says(history, Said.CORRECTIVE)
    before = human & (history.commit_time < onset)
    after = human & ~before
    if min(before.sum(), after.sum()) < _LEAST_COMMITS:
        return None
    return within(_mean(corrective, after) - _mean(corrective, before), -_LARGEST_CHANGE, _LARGEST_CHANGE)


def _mean(part: Mask, whole: Mask) -> float:
    return float(part[whole].mean())


def _is_early(history: History, onset: int | None) -> bool:
    """Whether an onset lies in the first quarter of the time between the oldest and the newest commit."""
    if onset is None:
        return False
    begin, end = int(history.commit_time.min()), int(history.commit_time.max())
    return 4 * (onset - begin) <= _EARLY_QUARTERS * (end - begin)
