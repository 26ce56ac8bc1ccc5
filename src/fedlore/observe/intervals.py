"""Exact 95 % intervals of shares and medians, from counts and ranks alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrik, betaincinv

LOWER, UPPER = "lower end of the 95 % interval", "upper end of the 95 % interval"
"""The names under which an answer's ``because`` holds the interval of a median."""

_TAIL = 0.025


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


def median_ends(values: Sequence[float] | npt.NDArray[np.number], unit: float = 1.0) -> dict[str, float]:
    """The interval of a median in units of ``unit``, as entries of an answer's ``because``; none for few values."""
    found = median_interval(values)
    return {} if found is None else {LOWER: found[0] / unit, UPPER: found[1] / unit}
