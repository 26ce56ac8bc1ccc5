"""What the blobs of several repositories hold: new ones are read once, and the parser and scc start once for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2

from fedlore.counting import counted
from fedlore.observe.blobs import file_name, kinds_of
from fedlore.observe.cache import FactCache, Key
from fedlore.observe.confined import UNREAD, examine_files
from fedlore.observe.evidence import Tree
from fedlore.observe.facts import Facts, together
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.references import printable
from fedlore.observe.sizes import Size, measure_sizes
from fedlore.observe.tree import Listing, TreeLimits

_SOURCES = "sources"
"""The folder of the files that scc measures, within that of all files that are examined."""

_MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files of a listing are read, as what, and sentences about the others."""

    wanted: Mapping[bytes, tuple[Key, ...]]
    notes: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset(key for keys in self.wanted.values() for key in keys)


@dataclass(frozen=True, slots=True)
class ReadTree:
    """A tree, and sentences about what was left out of it."""

    tree: Tree
    notes: tuple[str, ...]


def choose_files(listing: Listing, limits: TreeLimits) -> Choice:
    """The files that somebody can read (see `blobs.kinds_of`), as far as the limits allow."""
    wanted: dict[bytes, tuple[Key, ...]] = {}
    large = total = beyond = 0
    for file in listing.files:
        kinds = kinds_of(file.path)
        if not kinds:
            continue
        if file.size > limits.blob_bytes:
            large += 1
        elif len(wanted) >= limits.read_files or total + file.size > limits.read_bytes:
            beyond += 1
        else:
            wanted[file.path] = tuple((file.blob, kind) for kind in kinds)
            total += file.size
    notes = []
    if large:
        notes.append(f"Not read: {counted(large, f'source files that are larger than {limits.blob_bytes:,} bytes')}.")
    if beyond:
        notes.append(f"Not read: {counted(beyond, 'source files that lie beyond the limits of one repository')}.")
    return Choice(wanted, tuple(notes))


def older_versions(
    repository: pygit2.Repository, keys: Set[Key], limits: TreeLimits
) -> tuple[frozenset[Key], tuple[str, ...]]:
    """Those versions of followed files that the limits allow to read, and a sentence about the others.

    Decided by their sizes alone, whatever a cache knows of them.
    """
    kept: set[Key] = set()
    total = beyond = 0
    for blob, kind in sorted(keys):
        try:
            size = repository.odb.read_header(blob)[1]
        except (KeyError, pygit2.GitError):
            continue
        if size > limits.blob_bytes or total + size > limits.read_bytes:
            beyond += 1
        else:
            kept.add((blob, kind))
            total += size
    note = f"Not read, beyond the limits: {counted(beyond, 'older versions of manifests or sprint files')}."
    return frozenset(kept), (note,) if beyond else ()


def read_blobs(
    requests: Sequence[tuple[pygit2.Repository, Set[Key]]], cache: FactCache, limits: TreeLimits
) -> list[dict[Key, Facts]]:
    """The facts of the wanted blobs, one table for each repository; the cache learns what it did not know.

    Blobs that are absent or broken have no facts. Raises `ToolError` if scc or the parser does not start.
    """
    known = cache.get({key for _, keys in requests for key in keys})
    missing: list[dict[str, Key]] = []
    with TemporaryDirectory(prefix="fedlore-") as folder:
        (Path(folder) / _SOURCES).mkdir()
        for repository, keys in requests:
            missing.append(_write_out(repository, keys - known.keys(), Path(folder)))
        new = _examine(Path(folder), missing, limits) if any(missing) else [{} for _ in requests]
    cache.put({key: fact for found in new for key, fact in found.items() if fact.counts != UNREAD.counts})
    return [
        {key: known[key] for key in keys if key in known} | found
        for (_, keys), found in zip(requests, new, strict=True)
    ]


def assemble(listing: Listing, choice: Choice, facts: Mapping[Key, Facts]) -> ReadTree:
    """The listed files with what their blobs hold."""
    tree = Tree([], frozenset())
    packages: set[str] = set()
    warnings: list[str] = []
    unread = minified = 0
    for file in listing.files:
        fact = together(facts[key] for key in choice.wanted.get(file.path, ()) if key in facts)
        tree.files.append(
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
        minified += "minified" in fact.counts
        if fact.warning:
            warnings.append(f"{printable(file.path.decode(errors='replace'))}: {fact.warning}")
    notes = [*warnings[:_MOST_WARNINGS]]
    if len(warnings) > _MOST_WARNINGS:
        notes.append(f"{counted(len(warnings) - _MOST_WARNINGS, 'more files')} could be read in part only.")
    if unread:
        notes.append(f"Not counted: {counted(unread, 'files that took too long or too much memory to parse')}.")
    if minified:
        notes.append(
            f"Not parsed: {counted(minified, 'source files that are written in very long lines, as if minified')}."
        )
    return ReadTree(replace(tree, packages=frozenset(packages)), (*listing.notes, *choice.notes, *notes))


def _write_out(repository: pygit2.Repository, keys: Set[Key], folder: Path) -> dict[str, Key]:
    """Write these blobs to the folder under names of ours; absent and broken objects are passed over."""
    written: dict[str, Key] = {}
    for blob, kind in sorted(keys):
        try:
            data = repository[blob].read_raw()
        except (KeyError, ValueError, pygit2.GitError):
            continue
        name = file_name(blob, kind)
        name = f"{_SOURCES}/{name}" if kind in LANGUAGES else name
        (folder / name).write_bytes(data)
        written[name] = blob, kind
    return written


def _examine(folder: Path, missing: list[dict[str, Key]], limits: TreeLimits) -> list[dict[Key, Facts]]:
    groups = [{name: kind for name, (_, kind) in names.items()} for names in missing]
    examined = examine_files(folder, groups, limits.parser)
    sizes = measure_sizes(folder / _SOURCES)
    new: list[dict[Key, Facts]] = [{} for _ in missing]
    for found, names, facts in zip(new, missing, examined, strict=True):
        for name, key in names.items():
            size = sizes.get(name.removeprefix(f"{_SOURCES}/"), Size())
            found[key] = replace(
                facts[name], lines=size.lines, complexity=size.complexity, comment_lines=size.comment_lines
            )
    return new
