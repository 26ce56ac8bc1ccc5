"""From import statements as written to pairs of files: each family of languages by rules of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fedlore.observe.evidence import SourceFile
from fedlore.observe.imports import csharp, golang, included, javascript, jvm, php, python, ruby, rust
from fedlore.observe.imports.paths import Importing

LONGEST_STATEMENT = 10_000
"""Characters of a statement that are looked at."""

MOST_CHARACTERS = 20_000_000
"""Characters of the statements of one tree that are looked at; Linux, with 60,000 files, has about as many."""


class _Family(NamedTuple):
    """Languages whose files import one another, names of other files that tell of them, and how edges are found."""

    languages: frozenset[str]
    edges: Callable[[Sequence[Importing]], Iterator[tuple[int, int]]]
    names: frozenset[bytes] = frozenset()


_FAMILIES = (
    _Family(frozenset({"python"}), python.edges),
    _Family(frozenset({"javascript", "typescript", "tsx"}), javascript.edges),
    _Family(frozenset({"go"}), golang.edges, frozenset({golang.MODULE_FILE.encode()})),
    _Family(frozenset({"java", "kotlin"}), jvm.edges),
    _Family(frozenset({"rust"}), rust.edges),
    _Family(frozenset({"c", "cpp"}), included.edges),
    _Family(frozenset({"ruby"}), ruby.edges),
    _Family(frozenset({"php"}), php.edges),
    _Family(frozenset({"csharp"}), csharp.edges),
)


@dataclass(slots=True)
class _Allowance:
    """How many characters of statements may still be read."""

    left: int = MOST_CHARACTERS

    def taken(self, statements: Sequence[str]) -> tuple[str, ...]:
        kept = []
        for statement in statements:
            cut = statement[:LONGEST_STATEMENT]
            self.left -= len(cut)
            if self.left < 0:
                break
            kept.append(cut)
        return tuple(kept)


class Imports(NamedTuple):
    """Which file imports which, and sentences about what was not followed."""

    edges: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]


def imports_of(files: Sequence[SourceFile]) -> Imports:
    """Which file imports which: pairs of numbers of files, in order, each once, none of a file with itself.

    Only imports of files of the same tree are edges, and where a package is imported as a whole (Go, C#, ``a.b.*`` in
    Java) its first file in the order of paths stands for it. The modules of this package say how each family of
    languages resolves names. Statements beyond `MOST_CHARACTERS` are left out, in the order of paths; so the order of
    ``files`` makes no difference but for their numbers.
    """
    allowance = _Allowance()
    rows = sorted(range(len(files)), key=lambda row: files[row].path)
    pairs: list[tuple[int, int]] = []
    left_out: list[str] = []
    for family in _FAMILIES:
        importing = [
            Importing(row, files[row].path.decode("utf-8", "surrogateescape"), allowance.taken(files[row].imports))
            for row in rows
            if files[row].language in family.languages or files[row].path.rpartition(b"/")[2] in family.names
        ]
        left_out.append(_drawn(family.edges(importing), pairs))
    if allowance.left < 0:
        left_out.append(f"import statements after the first {MOST_CHARACTERS:,} characters")
    return Imports(
        _distinct(pairs), tuple(f"Not all imports were followed: left out are {what}." for what in left_out if what)
    )


def _drawn(edges: Iterator[tuple[int, int]], pairs: list[tuple[int, int]]) -> str:
    """Put all edges into ``pairs``; what their generator says it left out."""
    while True:
        try:
            pairs.append(next(edges))
        except StopIteration as end:
            return end.value or ""


def _distinct(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    if not pairs:
        return ()
    table = np.array(pairs, np.int64)
    table = table[table[:, 0] != table[:, 1]]
    ordered = np.unique(table[:, 0] << 32 | table[:, 1])
    return tuple(zip((ordered >> 32).tolist(), (ordered & 0xFFFFFFFF).tolist(), strict=True))
