"""PatternAggregator: the design's class over what participants have already released; not on the way of a round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fedlore.learn import factors
from fedlore.learn.statement import Statement
from fedlore.learn.strategies import all_strategies

Patterns = Mapping[str, Any]


class PatternAggregator:
    """Puts together what several participants or groups have released about themselves.

    ``aggregation_strategies`` maps four names to objects with ``aggregate(statements) -> statements``. The other
    methods take the design's dictionaries (``pattern_categories``, ``success_factors`` as factor -> importance,
    ``outcome`` as a number); they say how many participants hold something, never which.
    """

    def __init__(self) -> None:
        self.aggregation_strategies = all_strategies()

    def aggregate(
        self, statements: Iterable[Statement], strategy: str = "frequency_aggregation"
    ) -> tuple[Statement, ...]:
        """Statements of several groups made one set by the named strategy; raises KeyError for an unknown name."""
        return self.aggregation_strategies[strategy].aggregate(statements)

    async def aggregate_success_patterns(
        self, participant_patterns: Sequence[Patterns], aggregation_config: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The design's four keys. ``aggregation_config`` may name a ``least_share`` of participants (default 0.3)."""
        least = float(aggregation_config.get("least_share", factors.LEAST_SHARE))
        return {
            "pattern_categories": factors.categories(participant_patterns),
            "success_factors": await self.identify_common_success_factors(participant_patterns, least),
            "correlation_patterns": await self.analyze_cross_participant_correlations(participant_patterns, least),
            "predictive_patterns": await self.generate_predictive_success_patterns(participant_patterns, least),
        }

    async def identify_common_success_factors(
        self, participant_patterns: Sequence[Patterns], least_share: float = factors.LEAST_SHARE
    ) -> dict[str, dict[str, float]]:
        """Factors that at least ``least_share`` of the participants name, with their counts and mean importance."""
        return factors.common(participant_patterns, least_share)

    async def analyze_cross_participant_correlations(
        self, participant_patterns: Sequence[Patterns], least_share: float = factors.LEAST_SHARE
    ) -> dict[str, dict[str, Any]]:
        """Pairs of common factors (``a~b``): how often both are named, and how their importances go together."""
        return factors.correlations(participant_patterns, least_share)

    async def generate_predictive_success_patterns(
        self, participant_patterns: Sequence[Patterns], least_share: float = factors.LEAST_SHARE
    ) -> dict[str, dict[str, Any]]:
        """For each common factor the change of the outcome to expect if its importance rises by 1, with an interval."""
        return factors.predictions(participant_patterns, least_share)
