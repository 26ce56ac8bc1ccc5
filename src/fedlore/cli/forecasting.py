"""What a round is expected to say, and how that compares with what it said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from fedlore.learn.expected import ratios
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
    """Every question with the half-width that its 95 % interval is expected to have, equal ones in one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for forecast in forecasts:
        rows.setdefault((forecast.kind, _words(forecast), forecast.assumed), []).append(forecast.id)
    table = Table(title="expected 95 % intervals", title_justify="left", box=None, pad_edge=False)
    for column in ("kind", "half-width", "reckoned", "measures"):
        table.add_column(column, overflow="fold")
    for (kind, width, assumed), names in rows.items():
        table.add_row(kind, width, assumed, ", ".join(names))
    if rows:
        _console().print(table)


def show_checked(found: Mapping[str, float | None]) -> None:
    """One line on how wide the intervals came out beside the forecast."""
    if found:
        parts = [f"{kind} {'unbounded' if ratio is None else f'{ratio:.2f}'}" for kind, ratio in found.items()]
        _console().print(f"width of the intervals over their forecast (median): {', '.join(parts)}")


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


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
