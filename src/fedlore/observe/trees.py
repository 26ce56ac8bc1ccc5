"""Turn the listings of several repositories into trees: new blobs are read once and sized in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2

from fedlore.observe.blobs import Facts, examine, kind_of
from fedlore.observe.cache import FactCache, Key
from fedlore.observe.evidence import SourceFile, Tree
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.sizes import Size, file_name, measure_sizes
from fedlore.observe.tree import Listing, TreeLimits


@dataclass(frozen=True, slots=True)
class ReadTree:
    """A tree, and sentences about what was left out of it."""

    tree: Tree
    notes: tuple[str, ...]


def read_trees(
    listings: Sequence[tuple[pygit2.Repository, Listing]], cache: FactCache, limits: TreeLimits
) -> list[ReadTree]:
    """The trees of these repositories in their order; the cache learns what it did not know.

    Starting scc takes longer than reading a small repository, so it is started once for all of them. Raises
    `RepositoryError` if scc does not run.
    """
    choices = [_choose(listing, limits) for _, listing in listings]
    keys = {key for keys, _ in choices for key in keys.values()}
    facts = cache.get(keys)
    new: dict[Key, Facts] = {}
    with TemporaryDirectory(prefix="fedlore-") as folder:
        for (repository, _), (wanted, _) in zip(listings, choices, strict=True):
            _read_missing(repository, set(wanted.values()) - facts.keys() - new.keys(), Path(folder), new)
        sizes = measure_sizes(Path(folder)) if any(kind in LANGUAGES for _, kind in new) else {}
    for (blob, kind), fact in new.items():
        size = sizes.get(file_name(blob, kind), Size()) if kind in LANGUAGES else Size()
        new[blob, kind] = replace(fact, lines=size.lines, complexity=size.complexity)
    cache.put(new)
    facts |= new
    return [
        ReadTree(_assemble(listing, wanted, facts), (*listing.notes, *notes))
        for (_, listing), (wanted, notes) in zip(listings, choices, strict=True)
    ]


def _choose(listing: Listing, limits: TreeLimits) -> tuple[dict[bytes, Key], tuple[str, ...]]:
    """The files to be read, by path, within the limits; and sentences about the others."""
    wanted: dict[bytes, Key] = {}
    large = total = beyond = 0
    for file in listing.files:
        kind = kind_of(file.path)
        if not kind:
            continue
        if file.size > limits.blob_bytes:
            large += 1
        elif len(wanted) >= limits.read_files or total + file.size > limits.read_bytes:
            beyond += 1
        else:
            wanted[file.path] = (file.blob, kind)
            total += file.size
    notes = []
    if large:
        notes.append(f"{large} source files are larger than {limits.blob_bytes} bytes and were not read.")
    if beyond:
        notes.append(f"{beyond} source files lie beyond the limits of one repository and were not read.")
    return wanted, tuple(notes)


def _read_missing(repository: pygit2.Repository, keys: set[Key], folder: Path, new: dict[Key, Facts]) -> None:
    """Examine the blobs, and leave source files in the folder for scc; absent and broken objects are passed over."""
    for blob, kind in sorted(keys):
        try:
            data = repository[blob].read_raw()
        except (KeyError, ValueError, pygit2.GitError):
            continue
        new[blob, kind] = examine(kind, data)
        if kind in LANGUAGES:
            (folder / file_name(blob, kind)).write_bytes(data)


def _assemble(listing: Listing, wanted: Mapping[bytes, Key], facts: Mapping[Key, Facts]) -> Tree:
    files: list[SourceFile] = []
    packages: set[str] = set()
    for file in listing.files:
        fact = facts.get(wanted[file.path], Facts()) if file.path in wanted else Facts()
        files.append(replace(file, lines=fact.lines, complexity=fact.complexity, counts=fact.counts))
        packages.update(fact.packages)
    return Tree(files, frozenset(packages))
