"""Success factors that participants name, how they occur together, and what change of the outcome goes with them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import stdtrit

from fedlore.learn.intervals import Noise, Ratio, quantile
from fedlore.learn.sums import Floats

LEAST_SHARE = 0.3
_LEAST_PAIRS = 4
_EXACT = Noise(0.0, 0.0, 0.0)

Patterns = Mapping[str, Any]


def categories(participants: Sequence[Patterns]) -> dict[str, list[dict[str, Any]]]:
    """Each category's patterns by id: how many participants hold one, with a 95 % interval, and its mean support."""
    found: dict[str, dict[str, list[float]]] = {}
    for participant in participants:
        for category, patterns in participant.get("pattern_categories", {}).items():
            held = found.setdefault(category, {})
            for name, support in {pattern["id"]: float(pattern.get("support", 1.0)) for pattern in patterns}.items():
                held.setdefault(name, []).append(support)
    return {
        category: [
            {"id": name, "average_support": _mean(supports), **_held_by(len(supports), len(participants))}
            for name, supports in held.items()
        ]
        for category, held in found.items()
    }


def common(participants: Sequence[Patterns], least_share: float) -> dict[str, dict[str, float]]:
    """Factors named by at least ``least_share`` of the participants: consensus, mean importance and counts."""
    total = len(participants)
    named: dict[str, list[float]] = {}
    for participant in participants:
        for factor, importance in participant.get("success_factors", {}).items():
            named.setdefault(factor, []).append(float(importance))
    return {
        factor: {
            "consensus_score": len(importances) / total,
            "average_importance": _mean(importances),
            "participant_count": len(importances),
            "total_participants": total,
        }
        for factor, importances in named.items()
        if len(importances) / total >= least_share
    }


def correlations(participants: Sequence[Patterns], least_share: float) -> dict[str, dict[str, Any]]:
    """Pairs of common factors that at least ``least_share`` of the participants name together.

    ``consensus_score`` is their share of the participants with Wilson's 95 % interval; ``correlation`` Pearson's
    coefficient of the two importances with Fisher's interval (1921), None where fewer than four name both or one of
    them does not vary.
    """
    found: dict[str, dict[str, Any]] = {}
    for first, second in combinations(sorted(common(participants, least_share)), 2):
        both = [
            (float(named[first]), float(named[second]))
            for named in (participant.get("success_factors", {}) for participant in participants)
            if first in named and second in named
        ]
        if len(both) / len(participants) >= least_share:
            held = _held_by(len(both), len(participants))
            found[f"{first}~{second}"] = {**held, "correlation": _pearson(np.array(both))}
    return found


def predictions(participants: Sequence[Patterns], least_share: float) -> dict[str, dict[str, Any]]:
    """The slope of the outcome on each common factor's importance (0 where not named), with Student's interval.

    The outcome is the participants' own number ``outcome``; where none states one, the mean importance of the other
    factors it names stands in, and ``outcome`` in the result says so. It is an association, not a cause.
    """
    stated = any("outcome" in participant for participant in participants)
    found: dict[str, dict[str, Any]] = {}
    for factor in common(participants, least_share):
        points = [
            (float(participant.get("success_factors", {}).get(factor, 0.0)), outcome)
            for participant in participants
            if (outcome := _outcome(participant, factor, stated)) is not None
        ]
        if (line := _slope(np.array(points).reshape(-1, 2))) is not None:
            words = "stated by the participants" if stated else "mean importance of their other factors"
            found[factor] = {**line, "outcome": words, "participant_count": len(points)}
    return found


def _outcome(participant: Patterns, factor: str, stated: bool) -> float | None:
    if stated:
        return float(participant["outcome"]) if "outcome" in participant else None
    others = [float(value) for name, value in participant.get("success_factors", {}).items() if name != factor]
    return _mean(others) if others else None


def _slope(points: Floats) -> dict[str, float] | None:
    if len(points) < _LEAST_PAIRS or np.ptp(points[:, 0]) <= 0:
        return None
    x, y = points[:, 0] - points[:, 0].mean(), points[:, 1] - points[:, 1].mean()
    slope = float(x @ y / (x @ x))
    freedom = len(points) - 2
    error = math.sqrt(float(((y - slope * x) ** 2).sum() / freedom / (x @ x)))
    width = float(stdtrit(freedom, 0.975)) * error
    return {"expected_change": slope, "low": slope - width, "high": slope + width}


def _pearson(both: Floats) -> dict[str, float] | None:
    if len(both) < _LEAST_PAIRS or np.min(np.ptp(both, axis=0)) <= 0:
        return None
    x, y = both[:, 0] - both[:, 0].mean(), both[:, 1] - both[:, 1].mean()
    coefficient = float(x @ y / np.sqrt((x @ x) * (y @ y)))
    turned = math.atanh(min(max(coefficient, -1 + 1e-12), 1 - 1e-12))
    width = float(quantile(0.0)) / math.sqrt(len(both) - 3)
    return {"estimate": coefficient, "low": math.tanh(turned - width), "high": math.tanh(turned + width)}


def _held_by(count: int, total: int) -> dict[str, Any]:
    share = Ratio(np.array([float(count)]), np.array([float(total)]), _EXACT).interval()
    return {
        "consensus_score": count / total,
        "low": float(share.low[0]),
        "high": float(share.high[0]),
        "participant_count": count,
        "total_participants": total,
    }


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
