"""Workflow patterns: how work is cut into commits, checked, merged and released."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    any_path,
    at_least,
    changed_files,
    human_commits,
    release_days,
    says,
    source_paths,
)
from fedlore.observe.features.patterns import (
    CHANGELOG,
    CI,
    DEPENDENCY_BOT,
    LINTER,
    LOCK_FILE,
)

_MOSTLY = Fraction(1, 2)
_WITH_TESTS = Fraction(1, 3)
_SOME_MERGES = Fraction(1, 20)
_BY_REQUEST = Fraction(1, 5)
_NEARLY_ALL = Fraction(4, 5)
_SMALL_FILES = 3
_LEAST_RELEASES = 3


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``workflow_patterns``."""
    history, paths = evidence.history, evidence.tree.paths
    human = human_commits(history)
    return {
        MeasureId("workflow.ci"): any_path(paths, CI),
        MeasureId("workflow.conventional_commits"): at_least(_MOSTLY, says(history, Said.CONVENTIONAL), human),
        MeasureId("workflow.dependency_bot"): any_path(paths, DEPENDENCY_BOT),
        MeasureId("workflow.lockfile"): any_path(paths, LOCK_FILE),
        MeasureId("workflow.linter"): any_path(paths, LINTER),
        MeasureId("workflow.tests_with_change"): _tests_with_change(history),
        MeasureId("workflow.small_commits"): at_least(_NEARLY_ALL, changed_files(history) <= _SMALL_FILES, human),
        MeasureId("workflow.merge_commits"): at_least(_SOME_MERGES, history.parents > 1, history.parents >= 0),
        MeasureId("workflow.pull_requests"): _pull_requests(history),
        MeasureId("workflow.release_tags"): len(release_days(history)) >= _LEAST_RELEASES,
        MeasureId("workflow.changelog"): any_path(paths, CHANGELOG),
        MeasureId("workflow.commit_size"): _typical_size(history),
        MeasureId("workflow.release_rhythm"): _release_rhythm(history),
    }


def _typical_size(history: History) -> float | None:
    human = human_commits(history)
    return float(np.median(changed_files(history)[human])) if human.any() else None


def _tests_with_change(history: History) -> bool:
    source, tests = source_paths(history)
    changes_source = human_commits(history) & (changed_files(history, source) > 0)
    return at_least(_WITH_TESTS, changed_files(history, tests) > 0, changes_source)


def _pull_requests(history: History) -> bool:
    return at_least(_BY_REQUEST, says(history, Said.PULL_REQUEST), ~history.is_bot)


def _release_rhythm(history: History) -> float | None:
    days = release_days(history)
    return float(np.median(np.diff(days))) if len(days) > 1 else None
