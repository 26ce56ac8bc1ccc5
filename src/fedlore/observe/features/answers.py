"""Answers that carry their arithmetic: shares, shares that are large enough, and medians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Answer, Place
from fedlore.observe.features.commits import Mask, within
from fedlore.observe.intervals import mean_interval, median_ends


def count(chosen: Mask) -> int:
    """How many are chosen."""
    return int(np.count_nonzero(chosen))


def share_of(part_name: str, part: Mask, whole_name: str, whole: Mask) -> Answer:
    """The share of ``whole`` that is also in ``part``; absent where ``whole`` is empty."""
    return portion(part_name, count(part & whole), whole_name, count(whole))


def portion(
    part_name: str,
    part: float,
    whole_name: str,
    whole: float,
    *,
    largest: float = math.inf,
    least: float = 0,
    places: Sequence[Place] = (),
) -> Answer:
    """A part of a whole; at most ``largest``, absent where the whole is nothing or below ``least``."""
    value = min(float(part / whole), largest) if whole and whole >= least else None
    return Answer(value, {part_name: part, whole_name: whole}, tuple(places))


def enough(
    least: Fraction, part_name: str, part: Mask, whole_name: str, whole: Mask, *, is_cut: bool = False
) -> Answer:
    """Whether at least this share of ``whole`` is also in ``part``; no where ``whole`` is empty.

    Or absent there, if the history is cut (``is_cut``): some may lie before.
    """
    some, all_of_them = count(part & whole), count(whole)
    because = {part_name: some, whole_name: all_of_them}
    return Answer(all_of_them > 0 and some >= least * all_of_them if all_of_them or not is_cut else None, because)


def median_of(values: npt.NDArray[np.generic], of_what: str, median_name: str) -> Answer:
    """The median of some numbers; absent where there is none."""
    if not len(values):
        return Answer(None, {of_what: 0})
    middle = float(np.median(values.astype(np.float64)))
    because = {of_what: len(values), median_name: middle}
    return Answer(middle, because, interval=median_ends(values.astype(np.float64)))


def middle_of(name: str, values: Sequence[float] | npt.NDArray[np.number], *, least: int = 1) -> Answer:
    """The median of values that are called ``name``, never below zero; absent with fewer than ``least``."""
    found = float(len(values))
    if found < max(least, 1):
        return Answer(None, {name: found})
    return Answer(max(0.0, float(np.median(values))), {name: found}, interval=median_ends(values))


def mean_of(values: npt.NDArray[np.generic], of_what: str, mean_name: str, *, least: float = -math.inf) -> Answer:
    """The mean of some numbers, none of which can be below ``least``; absent where there is none."""
    if not len(values):
        return Answer(None, {of_what: 0})
    numbers = values.astype(np.float64)
    middle = float(np.mean(numbers))
    return Answer(middle, {of_what: len(values), mean_name: middle}, interval=mean_interval(numbers, least=least))


def bounded(answer: Answer, low: float, high: float) -> Answer:
    """The same answer with its number moved to the nearer bound if it lies outside."""
    return replace(answer, value=within(answer.value, low, high))
