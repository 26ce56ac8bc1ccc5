"""Source files for tests as reading a tree would give them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from fedlore.observe.evidence import SourceFile
from fedlore.observe.imports.resolve import imports_of
from fedlore.observe.naming import language_of


def importing(statements: Mapping[str, Sequence[str]]) -> list[SourceFile]:
    """A file for each path, with its import statements."""
    return [
        SourceFile(path.encode(), "", language_of(path.encode()), 0, imports=tuple(some))
        for path, some in statements.items()
    ]


def named_edges(files: Sequence[SourceFile]) -> set[tuple[str, str]]:
    """The import edges of files by their paths."""
    return {(files[one].path.decode(), files[other].path.decode()) for one, other in imports_of(files).edges}


def python_imports(text: str) -> tuple[str, ...]:
    """The import statements of a Python text, on one line each and as Python itself would write them."""
    nodes: Iterable[ast.AST] = ast.walk(ast.parse(text))
    return tuple(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
