"""Collaboration patterns: how many carry the work, how it is shared and reviewed, and who joins."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Value
from fedlore.observe.features.commits import (
    YEAR,
    any_path,
    at_least,
    commits_per_person,
    human_commits,
    last_year,
    newest,
    owners,
)
from fedlore.observe.features.patterns import CODE_OWNERS, CONTRIBUTING

_A_TENTH = Fraction(1, 10)
_SHARED = 2
_ZONE_SHARE = 1 / 20


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``collaboration_patterns``."""
    history, paths = evidence.history, evidence.tree.paths
    human = human_commits(history)
    absence_factor = _absence_factor(history)
    return {
        MeasureId("collaboration.code_owners"): any_path(paths, CODE_OWNERS),
        MeasureId("collaboration.contributing"): any_path(paths, CONTRIBUTING),
        MeasureId("collaboration.coauthored"): at_least(_A_TENTH, history.coauthors > 0, human),
        MeasureId("collaboration.review_trailers"): at_least(_A_TENTH, history.reviewed, human),
        MeasureId("collaboration.shared_work"): absence_factor is not None and absence_factor >= _SHARED,
        MeasureId("collaboration.newcomers"): _newcomers(history),
        MeasureId("collaboration.absence_factor"): absence_factor,
        MeasureId("collaboration.time_zones"): _time_zones(history),
        MeasureId("collaboration.ownership_entropy"): _ownership_entropy(history, paths),
    }


def _absence_factor(history: History) -> float | None:
    """The fewest authors who together made at least half of the last year's human commits."""
    counts = commits_per_person(history, last_year(history))
    if not len(counts):
        return None
    return float(np.searchsorted(np.cumsum(counts), counts.sum() / 2) + 1)


def _newcomers(history: History) -> bool:
    """Whether somebody made a first commit in the last year of a project that is older than that."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None or int(history.commit_time[human].min()) > end - YEAR:
        return False
    earlier = human & (history.commit_time <= end - YEAR)
    return bool(np.setdiff1d(history.author[human & ~earlier], history.author[earlier]).size)


def _time_zones(history: History) -> float | None:
    recent = history.offset_minutes[last_year(history)]
    if not len(recent):
        return None
    _, counts = np.unique(recent, return_counts=True)
    return float((counts >= _ZONE_SHARE * len(recent)).sum())


def _ownership_entropy(history: History, paths: list[bytes]) -> float | None:
    """The mean over files at HEAD of the normalised entropy of who changed them; None where no human changed any."""
    file, changes = owners(history, paths)
    if not len(file):
        return None
    _, index, authors = np.unique(file, return_inverse=True, return_counts=True)
    portion = changes / np.bincount(index, weights=changes)[index]
    entropy = np.bincount(index, weights=-portion * np.log2(portion))
    # The largest entropy is that of equal portions; a single author has none, whatever it is divided by.
    normalised = entropy / np.log2(np.maximum(authors, 2))
    return float(np.clip(normalised, 0, 1).mean())
