"""A statement as a sentence: fixed templates, the catalogue's own questions, and numbers; nothing else can enter."""

from __future__ import annotations

from fedlore.catalogue.load import Catalogue
from fedlore.learn.statement import Statement

_NOT_A_CAUSE = "an association, not a cause"


def sentence(statement: Statement, catalogue: Catalogue) -> str:
    """Say a statement in plain words; raises `CatalogueError` if it names a measure that the catalogue lacks."""
    if statement.kind == "odds ratio":
        return _odds(statement, catalogue)
    if statement.kind == "template":
        return _template(statement, catalogue)
    measure = catalogue[statement.measures[0]]
    match statement.kind:
        case "share":
            return f"{measure.question} Yes for {_percent(statement.estimate)} of projects{_percents(statement)}."
        case "members":
            share = f"{_percent(statement.estimate)} of the {statement.cohort} members{_percents(statement)}"
            return f"{measure.question} Yes for most projects at {share}."
        case "bin share":
            within = f"{measure.bin_labels[_bin(statement)]} {measure.quantity}".rstrip()
            of = "of the projects that have a value"
            return f"{measure.question} {within}: {_percent(statement.estimate)} {of}{_percents(statement)}."
        case _ if measure.is_of_yes_or_no:
            share = f"a share of {statement.estimate:.2g}{_between(statement, '.2g')}"
            return f"{measure.question} Yes for {share} of the projects that have a value."
        case _:
            average = f"{statement.estimate:.3g} {measure.quantity}".rstrip()
            return f"{measure.question} On average {average}{_between(statement, '.3g')}."


def _odds(statement: Statement, catalogue: Catalogue) -> str:
    practice, outcome = (catalogue[name].question for name in statement.measures)
    odds = f"odds {statement.estimate:.2g} times{_between(statement, '.2g')}"
    if not statement.discovery:
        return f'"{practice}" and "{outcome}": not told apart from chance, {odds}.'
    direction = "more often" if statement.estimate > 1 else "less often"
    return f'Projects with yes to "{practice}" say yes to "{outcome}" {direction}: {odds}; {_NOT_A_CAUSE}.'


def _template(statement: Statement, catalogue: Catalogue) -> str:
    template = catalogue.template(statement.id)
    share = f"{_percent(statement.estimate)} of the {statement.cohort} members{_percents(statement)}"
    code = " ".join(line.strip() for line in template.code.split("\n"))
    return f"A shape of code that {share} hold, seen by {template.measure}: {code}"


def _bin(statement: Statement) -> int:
    return int(statement.id.rpartition("[")[2].rstrip("]"))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _percents(statement: Statement) -> str:
    if statement.low is None or statement.high is None:
        return ""
    return f" ({100 * statement.low:.0f} to {100 * statement.high:.0f} %)"


def _between(statement: Statement, form: str) -> str:
    match statement.low, statement.high:
        case None, None:
            return " (the noise does not pin it down)"
        case None, high:
            return f" (at most {high:{form}})"
        case low, None:
            return f" (at least {low:{form}})"
        case low, high:
            return f" ({low:{form}} to {high:{form}})"
