"""Statements as tables and interval plots for a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from fedlore.catalogue.load import Catalogue
from fedlore.contribute.preview import Preview
from fedlore.learn.statement import Statement
from fedlore.learn.words import sentence
from fedlore.privacy.planner import Planned

WIDTH = 21
Form = Callable[[float], str]


def _console() -> Console:
    return Console(highlight=False, soft_wrap=False)


def show_asked(planned: Planned, members: int) -> None:
    """What the round asked, at what price, and what the planner left out."""
    console, plan = _console(), planned.plan
    console.print(
        f"asked {members} members {len(plan.shares)} shares, {len(plan.pairs)} practice-to-outcome pairs, "
        f"{len(plan.histograms)} histograms and {len(plan.means)} means; spent epsilon {plan.epsilon:g}, "
        f"delta {plan.delta:g} ({plan.mechanism}; holds if {plan.least_honest} of {members} members are honest)"
    )
    by_reason: dict[str, list[str]] = {}
    for item in planned.dropped:
        by_reason.setdefault(item.reason, []).append(item.id)
    for reason, names in by_reason.items():
        more = "" if len(names) <= 3 else f" and {len(names) - 3} more"
        console.print(f"not asked, as {reason}: {', '.join(names[:3])}{more}")
    if planned.member_reason:
        console.print(f"consensus and divergence: {planned.member_reason}")


def show_private(said: Sequence[Statement], local: Sequence[Statement], catalogue: Catalogue) -> None:
    """The federation's statements, and beside each the exact value of the projects on this machine."""
    exact = {statement.id: statement for statement in local}
    show_statements(said, catalogue, "federation", exact)


def show_local(said: Sequence[Statement], catalogue: Catalogue, title: str) -> None:
    show_statements(said, catalogue, title)


def show_statements(
    said: Sequence[Statement], catalogue: Catalogue, title: str, exact: dict[str, Statement] | None = None
) -> None:
    """Shares with an interval plot, then the associations that were found, then histograms and means."""
    console = _console()
    shares = [statement for statement in said if statement.kind == "share"]
    if shares:
        console.print(_shares(sorted(shares, key=lambda s: -s.estimate), f"how common: {title}", exact))
    odds = [statement for statement in said if statement.kind == "odds ratio"]
    found = sorted((s for s in odds if s.discovery), key=lambda s: -abs(math.log(max(s.estimate, 1e-9))))
    if odds:
        console.print(
            f"\nwhat goes with success: {len(found)} of {len(odds)} pairs differ from chance "
            "(false discovery rate 5 %; an association, not a cause)"
        )
    if found:
        console.print(_odds(found, exact))
        for statement in found[:5]:
            console.print(f"- {sentence(statement, catalogue)}")
    rest = [statement for statement in said if statement.kind in {"bin share", "mean", "members"}]
    if rest:
        console.print(_rest(rest, exact))


def _shares(said: Sequence[Statement], title: str, exact: dict[str, Statement] | None) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("measure", no_wrap=True)
    table.add_column("share", justify="right")
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("0      50     100 %", no_wrap=True)
    table.add_column("sure", justify="right")
    if exact is not None:
        table.add_column("yours", justify="right")
    for statement in said:
        row = [
            statement.id,
            _percent(statement.estimate),
            _range(statement, _percent),
            _plot(statement),
            f"{statement.confidence:.2f}",
        ]
        table.add_row(*row, *_beside(statement, exact, _percent))
    return table


def _odds(said: Sequence[Statement], exact: dict[str, Statement] | None) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("practice", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("odds ratio", justify="right")
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("sure", justify="right")
    if exact is not None:
        table.add_column("yours", justify="right")
    for statement in said:
        row = [
            *statement.measures,
            _times(statement.estimate),
            _range(statement, _times),
            f"{statement.confidence:.2f}",
        ]
        table.add_row(*row, *_beside(statement, exact, _times))
    return table


def _rest(said: Sequence[Statement], exact: dict[str, Statement] | None) -> Table:
    table = Table(title="\ndistributions and means", title_justify="left", box=None, pad_edge=False)
    table.add_column("measure", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right", no_wrap=True)
    if exact is not None:
        table.add_column("yours", justify="right")
    for statement in said:
        form = _number if statement.kind == "mean" else _percent
        table.add_row(statement.id, form(statement.estimate), _range(statement, form), *_beside(statement, exact, form))
    return table


def _beside(statement: Statement, exact: dict[str, Statement] | None, form: Form) -> list[str]:
    if exact is None:
        return []
    return [form(exact[statement.id].estimate) if statement.id in exact else "-"]


def _range(statement: Statement, form: Form) -> str:
    low = "unbounded" if statement.low is None else form(statement.low)
    high = "unbounded" if statement.high is None else form(statement.high)
    return f"{low} to {high}"


def _plot(statement: Statement) -> str:
    """The interval of a share as a line from 0 to 1 with the estimate on it."""
    low, high = statement.low or 0.0, 1.0 if statement.high is None else statement.high
    start, end, point = (
        min(WIDTH - 1, max(0, round(value * (WIDTH - 1)))) for value in (low, high, statement.estimate)
    )
    line = ["─" if start <= index <= end else " " for index in range(WIDTH)]
    line[point] = "●"
    return "".join(line)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _times(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _number(value: float) -> str:
    return f"{value:.3g}"


def show_preview(planned: Planned, shown: Preview, name: str) -> None:
    """What one participant would send, in words and numbers."""
    console = _console()
    console.print(f"{name}: nothing was spent and nothing left. {shown.words}")
    expected = {forecast.id: forecast for forecast in planned.forecasts}
    if expected:
        widest = max(forecast.total for forecast in expected.values() if "~" not in forecast.id)
        console.print(f"expected width of the widest share: +-{100 * widest:.0f} points")
    pairs = [forecast.total for forecast in expected.values() if "~" in forecast.id]
    if pairs:
        console.print(f"expected uncertainty of the widest odds ratio: a factor of {math.exp(max(pairs)):.1f}")
    table = Table(box=None, pad_edge=False)
    table.add_column("value", justify="right")
    table.add_column("what it counts (before noise and masks)")
    for line in shown.lines:
        table.add_row(f"{line.value:g}", line.words)
    console.print(table)
    for item in planned.dropped[:5]:
        console.print(f"not asked: {item.id}: {item.reason}")
    if len(planned.dropped) > 5:
        console.print(f"and {len(planned.dropped) - 5} more not asked")
