"""The versions of sprint files through a history: every change of one, in the order of time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fedlore.observe.artefacts.kinds import SPRINT, artefact_kind
from fedlore.observe.cache import Key
from fedlore.observe.evidence import History
from fedlore.observe.history.ages import ages

MOST_REVISIONS = 5_000
"""So many changes of sprint files are read, the newest."""


class Revision(NamedTuple):
    """One change of a sprint file: the time of its commit, its path, the version before and the one after (if any).

    ``at_cut`` says that the commit is one at a shallow cut, and the version the first that is here.
    """

    time: int
    path: bytes
    old: Key | None
    new: Key | None
    at_cut: bool = False


def sprint_revisions(history: History) -> tuple[list[Revision], int]:
    """The changes of sprint files, oldest first (of one second, parents before their children), and how many older
    ones there are beyond `MOST_REVISIONS`.
    """
    wanted = np.array([artefact_kind(path) == SPRINT for path in history.paths], np.bool_)
    if not wanted.any():
        return [], 0
    rows = np.flatnonzero(wanted[history.changed_path])
    commits = history.changed_commit[rows]
    # Histories begin with the newest commit.
    beyond = max(0, len(rows) - MOST_REVISIONS)
    rows, commits = rows[:MOST_REVISIONS], commits[:MOST_REVISIONS]
    age = ages(history, commits.tolist())
    found = [
        (
            age[commit],
            Revision(
                int(history.commit_time[commit]),
                history.paths[int(history.changed_path[row])],
                _key(history.changed_old[row].tobytes()),
                _key(history.changed_new[row].tobytes()),
                bool(history.at_cut[commit]),
            ),
        )
        for row, commit in zip(rows.tolist(), commits.tolist(), strict=True)
    ]
    found.sort(key=lambda one: (one[1].time, one[0], one[1].path))
    return [revision for _, revision in found], beyond


def _key(blob: bytes) -> Key | None:
    return (blob.hex(), SPRINT) if any(blob) else None
