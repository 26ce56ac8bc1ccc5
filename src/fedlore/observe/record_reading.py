"""Read the commits and story files of repositories as records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fedlore.observe.artefacts.planning import planning_of, planning_revisions
from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import History, Story
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.source import rules_version
from fedlore.observe.tree import TreeLimits, list_files
from fedlore.observe.trees import assemble, choose_files, older_versions, read_blobs


def read_histories(paths: Sequence[Path], cache: Path | None = None) -> Iterator[History]:
    """The history of each repository; raises `RepositoryError` for one that cannot be read."""
    with fact_cache(cache, rules_version()) as known:
        for path in paths:
            with opened(path) as repository:
                yield read_history(repository, None, known)[0]


def read_stories(paths: Sequence[Path], cache: Path | None = None) -> Iterator[Story]:
    """The story files at each repository's HEAD; raises `RepositoryError` for one that cannot be read."""
    bounds = TreeLimits()
    with fact_cache(cache, rules_version()) as known:
        for path in paths:
            with opened(path) as repository:
                listing = list_files(repository.repository, repository.head, bounds)
                history, _ = read_history(repository, None, known)
                choice = choose_files(listing, bounds)
                older, _ = older_versions(repository.repository, planning_revisions(history), bounds)
                facts = read_blobs([(repository.repository, choice.keys | older)], known, bounds)[0]
                read = assemble(listing, choice, facts)
                yield from planning_of(read.tree.files, history, facts)[0].stories
