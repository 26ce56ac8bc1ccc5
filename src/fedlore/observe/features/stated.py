"""Answers from numbers that are already counted: bounded shares, medians with their interval, and what owners state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Answer, Evidence, Place
from fedlore.observe.intervals import median_ends


def part_of(
    part: tuple[str, int],
    whole: tuple[str, int],
    largest: float = 1.0,
    *,
    least: int = 1,
    places: Sequence[Place] = (),
) -> Answer:
    """A part of a whole, each a name and a number; more than ``largest`` counts as this, absent below ``least``."""
    because = {part[0]: float(part[1]), whole[0]: float(whole[1])}
    value = min(part[1] / whole[1], largest) if whole[1] >= max(least, 1) else None
    return Answer(value, because, tuple(places))


def middle_of(name: str, values: Sequence[float] | npt.NDArray[np.number], *, least: int = 1) -> Answer:
    """The median of values that are called ``name``, never below zero; absent with fewer than ``least``."""
    count = float(len(values))
    if count < max(least, 1):
        return Answer(None, {name: count})
    return Answer(max(0.0, float(np.median(values))), {name: count, **median_ends(values)})


def stated(evidence: Evidence, key: str, low: float, high: float, unit: float = 1.0) -> Answer:
    """What ``outcomes.toml`` states under a key, in units of ``unit`` and within these bounds; absent if nothing."""
    value = evidence.labels.values.get(key)
    if value is None:
        return Answer(None)
    return Answer(float(min(max(value / unit, low), high)), {f"{key} in outcomes.toml": value})


def mean_stated(evidence: Evidence, keys: Sequence[str], low: float, high: float) -> Answer:
    """The mean of what ``outcomes.toml`` states under these keys, within these bounds; absent if it states none."""
    values = {f"{key} in outcomes.toml": evidence.labels.values[key] for key in keys if key in evidence.labels.values}
    if not values:
        return Answer(None)
    return Answer(float(min(max(sum(values.values()) / len(values), low), high)), values)
