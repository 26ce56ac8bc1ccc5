"""Communication anti-patterns: silence, empty words, and knowledge that only one person has."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    DAY,
    at_least,
    commits_per_person,
    human_commits,
    last_year,
    owners,
    says,
)

_SOME_EMPTY = Fraction(1, 20)
_SILENCE = 60 * DAY
_BOTTLENECK = Fraction(2, 3)
_HALF = Fraction(1, 2)


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``communication_anti_patterns``."""
    history = evidence.history
    human = human_commits(history)
    return {
        MeasureId("communication.empty_messages"): at_least(_SOME_EMPTY, says(history, Said.EMPTY), human),
        MeasureId("communication.radio_silence"): _radio_silence(history),
        MeasureId("communication.bottleneck"): _bottleneck(history),
        MeasureId("communication.single_owner"): _single_owner(evidence),
    }


def _radio_silence(history: History) -> bool:
    times = np.sort(history.commit_time[last_year(history)])
    return len(times) > 1 and bool(np.diff(times).max() > _SILENCE)


def _bottleneck(history: History) -> bool:
    counts = commits_per_person(history, last_year(history))
    return len(counts) > 0 and int(counts[0]) >= _BOTTLENECK * int(counts.sum())


def _single_owner(evidence: Evidence) -> bool:
    file, _ = owners(evidence.history, evidence.tree.paths)
    _, authors = np.unique(file, return_counts=True)
    return at_least(_HALF, authors == 1, authors > 0)
