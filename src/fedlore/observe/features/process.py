"""Process anti-patterns: changes that are too large, taken back, untested, late, or should not be kept at all."""

from __future__ import annotations

from fractions import Fraction

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Said, Value
from fedlore.observe.features.commits import (
    DAY,
    any_path,
    at_least,
    changed_files,
    human_commits,
    says,
    source_paths,
)
from fedlore.observe.features.patterns import BUILD_OUTPUT

_GIANT_FILES = 20
_SOME_GIANTS = Fraction(1, 100)
_SOME_REVERTS = Fraction(1, 200)
_MOST_UNTESTED = Fraction(3, 4)
_LATE = 7 * DAY
_SOME_LATE = Fraction(1, 20)


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``process_anti_patterns``."""
    history = evidence.history
    human = human_commits(history)
    source, tests = source_paths(history)
    changes_source = human & (changed_files(history, source) > 0)
    late = history.commit_time - history.author_time > _LATE
    return {
        MeasureId("process.giant_commits"): at_least(_SOME_GIANTS, changed_files(history) >= _GIANT_FILES, human),
        MeasureId("process.reverts"): at_least(_SOME_REVERTS, says(history, Said.REVERT), human),
        MeasureId("process.source_without_tests"): at_least(
            _MOST_UNTESTED, changed_files(history, tests) == 0, changes_source
        ),
        MeasureId("process.late_landing"): at_least(_SOME_LATE, late, human),
        MeasureId("process.committed_output"): any_path(evidence.tree.paths, BUILD_OUTPUT),
    }
