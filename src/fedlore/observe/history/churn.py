"""Count the lines that the newest commits added and deleted; a later run counts only what is new."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pygit2

from fedlore.counting import counted
from fedlore.observe.cache import FactCache
from fedlore.observe.command import git_command
from fedlore.observe.evidence import Churn, History
from fedlore.observe.history.churn_cache import Lines, Pair, keep_lines, recall_lines
from fedlore.observe.history.history_cache import history_key
from fedlore.observe.opening import OpenedRepository
from fedlore.observe.stream import GitOutput, Limits

NEWEST_COMMITS = 2000
"""How many human commits (no merges, no bots, no coding agents) are counted, the newest first.

None at a shallow cut is, since what it changed is not known.
"""

MOST_CHANGES = 100_000
"""The changes of the newest commits beyond which no further commit is counted."""

_LARGEST_TEXT = "1m"
"""git takes a larger file for binary and does not read it."""

_NO_TEXT: Lines = (-1, -1)
_NO_OBJECT = bytes(20)
_NO_BLOBS: Pair = (_NO_OBJECT, _NO_OBJECT)
# git reads attributes from a tree in a bare repository where it is told to, and some versions by themselves.
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SUBMODULE = b"160000"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The numbers of the changes that are counted, and the blobs before and after each."""

    changes: npt.NDArray[np.intp]
    pairs: Sequence[Pair]
    notes: tuple[str, ...]


def count_churn(
    repository: OpenedRepository,
    history: History,
    cache: FactCache | None = None,
    limits: Limits | None = None,
    begun: float | None = None,
) -> tuple[Churn, tuple[str, ...]]:
    """The lines added and deleted by the changes of the newest human commits, and sentences about what was not counted.

    Counted are the lines of git's own comparison (Myers 1986) of texts of at most 1 MiB (a symbolic link is one of one
    line, a submodule none); attributes and settings of the repository have no say. ``cache`` remembers the numbers of
    this repository by the two blobs. The seconds of ``limits`` count from ``begun``, if given (see `GitOutput`).
    """
    limits = limits or Limits()
    wanted = _newest(history)
    known = {_NO_BLOBS: _NO_TEXT}
    whose = "" if cache is None else history_key(repository.place, "", b"", cache.salt).repository
    if cache is not None:
        known |= recall_lines(cache.file, whose, dict.fromkeys(wanted.pairs))
    unknown = {commit: pairs for commit, pairs in _by_commit(history, wanted) if not known.keys() >= set(pairs)}
    absent = _absent(repository.repository, unknown.values())
    whole = [commit for commit, pairs in unknown.items() if not any(blob in absent for pair in pairs for blob in pair)]
    shortfall = ""
    if whole:
        # All of it is held at once, and each path stands in it twice.
        bounds = replace(limits, bytes=min(limits.bytes, limits.lines_bytes))
        output = GitOutput(_command(repository), repository.git_dir, bounds, b"".join(whole), begun=begun)
        new = dict(_counted(b"".join(output).split(b"\0")))
        shortfall = output.shortfall
        known |= new
        if cache is not None:
            keep_lines(cache.file, whose, new)
    lines = np.array([known.get(pair, _NO_TEXT) for pair in wanted.pairs], np.int32).reshape(-1, 2)
    added, deleted = (np.full(len(history.changed_commit), -1, np.int32) for _ in range(2))
    added[wanted.changes], deleted[wanted.changes] = lines.T
    return Churn(added, deleted), (*wanted.notes, *_notes(len(unknown) - len(whole), shortfall))


def _notes(incomplete: int, shortfall: str) -> tuple[str, ...]:
    notes = []
    if incomplete:
        commits = counted(incomplete, "commits")
        notes.append(f"Not all changed lines were counted: {commits} changed files that are not in this copy.")
    if shortfall:
        notes.append(f"Not all changed lines were counted: {shortfall}.")
    return tuple(notes)


def _newest(history: History) -> _Wanted:
    chosen = np.flatnonzero(~history.is_bot & (history.parents < 2) & ~history.at_cut)[:NEWEST_COMMITS]
    sizes = np.bincount(history.changed_commit, minlength=history.commits)[chosen]
    within = chosen[np.cumsum(sizes) <= MOST_CHANGES]
    notes: tuple[str, ...] = ()
    if len(within) < len(chosen):
        commits = counted(len(within), "commits")
        notes = (f"Changed lines were counted of {commits}: the limit of {MOST_CHANGES:,} files was reached.",)
    is_within = np.zeros(history.commits, np.bool_)
    is_within[within] = True
    changes = np.flatnonzero(is_within[history.changed_commit])
    old, new = history.changed_old[changes].tobytes(), history.changed_new[changes].tobytes()
    places = range(0, len(old), 20)
    return _Wanted(changes, [(old[place : place + 20], new[place : place + 20]) for place in places], notes)


def _by_commit(history: History, wanted: _Wanted) -> Iterator[tuple[bytes, Sequence[Pair]]]:
    """The id of each commit, as a line in hexadecimal, and its pairs."""
    commits, first = np.unique(history.changed_commit[wanted.changes], return_index=True)
    bounds = [*first.tolist(), len(wanted.pairs)]
    for commit, (begin, end) in zip(commits.tolist(), pairwise(bounds), strict=True):
        yield f"{history.commit[commit].tobytes().hex()}\n".encode(), wanted.pairs[begin:end]


def _absent(repository: pygit2.Repository, commits: Iterable[Sequence[Pair]]) -> set[bytes]:
    """The blobs that are not there: asked for one, git would stop."""
    blobs = {blob for pairs in commits for pair in pairs for blob in pair if blob != _NO_OBJECT}
    return {blob for blob in blobs if pygit2.Oid(raw=blob) not in repository.odb}


def _command(repository: OpenedRepository) -> list[str]:
    return git_command(
        repository.git_dir,
        "diff-tree",
        "--stdin",
        "--root",
        "-r",
        "-z",
        "--raw",
        "--numstat",
        "--no-renames",
        "--no-abbrev",
        "--no-textconv",
        "--no-ext-diff",
        "--diff-algorithm=myers",
        settings=(f"attr.tree={_EMPTY_TREE}", f"core.bigFileThreshold={_LARGEST_TEXT}"),
    )


def _counted(tokens: Sequence[bytes]) -> Iterator[tuple[Pair, Lines]]:
    """The lines of each pair in what git writes: for each commit its id, pairs of a raw line and a path, and as many
    counts. A commit whose last counts are missing is left out.
    """
    place, last = 0, len(tokens) - 1
    while place < last:
        place += 1
        begin = place
        while place < last and tokens[place].startswith(b":"):
            place += 2
        raw = tokens[begin:place:2]
        counts = tokens[place : place + len(raw)]
        place += len(raw)
        if place <= last:
            yield from (_lines(line, count) for line, count in zip(raw, counts, strict=True))


def _lines(raw: bytes, count: bytes) -> tuple[Pair, Lines]:
    """What one change adds and deletes, as if a submodule were nothing: it has no blob, and git gives it a line."""
    old_mode, new_mode, old, new, _ = raw.removeprefix(b":").split(b" ")
    added, deleted, _ = count.split(b"\t", 2)
    before = _NO_OBJECT if old_mode == _SUBMODULE else unhexlify(old)
    after = _NO_OBJECT if new_mode == _SUBMODULE else unhexlify(new)
    if added == b"-" or (before, after) == _NO_BLOBS:
        return (before, after), _NO_TEXT
    return (before, after), (0 if after == _NO_OBJECT else int(added), 0 if before == _NO_OBJECT else int(deleted))
