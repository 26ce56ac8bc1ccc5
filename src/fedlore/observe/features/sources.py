"""What several domains ask of the source files at HEAD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Class, Function, Place, SourceFile, Tree
from fedlore.observe.naming import is_test

MOST_PLACES = 20
"""Places that one answer names."""

_UNREADABLE = frozenset({"minified", "unread"})

Numbers = npt.NDArray[np.int64]
Chosen = npt.NDArray[np.bool_]
Columns = Mapping[str, Numbers]


def written(tree: Tree) -> list[SourceFile]:
    """The source files of a known language that are neither vendored, generated, minified nor beyond the parser."""
    return [file for file in tree.files if file.language and not file.counts.keys() & _UNREADABLE]


def production(tree: Tree) -> list[SourceFile]:
    """The written source files but for the tests."""
    return [file for file in written(tree) if not is_test(file.path, file.language)]


def tests(tree: Tree) -> list[SourceFile]:
    """The written source files that are tests by their language's naming conventions."""
    return [file for file in written(tree) if is_test(file.path, file.language)]


def total(files: Iterable[SourceFile], *names: str) -> int:
    """The sum of these counts over the files."""
    return sum(file.counts.get(name, 0) for file in files for name in names)


def code_lines(files: Iterable[SourceFile]) -> int:
    """Lines that hold code."""
    return sum(file.lines for file in files)


def functions(files: Sequence[SourceFile]) -> Columns:
    """The fields of `Function` of all functions, and under ``file`` the number of each one's file among these."""
    rows = [(number, *function) for number, file in enumerate(files) for function in file.functions]
    return _columns(rows, Function._fields)


def classes(files: Sequence[SourceFile]) -> Columns:
    """As `functions`, of all class-like types that have a method."""
    rows = [(number, *one) for number, file in enumerate(files) for one in file.classes if one.methods]
    return _columns(rows, Class._fields)


def worst(files: Sequence[SourceFile], rows: Columns, field: str, chosen: Chosen) -> tuple[Place, ...]:
    """Where the chosen functions or classes begin, those with the highest value of a field first, then by path."""
    values, numbers, lines = ((rows[name][chosen]).tolist() for name in (field, "file", "line"))
    found = sorted(
        (-value, files[number].path, line) for value, number, line in zip(values, numbers, lines, strict=True)
    )
    return tuple(Place(path, line) for _, path, line in found[:MOST_PLACES])


def places(files: Iterable[SourceFile], *names: str) -> tuple[Place, ...]:
    """Some of the lines that these rules counted, in the order of paths."""
    found = (
        Place(file.path, line)
        for file in sorted(files, key=lambda file: file.path)
        for line in sorted(line for name in names for line in file.places.get(name, ()))
    )
    return tuple(islice(found, MOST_PLACES))


def _columns(rows: Sequence[tuple[int, ...]], fields: tuple[str, ...]) -> Columns:
    table = np.array(rows, np.int64).reshape(-1, 1 + len(fields))
    return dict(zip(("file", *fields), table.T, strict=True))
