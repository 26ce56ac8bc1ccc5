"""The shape of one measure, and the names of the sixteen learning domains."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NewType

MeasureId = NewType("MeasureId", str)
Kind = Literal["yes-no", "histogram", "mean"]
Role = Literal["practice", "outcome", "descriptor"]

GROUPS: dict[str, tuple[str, ...]] = {
    "pattern_aggregation": (
        "code_patterns",
        "architectural_patterns",
        "workflow_patterns",
        "collaboration_patterns",
    ),
    "success_prediction": (
        "project_success_factors",
        "technology_adoption_success",
        "team_performance_indicators",
        "timeline_accuracy_patterns",
    ),
    "anti_pattern_detection": (
        "code_anti_patterns",
        "process_anti_patterns",
        "communication_anti_patterns",
        "decision_anti_patterns",
    ),
    "trend_analysis": (
        "technology_trends",
        "methodology_effectiveness",
        "tool_effectiveness",
        "skill_development_patterns",
    ),
}
DOMAINS: tuple[str, ...] = tuple(domain for domains in GROUPS.values() for domain in domains)
HALVINGS = 6
SHORT_NAMES = {"success_patterns": "success_prediction", "anti_patterns": "anti_pattern_detection"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One question that may be asked of every project, agreed before any repository is read.

    ``yes-no`` measures are true or false for every project (not applicable counts as no, and so does what cannot be
    told, as of a shallow clone). ``histogram`` measures fall into one of ``len(bins) + 1`` bins: bin *i* holds values
    below ``bins[i]`` and not below ``bins[i - 1]``. ``mean`` measures are clipped to ``bounds``. Histograms and means
    may be absent for a project.

    A practice is paired with outcomes; an outcome is what practices are paired with; a descriptor is asked alone.
    """

    id: MeasureId
    domain: str
    group: str
    question: str
    unit: str
    kind: Kind
    role: Role
    definition: str
    source: str
    quantity: str = ""
    bins: tuple[float, ...] = ()
    bounds: tuple[float, float] | None = None

    @property
    def is_of_yes_or_no(self) -> bool:
        """Whether a mean is one over projects of which each is a yes (1), a no (0), or absent."""
        return self.quantity == "share of projects"

    @property
    def bin_edges(self) -> tuple[float, ...]:
        """The edges between bins: a histogram's own; for a mean, its range halved again and again towards its low end.

        A histogram of a mean is asked to find out how far its values reach.
        """
        if self.bounds is None:
            return self.bins
        low, high = self.bounds
        return tuple(low + (high - low) / 2**halvings for halvings in range(HALVINGS, 0, -1))

    @property
    def bin_labels(self) -> tuple[str, ...]:
        """What each bin holds, in words, lowest first (empty for a yes-no)."""
        if self.kind == "yes-no":
            return ()
        edges = [f"{edge:g}" for edge in self.bin_edges]
        middle = [f"{low} to {high}" for low, high in pairwise(edges)]
        return (f"below {edges[0]}", *middle, f"{edges[-1]} or more")
