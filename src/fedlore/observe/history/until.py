"""Leave out what happened after a day, so that every question looks at the same time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fedlore.observe.evidence import Churn, History
from fedlore.observe.history.order import PLAIN

_DAY = 86_400


def until(history: History, churn: Churn, as_of: int) -> tuple[History, Churn, int]:
    """The history and churn up to the end of the day (UTC) of ``as_of``, and how many commits came later.

    No column is copied.
    """
    end = (as_of // _DAY + 1) * _DAY
    later = int(np.searchsorted(-history.commit_time, -(end - 1), side="left"))
    releases = history.release_times[history.release_times < end]
    if not later:
        return (
            (history if len(releases) == len(history.release_times) else replace(history, release_times=releases)),
            churn,
            0,
        )
    first = int(np.searchsorted(history.changed_commit, later))
    columns = {name: getattr(history, name)[later:] for name in (*PLAIN, "commit", "author")}
    parents = {
        name: np.maximum(getattr(history, name)[later:] - later, -1).astype(np.int32)
        for name in ("first_parent", "second_parent")
    }
    changes = {
        name: getattr(history, name)[first:]
        for name in ("changed_path", "changed_status", "changed_old", "changed_new")
    }
    changed = (history.changed_commit[first:] - later).astype(np.int32)
    head = _head_then(history, later)
    cut = replace(history, **columns, **parents, **changes, changed_commit=changed, release_times=releases, head=head)
    return cut, Churn(churn.added[first:], churn.deleted[first:]), later


def _head_then(history: History, later: int) -> int:
    """The row of what is left of HEAD's line of first parents without the later commits; -1 if nothing is."""
    row, parents = history.head, history.first_parent[:later].tolist()
    while 0 <= row < later:
        row = parents[row]
    return max(row - later, -1)
