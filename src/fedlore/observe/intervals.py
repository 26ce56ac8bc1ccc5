"""95 % intervals of what is estimated from cases: shares, rates, medians, means, their differences and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrik, betaincinv, gammaincinv, stdtrit

_Values = Sequence[float] | npt.NDArray[np.number]

_TAIL, _NORMAL = 0.025, 1.959964
_LEAST_JACKKNIFE = 3
_LEAST_CORRELATED = 4

EXACT_SHARE = "exact binomial, Clopper and Pearson 1934"
ORDER = "order statistics"


class Interval(NamedTuple):
    """The ends of a 95 % interval (either may be infinite), and the name of the method that gave them."""

    low: float
    high: float
    method: str


def share_interval(part: float, whole: float) -> tuple[float, float]:
    """Clopper and Pearson's exact interval (1934) of a share: ``part`` of ``whole`` independent trials.

    Both are whole numbers with ``0 <= part <= whole`` and ``whole > 0``; other numbers raise `ValueError`.
    """
    if not 0 <= part <= whole or whole <= 0:
        raise ValueError(f"{part:g} of {whole:g} is no share")
    low = 0.0 if part == 0 else float(betaincinv(part, whole - part + 1, _TAIL))
    high = 1.0 if part == whole else float(betaincinv(part + 1, whole - part, 1 - _TAIL))
    return low, high


def median_interval(values: _Values) -> tuple[float, float] | None:
    """Two of the values between which the median of what they were drawn from lies, at 95 % or more.

    The narrowest pair of symmetric order statistics (David and Nagaraja, Order Statistics, 2003, section 7.1); None for
    fewer than six values, among which there is no such pair.
    """
    count = len(values)
    if count == 0 or bdtr(0, count, 0.5) > _TAIL:
        return None
    rank = math.floor(float(bdtrik(_TAIL, count, 0.5)))
    ordered = np.sort(np.asarray(values, np.float64))
    return float(ordered[rank]), float(ordered[count - 1 - rank])


def shift_interval(earlier: _Values, later: _Values) -> tuple[float, float, float] | None:
    """By how much the later values lie above the earlier ones, and the 95 % interval of that.

    The median of all differences between a later and an earlier value, and two of these differences (Hollander and
    Wolfe, Nonparametric Statistical Methods, 1999, sections 4.2 and 4.3, in the large-sample form): distribution-free,
    with the values taken as independent. None for too few values, among which there are no such two.
    """
    differences = np.sort(np.subtract.outer(np.asarray(later, np.float64), np.asarray(earlier, np.float64)), axis=None)
    pairs = len(differences)
    rank = int(pairs / 2 - _NORMAL * math.sqrt(pairs * (len(earlier) + len(later) + 1) / 12))
    if rank < 1:
        return None
    return float(np.median(differences)), float(differences[rank - 1]), float(differences[pairs - rank])


def median_ends(values: _Values, unit: float = 1.0) -> Interval | None:
    """`median_interval` in units of ``unit``."""
    found = median_interval(values)
    return None if found is None else Interval(found[0] / unit, found[1] / unit, ORDER)


def quantile_ends(values: _Values, share: float) -> Interval | None:
    """Two of the values between which lies the value that a ``share`` (between 0 and 1) of the population stays below.

    Order statistics (David and Nagaraja 2003, section 7.1) that leave out at most 2.5 % on either side; None for too
    few values.
    """
    count = len(values)
    below = bdtr(np.arange(count, dtype=np.float64), count, share)
    low, high = int(np.count_nonzero(below <= _TAIL)), int(np.count_nonzero(below < 1 - _TAIL))
    if low == 0 or high == count:
        return None
    ordered = np.sort(np.asarray(values, np.float64))
    return Interval(float(ordered[low - 1]), float(ordered[high]), ORDER)


def rate_interval(count: int, exposure: float) -> Interval:
    """Garwood's exact interval (Biometrika 28, 1936) of a rate: ``count`` independent events in ``exposure`` > 0.

    Events that come together, as changes of one commit do, make it too narrow.
    """
    low = float(gammaincinv(count, _TAIL)) if count else 0.0
    return Interval(low / exposure, float(gammaincinv(count + 1, 1 - _TAIL)) / exposure, "exact Poisson, Garwood 1936")


def share_difference_interval(earlier: tuple[int, int], later: tuple[int, int]) -> Interval:
    """Newcombe's hybrid score interval of a later share less an earlier one, each as part and whole (> 0).

    Source: Newcombe, Interval estimation for the difference between independent proportions (Statistics in Medicine
    17, 1998), method 10: Wilson's intervals without continuity correction, put together by `_square_and_add`.
    """
    low, high = _square_and_add(_wilson(*earlier), _wilson(*later))
    return Interval(low, high, "hybrid score, Newcombe 1998")


def median_ratio_interval(earlier: _Values, later: _Values) -> Interval | None:
    """The interval of the binary logarithm of a later median over an earlier one (both > 0).

    The intervals of both medians (`median_interval`) in logarithms, put together by `_square_and_add` (Zou and Donner,
    Statistics in Medicine 27, 2008). An end is infinite where a median may be zero; None for too few values.
    """
    ends = median_interval(earlier), median_interval(later)
    if ends[0] is None or ends[1] is None:
        return None
    logarithms = [
        (_log2(low), _log2(float(np.median(values))), _log2(high))
        for values, (low, high) in ((earlier, ends[0]), (later, ends[1]))
    ]
    low, high = _square_and_add(*logarithms)
    return Interval(low, high, "order statistics in logarithms, Zou and Donner 2008")


def mean_ratio_interval(earlier: _Values, later: _Values) -> Interval | None:
    """The interval of the binary logarithm of a later mean over an earlier one, of independent values such as months.

    The variance is that of the log response ratio (Hedges, Gurevitch and Curtis, Ecology 80, 1999, equation 1), the
    quantile Student's with Welch's degrees of freedom (Biometrika 34, 1947). None where a mean is not above zero, for
    fewer than two values on a side, and where neither side varies.
    """
    sides = np.asarray(earlier, np.float64), np.asarray(later, np.float64)
    if min(map(len, sides)) < 2 or min(float(side.mean()) for side in sides) <= 0:
        return None
    parts = [float(side.var(ddof=1)) / (len(side) * float(side.mean()) ** 2) for side in sides]
    variance = sum(parts)
    if variance == 0:
        return None
    freedom = variance**2 / sum(part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True))
    half = float(stdtrit(freedom, 1 - _TAIL)) * math.sqrt(variance) / math.log(2)
    middle = math.log2(float(sides[1].mean()) / float(sides[0].mean()))
    return Interval(middle - half, middle + half, "log response ratio over months, Hedges et al. 1999, with Welch's t")


def mean_interval(values: _Values, *, least: float = -math.inf) -> Interval | None:
    """Student's interval (1908) of the mean of what the values were drawn from, which is ``least`` at least.

    None for fewer than two values, and for values that do not vary: these do not tell how much they might.
    """
    count = len(values)
    if count < 2 or np.ptp(values) == 0:
        return None
    # Exact sums, so that the order of the values changes nothing.
    middle = math.fsum(values) / count
    squares = math.fsum((float(value) - middle) ** 2 for value in values)
    found = _student(middle, math.sqrt(squares / (count - 1) / count), count, "Student's t")
    return found._replace(low=max(found.low, least))


def jackknife_interval(estimate: float, without_one: _Values) -> Interval | None:
    """The interval of a smooth estimate from its values with each of the independent cases left out in turn.

    Source: Tukey (1958), after Miller, The jackknife - a review (Biometrika 61, 1974), with Student's quantile. None
    for fewer than three cases, and where no case makes a difference.
    """
    count = len(without_one)
    if count < _LEAST_JACKKNIFE or np.ptp(without_one) == 0:
        return None
    error = (count - 1) * float(np.std(without_one, ddof=1)) / math.sqrt(count)
    return _student(estimate, error, count, "jackknife, Tukey 1958")


def sum_ratio_interval(parts: _Values, wholes: _Values) -> Interval | None:
    """`jackknife_interval` of the sum of the parts over the sum of the wholes, one of each (>= 0) for every case.

    None also where one case has all of the whole.
    """
    part, whole = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    rest = whole.sum() - whole
    if not len(rest) or rest.min() <= 0:
        return None
    return jackknife_interval(float(part.sum() / whole.sum()), (part.sum() - part) / rest)


def rank_correlation_interval(correlation: float, count: int) -> Interval | None:
    """The interval of Spearman's correlation of ``count`` independent pairs, by Fisher's transformation.

    Source: Bonett and Wright, Sample size requirements for estimating Pearson, Kendall and Spearman correlations
    (Psychometrika 65, 2000). None for fewer than four pairs and for a correlation of 1 or -1.
    """
    if count < _LEAST_CORRELATED or abs(correlation) >= 1:
        return None
    middle, error = math.atanh(correlation), math.sqrt((1 + correlation**2 / 2) / (count - 3))
    ends = math.tanh(middle - _NORMAL * error), math.tanh(middle + _NORMAL * error)
    return Interval(*ends, "Fisher's z, Bonett and Wright 2000")


def _student(middle: float, error: float, count: int, method: str) -> Interval:
    half = float(stdtrit(count - 1, 1 - _TAIL)) * error
    return Interval(middle - half, middle + half, method)


def _wilson(part: int, whole: int) -> tuple[float, float, float]:
    """Wilson's score interval (1927) of a share, with the share in its middle."""
    share, square = part / whole, _NORMAL**2
    centre = part + square / 2
    half = _NORMAL * math.sqrt(part * (1 - share) + square / 4)
    return (centre - half) / (whole + square), share, (centre + half) / (whole + square)


def _square_and_add(earlier: tuple[float, float, float], later: tuple[float, float, float]) -> tuple[float, float]:
    """The interval of a difference from those of two independent estimates, each with the estimate in its middle."""
    middle = later[1] - earlier[1]
    low = middle - math.hypot(later[1] - later[0], earlier[2] - earlier[1])
    return low, middle + math.hypot(later[2] - later[1], earlier[1] - earlier[0])


def _log2(value: float) -> float:
    return math.log2(value) if value > 0 else -math.inf
