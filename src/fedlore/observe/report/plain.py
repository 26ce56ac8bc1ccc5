"""A report as plain JSON."""

from __future__ import annotations

from typing import Any

from fedlore.catalogue.measure import Measure
from fedlore.observe.report.model import YOURS, Finding, Number, Onset, Outcome, ProjectReport, Report, Shared, Trend
from fedlore.observe.report.numbers import NO_BREAK
from fedlore.observe.report.words import ASSOCIATION


def report_as_dict(report: Report) -> dict[str, Any]:
    """The whole report; every value that is not known is null."""
    return {
        "mark": YOURS,
        "as_of": report.as_of,
        "teams": [
            {
                "team": team.name,
                "projects": list(team.projects),
                "commits": team.commits,
                "strengths": list(map(_shared, team.strengths)),
                "anti_patterns": list(map(_shared, team.anti_patterns)),
            }
            for team in report.teams
        ],
        "projects": list(map(_project, report.projects)),
        "unread": [{"path": item.path, "reason": item.reason} for item in report.unread],
    }


def measure_as_dict(measure: Measure) -> dict[str, Any]:
    """What is asked, without how it is defined."""
    return {"id": measure.id, "domain": measure.domain, "question": measure.question, "quantity": measure.quantity}


def number_as_dict(number: Number) -> dict[str, Any]:
    """A value with its interval, the bin it falls in, its arithmetic and its places.

    ``interval_of`` says what ``low`` and ``high`` are the ends of: the ``value``, or the ``share`` or ``ratio`` of the
    first two numbers of the arithmetic, which decides between yes and no.
    """
    low, high = number.interval or (None, None)
    return {
        "value": number.value,
        "low": low,
        "high": high,
        "interval_of": None if number.interval is None else _interval_of(number),
        "interval_method": number.interval_method or None,
        "bin": number.falls or None,
        "arithmetic": _spaced(number.arithmetic),
        "places": list(number.places),
    }


def _interval_of(number: Number) -> str:
    if number.measure.is_of_yes_or_no:
        return "ratio"
    return "share" if number.share is not None else "value"


def _project(project: ProjectReport) -> dict[str, Any]:
    return {
        "name": project.name,
        "path": project.path,
        "team": project.team,
        "head": project.head,
        "commits": project.commits,
        "months": project.months,
        "newest_human_commit": project.newest or None,
        "silent_days": project.silent_days,
        "languages": list(project.languages),
        "strengths": list(map(_finding, project.strengths)),
        "missing": list(map(_finding, project.missing)),
        "anti_patterns": list(map(_finding, project.anti_patterns)),
        "trends": list(map(_trend, project.trends)),
        "began": [{"day": event.day, "what": event.words, "there_at_head": event.is_there} for event in project.events],
        "around": list(map(_onset, project.onsets)),
        "deliveries": [number.measure.id for number in project.deliveries],
        "measures": [{**measure_as_dict(number.measure), **number_as_dict(number)} for number in project.numbers],
        "notes": list(project.notes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "measure": finding.number.measure.id,
        "words": finding.words,
        **number_as_dict(finding.number),
        "limit": _spaced(finding.limit_words) or None,
        "times_the_limit": finding.times,
        "may_be_on_either_side": finding.either_side,
    }


def _spaced(words: str) -> str:
    """The words with plain spaces where a page would not break a line."""
    return words.replace(NO_BREAK, " ")


def _trend(trend: Trend) -> dict[str, Any]:
    low, high = trend.slope_interval or (None, None)
    return {
        "name": trend.name,
        "direction": trend.direction,
        "slope_a_quarter": trend.slope,
        "low": low,
        "high": high,
        "quarters": {point.quarter: point.value for point in trend.points},
    }


def _onset(onset: Onset) -> dict[str, Any]:
    return {
        "practice": onset.practice,
        "what": onset.words,
        "day": onset.day,
        "reading": ASSOCIATION,
        "months": list(onset.months),
        "outcomes": list(map(_outcome, onset.outcomes)),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    low, high = outcome.change_interval or (None, None)
    return {
        "outcome": outcome.name,
        "what": outcome.title,
        "values": list(outcome.values),
        "before": outcome.before,
        "after": outcome.after,
        "change": outcome.change,
        "low": low,
        "high": high,
    }


def _shared(shared: Shared) -> dict[str, Any]:
    return {
        "measure": shared.measure,
        "words": shared.words,
        "projects": list(shared.projects),
        "of": shared.of,
        "times_the_limit_at_most": shared.worst,
    }
