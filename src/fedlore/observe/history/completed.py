"""Complete a history with what no commit tells, whether git has just been asked or the history was kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pygit2

from fedlore.counting import counted
from fedlore.observe.evidence import History, Objects
from fedlore.observe.history.columns import objects
from fedlore.observe.history.order import keys_of
from fedlore.observe.opening import OpenedRepository
from fedlore.observe.stream import Limits


def completed(
    history: History, repository: OpenedRepository, limits: Limits, shortfall: str
) -> tuple[History, tuple[str, ...]]:
    """The history with releases, HEAD's row and the commits at the shallow cut, without paths that are too long.

    Returns sentences about what is not in it, too.
    """
    releases = sorted(tag.time for tag in repository.tags)
    ids, cuts = keys_of(history.commit), keys_of(objects(repository.shallow.replace(b"\n", b"")))
    head = np.flatnonzero(ids == keys_of(objects(repository.head.encode())))
    at_cut = np.isin(ids, cuts)
    parents = history.parents.copy()
    parents[at_cut] = [_parents(repository.repository, commit) for commit in history.commit[at_cut]]
    at_cut &= parents > 0  # git cuts at a first commit, too, of which nothing is lost
    history = replace(
        history,
        release_times=np.array(releases, np.int64),
        parents=parents,
        at_cut=at_cut,
        head=int(head[0]) if len(head) else -1,
    )
    history, left_out = without_long_paths(history, limits.path_bytes)
    return history, (*repository.notes, *_notes(history, limits, shortfall, left_out))


def _parents(repository: pygit2.Repository, commit: Objects) -> int:
    """How many parents a commit names, whether they are here or not: git itself says none at a shallow cut."""
    header = repository.read(commit.tobytes().hex())[1].partition(b"\n\n")[0]
    return header.count(b"\nparent ")


def without_long_paths(history: History, most_bytes: int) -> tuple[History, int]:
    """The history without the changes of longer paths, and how many such paths there were."""
    kept = np.array([len(path) <= most_bytes for path in history.paths], np.bool_)
    if kept.all():
        return history, 0
    chosen = kept[history.changed_path]
    changes = ("changed_commit", "changed_status", "changed_old", "changed_new")
    number = (np.cumsum(kept) - 1).astype(np.int32)
    shorter = replace(
        history,
        **{name: getattr(history, name)[chosen] for name in changes},
        changed_path=number[history.changed_path[chosen]],
        paths=[path for path in history.paths if len(path) <= most_bytes],
    )
    return shorter, int((~kept).sum())


def _notes(history: History, limits: Limits, shortfall: str, left_out: int) -> Iterator[str]:
    if shortfall:
        yield f"Not all commits were counted, only the newest {history.commits:,}: {shortfall}."
    if history.at_cut.any():
        commits = counted(int(history.at_cut.sum()), "commits")
        yield f"What {commits} at the cut changed is in no size and nobody's: it seems to be every file."
        yield "What came before the cut is not known: neither when a practice began nor who is new is told."
    if left_out:
        paths = counted(left_out, f"paths of more than {limits.path_bytes:,} bytes")
        yield f"Left out of the history were changes of {paths}."
