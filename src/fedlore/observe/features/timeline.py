"""Timeline accuracy: how well releases, stories and scope could be foreseen, and how far plans and days differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.artefacts.journeys import journeys
from fedlore.observe.evidence import Answer, Evidence, History, Planning
from fedlore.observe.features.commits import DAY, Counts, within
from fedlore.observe.features.releases import recent_releases, release_days
from fedlore.observe.features.scope import finished_scopes, points_and_cycles
from fedlore.observe.intervals import (
    EXACT_SHARE,
    ORDER,
    Interval,
    jackknife_interval,
    median_ends,
    median_interval,
    rank_correlation_interval,
    share_interval,
    sum_ratio_interval,
)

_LEAST_EARLIER, _LEAST_FORECASTS = 2, 3
_LEAST_ESTIMATES = 5
_CLOSE = 0.25
_OVERDUE, _OVERDUE_YEARS, _LEAST_RELEASES = 2, 2, 4
_LARGEST_ERROR = 100.0

Numbers = npt.NDArray[np.float64]


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``timeline_accuracy_patterns``."""
    releases = _forecasts(np.diff(release_days(evidence.history)))
    cycles = _forecasts(_cycle_days(evidence.planning))
    labels = evidence.labels.values
    named = {
        "release_pred25": _pred25(*releases),
        "standardised_accuracy": _accuracy(*releases),
        "release_overdue": _overdue(evidence.history, evidence.as_of),
        "release_slip": _slip(*releases),
        "delivery_error": _delivery_error(labels),
        "delivery_pred25": _delivery_pred25(labels),
        "delivery_slip": _delivery_slip(labels),
        "story_pred25": _pred25(*cycles),
        "story_accuracy": _accuracy(*cycles),
        "point_error": _point_error(points_and_cycles(evidence.planning)),
        "point_correlation": _point_correlation(points_and_cycles(evidence.planning)),
        **_scope(evidence.planning),
    }
    return {MeasureId(f"timeline.{name}"): answer for name, answer in named.items()}


def _forecasts(values: Counts | Numbers) -> tuple[Numbers, Numbers]:
    """All but the first values, and for each the median of the earlier ones (two at least)."""
    forecast = [np.median(values[:index]) for index in range(_LEAST_EARLIER, len(values))]
    return values[_LEAST_EARLIER:].astype(np.float64), np.array(forecast, np.float64)


def _cycle_days(planning: Planning) -> Numbers:
    """The cycle times of stories in days, in the order in which they were done, without those that took no time."""
    ways = [way for way in journeys(planning.changes) if way.cycle_seconds and way.done_at is not None]
    ways.sort(key=lambda way: (way.times[way.done_at or 0], way.item))
    return np.array([(way.cycle_seconds or 0) / DAY for way in ways], np.float64)


def _pred25(actual: Numbers, forecast: Numbers) -> Answer:
    close = int((np.abs(actual - forecast) <= _CLOSE * actual).sum())
    value = close / len(actual) if len(actual) >= _LEAST_FORECASTS else None
    return Answer(within(value, 0.0, 0.5), {"forecasts within a quarter": close, "forecasts": len(actual)})


def _accuracy(actual: Numbers, forecast: Numbers) -> Answer:
    """1 - MAE / MAE of guessing one of the other values; None where all values are the same.

    Source: Shepperd and MacDonell, Evaluating prediction systems in software project estimation (IST 2012), with the
    exact error of guessing of Langdon et al. (2016): the mean absolute difference over all pairs. The interval is the
    jackknife's over the forecasts (Arvesen 1969 for what is made of mean differences), taken as independent.
    """
    count = len(actual)
    if count < _LEAST_FORECASTS:
        return Answer(None, {"forecasts": count})
    errors = np.abs(actual - forecast)
    distances = _distances(actual)
    guessing, error = float(distances.sum()) / (count * (count - 1)), float(errors.mean())
    because = {"mean absolute error in days": error, "that of guessing": guessing, "forecasts": count}
    if guessing <= 0:
        return Answer(None, because)
    accuracy = 1 - error / guessing
    # Without one value, the pairs that it belonged to (each in both orders) are gone.
    others = distances.sum() - 2 * distances
    if others.min() <= 0:
        return Answer(within(accuracy, -0.5, 0.5), because)
    without_one = 1 - (errors.sum() - errors) * (count - 2) / others
    return Answer(within(accuracy, -0.5, 0.5), because, interval=jackknife_interval(accuracy, without_one))


