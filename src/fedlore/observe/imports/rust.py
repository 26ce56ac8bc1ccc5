"""Rust: module declarations, and use declarations from the crate's root, the module itself or the one above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fedlore.observe.imports.paths import (
    MOST_PARTS,
    Importing,
    by_path,
    folder_of,
    folders_above,
    joined,
    without_extension,
)

_MODULE = re.compile(r"\s*(?:#\[[^\]]*\]\s*)*(?:pub\s*(?:\([^)]*\))?\s*)?mod\s+(?:r#)?(\w+)\s*;?\s*$")
_USE = re.compile(r"\s*(?:#\[[^\]]*\]\s*)*(?:pub\s*(?:\([^)]*\))?\s*)?use\s+(.*)", re.DOTALL)
_TOKEN = re.compile(r"\bas\s+\w+|(?:r#)?\w+|::|[{},*;]")
_ROOTS = ("lib.rs", "main.rs")
_FOLDER_FILES = ("lib.rs", "main.rs", "mod.rs")
_FILES_OF_OTHER_CRATES = ("tests", "examples", "benches", "bin")
_MOST_PATHS = 1000


@dataclass(frozen=True, slots=True)
class _Crates:
    """Rows by path, and the folder of the root file of each crate by the crate's name."""

    rows: Mapping[str, int]
    folders: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Module:
    """Where a file's child modules lie, and where those of its crate's root do."""

    children: str
    crate: str


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: a file, and the module that it declares (``mod a;``) or uses.

    As in the Rust Reference, sections on module source filenames and on use declarations: the longest beginning of a
    path that names a module's file counts, and where none does the module that the path starts from. A crate's name
    is that of the folder which holds its ``src``. ``use super::*`` is left out: nearly always it stands in a module of
    tests within the file, and means the file itself.
    """
    crates = _crates(files)
    for file in files:
        module = _module_of(file.path, crates.rows)
        for statement in file.statements:
            if match := _MODULE.match(statement):
                target = _file_of(crates.rows, joined(module.children, match[1]))
                if target is not None:
                    yield file.row, target
            elif match := _USE.match(statement):
                for path in used_paths(match[1]):
                    target = _used(crates, module, path)
                    if target is not None:
                        yield file.row, target


def used_paths(tree: str) -> list[tuple[str, ...]]:
    """The paths of a use tree (``a::{b, c::d}`` gives a/b and a/c/d), at most 1,000; ``self`` and ``*`` at the end stay
    out, but for ``super::*`` and a ``*`` alone, which give nothing.
    """
    paths: list[tuple[str, ...]] = []
    opened: list[tuple[str, ...]] = []
    path: tuple[str, ...] = ()
    fresh = False
    for match in _TOKEN.finditer(tree):
        sign = match[0]
        if len(paths) >= _MOST_PATHS or len(opened) >= MOST_PARTS:
            break
        if sign == "{":
            opened.append(path)
            fresh = False
        elif sign in {",", "}", ";"}:
            if fresh:
                paths.append(path)
            fresh = False
            if sign == "}" and opened:
                path = opened.pop()
            elif sign == ",":
                path = opened[-1] if opened else ()
        elif sign == "*":
            fresh = path not in {(), ("super",)}
        elif sign not in {"::"} and not sign.startswith("as ") and len(path) < MOST_PARTS:
            fresh = True
            if sign != "self" or not path:
                path = (*path, sign.removeprefix("r#"))
    if fresh:
        paths.append(path)
    return paths


def _crates(files: Sequence[Importing]) -> _Crates:
    rows = by_path(files)
    folders: dict[str, str] = {}
    for path in sorted(rows, reverse=True):
        folder, _, name = path.rpartition("/")
        if name == _ROOTS[0]:
            above = folder_of(folder) if folder.rpartition("/")[2] == "src" else folder
            folders[above.rpartition("/")[2].replace("-", "_")] = folder
    return _Crates(rows, folders)


def _module_of(path: str, rows: Mapping[str, int]) -> _Module:
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] in _FILES_OF_OTHER_CRATES or name in _ROOTS:
        return _Module(folder, folder)
    crate = next((above for above in folders_above(folder) if _has_root(rows, above)), folder)
    return _Module(folder if name in _FOLDER_FILES else without_extension(path), crate)


def _has_root(rows: Mapping[str, int], folder: str) -> bool:
    return any(joined(folder, name) in rows for name in _ROOTS)


def _used(crates: _Crates, module: _Module, path: tuple[str, ...]) -> int | None:
    first, rest = path[0], list(path[1:])
    if first == "crate":
        return _deepest(crates.rows, module.crate, rest)
    if first in {"self", "super"}:
        start = module.children if first == "self" else folder_of(module.children)
        while rest and rest[0] == "super":
            start = folder_of(start)
            rest.pop(0)
        return _deepest(crates.rows, start, rest)
    child = _file_of(crates.rows, joined(module.children, first))
    if child is not None:
        return _deepest(crates.rows, joined(module.children, first), rest)
    if first in crates.folders:
        return _deepest(crates.rows, crates.folders[first], rest)
    return None


def _deepest(rows: Mapping[str, int], start: str, parts: Sequence[str]) -> int | None:
    """The file of the deepest module on the way, at least of the module from which it starts."""
    for count in range(len(parts), -1, -1):
        target = _file_of(rows, joined(start, *parts[:count]))
        if target is not None:
            return target
    return None


def _file_of(rows: Mapping[str, int], module: str) -> int | None:
    """The file of the module whose children lie in this folder."""
    names = (f"{module}.rs", *(joined(module, name) for name in reversed(_FOLDER_FILES)))
    return next((rows[name] for name in names if name in rows), None)
