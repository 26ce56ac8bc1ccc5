"""Put commits into the one order that a history has, however they were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History, Objects

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """Some commits of a history in any order: parents are ids (``first``, ``second``; zeros for none), not yet rows."""

    history: History
    first: Objects
    second: Objects


def canonical(part: Part) -> History:
    """The history of these commits: newest first (equal times: by id), parents as rows.

    Paths and people are numbered in the order in which they first occur, so that what was read in several passes
    equals what one pass reads.
    """
    history = part.history
    order = np.argsort(_keys(history.commit), kind="stable")
    order = order[np.argsort(-history.commit_time[order], kind="stable")]
    row = np.empty(len(order), np.int32)
    row[order] = np.arange(len(order), dtype=np.int32)
    changed_commit = row[history.changed_commit]
    changes = np.argsort(changed_commit, kind="stable")
    changed_path, paths = _renumbered(history.changed_path[changes], history.paths)
    author, people = _renumbered(history.author[order], history.people)
    commit = history.commit[order]
    first, second = _rows(commit, part.first[order], part.second[order])
    return replace(
        history,
        **{name: getattr(history, name)[order] for name in _PLAIN},
        commit=commit,
        author=author,
        first_parent=first,
        second_parent=second,
        changed_commit=changed_commit[changes],
        changed_path=changed_path,
        changed_status=history.changed_status[changes],
        changed_old=history.changed_old[changes],
        changed_new=history.changed_new[changes],
        paths=paths,
        people=people,
    )


_PLAIN = (
    "author_time",
    "commit_time",
    "offset_minutes",
    "is_bot",
    "parents",
    "said",
    "subject_length",
    "coauthors",
    "by_agent",
    "reviewed",
)
"""The columns of commits whose values do not depend on the order."""


def _keys(ids: Objects) -> npt.NDArray[np.bytes_]:
    """The same ids as one comparable value each."""
    return np.ascontiguousarray(ids).view("S20").reshape(-1)


def _rows(commit: Objects, *sought: Objects) -> list[Rows]:
    """For each of the sought ids the row in ``commit`` that holds it, -1 where none does."""
    keys = _keys(commit)
    order = np.argsort(keys).astype(np.int32)
    ranked = keys[order]
    found = []
    for ids in sought:
        rows = np.full(len(ids), -1, np.int32)
        given = ids.any(axis=1)
        wanted = _keys(ids[given])
        place = np.searchsorted(ranked, wanted)
        place[place == len(ranked)] = 0
        rows[given] = np.where(ranked[place] == wanted, order[place], -1) if len(ranked) else -1
        found.append(rows)
    return found


def _renumbered(numbers: Rows, names: Sequence[bytes]) -> tuple[Rows, list[bytes]]:
    """Numbers in the order in which each first occurs, and the names in that order."""
    used, first = np.unique(numbers, return_index=True)
    used = used[np.argsort(first)]
    renumbered = np.zeros(len(names), np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    return renumbered[numbers], [names[number] for number in used.tolist()]
