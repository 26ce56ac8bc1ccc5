"""A synthetic table from a real one: fit, draw, judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fedlore.privacy.sampling import Randomness
from fedlore.privacy.synthetic.aim import Limits, fit
from fedlore.privacy.synthetic.engine import load_mbi, refined
from fedlore.privacy.synthetic.quality import Report, report
from fedlore.privacy.synthetic.rows import draw_rows
from fedlore.privacy.synthetic.spending import Budget
from fedlore.privacy.synthetic.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Synthetic:
    """The table, its report, and how it came about: rounds, and the part of the budget that they spent."""

    table: Table
    report: Report
    rounds: int
    spent: float


def synthesise(
    real: Table, budget: Budget, randomness: Randomness, elapsed: Callable[[], float], limits: Limits | None = None
) -> Synthetic:
    """Make a table that is as private as ``budget`` says, neighbours differing in one row, added or removed.

    ``randomness(n)`` gives n unpredictable bytes, ``elapsed()`` the seconds since the start. Raises `ToolError` if mbi
    is not installed and `SyntheticError` for a table that is too large. Whoever calls pays ``budget.charge`` first.
    """
    load_mbi()
    found = fit(real, budget.limit, limits or Limits(), randomness, elapsed)
    model = refined(real.shape, found.measurements, found.model)
    made = draw_rows(model, real.columns, randomness)
    return Synthetic(made, report(real, made, model, found.measurements), found.rounds, found.spent / budget.limit)
