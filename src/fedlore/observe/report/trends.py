"""Series by quarters as trends with an honest slope."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fedlore.observe.naming import spelled
from fedlore.observe.onsets import PRACTICES
from fedlore.observe.references import printable
from fedlore.observe.report.model import Direction, Event, Point, Trend
from fedlore.observe.report.quarters import day_name, name_of, quarter_of
from fedlore.observe.report.series import (
    BEGAN,
    COMMITS,
    CONTRIBUTORS,
    CORRECTIVE,
    LANGUAGE,
    LINES,
    NEWCOMERS,
    RELEASES,
    Series,
)

LEAST_QUARTERS, SLOPE_QUARTERS, MOST_QUARTERS = 6, 12, 40
_NORMAL = 1.959964

_TITLES = {
    COMMITS: "Commits",
    CONTRIBUTORS: "Contributors",
    NEWCOMERS: "Contributors who are new",
    CORRECTIVE: "Share of commits that correct",
    RELEASES: "Days with a release",
    LINES: "Lines added and deleted",
}


def trends_of(series: Mapping[str, Series], as_of: int) -> tuple[Trend, ...]:
    """One trend for each series that holds anything: first activity, then several languages by their latest share."""
    known = [name for name in _TITLES if any(value for _, value in series.get(name, ()))]
    languages = [name for name, points in series.items() if name.startswith(LANGUAGE) and points]
    if len(languages) == 1:  # the share of the only language is one, and no trend
        languages = []
    languages.sort(key=lambda name: (-series[name][-1][1], name))
    return tuple(_trend(name, series[name], quarter_of(as_of)) for name in (*known, *languages))


def events_of(series: Mapping[str, Series]) -> tuple[Event, ...]:
    """The practices that began, the oldest first."""
    began = sorted((times[0], name) for name, times in series.items() if name.startswith(BEGAN))
    return tuple(
        Event(day_name(time), name_of(quarter_of(time)), PRACTICES[name.removeprefix(BEGAN)], there > 0)
        for (time, there), name in began
    )


def _trend(name: str, series: Series, now: int) -> Trend:
    quarters = [(quarter_of(start), value) for start, value in series]
    ended = [(quarter, value) for quarter, value in quarters if quarter < now][-SLOPE_QUARTERS:]
    # Whatever lies before a gap of years says nothing about where the project goes now.
    recent = [(quarter, value) for quarter, value in ended if quarter >= now - SLOPE_QUARTERS]
    # A quarter of which nothing can be told leaves a gap, so that time runs evenly.
    known = dict(quarters)
    shown = range(max(quarters[0][0], now + 1 - MOST_QUARTERS), max(now, quarters[-1][0]) + 1)
    points = tuple(Point(name_of(quarter), known.get(quarter), quarter < now) for quarter in shown)
    slope = theil_sen(np.array(recent, np.float64)) if len(recent) >= LEAST_QUARTERS else None
    return Trend(
        name,
        title_of(name),
        name == CORRECTIVE or name.startswith(LANGUAGE),
        points,
        max((point.value for point in points if point.value is not None), default=0.0),
        "too short to say" if slope is None else _direction(slope[1], slope[2]),
        None if slope is None else slope[0],
        None if slope is None else slope[1:],
        len(recent),
    )


def title_of(name: str) -> str:
    """A series' name as a heading."""
    return _TITLES.get(name) or f"Share of {printable(spelled(name.removeprefix(LANGUAGE)))}"


def _direction(low: float, high: float) -> Direction:
    if low > 0:
        return "rising"
    return "falling" if high < 0 else "no clear trend"


def theil_sen(points: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """The median slope between all pairs of points (shape ``(n, 2)``, n at least 2) and its 95 % interval.

    Sen, Estimates of the regression coefficient based on Kendall's tau (JASA 1968): distribution-free, and hardly moved
    by single outliers. Quarters are taken as independent, and equal values shorten no variance, which errs on the wide
    side.
    """
    first, second = np.triu_indices(len(points), 1)
    slopes = np.sort((points[second, 1] - points[first, 1]) / (points[second, 0] - points[first, 0]))
    count, pairs = len(points), len(slopes)
    spread = _NORMAL * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(int((pairs - spread) / 2) - 1, 0)
    return float(np.median(slopes)), float(slopes[low]), float(slopes[pairs - 1 - low])
