"""Timeline accuracy: how well a release could be foreseen from the releases before it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.commits import DAY, Counts, release_days, within

_LEAST_EARLIER, _LEAST_FORECASTS = 2, 3
_CLOSE = 0.25
_OVERDUE = 2


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``timeline_accuracy_patterns``."""
    days = release_days(evidence.history)
    actual, forecast = _forecasts(np.diff(days))
    enough = len(actual) >= _LEAST_FORECASTS
    close = float((np.abs(actual - forecast) <= _CLOSE * actual).mean()) if enough else None
    accuracy = _standardised_accuracy(actual, forecast) if enough else None
    return {
        MeasureId("timeline.release_pred25"): within(close, 0, 0.5),
        MeasureId("timeline.standardised_accuracy"): within(accuracy, -0.5, 0.5),
        MeasureId("timeline.release_overdue"): _overdue(days, evidence.as_of),
    }


def _forecasts(intervals: Counts) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The intervals between releases, and for each the median of the earlier ones (two at least)."""
    forecast = [np.median(intervals[:index]) for index in range(_LEAST_EARLIER, len(intervals))]
    return intervals[_LEAST_EARLIER:].astype(np.float64), np.array(forecast, np.float64)


def _standardised_accuracy(actual: npt.NDArray[np.float64], forecast: npt.NDArray[np.float64]) -> float | None:
    """1 - MAE / MAE of guessing one of the other intervals; None where all intervals are the same.

    Source: Shepperd and MacDonell, Evaluating prediction systems in software project estimation (IST 2012), with the
    exact error of guessing of Langdon et al. (2016): the mean absolute difference over all pairs.
    """
    ordered, count = np.sort(actual), len(actual)
    # Each value stands above `rank` others and below the rest, so sorting replaces the table of all pairs.
    rank = np.arange(count)
    guessing = float((ordered * (2 * rank - count + 1)).sum()) * 2 / (count * (count - 1))
    return None if guessing == 0 else 1 - float(np.abs(actual - forecast).mean()) / guessing


def _overdue(days: Counts, as_of: int) -> bool:
    if len(days) <= _LEAST_EARLIER:
        return False
    return bool(as_of // DAY - days[-1] > _OVERDUE * np.median(np.diff(days)))
