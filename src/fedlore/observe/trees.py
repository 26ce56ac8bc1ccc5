"""Turn the listings of several repositories into trees: new blobs are read once and sized in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2

from fedlore.observe.blobs import Facts, file_name, kind_of
from fedlore.observe.cache import FactCache, Key
from fedlore.observe.confined import UNREAD, examine_files
from fedlore.observe.evidence import SourceFile, Tree
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.sizes import Size, measure_sizes
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

    Starting scc and the parser takes longer than reading a small repository, so each is started once for all of them.
    Raises `ToolError` if one does not start.
    """
    choices = [_choose(listing, limits) for _, listing in listings]
    facts = cache.get({key for wanted, _ in choices for key in wanted.values()})
    missing: list[dict[str, Key]] = []
    with TemporaryDirectory(prefix="fedlore-") as folder:
        for (repository, _), (wanted, _) in zip(listings, choices, strict=True):
            missing.append(_write_out(repository, set(wanted.values()) - facts.keys(), Path(folder)))
        new = _examine(Path(folder), missing, limits) if any(missing) else [{} for _ in listings]
    cache.put({key: fact for found in new for key, fact in found.items() if fact.counts != UNREAD.counts})
    return [
        _assemble(listing, wanted, facts | found, notes)
        for (_, listing), (wanted, notes), found in zip(listings, choices, new, strict=True)
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


def _write_out(repository: pygit2.Repository, keys: set[Key], folder: Path) -> dict[str, Key]:
    """Write these blobs to the folder under names of ours; absent and broken objects are passed over."""
    written: dict[str, Key] = {}
    for blob, kind in sorted(keys):
        try:
            data = repository[blob].read_raw()
        except (KeyError, ValueError, pygit2.GitError):
            continue
        name = file_name(blob, kind)
        (folder / name).write_bytes(data)
        written[name] = blob, kind
    return written


def _examine(folder: Path, missing: list[dict[str, Key]], limits: TreeLimits) -> list[dict[Key, Facts]]:
    groups = [{name: kind for name, (_, kind) in names.items()} for names in missing]
    examined = examine_files(folder, groups, limits.parser)
    sizes = measure_sizes(folder)
    new: list[dict[Key, Facts]] = [{} for _ in missing]
    for found, names, facts in zip(new, missing, examined, strict=True):
        for name, (blob, kind) in names.items():
            size = sizes.get(name, Size()) if kind in LANGUAGES else Size()
            found[blob, kind] = replace(facts[name], lines=size.lines, complexity=size.complexity)
    return new


def _assemble(
    listing: Listing, wanted: Mapping[bytes, Key], facts: Mapping[Key, Facts], notes: tuple[str, ...]
) -> ReadTree:
    files: list[SourceFile] = []
    packages: set[str] = set()
    unread = 0
    for file in listing.files:
        fact = facts.get(wanted[file.path], Facts()) if file.path in wanted else Facts()
        files.append(
            replace(
                file,
                lines=fact.lines,
                complexity=fact.complexity,
                comment_lines=fact.comment_lines,
                counts=fact.counts,
                places=fact.places,
                functions=fact.functions,
                classes=fact.classes,
                imports=fact.imports,
                blocks=fact.blocks,
            )
        )
        packages.update(package for package, _ in fact.packages)
        unread += "unread" in fact.counts
    if unread:
        notes += (f"{unread} files took too long or too much memory to parse and were not counted.",)
    return ReadTree(Tree(files, frozenset(packages)), (*listing.notes, *notes))
