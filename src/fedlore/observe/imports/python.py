"""Python: absolute and relative imports, packages, and the folders from which absolute names are looked up."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from fedlore.observe.imports.paths import (
    MOST_PARTS,
    Importing,
    folder_of,
    folders_above,
    joined,
    relative_to,
    without_extension,
)

_FROM = re.compile(r"\s*from\b([\s.]*)(?:(\w[\w.]*)\s*)?import\b([^;]*)")
_IMPORT = re.compile(r"\s*import\s+([^;]*)")
_INIT = "__init__"
_SOURCES = ("src", "lib", "python")
"""Folders that are put on the path of modules beside the project's own folder."""


@dataclass(frozen=True, slots=True)
class _Modules:
    """Rows of modules by their path without extension (a package by its folder), the folders that are packages, and for
    each name of a package that lies in no package the folders that hold it.
    """

    rows: Mapping[str, int]
    packages: Set[str]
    roots: Mapping[str, Sequence[str]]


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: an importing file, and the module that it names.

    As in the Python language reference, section 7.11, and as grimp resolves them: ``from a import b`` means the module
    ``a.b`` if there is one, else ``a``; ``import a.b`` does not count as an import of ``a`` as well. A package is its
    ``__init__`` module. Absolute names are looked up from the folders above the importing file that are no packages,
    the nearest first (each with its ``src``), then where a package of this name lies alone in the tree, unless the
    standard library has the name.
    """
    modules = _modules(files)
    parts = {part for path in modules.rows for part in path.split("/")}
    known: dict[tuple[str, str], int | None] = {}
    for file in files:
        folder = folder_of(file.path)
        for statement in file.statements:
            for level, name in _names(statement):
                if level:
                    target = _relative(modules, folder, level, name)
                elif name.partition("/")[0] not in parts:
                    continue
                elif (folder, name) in known:
                    target = known[folder, name]
                else:
                    target = known[folder, name] = _absolute(modules, folder, name)
                if target is not None:
                    yield file.row, target


def _names(statement: str) -> Iterator[tuple[int, str]]:
    """What a statement imports: how many dots it begins with, and a path (``a/b`` for ``from a import b``)."""
    if match := _FROM.match(statement):
        dots, base = match[1].count("."), (match[2] or "").replace(".", "/")
        for name in _listed(match[3]):
            yield dots, joined(base, name)
    elif match := _IMPORT.match(statement):
        for name in _listed(match[1]):
            yield 0, name.replace(".", "/")


def _listed(names: str) -> Iterator[str]:
    """The names of a list without their aliases."""
    for item in names.replace("(", " ").replace(")", " ").replace("\\", " ").split(","):
        words = item.split(None, 1)
        if words and words[0].count(".") < MOST_PARTS:
            yield words[0]


def _modules(files: Sequence[Importing]) -> _Modules:
    stems = {without_extension(file.path): file.row for file in sorted(files, key=lambda file: file.path, reverse=True)}
    packages = {folder_of(stem): row for stem, row in stems.items() if stem.rpartition("/")[2] == _INIT}
    roots: dict[str, list[str]] = {}
    for package in sorted(packages):
        above, _, name = package.rpartition("/")
        if above not in packages:
            roots.setdefault(name, []).append(above)
    # A package hides a module of its name.
    return _Modules(stems | packages, packages.keys(), roots)


def _relative(modules: _Modules, folder: str, level: int, name: str) -> int | None:
    base = relative_to(folder, "/".join([".."] * (level - 1)))
    if base is None:
        return None
    path = joined(base, name)
    return modules.rows.get(path, modules.rows.get(folder_of(path)))


def _absolute(modules: _Modules, folder: str, name: str) -> int | None:
    for root in folders_above(folder):
        if root in modules.packages:
            continue
        for base in (root, *(joined(root, source) for source in _SOURCES)):
            target = _module(modules, base, name)
            if target is not None:
                return target
    top = name.partition("/")[0]
    elsewhere = modules.roots.get(top, ())
    if len(elsewhere) == 1 and top not in sys.stdlib_module_names:
        return _module(modules, elsewhere[0], name)
    return None


def _module(modules: _Modules, base: str, name: str) -> int | None:
    """The module of an absolute name below a folder, or the one that the name may be an attribute of."""
    target = modules.rows.get(joined(base, name))
    if target is None and "/" in name:
        target = modules.rows.get(joined(base, folder_of(name)))
    return target
