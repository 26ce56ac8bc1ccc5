"""Code anti-patterns: constructs in the source files at HEAD that linters warn of, and shapes that grew too large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.duplication import repeated_blocks
from fedlore.observe.evidence import Answer, Evidence, Place, SourceFile
from fedlore.observe.features.commits import last_year
from fedlore.observe.features.sources import (
    MOST_PLACES,
    Chosen,
    Columns,
    Numbers,
    classes,
    code_lines,
    functions,
    places,
    production,
    total,
    worst,
    written,
)

_RARE = Fraction(1, 20)
"""One for this many functions is where a smell is no longer rare."""
_SWALLOWED = Fraction(1, 10)
_COPIED_LINES = 10
_LEAST_FUNCTIONS = 20
_LEAST_CLASSES = 5
_LEAST_LINES = 50
_LEAST_HANDLERS = 10
_LEAST_RUNS = 50
_LEAST_FILES = 10
_LEAST_CHANGES = 20

MOST_CYCLOMATIC = 10
"""McCabe 1976, section IV."""
MOST_COGNITIVE = 15
"""SonarSource, rule S3776, after Campbell 2018."""
MOST_PARAMETERS = 5
"""Pylint, max-args."""
MOST_NESTING = 4
"""ESLint, max-depth."""
MOST_FUNCTION_LINES = 60
"""Holzmann 2006, rule 4."""
MOST_FILE_LINES = 1000
"""SonarSource, rule S104 (too many lines of code)."""
MOST_METHODS = 20
"""Pylint, max-public-methods."""
VERY_HIGH_WMC = 47
"""Weighted methods of a class, Lanza and Marinescu 2006, table 2.2 (Java)."""
BRAIN_METHOD_LINES, BRAIN_METHOD_DENSITY, BRAIN_METHOD_NESTING = 65, Fraction(24, 100), 3
"""Lanza and Marinescu 2006, chapter 5, Brain Method: half of a long class, branches to a line, several levels."""


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of `measures/code_anti_patterns.toml` for one project."""
    every, main = written(evidence.tree), production(evidence.tree)
    return _constructs(every, main) | _functions(main) | _classes(main) | _files(evidence, main)


def _constructs(every: Sequence[SourceFile], main: Sequence[SourceFile]) -> dict[MeasureId, Answer]:
    """What the rules count."""
    defined, handlers, lines = total(main, "functions"), total(main, "error_handling"), code_lines(main)
    return {
        MeasureId("code.bare_except"): _some(every, "bare_except", "bare except clauses"),
        MeasureId("code.swallowed_errors"): _common(
            main, "swallowed_errors", "handlers that do nothing", _SWALLOWED, "error handlers", handlers
        ),
        MeasureId("code.mutable_defaults"): _some(every, "mutable_defaults", "mutable default arguments"),
        MeasureId("code.long_functions"): _common(
            main, "long_functions", "functions of more than 60 lines", _RARE, "functions", defined
        ),
        MeasureId("code.deep_nesting"): _common(
            main, "deep_nesting", "control structures nested too deeply", _RARE, "functions", defined
        ),
        MeasureId("code.catch_alls"): _rate(
            main, "catch_all", "handlers of every error", "error handlers", handlers, _LEAST_HANDLERS
        ),
        MeasureId("code.magic_numbers"): _rate(
            main, "magic_numbers", "magic numbers", "lines of code", lines, _LEAST_LINES, per=1000
        ),
        MeasureId("code.dead_code"): _rate(
            main, "dead_code", "places that are never reached", "lines of code", lines, _LEAST_LINES, per=10_000
        ),
        MeasureId("code.console_prints"): _rate(
            main, "console_prints", "console prints", "lines of code", lines, _LEAST_LINES, per=1000
        ),
    }


def _functions(main: Sequence[SourceFile]) -> dict[MeasureId, Answer]:
    """Shares of functions above published thresholds."""
    rows = functions(main)
    lines, cyclomatic, nesting = rows["lines"], rows["cyclomatic"], rows["nesting"]
    is_brain = (lines > BRAIN_METHOD_LINES) & (nesting >= BRAIN_METHOD_NESTING)
    is_brain &= cyclomatic * BRAIN_METHOD_DENSITY.denominator >= lines * BRAIN_METHOD_DENSITY.numerator

    def share(field: str, chosen: Chosen, words: str) -> Answer:
        return _share(main, rows, field, chosen, words, "functions", _LEAST_FUNCTIONS)

    return {
        MeasureId("code.complex_functions"): share(
            "cyclomatic", cyclomatic > MOST_CYCLOMATIC, "functions with a cyclomatic number above 10"
        ),
        MeasureId("code.confusing_functions"): share(
            "cognitive", rows["cognitive"] > MOST_COGNITIVE, "functions with a cognitive complexity above 15"
        ),
        MeasureId("code.long_parameter_lists"): share(
            "parameters", rows["parameters"] > MOST_PARAMETERS, "functions with more than 5 parameters"
        ),
        MeasureId("code.long_function_share"): share(
            "lines", lines > MOST_FUNCTION_LINES, "functions of more than 60 lines"
        ),
        MeasureId("code.nested_functions"): share(
            "nesting", nesting > MOST_NESTING, "functions nested more than 4 levels deep"
        ),
        MeasureId("code.brain_methods"): share("lines", is_brain, "long, branching and nested functions"),
        MeasureId("code.complexity_concentration"): _concentration(cyclomatic),
    }


