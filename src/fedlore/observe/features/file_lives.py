"""Which changes of a history belong to one file: a file is followed through removals, returns and plain renames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fedlore.observe.evidence import History, Objects

Numbers = npt.NDArray[np.int64]

_ADDED, _REMOVED = ord("A"), ord("D")


@dataclass(frozen=True, slots=True)
class FileLives:
    """The changes of a history oldest first within each path, and the file that each belongs to.

    ``change`` are numbers of the history's changes, ``file`` the file's number for each of them. ``newest`` is the file
    that each of the history's paths names now, -1 for a path without changes.
    """

    change: Numbers
    file: Numbers
    newest: Numbers


def time_ranks(history: History) -> Numbers:
    """The place of each commit in the order of time, oldest first.

    Commits that landed in the same second, as those of a rebase do, are in the order of their authors' times, then of
    their ids.
    """
    keys = np.ascontiguousarray(history.commit[:, 12:]).view(">u8").reshape(-1)
    ranks = np.empty(history.commits, np.int64)
    ranks[np.lexsort((keys, history.author_time, history.commit_time))] = np.arange(history.commits)
    return ranks


def follow_files(history: History) -> FileLives:
    """Tell which changes are those of one file.

    A path that was removed and added again names another file, unless its content came back. A removal and an addition
    of the same content in one commit are a rename (paired in the order of names where there are several).
    """
    commit, path = history.changed_commit, history.changed_path
    change = np.lexsort((time_ranks(history)[commit], path)).astype(np.int64)
    if not len(change):
        return FileLives(change, change, np.full(len(history.paths), -1, np.int64))
    life_in_order = np.cumsum(_begins(history, change)) - 1
    life = np.empty(len(change), np.int64)
    life[change] = life_in_order
    removed, added = _renames(history)
    lives = int(life_in_order[-1]) + 1
    edges = coo_array((np.ones(len(removed), np.int8), (life[removed], life[added])), shape=(lives, lives))
    _, file_of_life = connected_components(edges, directed=False)
    newest = np.full(len(history.paths), -1, np.int64)
    # Of several assignments to one place the last one stays: the path's newest life.
    newest[path[change]] = file_of_life[life_in_order]
    return FileLives(change, file_of_life[life_in_order].astype(np.int64), newest)


def _begins(history: History, change: Numbers) -> npt.NDArray[np.bool_]:
    """Which changes, in this order, are the first of a path or bring other content than was removed before them."""
    path, status = history.changed_path[change], history.changed_status[change]
    begins = np.ones(len(change), np.bool_)
    same_path, was_removed = path[1:] == path[:-1], status[:-1] == _REMOVED
    came_back = (history.changed_new[change[1:]] == history.changed_old[change[:-1]]).all(axis=1)
    begins[1:] = ~same_path | (was_removed & ~came_back)
    return begins


def _renames(history: History) -> tuple[Numbers, Numbers]:
    """The removals and additions that are two halves of one rename, in pairs."""
    commit, status = history.changed_commit, history.changed_status
    with_both = np.ones(history.commits, np.bool_)
    for kind in (_REMOVED, _ADDED):
        with_both &= np.bincount(commit[status == kind], minlength=history.commits) > 0
    maybe = with_both[commit]
    removed, added = (np.flatnonzero(maybe & (status == kind)) for kind in (_REMOVED, _ADDED))
    gone = _contents(commit[removed], history.changed_old[removed])
    come = _contents(commit[added], history.changed_new[added])
    _, content = np.unique(np.concatenate([gone, come]), return_inverse=True)
    path = history.changed_path[np.concatenate([removed, added])]
    names = {number: rank for rank, number in enumerate(sorted(set(path.tolist()), key=history.paths.__getitem__))}
    name = np.array([names[number] for number in path.tolist()], np.int64)
    half = len(removed)
    one, other = _places(content[:half], name[:half]), _places(content[half:], name[half:])
    _, first, second = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return removed[first], added[second]


def _contents(commit: npt.NDArray[np.int32], blobs: Objects) -> npt.NDArray[np.bytes_]:
    """One comparable value for each pair of a commit and a blob."""
    number = commit.astype(">i4").view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(np.hstack([number, blobs])).view("S24").reshape(-1)


def _places(content: Numbers, name: Numbers) -> Numbers:
    """One number for each pair of a content and the place of a name among those that have this content."""
    order = np.lexsort((name, content))
    ranked = content[order]
    place = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    places = np.empty(len(order), np.int64)
    places[order] = ranked.astype(np.int64) << 32 | place
    return places
