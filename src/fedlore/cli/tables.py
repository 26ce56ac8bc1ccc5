"""Statements as tables and interval plots for a terminal."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent

from rich.console import Console
from rich.table import Table

from fedlore.catalogue.load import Catalogue
from fedlore.cli.forecasting import show_forecasts
from fedlore.contribute.preview import Preview
from fedlore.learn.statement import Statement
from fedlore.learn.words import sentence
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, Charge
from fedlore.privacy.planner import Planned
from fedlore.privacy.shares import noise_excess

WIDTH = 21
WIDE = 120
ROOM_FOR_PLOT = 90
LEGEND = (
    "intervals hold for projects like these, sampling and privacy noise included; sure: for a share the probability "
    "that the truth lies within 10 points, for an association that it is real and has this direction"
)
Form = Callable[[float], str]
Exact = dict[str, Statement] | None


def console() -> Console:
    """Standard output; where that is no terminal, wide enough for every table."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def _say(out: Console, words: str) -> None:
    """A sentence, folded by the terminal rather than cut."""
    out.print(words, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Price:
    """What was really paid: Laplace noise, for one, leaves nearly all of the delta that it is offered."""

    epsilon: float
    delta: float

    @staticmethod
    def of(charges: Iterable[Charge]) -> Price:
        """The plain sums."""
        kept = list(charges)
        epsilon = sum(charge.epsilon_micro for charge in kept) / EPSILON_UNIT
        return Price(epsilon, sum(charge.delta_e15 for charge in kept) / DELTA_UNIT)

    @property
    def words(self) -> str:
        return f"epsilon {self.epsilon:g}, delta {self.delta:.3g}"


def show_asked(planned: Planned, members: int, spent: Price) -> None:
    """What the round asked, what was spent, and what the planner left out."""
    out, plan = console(), planned.plan
    _say(
        out,
        f"asked {members} members {len(plan.shares)} shares, {len(plan.pairs)} practice-to-outcome pairs, "
        f"{len(plan.histograms)} histograms and {len(plan.means)} means; spent {spent.words} "
        f"({plan.mechanism}; holds if {plan.least_honest} of {members} members are honest)",
    )
    if members > plan.least_honest:
        excess = noise_excess(members, plan.least_honest)
        _say(out, f"as all {members} added their noise, it is {excess:.2f} times as wide as that promise needs")
    _show_dropped(out, planned)
    if planned.member_reason:
        out.print(f"consensus and divergence: {planned.member_reason}")
    if plan.templates:
        named = f"a project names at most {plan.most_templates_each} of them"
        _say(out, f"asked for {len(plan.templates)} code templates; {named}; shown from {plan.min_holders} members on")
    elif planned.template_reason:
        _say(out, f"code templates: {planned.template_reason}")


def _show_dropped(out: Console, planned: Planned) -> None:
    by_reason: dict[str, list[str]] = {}
    for item in planned.dropped:
        by_reason.setdefault(item.reason, []).append(item.id)
    for reason, names in by_reason.items():
        more = "" if len(names) <= 3 else f" and {len(names) - 3} more"
        _say(out, f"not asked, as {reason}: {', '.join(names[:3])}{more}")


def show_private(
    said: Sequence[Statement], local: Sequence[Statement], catalogue: Catalogue, here: str, *, all_bins: bool
) -> None:
    """The federation's statements beside the exact values of the projects on this machine, whatever was asked."""
    _show(said, catalogue, "\nhow common", {item.id: item for item in local}, all_bins)
    console().print(f"here: exact, of the {here}")


def show_statements(said: Sequence[Statement], catalogue: Catalogue, title: str, *, all_bins: bool = True) -> None:
    """The associations that were found, then shares with an interval plot, then means and histograms."""
    _show(said, catalogue, f"\nhow common: {title}", None, all_bins)


def _show(said: Sequence[Statement], catalogue: Catalogue, title: str, exact: Exact, all_bins: bool) -> None:
    """What tells most first: effects, then shares, then means and distributions."""
    out = console()
    if said:
        out.print(LEGEND, style="dim")
    _show_effects(out, said, catalogue, exact)
    shares = _of_kinds(said, exact, "share")
    if shares:
        out.print(_table(("measure",), sorted(shares, key=_by_share), exact, _percent, title, catalogue, plot=True))
    bins = _of_kinds(said, exact, "bin share")
    fullest = bins if all_bins else _fullest(bins)
    rest = [item for item in (*_of_kinds(said, exact, "members", "mean"), *fullest) if item.private is not None]
    if rest:
        out.print(_table(("measure",), rest, exact, _own_form, "\nmeans and distributions", catalogue))
    if len(fullest) < len(bins):
        _say(out, "of each distribution the bin that seems to hold most projects; --all-bins shows every bin")
    show_templates(said, catalogue)


def _fullest(bins: Sequence[_Row]) -> list[_Row]:
    """Of each histogram that was asked the bin with the largest share."""
    found: dict[str, _Row] = {}
    for row in bins:
        name = row.any.id.partition("[")[0]
        if row.private is not None and (name not in found or row.any.estimate > found[name].any.estimate):
            found[name] = row
    return list(found.values())


def _show_effects(out: Console, said: Sequence[Statement], catalogue: Catalogue, exact: Exact) -> None:
    odds = _of_kinds(said, exact, "odds ratio")
    if odds:
        found = sorted((item for item in odds if item.private and item.private.discovery), key=_by_strength)
        asked = sum(item.private is not None for item in odds)
        words = f"{len(found)} of {asked} pairs differ from chance" if asked else "no pair was asked"
        out.print(f"\nwhat goes with success: {words} (false discovery rate 5 %; an association, not a cause)")
        if asked == 0:
            found = sorted((item for item in odds if item.exact and item.exact.discovery), key=_by_strength)
        if found:
            out.print(_table(("practice", "outcome"), found, exact, _times, "", catalogue))
        for item in found[:5]:
            if item.private is not None:
                out.print(f"- {sentence(item.private, catalogue)}")


def show_templates(said: Sequence[Statement], catalogue: Catalogue) -> None:
    """Code templates that enough members hold, as readable code with holes, the most widely held first."""
    out = console()
    shown = sorted((one for one in said if one.kind == "template"), key=lambda one: -one.estimate)
    if shown:
        out.print("\ncode that many members have, with holes for names (_1, _2 ...), literals and the rest (…)")
    for one in shown:
        template = catalogue.template(one.id)
        held = f"{_percent(one.estimate)} of {one.cohort} members ({_range(one, _percent)})"
        _say(out, f"{template.language}, seen by {template.measure}: {held}")
        out.print(indent(template.code, "    "), markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Row:
    """What is said privately of one thing (None: not asked), and exactly of one's own projects (None: not shown)."""

    private: Statement | None
    exact: Statement | None

    @property
    def any(self) -> Statement:
        found = self.private or self.exact
        if found is None:
            raise ValueError("a row without a statement")
        return found


def _of_kinds(said: Sequence[Statement], exact: Exact, *kinds: str) -> list[_Row]:
    private = {statement.id: statement for statement in said if statement.kind in kinds}
    beside = {} if exact is None else {name: item for name, item in exact.items() if item.kind in kinds}
    return [_Row(private.get(name), beside.get(name)) for name in dict.fromkeys([*private, *beside])]


def _by_share(row: _Row) -> tuple[bool, float]:
    return row.private is None, -row.any.estimate


def _by_strength(row: _Row) -> float:
    return -abs(math.log(max(row.any.estimate, 1e-9)))


def _table(
    names: tuple[str, ...],
    rows: Sequence[_Row],
    exact: Exact,
    form: Form,
    title: str,
    catalogue: Catalogue,
    *,
    plot: bool = False,
) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    plot = plot and console().width >= ROOM_FOR_PLOT
    for name in names:
        table.add_column(name, overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    if plot:
        table.add_column("0      50     100 %", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    if exact is not None:
        table.add_column("here", justify="right", no_wrap=True)
    for row in rows:
        said = row.private
        cells = list(row.any.measures) if len(names) > 1 else [_label(row.any, catalogue)]
        cells += ["not asked", ""] if said is None else [_form(form, said)(said.estimate), _range(said, form)]
        cells += [""] if plot and said is None else [_plot(said)] if plot and said is not None else []
        cells.append("" if said is None else f"{said.confidence:.2f}")
        if exact is not None:
            cells.append("-" if row.exact is None else _form(form, row.exact)(row.exact.estimate))
        table.add_row(*cells)
    return table


def _label(statement: Statement, catalogue: Catalogue) -> str:
    """The statement's id; of a bin, what it holds."""
    name, _, position = statement.id.partition("[")
    if statement.kind != "bin share":
        return statement.id
    measure = catalogue[name]
    return f"{name}: {measure.bin_labels[int(position.rstrip(']'))]} {measure.quantity}".rstrip()


def _form(form: Form, statement: Statement) -> Form:
    """Means are numbers in their own quantity, everything else in a mixed table is a share."""
    if form is not _own_form:
        return form
    return _number if statement.kind == "mean" else _percent


def _own_form(value: float) -> str:
    return _number(value)


def _range(statement: Statement, form: Form) -> str:
    form = _form(form, statement)
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
    out = console()
    out.print(f"{name}: nothing was spent and nothing left. {shown.words}")
    show_forecasts(planned.forecasts)
    table = Table(box=None, pad_edge=False)
    table.add_column("value", justify="right")
    table.add_column("what it counts (before noise and masks)")
    for line in shown.lines:
        table.add_row(f"{line.value:g}", line.words)
    out.print(table)
    _show_dropped(out, planned)
