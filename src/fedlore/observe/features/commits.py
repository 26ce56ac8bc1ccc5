"""What several domains ask of a history: whose commits count, what they changed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Evidence, History, Said
from fedlore.observe.naming import is_test, language_of
from fedlore.observe.once import once_each

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

DAY = 86_400
YEAR = 365 * DAY
_ADDED = ord("A")


def human_commits(history: History) -> Mask:
    """Which commits count as human work: no merges, and the author is neither a bot nor a coding agent."""
    return ~history.is_bot & (history.parents < 2)


def sized_commits(history: History) -> Mask:
    """The human commits whose changes are known: those at a shallow cut seem to add every file."""
    return human_commits(history) & ~history.at_cut


def cut_off(history: History) -> Mask:
    """Which commits have parents that this history does not hold, at a shallow cut or where a limit was reached."""
    absent = (history.parents > 0) & (history.first_parent < 0) | (history.parents > 1) & (history.second_parent < 0)
    return history.at_cut | absent


def since_cut(history: History) -> int | None:
    """When the newest commit at a shallow cut landed (Unix seconds): later ones are all here; None without a cut."""
    return newest(history, history.at_cut)


def is_held(history: History, begin: int) -> bool:
    """Whether no commit after this time (Unix seconds) may lie before a shallow cut."""
    cut = since_cut(history)
    return cut is None or cut <= begin


def newest(history: History, chosen: Mask) -> int | None:
    """When the newest of the chosen commits landed (Unix seconds); None if there is none."""
    return int(history.commit_time[chosen].max()) if chosen.any() else None


def last_year(history: History, among: Mask | None = None) -> Mask:
    """Which human commits (or others) landed in the 365 days up to the newest human commit: the project's last year."""
    human = human_commits(history)
    end = newest(history, human)
    chosen = human if among is None else among
    return human if end is None else chosen & (history.commit_time > end - YEAR)


def at_least(least: Fraction, part: Mask, whole: Mask) -> bool:
    """Whether at least this share of the commits in ``whole`` is also in ``part``; no where ``whole`` is empty."""
    total = int(whole.sum())
    return total > 0 and int((part & whole).sum()) >= least * total


def within(value: float | None, low: float, high: float) -> float | None:
    """The value, moved to the nearer bound if it lies outside; None stays None."""
    return None if value is None else min(max(value, low), high)


@once_each
def source_paths(history: History) -> tuple[Mask, Mask]:
    """Which of the history's paths are source files other than tests, and which are test files."""
    languages = [language_of(path) for path in history.paths]
    tests = np.array([is_test(path, name) for path, name in zip(history.paths, languages, strict=True)], np.bool_)
    sources = np.array([bool(name) for name in languages], np.bool_) & ~tests
    for mask in (sources, tests):
        mask.flags.writeable = False
    return sources, tests


def changed_files(history: History, paths: Mask | None = None) -> Counts:
    """How many files (of the chosen paths) each commit changed; none for those at a shallow cut, which nobody knows."""
    known = ~history.at_cut[history.changed_commit]
    commits = history.changed_commit[known if paths is None else known & paths[history.changed_path]]
    return np.bincount(commits, minlength=history.commits).astype(np.int64)


def changed_lines(evidence: Evidence, paths: Mask | None = None) -> tuple[Counts, Counts, Mask]:
    """The lines that each commit added and deleted (in the chosen paths), and of which commits any were counted.

    Counted are the newest human commits (see `Churn`); a commit with no counted change has 0 and 0 and is not among
    them. All three have one value for each commit.
    """
    history, churn = evidence.history, evidence.churn
    if churn is None:
        none = np.zeros(history.commits, np.int64)
        return none, none.copy(), np.zeros(history.commits, np.bool_)
    chosen = churn.added >= 0
    if paths is not None:
        chosen &= paths[history.changed_path]
    commit = history.changed_commit[chosen]
    added, deleted = (
        np.bincount(commit, lines[chosen], history.commits).astype(np.int64) for lines in (churn.added, churn.deleted)
    )
    return added, deleted, np.bincount(commit, minlength=history.commits) > 0


def first_added(history: History, paths: Mask) -> int | None:
    """When a file of the chosen paths was first added (Unix seconds), or found at a shallow cut; None if none was."""
    added = (history.changed_status == _ADDED) & paths[history.changed_path]
    return int(history.commit_time[history.changed_commit[added]].min()) if added.any() else None


def says(history: History, flag: Said) -> Mask:
    """Which commits' subjects say this (any of these, where several flags are given)."""
    return np.asarray(history.said & int(flag), np.bool_)


def owners(history: History, paths: Sequence[bytes]) -> tuple[Counts, Counts]:
    """For each file at HEAD (its number in the history's paths) and each human who changed it, the number of changes.

    Returns the files' numbers, in order and each as often as it has authors, and the changes.
    """
    kept = set(paths)
    at_head = np.array([path in kept for path in history.paths], np.bool_)
    counted = sized_commits(history)[history.changed_commit] & at_head[history.changed_path]
    file = history.changed_path[counted].astype(np.int64)
    author = history.author[history.changed_commit[counted]].astype(np.int64)
    pairs, changes = np.unique(file << 32 | author, return_counts=True)
    return pairs >> 32, changes.astype(np.int64)


def commits_per_person(history: History, chosen: Mask) -> Counts:
    """The number of chosen commits of each author who has any, the largest first."""
    _, counts = np.unique(history.author[chosen], return_counts=True)
    return np.sort(counts.astype(np.int64))[::-1]
