"""Show what was learned beside the truth, on a console."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fedlore.counting import counted
from fedlore.demo.compare import Comparison, PairResult

_WHERE_TRUE = {
    "success.activity_slope": "activity holds",
    "success.release_regularity": "regular releases",
    "success.corrective_share": "few corrections",
}


def print_report(console: Console, comparison: Comparison, commands: Sequence[str]) -> None:
    """Print the planted pairs with truth and estimate, the other pairs in one line, and the commands to try next.

    Pairs without effect stand in the table only if an effect was said of them. Fits 100 columns.
    """
    console.print(_table(comparison))
    for line in summary(comparison):
        console.print(line, highlight=False, markup=False)
    if commands:
        console.print("\nTry it on a folder of your own repositories:", highlight=False)
        for command in commands:
            console.print(Text(f"  {command}"), soft_wrap=True)


def summary(comparison: Comparison) -> list[str]:
    """What a reader should take home, one sentence or two in a line."""
    planted, nulls = comparison.planted, comparison.nulls
    first = f"{len(comparison.found)} of {len(planted)} planted effects found, in the right direction"
    others = [(comparison.reversed, "in the wrong direction"), (comparison.missed, "missed")]
    others.append((comparison.not_asked, "not asked about"))
    counts = ", ".join([first, *(f"{len(pairs)} {words}" for pairs, words in others if pairs)])
    asked = sum(pair.asked for pair in nulls)
    lines = [
        f"{counts}.",
        f"{len(nulls)} pairs have no effect: {asked} were asked about, {len(comparison.stayed_null)} stayed null, "
        f"{counted(len(comparison.false_discoveries), 'false discoveries')}.",
    ]
    if comparison.asked:
        lines.append(_coverage(comparison))
    return lines


def _coverage(comparison: Comparison) -> str:
    asked, covered = comparison.asked, comparison.covered
    among = sum(pair.planted for pair in asked), sum(pair.planted for pair in covered)
    line = (
        f"{len(covered)} of {len(asked)} intervals hold the truth ({len(covered) / len(asked):.0%}; meant: 95%), "
        f"{among[1]} of {among[0]} planted ones"
    )
    unbounded = len(comparison.unbounded)
    return f"{line}; open on a side: {unbounded}." if unbounded else f"{line}."


def _table(comparison: Comparison) -> Table:
    table = Table(title="Learned beside the truth: odds ratios", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("practice", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for name in ("truth", "learned", "95% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for pair in comparison.planted:
        table.add_row(*_row(pair))
    if comparison.false_discoveries:
        table.add_section()
        for pair in comparison.false_discoveries:
            table.add_row(*_row(pair))
    return table


def _row(pair: PairResult) -> tuple[str, ...]:
    names = (_plain(pair.practice), _plain(pair.outcome), f"{pair.odds_ratio:.2f}")
    if pair.statement is None:
        return (*names, "", "", "not asked")
    low, high = pair.statement.low, pair.statement.high
    interval = f"{'open' if low is None else f'{low:.2f}'} to {'open' if high is None else f'{high:.2f}'}"
    return (*names, f"{pair.statement.estimate:.2f}", interval, _verdict(pair))


def _verdict(pair: PairResult) -> str:
    if not pair.planted:
        return "[red]false discovery[/]"
    if pair.found:
        return "[green]found[/]"
    return "[red]wrong direction[/]" if pair.discovered else "[yellow]missed[/]"


def _plain(name: str) -> str:
    """What a measure says where it is true; mostly its id without the domain, as words."""
    return _WHERE_TRUE.get(name, name.rpartition(".")[2].replace("_", " "))
