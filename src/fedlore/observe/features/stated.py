"""Answers that the owner states in ``outcomes.toml``."""

from __future__ import annotations

from collections.abc import Sequence

from fedlore.observe.evidence import Answer, Evidence


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
