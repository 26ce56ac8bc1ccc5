"""Read the history of an opened repository: all of it once, later only what is new."""

from __future__ import annotations

import os

from fedlore.observe.cache import FactCache
from fedlore.observe.command import git_command
from fedlore.observe.evidence import History
from fedlore.observe.history.completed import completed
from fedlore.observe.history.history_cache import KeptHistory, history_key, keep, recall
from fedlore.observe.history.log import read_log
from fedlore.observe.history.order import canonical, joined, part_of
from fedlore.observe.opening import OpenedRepository
from fedlore.observe.stream import GitOutput, Limits

_SALT_BYTES = 32


def read_history(
    repository: OpenedRepository, limits: Limits | None = None, cache: FactCache | None = None
) -> tuple[History, tuple[str, ...]]:
    """The commits reachable from HEAD with the files that each changed, and sentences about what was not read.

    Authors are those of HEAD's ``.mailmap``; merges carry no changes; renames are a removal and an addition. Where a
    limit ends the pass early, the history is its newest part and a sentence says so. Release times are those of the
    tags whose name holds a version number. Changes of paths beyond a limit are left out. People are hashed with the
    salt of ``cache``, which also remembers the history; without one the salt is another at every call.
    """
    limits = limits or Limits()
    if cache is None or not cache.file.lasts:
        part, shortfall = read_log(repository, limits, os.urandom(_SALT_BYTES) if cache is None else cache.salt)
        history = canonical(part)
    else:
        history, shortfall = _remembered(repository, limits, cache)
    return completed(history, repository, limits, shortfall)


def _remembered(repository: OpenedRepository, limits: Limits, cache: FactCache) -> tuple[History, str]:
    """The history, of which only the commits are read that came since it was last kept; and what cut it short."""
    key = history_key(repository.place, repository.mailmap, repository.shallow, cache.salt)
    kept = recall(cache.file, key)
    if kept is not None and kept.history.commits > limits.commits:
        kept = None
    if kept is not None and kept.head == repository.head:
        return kept.history, ""
    history = None if kept is None else _continued(repository, limits, cache.salt, kept)
    if history is None:
        part, shortfall = read_log(repository, limits, cache.salt)
        history = canonical(part)
        if shortfall:
            return history, shortfall
    keep(cache.file, key, KeptHistory(repository.head, history))
    return history, ""


def _continued(repository: OpenedRepository, limits: Limits, salt: bytes, kept: KeptHistory) -> History | None:
    """The kept history and the commits since; None where it has to be read anew.

    A head that was not simply added to (amended, forced, gone) leaves commits behind which no longer count.
    """
    command = git_command(repository.git_dir, "merge-base", "--is-ancestor", kept.head, repository.head)
    ancestry = GitOutput(command, repository.git_dir, limits)
    if b"".join(ancestry) or ancestry.shortfall:
        return None
    part, shortfall = read_log(repository, limits, salt, since=kept.head)
    if shortfall or part.history.commits + kept.history.commits > limits.commits:
        return None
    return canonical(joined(part, part_of(kept.history)))
