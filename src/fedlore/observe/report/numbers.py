"""From an answer to a number in words, with its interval and its arithmetic."""

from __future__ import annotations

from bisect import bisect_right

from fedlore.catalogue.measure import Measure
from fedlore.counting import counted
from fedlore.observe.evidence import Answer, Place, Value
from fedlore.observe.intervals import EXACT_SHARE, Interval, share_interval
from fedlore.observe.references import printable
from fedlore.observe.report.model import Number

UNKNOWN = "not known"
NO_BREAK = "\N{NO-BREAK SPACE}"
"""Between a number and the sign of its unit, so that no line ends there."""

_SHARE_OF = "share of "
_DIFFERENCE, _LOGARITHM = "difference of shares", "binary logarithm of a ratio"
_CLOSE = 1e-9
_DAYS_OF_A_YEAR = 365


def number_of(measure: Measure, answer: Answer, *, counts_share: bool = True) -> Number:
    """The value of a measure with everything that can be said of how it came about.

    ``counts_share`` says of a yes-no measure that it asks if the share of its first two numbers is large enough.
    """
    may_be_share = answer.interval is None and (counts_share or measure.kind != "yes-no")
    share = _share(measure, answer) if may_be_share else None
    interval = None if answer.value is None else _interval(measure, answer, share)
    return Number(
        measure,
        answer.value,
        value_words(measure, answer.value),
        None if interval is None else (interval.low, interval.high),
        "" if interval is None else _range(measure, interval.low, interval.high),
        "" if interval is None else interval.method,
        _falls(measure, answer.value),
        _arithmetic(answer, share),
        share,
        tuple(map(place_words, answer.places)),
    )


def is_share(measure: Measure) -> bool:
    """Whether the values of a measure are shares, to be printed in per cent."""
    return measure.quantity.startswith(_SHARE_OF)


def value_words(measure: Measure, value: Value) -> str:
    """A value with what it counts: ``yes``, ``12 days``, ``30 % of commits``."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool) or (measure.is_of_yes_or_no and value in {0, 1}):
        return "yes" if value else "no"
    if is_share(measure):
        return f"{percent(value)} of {measure.quantity.removeprefix(_SHARE_OF)}"
    if measure.quantity == _DIFFERENCE:
        return f"{100 * value:+.1f} points"
    if measure.quantity == _LOGARITHM:
        return f"{plain(2**value)} times (binary logarithm: {plain(value)})"
    return counted(plain(value), measure.quantity)


def quantity(measure: Measure, value: float) -> str:
    """A number of a measure without what it counts; the part of a yes-no measure is a share."""
    return percent(value) if _in_per_cent(measure) else plain(value)


def _in_per_cent(measure: Measure) -> bool:
    return is_share(measure) or measure.kind == "yes-no"


def percent(value: float) -> str:
    """A share in per cent: whole ones, one digit more below 10 or near 100, and two in all below 0.1."""
    if 0 < abs(value) < 0.001:
        return f"{100 * value:.2g}{NO_BREAK}%"
    digits = 0 if value == round(value, 2) or 0.1 <= abs(value) <= 0.95 else 1
    return f"{100 * value:.{digits}f}{NO_BREAK}%"


def plain(value: float) -> str:
    """A number to three digits, whole ones in full."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _range(measure: Measure, low: float, high: float) -> str:
    """An interval, with as many digits as its ends need to differ; none where even these make them the same."""
    if measure.is_of_yes_or_no:  # one project's answer is yes or no: the interval is of the ratio that decides
        return f"{plain(low)} to {plain(high)} times"
    if measure.quantity == _DIFFERENCE:
        return f"{100 * low:+.1f} to {100 * high:+.1f} points"
    if measure.quantity == _LOGARITHM:
        return f"{plain(2**low)} to {plain(2**high)} times"
    if not _in_per_cent(measure):
        return f"{plain(low)} to {plain(high)}"
    digits = next((digits for digits in (0, 1, 2) if high - low >= 2 * 10 ** -(digits + 2)), 3)
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f}{NO_BREAK}%"


def place_words(place: Place) -> str:
    """``file:line``, with every character that could act on a terminal made visible."""
    return printable(f"{place.path.decode('utf-8', 'replace')}:{place.line}")


def _share(measure: Measure, answer: Answer) -> tuple[float, float] | None:
    """The first two numbers of the arithmetic, if they are a part and a whole of counted cases and make the value.

    Of a measure that says of its values that they are shares, or is a yes or no: a mean may be such a ratio by chance.
    """
    if not _in_per_cent(measure):
        return None
    counted = list(cases(answer).values())
    if len(counted) < 2 or "median" in measure.quantity or not all(number == int(number) for number in counted[:2]):
        return None
    part, whole = counted[:2]
    if not 0 <= part <= whole or whole == 0:
        return None
    if measure.kind == "yes-no":
        return part, whole
    low, high = measure.bounds or (0.0, 1.0)
    value = min(max(part / whole, low), high)
    return (part, whole) if answer.value is not None and abs(value - answer.value) < _CLOSE else None


def _interval(measure: Measure, answer: Answer, share: tuple[float, float] | None) -> Interval | None:
    if answer.interval is not None:
        return _bounded(measure, answer.interval)
    if share is not None:
        # Lines stand in files together, and are no cases of their own.
        return None if measure.quantity.startswith("share of lines") else Interval(*share_interval(*share), EXACT_SHARE)
    days = answer.value
    if measure.quantity.endswith("a year") and days is not None and days == int(days) <= _DAYS_OF_A_YEAR:
        low, high = share_interval(days, _DAYS_OF_A_YEAR)
        return Interval(low * _DAYS_OF_A_YEAR, high * _DAYS_OF_A_YEAR, EXACT_SHARE)
    return None


def _bounded(measure: Measure, interval: Interval) -> Interval:
    """The interval of a mean within the bounds that its values are moved to."""
    if measure.kind != "mean" or measure.is_of_yes_or_no:
        return interval
    low, high = measure.bounds or (0.0, 1.0)
    return interval._replace(low=min(max(interval.low, low), high), high=min(max(interval.high, low), high))


def _falls(measure: Measure, value: Value) -> str:
    return "" if value is None or not measure.bins else measure.bin_labels[bisect_right(measure.bins, float(value))]


def _arithmetic(answer: Answer, share: tuple[float, float] | None) -> str:
    """``12 (commits with tests) of 40 (human commits) = 30 %``; other numbers one after the other."""
    words = [_case_words(name, value) for name, value in cases(answer).items()]
    if share is None:
        return "; ".join(words)
    sum_words = f"{words[0]} of {words[1]} = {percent(share[0] / share[1])}"
    return "; ".join([sum_words, *words[2:]])


def _case_words(name: str, value: float) -> str:
    if name.startswith(_SHARE_OF):
        return f"{percent(value)} of {name.removeprefix(_SHARE_OF)}"
    return counted(plain(value), name)


def cases(answer: Answer) -> dict[str, float]:
    """The numbers of the arithmetic by their names, safe to print."""
    return {printable(name): value for name, value in answer.because.items()}
