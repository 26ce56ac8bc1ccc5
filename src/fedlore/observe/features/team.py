"""Team performance indicators: the DORA metrics as far as tags and commits tell them."""

from __future__ import annotations

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Said, Value
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    human_commits,
    last_year,
    newest,
    release_days,
    says,
    share,
    within,
)

_SOON_DAYS = 3
_LEAST_RELEASES = 4


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """One value for each measure of the domain ``team_performance_indicators``."""
    history = evidence.history
    reverts = share(says(history, Said.REVERT), human_commits(history))
    return {
        MeasureId("team.deployment_frequency"): _releases_in_last_year(history),
        MeasureId("team.change_lead_time"): _lead_days(history),
        MeasureId("team.revert_share"): within(reverts, 0, 0.05),
        MeasureId("team.quick_release_share"): within(_quick_releases(history), 0, 0.5),
    }


def _releases_in_last_year(history: History) -> float | None:
    end = newest(history, human_commits(history))
    if end is None:
        return None
    days = release_days(history) * DAY
    return float(((days > end - YEAR) & (days <= end)).sum())


def _lead_days(history: History) -> float | None:
    """The median days from a commit of the last year to the next release after it; None if none came after any."""
    releases = np.sort(history.release_times)
    landed = history.commit_time[last_year(history)]
    following = np.searchsorted(releases, landed)
    released = following < len(releases)
    if not released.any():
        return None
    return float(np.median(releases[following[released]] - landed[released]) / DAY)


def _quick_releases(history: History) -> float | None:
    days = release_days(history)
    return float((np.diff(days) <= _SOON_DAYS).mean()) if len(days) >= _LEAST_RELEASES else None
