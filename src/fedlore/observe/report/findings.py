"""Hold a project's numbers to the standards: what speaks well of it, what is missing, and what goes too far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from fedlore.catalogue.measure import MeasureId
from fedlore.counting import counted
from fedlore.observe.evidence import Answer
from fedlore.observe.report.model import Finding, Number
from fedlore.observe.report.numbers import cases, percent, plain, value_words
from fedlore.observe.report.standards import Standard, Standards


@dataclass(frozen=True, slots=True)
class Findings:
    """Strengths and what is missing in the catalogue's order, anti-patterns the furthest beyond their limit first.

    Of each kind, those that may be on either side of their limit come last.
    """

    strengths: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    anti_patterns: tuple[Finding, ...]


def findings_of(numbers: Sequence[Number], answers: Mapping[MeasureId, Answer], standards: Standards) -> Findings:
    """What the standards say of these numbers; those that are not known are held to nothing."""
    strengths: list[Finding] = []
    missing: list[Finding] = []
    anti_patterns: list[Finding] = []
    for number in numbers:
        if number.value is None:
            continue
        name = number.measure.id
        if (standard := standards.strengths.get(name)) is not None and not _has_no_case(standard, answers[name]):
            either = _may_be_on_either_side(standard, number)
            (strengths if _holds(standard, number) else missing).append(
                Finding(number, standard.words, either_side=either)
            )
        if (standard := standards.anti_patterns.get(name)) is not None and _holds(standard, number):
            answer = answers[name]
            anti_patterns.append(
                Finding(
                    number,
                    standard.words,
                    standard.advice,
                    _limit_words(standard, number, answer),
                    _times(standard, number, answer),
                    _may_be_on_either_side(standard, number),
                )
            )
    anti_patterns.sort(key=lambda finding: -(finding.times or 0))
    for findings in (strengths, missing, anti_patterns):
        findings.sort(key=lambda finding: finding.either_side)
    return Findings(tuple(strengths), tuple(missing), tuple(anti_patterns))


def _holds(standard: Standard, number: Number) -> bool:
    value, limit = number.value, standard.limit
    if standard.when in {"yes", "no"}:
        return value == (standard.when == "yes")
    if value is None or limit is None:
        return False
    return value >= limit if standard.when == "at least" else value <= limit


def _has_no_case(standard: Standard, answer: Answer) -> bool:
    """Whether a strength is a share of nothing, as of the Python functions of a project in another language."""
    return standard.is_of_shares and list(cases(answer).values())[1:2] == [0]


def _may_be_on_either_side(standard: Standard, number: Number) -> bool:
    """Whether the limit lies within the interval of what is held to it."""
    if number.interval is None or standard.limit is None:
        return False
    if standard.when in {"yes", "no"} and not (standard.is_of_shares or standard.found == "ratio"):
        return False
    low, high = number.interval
    return low < standard.limit < high


def _times(standard: Standard, number: Number, answer: Answer) -> float | None:
    """How many times the limit was found; None where nothing can be counted or the limit is a zero."""
    found = _counted(standard, answer) if standard.when in {"yes", "no"} else number.value
    if standard.limit is None or found is None:
        return None
    least, most = (standard.limit, found) if standard.when != "at most" else (found, standard.limit)
    return most / least if least > 0 else None


def _counted(standard: Standard, answer: Answer) -> float | None:
    """The number of the arithmetic that is held to the limit; None where the arithmetic does not give it."""
    counted = list(islice(cases(answer).values(), 2))
    match standard.found or ("ratio" if standard.is_of_shares else "first"):
        case "first":
            return counted[0] if counted else None
        case "second":
            return counted[1] if len(counted) == 2 else None
    return counted[0] / counted[1] if len(counted) == 2 and counted[1] > 0 else None


def _limit_words(standard: Standard, number: Number, answer: Answer) -> str:
    """The limit with its unit: ``5 % of functions``, ``60 days``."""
    if standard.limit is None:
        return ""
    if standard.when not in {"yes", "no"}:
        return value_words(number.measure, standard.limit) + (" or less" if standard.when == "at most" else "")
    names = [*cases(answer), "", ""]
    if standard.is_of_shares:
        return " of ".join(filter(None, (percent(standard.limit), names[1])))
    if standard.found == "ratio":
        return f"{plain(standard.limit)} times the {names[1]}".removesuffix(" the ")
    what = names[1 if standard.found == "second" else 0]
    return counted(plain(standard.limit), "days" if what.startswith("days ") else what)
