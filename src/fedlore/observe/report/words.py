"""How a report's trends, differences and limits are said, whatever they are printed on."""

from __future__ import annotations

from collections.abc import Sequence

from fedlore.counting import counted
from fedlore.observe.report.model import Number, Onset, Outcome, Trend
from fedlore.observe.report.numbers import percent, plain

EITHER_SIDE = "may be on either side of the limit"
"""Of a finding whose limit lies within its interval."""


ASSOCIATION = "an association, not a cause"
"""Of what differs after an onset."""

LONG_SILENCE = 60
"""So many days without a human commit are no long silence yet, as in communication.radio_silence."""

GONE = ", no longer there at HEAD"
"""After what began and is gone."""


def change_words(outcome: Outcome) -> str:
    """The usual month before an onset and after it, with the difference: ``10 → 30 (+20; 95 %: +12 to +25)``."""
    words = f"{value_of(outcome, outcome.before)} → {value_of(outcome, outcome.after)}"
    if outcome.change is None or outcome.change_interval is None:
        return words
    interval = signed_range(outcome, outcome.change_interval)
    return f"{words} ({signed_range(outcome, [outcome.change])}; 95 %: {interval})"


def by_chance_words(onsets: Sequence[Onset]) -> str:
    """How many of the comparisons would differ by chance alone."""
    compared = sum(outcome.change is not None for onset in onsets for outcome in onset.outcomes)
    return f"of {counted(compared, 'comparisons')}, about 1 in 20 would differ by chance alone"


def silence_words(days: int | None) -> str:
    """How long a project has been silent; nothing as long as that is not long."""
    return f"silent for {counted(days, 'days')}" if days is not None and days > LONG_SILENCE else ""


def last_year_words(newest: str) -> str:
    """With which day (ISO 8601; empty: there is none) the last year of a project ends."""
    return f"the last year ends with the newest human commit, {newest}" if newest else "there is no human commit"


def found_words(number: Number) -> str:
    """The arithmetic of a value, after the value itself where the arithmetic does not end with it."""
    if not number.arithmetic:
        return number.words
    says_all = number.share is not None or number.words in {"yes", "no"}
    return number.arithmetic if says_all else f"{number.words} ({number.arithmetic})"


def slope_words(trend: Trend) -> str:
    """Where a series goes, with the slope and its interval: ``rising: +2.5 (+0.4 to +4)``."""
    if trend.slope is None or trend.slope_interval is None:
        return trend.direction
    return f"{trend.direction}: {signed_range(trend, [trend.slope])} ({signed_range(trend, trend.slope_interval)})"


def signed_range(trend: Trend | Outcome, values: Sequence[float]) -> str:
    """Changes with their signs, from one to the other; those of shares in percentage points."""
    if trend.is_share:
        return " to ".join(_signed(100 * value, ".1f") for value in values) + " points"
    return " to ".join(_signed(value, ",.0f" if abs(value) >= 100 else ".3g") for value in values)


def _signed(value: float, form: str) -> str:
    words = format(value, "+" + form)
    return words if words.strip("+-0.") else "0"


def times_words(times: float | None) -> str:
    """How far beyond a limit; a dash where it cannot be counted."""
    return "-" if times is None else f"{times:.1f}" if times < 10 else plain(round(times))


def value_of(trend: Trend | Outcome, value: float | None) -> str:
    """A number of a series; nothing where there is none."""
    if value is None:
        return ""
    return percent(value) if trend.is_share else plain(value)
