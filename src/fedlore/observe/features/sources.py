"""What several domains ask of the source files at HEAD."""

from __future__ import annotations

from collections.abc import Iterable

from fedlore.observe.evidence import SourceFile, Tree
from fedlore.observe.naming import is_test

_UNREADABLE = frozenset({"minified", "unread"})


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
