"""Put commits into the one order that a history has, however they were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History, Objects

Rows = npt.NDArray[np.int32]

PLAIN = (
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
    "at_cut",
)
"""The columns of commits whose values do not depend on the order."""

_JOINED = (
    *PLAIN,
    "commit",
    "first_parent",
    "second_parent",
    "changed_status",
    "changed_old",
    "changed_new",
)
"""The columns whose values do not depend on what stands beside them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some commits of a history in any order: parents are ids (``first``, ``second``; zeros for none), not yet rows."""

    history: History
    first: Objects
    second: Objects


def part_of(history: History) -> Part:
    """The same commits, told apart from where they stand in this history."""
    return Part(history, _ids(history, history.first_parent), _ids(history, history.second_parent))


def joined(one: Part, other: Part) -> Part:
    """The commits of both parts, which have none in common."""
    first, second = one.history, other.history
    path, paths = _united(first.paths, second.paths)
    person, people = _united(first.people, second.people)
    both: dict[str, Any] = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _JOINED}
    history = replace(
        first,
        **both,
        author=np.concatenate([first.author, person[second.author]]),
        changed_commit=np.concatenate([first.changed_commit, second.changed_commit + np.int32(first.commits)]),
        changed_path=np.concatenate([first.changed_path, path[second.changed_path]]),
        paths=paths,
        people=people,
    )
    return Part(history, np.concatenate([one.first, other.first]), np.concatenate([one.second, other.second]))


def canonical(part: Part) -> History:
    """The history of these commits: newest first (equal times: by id), parents as rows.

    Paths and people are numbered in the order in which they first occur, so that what was read in several passes
    equals what one pass reads.
    """
    history = part.history
    order = np.argsort(keys_of(history.commit), kind="stable")
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
        **{name: getattr(history, name)[order] for name in PLAIN},
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


def _ids(history: History, rows: Rows) -> Objects:
    """The commits in these rows; zeros for -1."""
    return np.where(rows[:, None] < 0, np.uint8(0), history.commit[rows])


def _united(one: Sequence[bytes], other: Sequence[bytes]) -> tuple[Rows, list[bytes]]:
    """The names of both lists, each once, and where those of the other list stand among them."""
    numbers = {name: number for number, name in enumerate(one)}
    places = [numbers.setdefault(name, len(numbers)) for name in other]
    return np.array(places, np.int32), list(numbers)


def keys_of(ids: Objects) -> npt.NDArray[np.bytes_]:
    """The same ids as one comparable value each."""
    return np.ascontiguousarray(ids).view("S20").reshape(-1)


def _rows(commit: Objects, *sought: Objects) -> list[Rows]:
    """For each of the sought ids the row in ``commit`` that holds it, -1 where none does."""
    keys = keys_of(commit)
    order = np.argsort(keys).astype(np.int32)
    ranked = keys[order]
    found = []
    for ids in sought:
        rows = np.full(len(ids), -1, np.int32)
        given = ids.any(axis=1)
        wanted = keys_of(ids[given])
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
