"""Code patterns: what the source files at HEAD are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, SourceFile
from fedlore.observe.features.answers import mean_of, median_of, portion
from fedlore.observe.features.sources import Numbers, classes, code_lines, functions, production, tests, total, written
from fedlore.observe.intervals import mean_interval

_LEAST_LINES = 50
_LEAST_FUNCTIONS = 20
_LEAST_CLASSES = 5
_HALF = Fraction(1, 2)


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of `measures/code_patterns.toml` for one project; a ratio is absent where its base is."""
    every, main, test = written(evidence.tree), production(evidence.tree), tests(evidence.tree)
    return _constructs(every, main, test) | _sizes(every, main, test) | _shapes(main) | _habits(every, main, test)


def _constructs(
    every: Sequence[SourceFile], main: Sequence[SourceFile], test: Sequence[SourceFile]
) -> dict[MeasureId, Answer]:
    python = [file for file in every if file.language == "python"]
    annotated, defined = total(python, "functions_annotated"), total(python, "functions")
    logged, printed = total(main, "logging_calls"), total(main, "console_prints")
    return {
        MeasureId("code.tests"): Answer(bool(test), {"test files": len(test), "source files": len(every)}),
        MeasureId("code.type_annotations"): Answer(
            defined > 0 and annotated >= _HALF * defined,
            {"Python functions fully annotated": annotated, "Python functions": defined},
        ),
        MeasureId("code.logging"): Answer(
            logged > 0 and logged > printed, {"calls of a logger": logged, "console prints": printed}
        ),
        MeasureId("code.async"): _some(main, "async_constructs", "asynchronous constructs"),
        MeasureId("code.data_types"): _some(main, "data_types", "dataclass-like types"),
        MeasureId("code.resource_handling"): _some(main, "resource_handling", "constructs that release resources"),
        MeasureId("code.annotated_share"): _portion(
            "Python functions fully annotated", annotated, "Python functions", defined, _LEAST_FUNCTIONS
        ),
    }


def _sizes(
    every: Sequence[SourceFile], main: Sequence[SourceFile], test: Sequence[SourceFile]
) -> dict[MeasureId, Answer]:
    lines, size = code_lines(main), code_lines(every)
    branches, comments = sum(file.complexity for file in main), sum(file.comment_lines for file in main)
    filled = np.array([file.lines for file in main if file.lines], np.int64)
    return {
        MeasureId("code.test_ratio"): _portion(
            "lines of test code", code_lines(test), "lines of other code", lines, _LEAST_LINES
        ),
        MeasureId("code.complexity"): _portion(
            "branches", branches, "lines of code outside of tests", lines, _LEAST_LINES, per=100
        ),
        MeasureId("code.size"): Answer(float(size) if every else None, {"lines of code": size}),
        MeasureId("code.comment_density"): _portion(
            "lines of comments", comments, "lines of comments and code", comments + lines, _LEAST_LINES
        ),
        MeasureId("code.file_length"): median_of(filled, "source files with code", "median lines of code"),
    }


def _shapes(main: Sequence[SourceFile]) -> dict[MeasureId, Answer]:
    """Means over functions and classes."""
    defined, filled = total(main, "functions"), sum(1 for file in main if file.lines)
    rows, types = functions(main), classes(main)
    return {
        MeasureId("code.function_length"): replace(
            portion("lines of functions", total(main, "function_lines"), "functions", defined),
            interval=mean_interval(rows["lines"], least=0),
        ),
        MeasureId("code.functions_per_file"): portion("functions", defined, "source files with code", filled),
        MeasureId("code.cyclomatic"): _mean(rows["cyclomatic"], "functions", "mean cyclomatic number"),
        MeasureId("code.cognitive"): _mean(rows["cognitive"], "functions", "mean cognitive complexity"),
        MeasureId("code.parameters"): _mean(rows["parameters"], "functions", "mean parameters"),
        MeasureId("code.methods_per_class"): _mean(
            types["methods"], "classes with methods", "mean methods", _LEAST_CLASSES
        ),
    }


def _mean(values: Numbers, of_what: str, mean_name: str, least: int = _LEAST_FUNCTIONS) -> Answer:
    if len(values) < least:
        return Answer(None, {of_what: len(values)})
    return mean_of(values, of_what, mean_name, least=0)


def _habits(
    every: Sequence[SourceFile], main: Sequence[SourceFile], test: Sequence[SourceFile]
) -> dict[MeasureId, Answer]:
    defined = total(main, "functions")
    return {
        MeasureId("code.documented_functions"): _portion(
            "documented functions", total(main, "documented_functions"), "functions", defined, _LEAST_FUNCTIONS
        ),
        MeasureId("code.error_handlers"): _portion(
            "error handlers", total(main, "error_handling"), "functions", defined, _LEAST_FUNCTIONS, per=100
        ),
        MeasureId("code.tests_per_function"): _portion(
            "test functions", total(every, "test_functions"), "functions outside of tests", defined, _LEAST_FUNCTIONS
        ),
        MeasureId("code.test_file_share"): portion("test files", len(test), "source files", len(every)),
    }


def _some(files: Sequence[SourceFile], name: str, words: str) -> Answer:
    found = total(files, name)
    return Answer(found > 0, {words: found})


def _portion(part_name: str, part: int, whole_name: str, whole: int, least: int, per: int = 1) -> Answer:
    """A part of a whole (times ``per``), absent where the whole is less than ``least``."""
    value = per * part / whole if whole >= least else None
    return Answer(value, {part_name: part, whole_name: whole})
