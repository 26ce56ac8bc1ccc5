"""Four ways to make one set of statements of those that several groups have already released about themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import ndtr, stdtrit

from fedlore.learn.pooling import NORMAL, Group, Pooled, by_question, restated, together, weighted
from fedlore.learn.statement import OF_MEMBERS, Statement
from fedlore.learn.sums import Floats


class AggregationStrategy(Protocol):
    """Anything that turns released statements of groups into statements about all of them."""

    def aggregate(self, statements: Iterable[Statement]) -> tuple[Statement, ...]: ...


@dataclass(frozen=True, slots=True)
class FrequencyAggregationStrategy:
    """What all groups' projects say together: every project counts once.

    Shares, bins and means are weighted by noised numbers of projects (members by members); odds ratios, whose union no
    weights give exactly, by the inverse of their variance on the log scale (Woolf 1955).
    """

    def aggregate(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """One statement for each id; statements with an unbounded interval are left out."""
        return restated([weighted(group, self._weights(group)) for group in by_question(statements)])

    @staticmethod
    def _weights(group: Group) -> Floats:
        kind = group.said[0].kind
        if kind == "odds ratio":
            return group.errors**-2
        of_members = kind in OF_MEMBERS
        return np.array([said.cohort if of_members else said.projects for said in group.said], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class WeightedAggregationStrategy:
    """Inverse variances as weights, but nobody's counts for more than its projects can show, nor for most of the whole.

    A share of n projects cannot be known better than n / (p (1 - p)) allows, a log odds ratio not better than n / 16;
    and no group gets more than ``largest_weight`` (or an even part, if that is more).
    """

    largest_weight: float = 1 / 3

    def aggregate(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """One statement for each id; statements with an unbounded interval are left out."""
        return restated([weighted(group, self._weights(group)) for group in by_question(statements)])

    def _weights(self, group: Group) -> Floats:
        evidence = np.minimum(group.errors**-2, [_most_evidence(said) for said in group.said])
        return _capped(evidence, max(self.largest_weight, 1 / len(evidence)))


@dataclass(frozen=True, slots=True)
class ConsensusAggregationStrategy:
    """The share of groups that agree with most of them: a share or mean of members above one half, a direction of odds.

    Each group counts with the probability that its interval gives to its being on the majority's side.
    """

    least_agreement: float = 0.0

    def aggregate(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """One statement of kind ``members`` for each id that at least ``least_agreement`` of the groups agree on."""
        said = (self._agreed(group) for group in by_question(statements) if group.said[0].kind != "mean")
        return tuple(statement for statement in said if statement.estimate >= self.least_agreement)

    @staticmethod
    def _agreed(group: Group) -> Statement:
        odds = group.said[0].kind == "odds ratio"
        yes = ndtr((group.values - (0.0 if odds else 0.5)) / group.errors)
        agreeing = yes if yes.mean() >= 0.5 else 1 - yes
        share = float(agreeing.mean())
        width = NORMAL * math.sqrt(float((agreeing * (1 - agreeing)).sum())) / len(agreeing)
        side = (
            ("odds above 1" if odds else "more than half") if agreeing is yes else ("odds below 1" if odds else "less")
        )
        return replace(
            together(group),
            kind="members",
            estimate=share,
            low=max(share - width, 0.0),
            high=min(share + width, 1.0),
            estimand=f"share of these {len(agreeing)} groups that agree: {side}",
            confidence=float(np.prod(np.maximum(agreeing, 1 - agreeing))),
            confidence_means="that every group is counted on its true side",
            q_value=None,
            discovery=False,
        )


@dataclass(frozen=True, slots=True)
class HierarchicalAggregationStrategy:
    """Groups drawn from a level above: the level's own mean, then each group drawn towards it as far as its error asks.

    Between-group variance by DerSimonian and Laird (1986); the mean's interval by Hartung and Knapp (2001), with
    Student's t, as there are few groups; the groups by empirical Bayes (Morris 1983).
    """

    def aggregate(self, statements: Iterable[Statement]) -> tuple[Statement, ...]:
        """For each id the mean of the level above, then the groups' own statements, shrunk, in the order given."""
        levels = [_level(group) for group in by_question(statements)]
        return (*restated([level[0] for level in levels]), *restated([one for level in levels for one in level[1:]]))


def _level(group: Group) -> list[Pooled]:
    values, errors, count = group.values, group.errors, len(group.values)
    if count == 1:
        return [Pooled(group.said[0], float(values[0]), float(errors[0]))]
    between = _between_variance(values, errors)
    weights = 1 / (errors**2 + between)
    mean = float(weights @ values / weights.sum())
    spread = float(weights @ (values - mean) ** 2 / (count - 1) / weights.sum())
    error = math.sqrt(max(spread, 1 / weights.sum()))
    own = errors**2 * between / (errors**2 + between)
    pull = errors**2 / (errors**2 + between)
    unsure = 2 / max(count - 3, 1) * (pull * (values - mean)) ** 2  # Morris's term: the pull itself is estimated
    spreads = np.sqrt(own + (pull * error) ** 2 + unsure)
    shrunk = zip(group.said, pull * mean + (1 - pull) * values, spreads, strict=True)
    widened = error * float(stdtrit(count - 1, 0.975)) / NORMAL
    return [Pooled(together(group), mean, widened), *(Pooled(said, float(v), float(e)) for said, v, e in shrunk)]


def _between_variance(values: Floats, errors: Floats) -> float:
    weights = errors**-2
    mean = weights @ values / weights.sum()
    excess = weights @ (values - mean) ** 2 - (len(values) - 1)
    return max(float(excess / (weights.sum() - (weights**2).sum() / weights.sum())), 0.0)


def _most_evidence(said: Statement) -> float:
    """The largest inverse variance that a statement about this many projects (or members) can have."""
    if said.kind == "odds ratio":
        return max(said.projects, 1.0) / 16
    if said.kind == "mean":
        return math.inf
    number = said.cohort if said.kind in OF_MEMBERS else said.projects
    return max(number, 1.0) / max(said.estimate * (1 - said.estimate), 0.01)


def _capped(weights: Floats, largest: float) -> Floats:
    """Weights that add up to 1 and none of which is above ``largest``; what is cut goes to the others in proportion."""
    share = weights / weights.sum()
    for _ in range(len(share)):
        over = share > largest + 1e-12
        rest = share[~over & (share < largest)].sum()
        if not over.any() or rest <= 0:
            break
        room = 1 - largest * np.count_nonzero(over | (share >= largest))
        share = np.where(share >= largest, largest, share * room / rest)
    return np.asarray(share, dtype=np.float64)


def all_strategies() -> dict[str, AggregationStrategy]:
    """The four by the design's names."""
    return {
        "frequency_aggregation": FrequencyAggregationStrategy(),
        "weighted_aggregation": WeightedAggregationStrategy(),
        "consensus_aggregation": ConsensusAggregationStrategy(),
        "hierarchical_aggregation": HierarchicalAggregationStrategy(),
    }
