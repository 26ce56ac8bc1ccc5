"""Releases, by the day (UTC), and how long a commit waits for one.

A history holds the releases up to the end of the day that a project is looked back from (`history.until`). Questions
about the last year or two ask for the days up to that of the newest human commit: whole days, for a tag is mostly made
after the commit that it stands for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History, Times
from fedlore.observe.features.commits import DAY, YEAR, Counts, Mask, human_commits, newest, since_cut


def release_days(history: History) -> Counts:
    """The days (since 1970) with at least one release, in order."""
    return np.unique(history.release_times // DAY)


def recent_releases(history: History, years: int) -> Times:
    """The first release (Unix seconds, in order) of each day of the last years, 365 days each.

    They end with the day of the newest human commit; without such a commit there is none. Of a shallow clone, those
    at its cut or after it.
    """
    end = newest(history, human_commits(history))
    if end is None:
        return np.zeros(0, np.int64)
    times = np.sort(history.release_times[history.release_times >= (since_cut(history) or 0)])
    days, first = np.unique(times // DAY, return_index=True)
    last = end // DAY
    return times[first[(days > last - years * YEAR // DAY) & (days <= last)]]


def waits_for_release(history: History, chosen: Mask) -> tuple[Times, npt.NDArray[np.float64]]:
    """When each of the chosen commits that a release came after landed, and the days from then to that release."""
    releases = np.sort(history.release_times)
    landed = history.commit_time[chosen]
    following = np.searchsorted(releases, landed)
    released = following < len(releases)
    return landed[released], (releases[following[released]] - landed[released]) / DAY
