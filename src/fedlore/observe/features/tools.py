"""Tool effectiveness: which tools a project keeps, and what differs after they came."""

from __future__ import annotations

import re
from fractions import Fraction

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.commits import (
    YEAR,
    any_path,
    at_least,
    first_added,
    last_year,
    matching_paths,
)
from fedlore.observe.features.methodology import corrective_change
from fedlore.observe.features.patterns import AGENT_INSTRUCTIONS, CI, LINTER

_SOME_BY_AGENTS = Fraction(1, 100)


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``tool_effectiveness``."""
    history = evidence.history
    # An agent's own commits count here, so the last year's commits are all but merges.
    recent = last_year(history, among=history.parents < 2)
    linter_from = first_added(history, matching_paths(history, LINTER))
    return {
        MeasureId("tools.linter_kept"): _is_kept(evidence, LINTER),
        MeasureId("tools.ci_kept"): _is_kept(evidence, CI),
        MeasureId("tools.coding_agent"): at_least(_SOME_BY_AGENTS, history.by_agent, recent),
        MeasureId("tools.agent_instructions"): any_path(evidence.tree.paths, AGENT_INSTRUCTIONS),
        MeasureId("tools.linter_corrective_change"): corrective_change(history, linter_from),
    }


def _is_kept(evidence: Evidence, pattern: re.Pattern[bytes]) -> bool:
    """Whether such a configuration came at least 365 days before ``as_of`` and one is there at HEAD."""
    onset = first_added(evidence.history, matching_paths(evidence.history, pattern))
    return onset is not None and evidence.as_of - onset >= YEAR and any_path(evidence.tree.paths, pattern)
