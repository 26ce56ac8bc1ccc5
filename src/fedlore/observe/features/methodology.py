"""Methodology effectiveness: when a practice begins, and what differs after it. No word of causes (see `around`)."""

from __future__ import annotations

from collections.abc import Mapping

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.around import LARGEST_RATIO, differences_after
from fedlore.observe.evidence import Answer, Evidence, History
from fedlore.observe.features.commits import DAY
from fedlore.observe.features.stated import mean_stated
from fedlore.observe.onsets import PRACTICES, onsets

_EARLY_QUARTERS = 1
_LARGEST_CHANGE = 0.3
_METHOD = tuple(f"satisfaction.{name}" for name in ("method", "review", "tests"))

_AFTER: Mapping[str, tuple[str, str, float]] = {
    "methodology.ci_corrective_difference": ("ci", "corrective_share", _LARGEST_CHANGE),
    "methodology.tests_corrective_difference": ("tests", "corrective_share", _LARGEST_CHANGE),
    "methodology.review_corrective_difference": ("review", "corrective_share", _LARGEST_CHANGE),
    "methodology.review_contributors_ratio": ("review", "contributors", LARGEST_RATIO),
    "methodology.tests_habit_corrective_difference": ("tests_with_change", "corrective_share", _LARGEST_CHANGE),
    "methodology.conventional_lead_ratio": ("conventional_commits", "lead_days", LARGEST_RATIO),
    "methodology.planning_pace_ratio": ("planning", "commits", LARGEST_RATIO),
    "methodology.stories_corrective_difference": ("stories", "corrective_share", _LARGEST_CHANGE),
}
"""Practice, outcome and the largest difference of the measures that compare the months before and after an onset."""


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``methodology_effectiveness``."""
    history = evidence.history
    began = onsets(evidence)
    return {
        MeasureId("methodology.early_ci"): _is_early(history, began["ci"]),
        MeasureId("methodology.early_tests"): _is_early(history, began["tests"]),
        MeasureId("methodology.practices_begun"): _practices(history, began),
        MeasureId("methodology.review_onset"): _share_of_life(history, began["review"]),
        MeasureId("methodology.tests_habit_onset"): _share_of_life(history, began["tests_with_change"]),
        **differences_after(evidence, began, _AFTER),
        MeasureId("methodology.satisfaction"): mean_stated(evidence, _METHOD, 1, 5),
    }


def _life(history: History) -> tuple[int, int]:
    """When the oldest and the newest commit landed."""
    return int(history.commit_time.min()), int(history.commit_time.max())


def _is_early(history: History, onset: int | None) -> Answer:
    """Whether an onset lies in the first quarter of the time between the oldest and the newest commit."""
    if onset is None:
        return Answer(None if history.at_cut.any() else False)
    begin, end = _life(history)
    because = {"days from the oldest commit to it": (onset - begin) / DAY, "days to the newest": (end - begin) / DAY}
    return Answer(4 * (onset - begin) <= _EARLY_QUARTERS * (end - begin), because)


def _share_of_life(history: History, onset: int | None) -> Answer:
    """How much of the project's time had passed at an onset; None where there is none."""
    if onset is None:
        return Answer(None)
    begin, end = _life(history)
    because = {"days from the oldest commit to it": (onset - begin) / DAY, "days to the newest": (end - begin) / DAY}
    return Answer((onset - begin) / (end - begin) if end > begin else 0.0, because)


def _practices(history: History, began: Mapping[str, int | None]) -> Answer:
    if not history.commits or history.at_cut.any():
        return Answer(None)
    count = sum(onset is not None for onset in began.values())
    return Answer(float(count), {"practices that began": count, "practices looked for": len(PRACTICES)})
