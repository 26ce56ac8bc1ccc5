"""95 % intervals of shares, medians and shifts, from counts and ranks alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrik, betaincinv

LOWER, UPPER = "lower end of the 95 % interval", "upper end of the 95 % interval"
"""The names under which an answer's ``because`` holds the interval of a median."""

_TAIL, _NORMAL = 0.025, 1.959964


def share_interval(part: float, whole: float) -> tuple[float, float]:
    """Clopper and Pearson's exact interval (1934) of a share: ``part`` of ``whole`` independent trials.

    Both are whole numbers with ``0 <= part <= whole`` and ``whole > 0``; other numbers raise `ValueError`.
    """
    if not 0 <= part <= whole or whole <= 0:
        raise ValueError(f"{part:g} of {whole:g} is no share")
    low = 0.0 if part == 0 else float(betaincinv(part, whole - part + 1, _TAIL))
    high = 1.0 if part == whole else float(betaincinv(part + 1, whole - part, 1 - _TAIL))
    return low, high


def median_interval(values: Sequence[float] | npt.NDArray[np.number]) -> tuple[float, float] | None:
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


def shift_interval(
    earlier: Sequence[float] | npt.NDArray[np.number], later: Sequence[float] | npt.NDArray[np.number]
) -> tuple[float, float, float] | None:
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


def median_ends(values: Sequence[float] | npt.NDArray[np.number], unit: float = 1.0) -> dict[str, float]:
    """The interval of a median in units of ``unit``, as entries of an answer's ``because``; none for few values."""
    found = median_interval(values)
    return {} if found is None else {LOWER: found[0] / unit, UPPER: found[1] / unit}
