"""Read the tree of a repository that a test made."""

from __future__ import annotations

from pathlib import Path

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Tree
from fedlore.observe.opening import opened
from fedlore.observe.tree import Listing, TreeLimits, list_files
from fedlore.observe.trees import ReadTree, assemble, choose_files, read_blobs


def listed(path: Path, limits: TreeLimits | None = None) -> Listing:
    with opened(path) as repository:
        return list_files(repository.repository, repository.head, limits or TreeLimits())


def read(path: Path, limits: TreeLimits | None = None) -> ReadTree:
    bounds = limits or TreeLimits()
    with opened(path) as repository, fact_cache(None, "1") as cache:
        listing = list_files(repository.repository, repository.head, bounds)
        choice = choose_files(listing, bounds)
        facts = read_blobs([(repository.repository, choice.keys)], cache, bounds)[0]
        return assemble(listing, choice, facts)


def counts(tree: Tree, path: bytes) -> dict[str, int]:
    return next(dict(file.counts) for file in tree.files if file.path == path)
