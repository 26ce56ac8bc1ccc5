"""Who works where: areas of the source, the people who changed each, and the groups that share files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fedlore.observe.evidence import History
from fedlore.observe.features.commits import Mask, sized_commits
from fedlore.observe.naming import language_of

Numbers = npt.NDArray[np.int64]

LEAST_CHANGES = 20
"""Below so many changes, one of them is no twentieth part."""


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas with enough changes: all changes of each, its authors, those below a twentieth, and the most active.

    An area is a folder with source files at HEAD; changes are those of human commits to these files.
    """

    changes: Numbers
    authors: Numbers
    minor: Numbers
    largest: Numbers


@dataclass(frozen=True, slots=True)
class Groups:
    """The people who share files, directly or through others: the group of each author, and the authors' numbers."""

    author: Numbers
    group: Numbers


def folder_numbers(paths: Sequence[bytes], *, whole: bool) -> Numbers:
    """A number for the folder that holds each path, or (not ``whole``) for its top-level folder; the root is one."""
    folders = [path.rpartition(b"/")[0] if whole else path.partition(b"/")[0] * (b"/" in path) for path in paths]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(folders))}
    return np.array([numbers[name] for name in folders], np.int64)


def areas_of(history: History, paths: Sequence[bytes]) -> Areas:
    """The areas that these paths at HEAD make, as far as ``LEAST_CHANGES`` human changes or more are known."""
    wanted = {path for path in paths if language_of(path)}
    at_head = np.array([path in wanted for path in history.paths], np.bool_)
    counted = sized_commits(history)[history.changed_commit] & at_head[history.changed_path]
    area = folder_numbers(history.paths, whole=True)[history.changed_path[counted]]
    author = history.author[history.changed_commit[counted]].astype(np.int64)
    pairs, changes = np.unique(area << 32 | author, return_counts=True)
    _, index = np.unique(pairs >> 32, return_inverse=True)
    areas = int(index.max()) + 1 if len(index) else 0
    all_changes = np.bincount(index, changes, areas).astype(np.int64)
    minor = np.bincount(index, changes * 20 < all_changes[index], areas).astype(np.int64)
    largest = np.zeros(areas, np.int64)
    np.maximum.at(largest, index, changes)
    kept = all_changes >= LEAST_CHANGES
    authors = np.bincount(index, minlength=areas)
    return Areas(all_changes[kept], authors[kept], minor[kept], largest[kept])


def groups_of(history: History, commits: Mask, paths: Mask) -> Groups:
    """Which authors of these commits are joined by changes to the same of these paths."""
    counted = commits[history.changed_commit] & paths[history.changed_path]
    author, person = np.unique(history.author[history.changed_commit[counted]], return_inverse=True)
    _, file = np.unique(history.changed_path[counted], return_inverse=True)
    if not len(author):
        return Groups(author.astype(np.int64), author.astype(np.int64))
    size = len(author) + int(file.max()) + 1
    edges = coo_array((np.ones(len(person), np.int8), (person, file + len(author))), shape=(size, size))
    _, group = connected_components(edges, directed=False)
    return Groups(author.astype(np.int64), group[: len(author)].astype(np.int64))
