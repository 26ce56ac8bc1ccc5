"""What a round is expected to say, and how that compares with what it said."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click

from fedlore.learn.expected import EVEN, EVEN_BINS, EVEN_PAIR, ratios
from fedlore.learn.statement import Statement
from fedlore.privacy.forecast import Forecast
from fedlore.privacy.planner import Planned


def forecast_row(forecast: Forecast) -> dict[str, Any]:
    """One forecast as JSON: half-widths that would be unbounded are None, those of odds ratios are logarithms."""
    return {
        "id": forecast.id,
        "kind": forecast.kind,
        "noise": _finite(forecast.noise),
        "total": _finite(forecast.total),
        "assumed": forecast.assumed,
    }


def finite_ratios(planned: Planned | None, said: Sequence[Statement]) -> dict[str, float | None]:
    """The median of observed over expected half-width for each kind; None where most intervals have no bound."""
    found = {} if planned is None else ratios(planned.forecasts, said)
    return {kind: _finite(ratio) for kind, ratio in found.items()}


def show_forecasts(forecasts: Sequence[Forecast]) -> None:
    """Every question with the half-width that its 95 % interval is expected to have, equal ones in one paragraph."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for forecast in forecasts:
        rows.setdefault((forecast.kind, _words(forecast), forecast.assumed), []).append(forecast.id)
    if rows:
        click.echo("expected 95 % intervals")
    for (kind, width, assumed), names in rows.items():
        click.echo(f"  {len(names)} x {kind}: {width}, reckoned {assumed}")
        click.echo(_wrapped(_pairs(names) if kind == "odds ratio" else names))


ASSUMED = {
    EVEN: "that half of the projects say yes: shares farther from one half come out narrower",
    EVEN_PAIR: "that half of the projects have each practice and outcome: odds ratios of rarer ones come out wider, or "
    "without a bound",
    EVEN_BINS: "that all projects have a value: distributions of fewer come out wider",
}
"""What a forecast had to assume for want of an earlier release, and what follows where it does not hold."""


def show_checked(found: Mapping[str, float | None], forecasts: Sequence[Forecast]) -> None:
    """One line on how wide the intervals came out beside the forecast, and one on what it could not know."""
    if found:
        parts = [f"{kind} {'unbounded' if ratio is None else f'{ratio:.2f}'}" for kind, ratio in found.items()]
        click.echo(f"width of the intervals over their forecast (median): {', '.join(parts)}")
        assumed = {forecast.assumed for forecast in forecasts}
        words = [consequence for assumption, consequence in ASSUMED.items() if assumption in assumed]
        if words:
            click.echo(
                f"1 is as wide as forecast. Without an earlier release the forecast assumes {'; '.join(words)}. "
                "The next round's forecast reckons with what this one said."
            )


def _pairs(names: Sequence[str]) -> list[str]:
    """Practices in one list for each list of outcomes that they are asked with."""
    outcomes: dict[str, list[str]] = {}
    for name in names:
        practice, _, outcome = name.partition("~")
        outcomes.setdefault(practice, []).append(outcome)
    practices: dict[tuple[str, ...], list[str]] = {}
    for practice, asked in outcomes.items():
        practices.setdefault(tuple(asked), []).append(practice)
    return [f"{', '.join(some)}, each with {' and '.join(asked)}" for asked, some in practices.items()]


def _wrapped(names: Sequence[str]) -> str:
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        ", ".join(names), width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )


def _words(forecast: Forecast) -> str:
    if not math.isfinite(forecast.total):
        return "nothing can be said"
    if forecast.kind == "odds ratio":
        return f"a factor of {math.exp(forecast.total):.1f}"
    if forecast.kind == "mean":
        return f"+-{forecast.total:.3g}"
    return f"+-{100 * forecast.total:.0f} points"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
