"""JavaScript and TypeScript: relative specifiers with and without extension, index files, and usual aliases."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from fedlore.observe.imports.paths import (
    Importing,
    by_path,
    folder_of,
    folders_above,
    joined,
    relative_to,
    without_extension,
)

_SPECIFIER = re.compile(
    r"""(?:\bfrom|\bimport|\brequire|\brequire\.resolve)\s*+(?:\(\s*+)?+(["'`])([^"'`\n]{1,500})\1"""
)
_EXTENSIONS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_ALIASES = ("@/", "~/")
_PACKAGE_FOLDERS = ("packages", "libs", "apps")
_NO_NAMES = frozenset(("", "."))

MOST_TRIES = 2_000_000
"""Paths of one tree that are tried, some two for each folder above a file; the longest take ten seconds in all."""


def edges(files: Sequence[Importing]) -> Generator[tuple[int, int], None, str]:
    """Pairs of rows: an importing file, and the file that a specifier leads to; returns what was left out, in words.

    Relative specifiers are resolved as by Node.js (CommonJS modules, "All together") and TypeScript (Modules
    Reference, section on relative paths): the name itself, with an extension, ``.js`` standing for ``.ts``, or the
    index file of a folder. ``@/a`` and ``~/a`` mean ``a`` or ``src/a`` below the nearest folder above that has it, and
    so do bare specifiers with a slash, as the usual ``paths`` and ``baseUrl`` of a tsconfig say. A bare specifier
    whose last part names a folder below ``packages``, ``libs`` or ``apps`` means that package of a workspace.
    After `MOST_TRIES` the rest is left out, in the order of ``files``.
    """
    there = _Files.of(files)
    left = MOST_TRIES
    known: dict[tuple[str, str], int | None] = {}
    for file in files:
        folder = folder_of(file.path)
        for statement in file.statements:
            for match in _SPECIFIER.finditer(statement):
                key = folder, match[2]
                if key not in known:
                    known[key] = None
                    for path in _paths(there, *key):
                        left -= 1
                        if left < 0:
                            return f"those of JavaScript and TypeScript after {MOST_TRIES:,} paths had been tried"
                        known[key] = there.find(path)
                        if known[key] is not None:
                            break
                target = known[key]
                if target is not None:
                    yield file.row, target
    return ""


@dataclass(frozen=True, slots=True)
class _Files:
    """The rows of files by path and by path without extension, and the names of all files and folders."""

    rows: Mapping[str, int]
    stems: Mapping[str, int]
    names: Set[str]

    @staticmethod
    def of(files: Sequence[Importing]) -> _Files:
        """Of files that differ in their extension alone, the one whose extension is tried first stands for them."""
        rows = by_path(files)
        stems: dict[str, int] = {}
        names = set(_NO_NAMES)
        for extension in _EXTENSIONS:
            for path, row in rows.items():
                if path.endswith(extension):
                    stems.setdefault(path.removesuffix(extension), row)
        for path in rows:
            names.update(path.split("/"))
            names.add(without_extension(path.rpartition("/")[2]))
        return _Files(rows, stems, names)

    def find(self, path: str) -> int | None:
        """The row of the file that a path without or with another extension means, or of the index of a folder."""
        stem = without_extension(path) if path.endswith((".js", ".mjs", ".cjs", ".jsx")) else path
        tried = (self.rows.get(path), self.stems.get(path), self.stems.get(stem), self.stems.get(joined(path, "index")))
        return next((row for row in tried if row is not None), None)

    def may_have(self, name: str) -> bool:
        """Whether a file or folder has this name somewhere, or the name leads to where it stands."""
        return name in self.names or without_extension(name) in self.names


def _paths(there: _Files, folder: str, specifier: str) -> Iterator[str]:
    """The paths that a specifier may mean, the likeliest first."""
    if specifier.startswith("."):
        path = relative_to(folder, specifier)
        if path is not None:
            yield path
        return
    inside = specifier[2:] if specifier.startswith(_ALIASES) else specifier
    name = inside.rpartition("/")[2]
    within = "/" in inside or inside != specifier
    if within and (".." in inside or (there.may_have(inside.partition("/")[0]) and there.may_have(name))):
        for above in folders_above(folder):
            for base in (above, joined(above, "src")):
                path = relative_to(base, inside)
                if path is not None:
                    yield path
    if there.may_have(name):
        for packages in _PACKAGE_FOLDERS:
            yield joined(packages, name, "src", "index")
            yield joined(packages, name, "index")
