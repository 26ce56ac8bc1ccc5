"""How the value of one measure came about, in every project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from fedlore.catalogue.measure import Measure
from fedlore.observe.evidence import Answer
from fedlore.observe.project import Observed
from fedlore.observe.references import printable
from fedlore.observe.report.model import YOURS, Number
from fedlore.observe.report.numbers import cases, number_of, percent, plain, quantity, value_words
from fedlore.observe.report.plain import measure_as_dict, number_as_dict
from fedlore.observe.report.quarters import day_name
from fedlore.observe.report.standards import Standard, load_standards
from fedlore.observe.report.words import last_year_words, silence_words


def explanation_text(measure: Measure, observed: Sequence[Observed]) -> Iterator[RenderableType]:
    """What is asked and how it is defined, then the value of each project with its arithmetic and its places."""
    yield Text(measure.id, "bold")
    yield Text(measure.question)
    yield _line("definition", measure.definition)
    yield _line("source", measure.source)
    yield _line("domain", f"{measure.domain} ({measure.group})")
    yield _line("kind", _kind(measure))
    for line in _standards(measure):
        yield _line(*line)
    for item in observed:
        yield from _project(measure, item)
    yield Text(f"\n{YOURS}", "dim")


def _project(measure: Measure, item: Observed) -> Iterator[RenderableType]:
    answer = item.answers[measure.id]
    number = _number(measure, answer)
    yield Text(f"\n{printable(str(item.path))}: {number.words}", "bold")
    newest, silence = "" if item.newest is None else day_name(item.newest), silence_words(item.silent_days)
    yield Text(f"  {last_year_words(newest)}{silence and '; ' + silence}")
    if number.interval is not None:
        yield _line("95 % interval", f"{number.interval_words} ({number.interval_method})")
    if number.falls:
        yield _line("falls in", f"{number.falls} ({measure.quantity})")
    for name, value in cases(answer).items():
        yield _line(f"{value:,.0f}" if value == int(value) else f"{value:,.6g}", name)
    if number.share is not None:
        yield _line("so", number.arithmetic)
    for place in number.places:
        yield Text(f"  {place}")


def _number(measure: Measure, answer: Answer) -> Number:
    return number_of(measure, answer, counts_share=load_standards().counts_shares(measure.id))


def _line(name: str, words: str) -> Text:
    return Text.assemble(("  " + name + ": ", "dim"), words)


def _kind(measure: Measure) -> str:
    match measure.kind:
        case "histogram":
            return f"one of {len(measure.bin_labels)} bins ({measure.quantity}): {', '.join(measure.bin_labels)}"
        case "mean" if measure.is_of_yes_or_no:
            return f"yes or no for every {measure.unit} that it can be told of"
        case "mean":
            low, high = measure.bounds or (0.0, 1.0)
            ends = f"{quantity(measure, low)} and {quantity(measure, high)}"
            return f"a mean ({measure.quantity}); what lies outside {ends} counts as the nearer of the two"
    return f"yes or no for every {measure.unit}"


def _standards(measure: Measure) -> Iterator[tuple[str, str]]:
    standards = load_standards()
    for name, table in (("a strength", standards.strengths), ("an anti-pattern", standards.anti_patterns)):
        standard: Standard | None = table.get(measure.id)
        if standard is not None:
            yield f"{name}, if", _condition(measure, standard)


def _condition(measure: Measure, standard: Standard) -> str:
    if standard.limit is None:
        return standard.when
    if standard.when not in {"yes", "no"}:
        return f"{standard.when} {value_words(measure, standard.limit)}"
    return f"{standard.when}, limit {percent(standard.limit) if standard.is_of_shares else plain(standard.limit)}"


def explanation_as_dict(measure: Measure, observed: Sequence[Observed]) -> dict[str, Any]:
    """The same as plain JSON."""
    return {
        "mark": YOURS,
        "measure": {
            **measure_as_dict(measure),
            "definition": measure.definition,
            "source": measure.source,
            "bins": list(measure.bin_labels),
        },
        "projects": [
            {
                "path": printable(str(item.path)),
                "newest_human_commit": None if item.newest is None else day_name(item.newest),
                "silent_days": item.silent_days,
                **number_as_dict(_number(measure, item.answers[measure.id])),
            }
            | {"because": cases(item.answers[measure.id])}
            for item in observed
        ],
    }
