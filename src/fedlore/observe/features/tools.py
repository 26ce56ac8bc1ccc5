"""Tool effectiveness: which tools a project keeps, and what differs after they came. No word of causes (`around`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.around import LARGEST_RATIO, differences_after
from fedlore.observe.evidence import Answer, Evidence
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import DAY, YEAR, Mask, at_least, first_added, human_commits, last_year, newest
from fedlore.observe.features.paths import at_head
from fedlore.observe.features.patterns import AGENT_INSTRUCTIONS, CI, CONTAINERS, DEPENDENCY_BOT, LINTER
from fedlore.observe.features.stated import mean_stated, stated
from fedlore.observe.naming import is_by_others
from fedlore.observe.onsets import TYPE_CHECKER, onsets

_SOME_BY_AGENTS = Fraction(1, 100)
_LARGEST_CHANGE = 0.3

_TOOLS: Mapping[str, re.Pattern[bytes]] = {
    "ci": CI,
    "linter": LINTER,
    "type_checker": TYPE_CHECKER,
    "dependency_bot": DEPENDENCY_BOT,
    "containers": CONTAINERS,
    "agent_instructions": AGENT_INSTRUCTIONS,
}
"""The tools that files tell of, by the name of their onset."""

_SATISFACTION = tuple(
    f"satisfaction.{name}" for name in ("agent", "ci", "containers", "dependency_bot", "linter", "type_checker")
)

_AFTER: Mapping[str, tuple[str, str, float]] = {
    "tools.linter_corrective_difference": ("linter", "corrective_share", _LARGEST_CHANGE),
    "tools.type_checker_corrective_difference": ("type_checker", "corrective_share", _LARGEST_CHANGE),
    "tools.ci_revert_difference": ("ci", "revert_share", 0.05),
    "tools.ci_lead_ratio": ("ci", "lead_days", LARGEST_RATIO),
    "tools.dependency_bot_pace_ratio": ("dependency_bot", "commits", LARGEST_RATIO),
    "tools.agent_corrective_difference": ("coding_agent", "corrective_share", _LARGEST_CHANGE),
    "tools.agent_pace_ratio": ("coding_agent", "commits", LARGEST_RATIO),
    "tools.agent_size_ratio": ("coding_agent", "commit_files", LARGEST_RATIO),
    "tools.containers_lead_ratio": ("containers", "lead_days", LARGEST_RATIO),
}
"""Tool, outcome and the largest difference of the measures that compare the months before and after it came."""


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``tool_effectiveness``."""
    history = evidence.history
    began = onsets(evidence)
    present = {name for name, pattern in _TOOLS.items() if at_head(evidence.tree.paths, pattern).value}
    # An agent's own commits count here, so the last year's commits are all but merges.
    recent = last_year(history, among=history.parents < 2)
    return {
        MeasureId("tools.linter_kept"): _is_kept(evidence, "linter", began, present),
        MeasureId("tools.ci_kept"): _is_kept(evidence, "ci", began, present),
        MeasureId("tools.coding_agent"): _some_by_agents(evidence, recent),
        MeasureId("tools.agent_instructions"): Answer("agent_instructions" in present),
        MeasureId("tools.in_use"): _in_use(evidence, present),
        MeasureId("tools.kept_share"): _kept_share(began, present),
        MeasureId("tools.agent_share"): _share("by or with a coding agent", history.by_agent, recent),
        MeasureId("tools.bot_share"): _share("by a bot", history.is_bot & ~history.by_agent, recent),
        **differences_after(evidence, began, _AFTER),
        MeasureId("tools.satisfaction"): mean_stated(evidence, _SATISFACTION, 1, 5),
        MeasureId("tools.agent_satisfaction"): stated(evidence, "satisfaction.agent", 1, 5),
        MeasureId("tools.ci_satisfaction"): stated(evidence, "satisfaction.ci", 1, 5),
        MeasureId("tools.linter_satisfaction"): stated(evidence, "satisfaction.linter", 1, 5),
    }


def _is_kept(evidence: Evidence, tool: str, began: Mapping[str, int | None], present: set[str]) -> Answer:
    """Whether one is there at HEAD, and the first came at least 365 days before the newest human commit.

    Absent while one is there that is younger: whether it will be kept for a year is not known yet.
    """
    onset, end = began[tool], newest(evidence.history, human_commits(evidence.history))
    if evidence.history.at_cut.any():
        return _is_kept_since_cut(evidence, tool, present, end)
    if onset is None or end is None:
        return Answer(False)
    kept = max(0, end - onset)  # whoever added it, it may have come after the newest human commit
    because = {"days from the first configuration to the newest human commit": kept / DAY}
    if tool not in present:
        return Answer(False, because)
    return Answer(True if kept >= YEAR else None, because)


def _is_kept_since_cut(evidence: Evidence, tool: str, present: set[str], end: int | None) -> Answer:
    """In a shallow clone a configuration is at least as old as the first commit that shows it."""
    history, pattern = evidence.history, _TOOLS[tool]
    if tool not in present:
        return Answer(False)
    shown = [pattern.fullmatch(path) is not None and not is_by_others(path) for path in history.paths]
    first = first_added(history, np.array(shown, np.bool_))
    if first is None or end is None:
        return Answer(None)
    because = {"days from a commit that shows it to the newest human commit": max(0, end - first) / DAY}
    return Answer(True if end - first >= YEAR else None, because)


def _some_by_agents(evidence: Evidence, recent: Mask) -> Answer:
    by_agent = evidence.history.by_agent
    because = {
        "by or with a coding agent": float((by_agent & recent).sum()),
        "commits of the last year": float(recent.sum()),
    }
    is_known = recent.any() or not evidence.history.at_cut.any()
    return Answer(at_least(_SOME_BY_AGENTS, by_agent, recent) if is_known else None, because)


def _in_use(evidence: Evidence, present: set[str]) -> Answer:
    if not evidence.tree.files:
        return Answer(None)
    return Answer(float(len(present)), {"kinds of tools configured at HEAD": len(present)})


def _kept_share(began: Mapping[str, int | None], present: set[str]) -> Answer:
    ever = {name for name in _TOOLS if began[name] is not None}
    return portion("configured at HEAD", len(ever & present), "kinds of tools ever configured", len(ever))


def _share(words: str, part: Mask, recent: Mask) -> Answer:
    return portion(words, int((part & recent).sum()), "commits of the last year", int(recent.sum()))
