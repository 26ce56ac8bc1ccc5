"""Make the report of some observed repositories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import DOMAINS, Measure, MeasureId
from fedlore.observe.project import Observed
from fedlore.observe.references import printable
from fedlore.observe.report.around import onsets_of
from fedlore.observe.report.findings import findings_of
from fedlore.observe.report.model import Finding, Number, ProjectReport, Report, Shared, TeamReport, Unread
from fedlore.observe.report.numbers import number_of
from fedlore.observe.report.quarters import day_name
from fedlore.observe.report.standards import Standards, load_standards
from fedlore.observe.report.trends import events_of, trends_of


def report_of(
    observed: Sequence[Observed], catalogue: Catalogue, as_of: int, domains: Sequence[str] = DOMAINS
) -> Report:
    """The picture of these repositories, of the measures of these domains, on the day that holds ``as_of``."""
    standards, measures = load_standards(), catalogue.of_domains(domains)
    seen = [item for item in observed if item.features is not None]
    names = _names([item.path for item in seen])
    projects = tuple(_project(name, item, measures, standards, as_of) for name, item in zip(names, seen, strict=True))
    return Report(
        day_name(as_of),
        tuple(_team(name, [one for one in projects if one.team == name]) for name in _in_order(projects)),
        projects,
        tuple(
            Unread(printable(str(item.path)), printable(item.error or "it told nothing"))
            for item in observed
            if item.features is None
        ),
    )


def _names(paths: Sequence[Path]) -> list[str]:
    """What each repository is called: its folder, with the one above it where several are called the same."""
    often = Counter(path.name for path in paths)
    return [
        printable((f"{path.parent.name}/{path.name}" if often[path.name] > 1 else path.name) or str(path))
        for path in paths
    ]


def _project(name: str, item: Observed, measures: Sequence[Measure], standards: Standards, as_of: int) -> ProjectReport:
    answers = item.answers
    numbers = tuple(
        number_of(measure, answers[measure.id], counts_share=standards.counts_shares(measure.id))
        for measure in measures
        if measure.id in answers
    )
    findings = findings_of(numbers, answers, standards)
    named = {number.measure.id: number for number in numbers}
    return ProjectReport(
        name=name,
        path=printable(str(item.path)),
        team=printable(item.team),
        head=item.head,
        commits=item.commits,
        months=item.months,
        newest="" if item.newest is None else day_name(item.newest),
        silent_days=item.silent_days,
        languages=tuple(map(printable, item.languages)),
        strengths=findings.strengths,
        anti_patterns=findings.anti_patterns,
        missing=findings.missing,
        trends=trends_of(item.series, as_of),
        events=events_of(item.series),
        onsets=onsets_of(item.around),
        deliveries=_deliveries(named, standards),
        numbers=numbers,
        notes=tuple(map(printable, item.notes)),
    )


def _deliveries(named: Mapping[MeasureId, Number], standards: Standards) -> tuple[Number, ...]:
    always = [named[name] for name in standards.deliveries if name in named]
    if_known = [named[name] for name in standards.deliveries_if_known if name in named]
    return (*always, *(number for number in if_known if number.value is not None))


def _in_order(projects: Sequence[ProjectReport]) -> list[str]:
    return sorted({project.team for project in projects})


def _team(name: str, projects: Sequence[ProjectReport]) -> TeamReport:
    return TeamReport(
        name,
        tuple(project.name for project in projects),
        sum(project.commits for project in projects),
        _shared(projects, [project.strengths for project in projects]),
        _shared(projects, [project.anti_patterns for project in projects]),
    )


@dataclass(slots=True)
class _Tally:
    words: str
    projects: list[str]
    worst: float | None


def _shared(projects: Sequence[ProjectReport], findings: Iterable[Sequence[Finding]]) -> tuple[Shared, ...]:
    """The findings in two projects or more, in the most projects first, then the furthest beyond the limit."""
    tallies: dict[str, _Tally] = {}
    for project, found in zip(projects, findings, strict=True):
        for finding in found:
            tally = tallies.setdefault(finding.number.measure.id, _Tally(finding.words, [], None))
            tally.projects.append(project.name)
            if finding.times is not None:
                tally.worst = max(tally.worst or 0, finding.times)
    shared = [
        Shared(tally.words, measure, tuple(tally.projects), len(projects), tally.worst)
        for measure, tally in tallies.items()
        if len(tally.projects) > 1
    ]
    return tuple(sorted(shared, key=lambda one: (-len(one.projects), -(one.worst or 0))))
