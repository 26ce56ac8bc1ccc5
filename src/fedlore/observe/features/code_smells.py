"""Code anti-patterns: constructs in the source files at HEAD that linters warn of."""

from __future__ import annotations

from collections import Counter

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.sources import production, total, written

_RARE = 20
"""One for this many functions is where a smell is no longer rare."""
_SWALLOWED = 10
_COPIED_LINES = 10


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/code_anti_patterns.toml` for one project."""
    every, main = written(evidence.tree), production(evidence.tree)
    functions, handlers = total(main, "functions"), total(main, "error_handling")
    copies = Counter(file.blob for file in main if file.lines >= _COPIED_LINES)
    return {
        MeasureId("code.bare_except"): total(every, "bare_except") > 0,
        MeasureId("code.swallowed_errors"): _at_least_one_in(_SWALLOWED, total(main, "swallowed_errors"), handlers),
        MeasureId("code.mutable_defaults"): total(every, "mutable_defaults") > 0,
        MeasureId("code.long_functions"): _at_least_one_in(_RARE, total(main, "long_functions"), functions),
        MeasureId("code.deep_nesting"): _at_least_one_in(_RARE, total(main, "deep_nesting"), functions),
        MeasureId("code.duplicate_files"): any(count > 1 for count in copies.values()),
    }


def _at_least_one_in(number: int, part: int, whole: int) -> bool:
    return part > 0 and number * part >= whole
