"""A report for a terminal, as rich renderables; nothing in it is read as markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from fedlore.counting import counted
from fedlore.observe.naming import spelled
from fedlore.observe.report.model import YOURS, Finding, Number, Onset, ProjectReport, Report, Shared, TeamReport, Trend
from fedlore.observe.report.words import (
    ASSOCIATION,
    EITHER_SIDE,
    GONE,
    by_chance_words,
    change_words,
    found_words,
    last_year_words,
    silence_words,
    slope_words,
    times_words,
    value_of,
)

BARS = "▁▂▃▄▅▆▇█"
_MOST_PLACES = 3
_MOST_BARS = 24
_MOST_LANGUAGES = 4


def text_of(report: Report, *, every_measure: bool = False) -> Iterator[RenderableType]:
    """The report from the teams down to each project; with ``every_measure`` also all numbers of each project."""
    yield Text(f"{counted(len(report.projects), 'projects')} on {report.as_of} ({YOURS})")
    for team in report.teams:
        if len(team.projects) > 1:
            yield from _team(team)
    for project in report.projects:
        yield from _project(project, every_measure)
    if report.unread:
        yield _title("not read")
        yield from (Text(f"  {item.path}: {item.reason}") for item in report.unread)


def _team(team: TeamReport) -> Iterator[RenderableType]:
    commits = counted(team.commits, "commits")
    yield Text(f"\n{team.name or 'all together'}: {len(team.projects)} projects, {commits}", "bold")
    for title, shared in (("strengths", team.strengths), ("anti-patterns", team.anti_patterns)):
        if shared:
            yield _title(f"{title} of several projects")
            yield _shared(shared, with_worst=title == "anti-patterns")


def _shared(shared: Sequence[Shared], *, with_worst: bool) -> Table:
    table = _table(("projects", "right"), ("what", "left"), *([("times the limit, at most", "right")] * with_worst))
    for one in shared:
        cells = [Text(f"{len(one.projects)} of {one.of}"), Text(one.words), Text(times_words(one.worst))]
        table.add_row(*cells[: len(table.columns)])
    return table


def _project(project: ProjectReport, every_measure: bool) -> Iterator[RenderableType]:
    languages = ", ".join(map(spelled, project.languages[:_MOST_LANGUAGES])) or "no source files"
    team = f" (team {project.team})" if project.team else ""
    age = f"{counted(project.commits, 'commits')} in {counted(project.months, 'months')}"
    silence = silence_words(project.silent_days)
    yield Text(f"\n{project.name}{team}: {age}, {languages}{silence and '; ' + silence}", "bold")
    yield Text(f" {last_year_words(project.newest)}", "dim")
    if project.strengths:
        yield _title("strengths")
        yield from (Text(f"  + {finding.words}{_how(finding)}") for finding in project.strengths)
    if project.missing:
        yield _title("strengths not seen")
        yield Text("  " + "; ".join(f"{finding.words}{_doubt(finding, ' ({})')}" for finding in project.missing))
    if project.anti_patterns:
        yield _title("anti-patterns, furthest beyond the published limit first")
        yield _anti_patterns(project.anti_patterns)
    if project.trends:
        yield _title("trends by quarter")
        yield _trends(project.trends)
    if project.events:
        yield _title("what began when")
        yield from (Text(f"  {event.day}  {event.words}{'' if event.is_there else GONE}") for event in project.events)
    yield from _onsets([onset for onset in project.onsets if onset.is_told])
    if project.deliveries:
        yield _title("delivery keys")
        yield _numbers(project.deliveries)
    if every_measure:
        yield _title("every measure")
        yield _numbers(project.numbers)
    if project.notes:
        yield _title("not read in full")
        yield from (Text(f"  {note}") for note in project.notes)


def _anti_patterns(findings: Sequence[Finding]) -> Table:
    table = _table(("times the limit", "right"), ("what", "left"), ("limit", "left"), ("found, and where", "left"))
    for finding in findings:
        places = "".join(f"\n{place}" for place in finding.number.places[:_MOST_PLACES])
        found = f"{_found(finding.number)}{_doubt(finding, '; {}')}{places}"
        table.add_row(times_words(finding.times), Text(finding.words), Text(finding.limit_words), Text(found))
    return table


def _trends(trends: Sequence[Trend]) -> Table:
    table = _table(("what", "left"), ("", "left"), ("last", "right"), ("change a quarter (95 % interval)", "left"))
    for trend in trends:
        ended = [point for point in trend.points if point.ended and point.value is not None]
        last = f"{value_of(trend, ended[-1].value)} in {ended[-1].quarter}" if ended else ""
        table.add_row(Text(trend.title), Text(sparkline(trend)), Text(last), Text(slope_words(trend)))
    return table


def _onsets(onsets: Sequence[Onset]) -> Iterator[RenderableType]:
    """One line for each practice: what clearly differs after it began."""
    if not onsets:
        return
    yield _title(f"usual month in the year before it began → in the year after: {ASSOCIATION}")
    for onset in onsets:
        differ = [outcome for outcome in onset.outcomes if outcome.differs]
        shown = "; ".join(f"{outcome.title} {change_words(outcome)}" for outcome in differ)
        yield Text(f"  {onset.day}  {onset.words}: {shown or 'nothing clearly differs'}")
    yield Text(f"  ({by_chance_words(onsets)})")


def _numbers(numbers: Sequence[Number]) -> Table:
    table = _table(("measure", "left"), ("value", "left"), ("95 % interval", "left"), ("made of", "left"))
    for number in numbers:
        table.add_row(
            number.measure.id, Text(number.words), Text(number.interval_words), Text(number.arithmetic, style="dim")
        )
    return table


def sparkline(trend: Trend) -> str:
    """The newest quarters of a series as one row of blocks, from zero to the largest value."""
    values = [point.value for point in trend.points[-_MOST_BARS:]]
    largest = max((value for value in values if value is not None), default=0) or 1
    return "".join(" " if value is None else BARS[round(value / largest * (len(BARS) - 1))] for value in values)


def _how(finding: Finding) -> str:
    number = finding.number
    if number.interval is None:
        return ""
    return f" ({number.arithmetic}; 95 %: {number.interval_words}{_doubt(finding, '; {}')})"


def _doubt(finding: Finding, form: str) -> str:
    """What stands behind a finding that the interval does not tell from its opposite."""
    return form.format(EITHER_SIDE) if finding.either_side else ""


def _found(number: Number) -> str:
    """The value that is held to the limit, how it came about, and its interval."""
    words = found_words(number)
    return f"{words}; 95 %: {number.interval_words}" if number.interval is not None else words


def _title(words: str) -> Text:
    return Text(f" {words}", "italic")


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 1))
    for name, justify in columns:
        table.add_column(Text(name), justify="right" if justify == "right" else "left", overflow="fold")
    return table
