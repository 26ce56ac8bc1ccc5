"""Code patterns: what the source files at HEAD are made of."""

from __future__ import annotations

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.sources import code_lines, production, tests, total, written

_LEAST_LINES = 50


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/code_patterns.toml` for one project; a ratio is absent where its base is."""
    every, main, test = written(evidence.tree), production(evidence.tree), tests(evidence.tree)
    python = [file for file in every if file.language == "python"]
    functions, lines = total(main, "functions"), code_lines(main)
    logged, printed = total(main, "logging_calls"), total(main, "console_prints")
    return {
        MeasureId("code.tests"): bool(test),
        MeasureId("code.type_annotations"): _at_least_half(
            total(python, "functions_annotated"), total(python, "functions")
        ),
        MeasureId("code.logging"): logged > 0 and logged > printed,
        MeasureId("code.async"): total(main, "async_constructs") > 0,
        MeasureId("code.data_types"): total(main, "data_types") > 0,
        MeasureId("code.resource_handling"): total(main, "resource_handling") > 0,
        MeasureId("code.test_ratio"): _ratio(code_lines(test), lines, least=_LEAST_LINES),
        MeasureId("code.function_length"): _ratio(total(main, "function_lines"), functions),
        MeasureId("code.complexity"): _ratio(100 * sum(file.complexity for file in main), lines, least=_LEAST_LINES),
        MeasureId("code.size"): float(code_lines(every)) if every else None,
    }


def _at_least_half(part: int, whole: int) -> bool:
    return whole > 0 and 2 * part >= whole


def _ratio(part: int, whole: int, *, least: int = 1) -> float | None:
    return part / whole if whole >= least else None