def _share(
    files: Sequence[SourceFile], rows: Columns, field: str, chosen: Chosen, words: str, whole_name: str, least: int
) -> Answer:
    found, whole = int(chosen.sum()), len(chosen)
    value = found / whole if whole >= least else None
    return Answer(value, {words: found, whole_name: whole}, worst(files, rows, field, chosen))


def _concentration(cyclomatic: Numbers) -> Answer:
    """The part of all decisions that the tenth of functions with the most of them holds."""
    decisions = np.sort(cyclomatic - 1)[::-1]
    tenth = -(-len(decisions) // 10)
    part, whole = int(decisions[:tenth].sum()), int(decisions.sum())
    because = {"decisions in the most complex tenth of functions": part, "decisions in all functions": whole}
    return Answer(part / whole if len(decisions) >= _LEAST_FUNCTIONS and whole else None, because)


def _classes(main: Sequence[SourceFile]) -> dict[MeasureId, Answer]:
    rows, of = classes(main), "classes with methods"
    is_god, is_wide = rows["weighted_methods"] >= VERY_HIGH_WMC, rows["methods"] > MOST_METHODS
    god, wide = "classes with weighted methods of at least 47", "classes with more than 20 methods"
    return {
        MeasureId("code.god_classes"): _share(main, rows, "weighted_methods", is_god, god, of, _LEAST_CLASSES),
        MeasureId("code.wide_classes"): _share(main, rows, "methods", is_wide, wide, of, _LEAST_CLASSES),
    }


def _files(evidence: Evidence, main: Sequence[SourceFile]) -> dict[MeasureId, Answer]:
    lines = code_lines(main)
    large = sorted((-file.lines, file.path) for file in main if file.lines > MOST_FILE_LINES)
    within = -sum(count for count, _ in large)
    return {
        MeasureId("code.duplicate_files"): _duplicate_files(main),
        MeasureId("code.duplicated_blocks"): _duplicated_blocks(main),
        MeasureId("code.large_files"): Answer(
            within / lines if lines >= _LEAST_LINES else None,
            {"lines of code in files of more than 1,000": within, "lines of code": lines},
            tuple(Place(path, 1) for _, path in large[:MOST_PLACES]),
        ),
        MeasureId("code.hotspot_changes"): _hotspot_changes(evidence, main),
    }


def _duplicate_files(main: Sequence[SourceFile]) -> Answer:
    paths: dict[str, list[bytes]] = {}
    for file in main:
        if file.lines >= _COPIED_LINES:
            paths.setdefault(file.blob, []).append(file.path)
    copies = sorted(path for same in paths.values() if len(same) > 1 for path in same)
    because = {"source files that are kept twice": len(copies)}
    return Answer(bool(copies), because, tuple(Place(path, 1) for path in copies[:MOST_PLACES]))


def _duplicated_blocks(main: Sequence[SourceFile]) -> Answer:
    files = sorted(main, key=lambda file: file.path)
    found = repeated_blocks([file.blocks for file in files], MOST_PLACES)
    return Answer(
        found.share if found.runs >= _LEAST_RUNS else None,
        {"runs of lines that stand in two files": found.repeated, "runs of lines compared": found.runs},
        tuple(Place(files[row].path, line) for row, line in found.places),
    )


def _hotspot_changes(evidence: Evidence, main: Sequence[SourceFile]) -> Answer:
    """The part of the last year's changes that fell on the most complex tenth of the files."""
    history = evidence.history
    ordered = sorted(main, key=lambda file: (-file.complexity, file.path))
    hot = [file.path for file in ordered[: math.ceil(len(ordered) / 10)]]
    at_head, hottest = {file.path for file in main}, set(hot)
    rank = np.array([(path in at_head) + (path in hottest) for path in history.paths], np.int64)
    changed = rank[history.changed_path[last_year(history)[history.changed_commit]]]
    part, whole = int((changed == 2).sum()), int((changed > 0).sum())
    because = {"changes to the most complex tenth of files": part, "changes to source files in the last year": whole}
    enough = len(main) >= _LEAST_FILES and whole >= _LEAST_CHANGES
    return Answer(part / whole if enough else None, because, tuple(Place(path, 1) for path in hot[:MOST_PLACES]))


def _some(files: Sequence[SourceFile], name: str, words: str) -> Answer:
    found = total(files, name)
    return Answer(found > 0, {words: found}, places(files, name))


def _common(files: Sequence[SourceFile], name: str, words: str, least: Fraction, whole_name: str, whole: int) -> Answer:
    """Whether there is one, and at least this many for the whole."""
    found = total(files, name)
    return Answer(found > 0 and found >= least * whole, {words: found, whole_name: whole}, places(files, name))


def _rate(
    files: Sequence[SourceFile], name: str, words: str, whole_name: str, whole: int, least: int, per: int = 1
) -> Answer:
    """How many there are for ``per`` of the whole, absent where the whole is less than ``least``."""
    found = total(files, name)
    value = per * found / whole if whole >= least else None
    return Answer(value, {words: found, whole_name: whole}, places(files, name))
