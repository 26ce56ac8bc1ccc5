"""The months around the onsets of practices, and what differs after them; no word of causes (see `observe.around`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fedlore.observe.around import Around, Series
from fedlore.observe.intervals import shift_interval
from fedlore.observe.report.model import Onset, Outcome
from fedlore.observe.report.quarters import day_name

SHARES = frozenset(("corrective_share", "revert_share"))


def onsets_of(around: Sequence[Around]) -> tuple[Onset, ...]:
    """The practices that began, in their order, each with its outcomes."""
    return tuple(
        Onset(
            one.practice,
            one.words,
            day_name(one.onset),
            one.months,
            tuple(_outcome(series, one.months) for series in one.series),
        )
        for one in around
    )


def _outcome(series: Series, months: Sequence[int]) -> Outcome:
    told = [(month, value) for month, value in zip(months, series.values, strict=True) if value is not None]
    earlier = [value for month, value in told if month < 0]
    later = [value for month, value in told if month >= 0]
    change, *interval = shift_interval(earlier, later) or (None, 0.0, 0.0)
    return Outcome(
        series.outcome,
        series.words,
        series.outcome in SHARES,
        series.values,
        max((value for _, value in told), default=0.0),
        _middle(earlier),
        _middle(later),
        change,
        None if change is None else (interval[0], interval[1]),
    )


def _middle(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