def _distances(values: Numbers) -> Numbers:
    """For each value, the sum of its absolute differences to all others, by sorting rather than by all pairs."""
    order = np.argsort(values, kind="stable")
    ordered, count = values[order], len(values)
    rank, below = np.arange(count), np.cumsum(ordered) - ordered
    sums = ordered * rank - below + (ordered.sum() - below - ordered) - ordered * (count - 1 - rank)
    found = np.empty(count, np.float64)
    found[order] = np.maximum(sums, 0)
    return found


def _slip(actual: Numbers, forecast: Numbers) -> Answer:
    late = actual > (1 + _CLOSE) * forecast
    value = float(late.mean()) if len(actual) >= _LEAST_FORECASTS else None
    return Answer(value, {"releases late by more than a quarter": int(late.sum()), "forecasts": len(actual)})


def _overdue(history: History, as_of: int) -> Answer:
    """Whether twice the usual interval of the last two years has passed; its interval is that of the ratio of both."""
    recent = recent_releases(history, _OVERDUE_YEARS) // DAY
    if len(recent) < _LEAST_RELEASES:
        return Answer(None, {"days with a release in the last two years": len(recent)})
    since, intervals = float(as_of // DAY - release_days(history)[-1]), np.diff(recent)
    usual = float(np.median(intervals))
    because = {"days since the last release": since, "median days between releases in the last two years": usual}
    ends = median_interval(intervals)
    interval = None if ends is None else Interval(since / ends[1], since / ends[0], ORDER)
    return Answer(float(since > _OVERDUE * usual), because, interval=interval)


def _planned_and_actual(labels: Mapping[str, float]) -> tuple[float, float] | None:
    planned, actual = labels.get("planned_days", 0.0), labels.get("actual_days", 0.0)
    return (planned, actual) if planned > 0 and actual > 0 else None


def _delivery_error(labels: Mapping[str, float]) -> Answer:
    if (days := _planned_and_actual(labels)) is None:
        return Answer(None)
    planned, actual = days
    error = within(abs(actual - planned) / actual, 0.0, _LARGEST_ERROR)
    return Answer(error, {"planned days": planned, "actual days": actual})


def _delivery_pred25(labels: Mapping[str, float]) -> Answer:
    error = _delivery_error(labels)
    return Answer(None if error.value is None else float(error.value <= _CLOSE), error.because)


def _delivery_slip(labels: Mapping[str, float]) -> Answer:
    if (days := _planned_and_actual(labels)) is None:
        return Answer(None)
    planned, actual = days
    return Answer(within((actual - planned) / planned, -0.5, 1.0), {"planned days": planned, "actual days": actual})


def _point_error(pairs: Sequence[tuple[float, float]]) -> Answer:
    """The median relative error of a story's days, foretold from its points and what a point took the others."""
    if len(pairs) < _LEAST_ESTIMATES:
        return Answer(None, {"stories with points and a cycle time": len(pairs)})
    points, days = np.array(pairs, np.float64).T
    rate = (days.sum() - days) / (points.sum() - points)
    errors = np.abs(days - points * rate) / days
    because = {"stories with points and a cycle time": len(pairs)}
    return Answer(float(np.median(errors)), because, interval=median_ends(errors))


def _point_correlation(pairs: Sequence[tuple[float, float]]) -> Answer:
    because = {"stories with points and a cycle time": len(pairs)}
    points, days = np.array(pairs, np.float64).reshape(-1, 2).T
    if len(pairs) < _LEAST_ESTIMATES or np.ptp(points) == 0 or np.ptp(days) == 0:
        return Answer(None, because)
    from scipy.stats import spearmanr  # takes longer to load than most repositories to read

    correlation = min(max(float(spearmanr(points, days).statistic), -1.0), 1.0)
    return Answer(correlation, because, interval=rank_correlation_interval(correlation, len(pairs)))


def _scope(planning: Planning) -> dict[str, Answer]:
    scopes = finished_scopes(planning)
    because = {
        "finished epics": len(scopes),
        "stories planned": sum(scope.planned for scope in scopes),
        "of these done": sum(scope.delivered for scope in scopes),
        "stories in the end": sum(scope.final for scope in scopes),
    }
    planned = because["stories planned"]
    if not planned:
        return {name: Answer(None, because) for name in ("scope_growth", "scope_delivered", "epic_days")}
    seconds = [scope.seconds for scope in scopes]
    grown = sum_ratio_interval([scope.final - scope.planned for scope in scopes], [scope.planned for scope in scopes])
    delivered = Interval(*share_interval(because["of these done"], planned), EXACT_SHARE)
    days = float(np.median(seconds)) / DAY
    return {
        "scope_growth": Answer((because["stories in the end"] - planned) / planned, because, interval=grown),
        "scope_delivered": Answer(because["of these done"] / planned, because, interval=delivered),
        "epic_days": Answer(days, {"finished epics": len(scopes)}, interval=median_ends(seconds, DAY)),
    }
