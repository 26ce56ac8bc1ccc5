"""The numbers in statements of several groups, on the scale where their intervals are symmetric, and back again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from fedlore.catalogue.errors import FedloreError
from fedlore.learn import confidence
from fedlore.learn.associations import FALSE_DISCOVERY_RATE, benjamini_hochberg
from fedlore.learn.intervals import quantile
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Floats

NORMAL = float(quantile(0.0))
_LEAST_ERROR = 1e-9


class PoolingError(FedloreError):
    """Statements of one id that cannot be pooled: they estimate different things."""


@dataclass(frozen=True, slots=True)
class Group:
    """All statements about one question, one of each group of projects, without those whose interval is unbounded.

    ``values`` are natural logarithms for odds ratios, ``errors`` their standard errors: shapes ``(len(said),)``.
    """

    said: tuple[Statement, ...]
    values: Floats
    errors: Floats


@dataclass(frozen=True, slots=True)
class Pooled:
    """A value and its standard error on the pooling scale, and the statement whose other fields it takes."""

    base: Statement
    value: float
    error: float


def by_question(statements: Iterable[Statement]) -> list[Group]:
    """Gather statements by id, in the order of their first appearance; raises `PoolingError` for mixed kinds."""
    gathered: dict[str, list[Statement]] = {}
    for statement in statements:
        gathered.setdefault(statement.id, []).append(statement)
    groups = []
    for name, said in gathered.items():
        if len({statement.kind for statement in said}) > 1:
            raise PoolingError(f"the statements about {name} are of different kinds")
        if bounded := [(s, s.low, s.high) for s in said if s.low is not None and s.high is not None]:
            ends = np.array([[_scaled(s.kind, end) for end in (s.estimate, low, high)] for s, low, high in bounded])
            # The longer arm: a share's interval that was cut off at 0 or 1 shows its error on the other side.
            errors = np.maximum(np.abs(ends[:, 1:] - ends[:, :1]).max(axis=1) / NORMAL, _LEAST_ERROR)
            groups.append(Group(tuple(s for s, _, _ in bounded), ends[:, 0], errors))
    return groups


def weighted(group: Group, weights: Floats) -> Pooled:
    """The weighted mean of a group, its error as if each estimate were independent; weights need not add up to 1."""
    share = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    return Pooled(together(group), float(share @ group.values), math.sqrt(float(share**2 @ group.errors**2)))


def together(group: Group) -> Statement:
    """The fields that a pooled statement has in common with its parts.

    The groups hold different projects: the price is that of the dearest, members and projects add up.
    """
    return replace(
        group.said[0],
        epsilon=max(statement.epsilon for statement in group.said),
        cohort=sum(statement.cohort for statement in group.said),
        projects=sum(statement.projects for statement in group.said),
        round_id=group.said[0].round_id if len(group.said) == 1 else "",
    )


def restated(pooled: Sequence[Pooled]) -> tuple[Statement, ...]:
    """Pooled numbers as statements, intervals and confidences anew; odds ratios are tested together again."""
    odds = [index for index, one in enumerate(pooled) if one.base.kind == "odds ratio"]
    values = np.array([pooled[index].value for index in odds])
    errors = np.array([pooled[index].error for index in odds])
    # A log odds ratio is about four times the phi coefficient, where both margins are even.
    sure = confidence.association_confidence(values / 4, errors / 4).tolist()
    q_values = benjamini_hochberg(2 * ndtr(-np.abs(values / errors))).tolist() if odds else []
    said = [_restated(one) for one in pooled]
    for index, probability, q_value in zip(odds, sure, q_values, strict=True):
        said[index] = replace(
            said[index], confidence=probability, q_value=q_value, discovery=q_value <= FALSE_DISCOVERY_RATE
        )
    return tuple(said)


def _restated(one: Pooled) -> Statement:
    base = one.base
    ends = [one.value + shift * one.error for shift in (0.0, -NORMAL, NORMAL)]
    if base.kind == "odds ratio":
        ends = [math.exp(end) for end in ends]
    elif base.kind != "mean":
        ends = [min(max(end, 0.0), 1.0) for end in ends]
    distance = _distance(base) if base.kind == "mean" else confidence.NEAR
    sure = float(2 * ndtr(distance / one.error) - 1)
    return replace(base, estimate=ends[0], low=ends[1], high=ends[2], confidence=sure)


def _distance(base: Statement) -> float:
    """How near the truth a mean's confidence speaks of, read back from the statement's interval and confidence."""
    if base.low is None or base.high is None:
        return 0.0
    return (base.high - base.low) / (2 * NORMAL) * float(ndtri((1 + min(base.confidence, 1 - 1e-12)) / 2))


def _scaled(kind: str, end: float) -> float:
    return math.log(end) if kind == "odds ratio" else end
