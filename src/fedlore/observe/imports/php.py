"""PHP: classes by the end of their name and path (PSR-4), and files that are required by a path as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fedlore.observe.imports.paths import (
    MOST_PARTS,
    Ends,
    Importing,
    by_path,
    folder_of,
    relative_to,
    without_extension,
)

_USE = re.compile(r"\s*use\s+(?:function\s+|const\s+)?([^;]*)")
_REQUIRE = re.compile(r"\b(?:require|include)(?:_once)?\b[^\"']{0,100}[\"']/?([^\"'\n]{1,500})[\"']")
_ALIAS = re.compile(r"\s+as\s+\w+\s*$", re.IGNORECASE)
_SOURCES = ("src", "lib", "app")


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: a file, and the one that holds the class it uses or that it requires.

    After PSR-4, of which the prefix is unknown: the parts of a class's name are matched with the ends of paths, first
    all, then without the first, and so on down to two; one part alone has to lie in a folder ``src``, ``lib`` or
    ``app``. Required paths start beside the file (``__DIR__``), else at the top.
    """
    rows = by_path(files)
    classes = Ends.of({without_extension(file.path): file.row for file in reversed(files)})
    for file in files:
        for statement in file.statements:
            if match := _USE.match(statement):
                targets = [_class(classes, name, file.path) for name in used_names(match[1])]
            else:
                targets = [_required(rows, file.path, match[1]) for match in _REQUIRE.finditer(statement)]
            for target in targets:
                if target is not None:
                    yield file.row, target


def used_names(names: str) -> Iterator[tuple[str, ...]]:
    r"""The parts of the names in a use statement: ``A\{B, C as D}`` gives A/B and A/C."""
    group, brace, members = names.partition("{")
    for item in (members.partition("}")[0] if brace else names).split(","):
        name = (group if brace else "") + _ALIAS.sub("", item.strip())
        parts = tuple(part.strip() for part in name.split("\\", MOST_PARTS) if part.strip())
        if parts and len(parts) < MOST_PARTS:
            yield parts


def _class(classes: Ends, parts: Sequence[str], near: str) -> int | None:
    for dropped in range(len(parts) - 1):
        target = classes.find("/".join(parts[dropped:]), near)
        if target is not None:
            return target
    found = (classes.find(f"{folder}/{parts[-1]}", near) for folder in _SOURCES)
    return next((row for row in found if row is not None), None) if len(parts) > 1 else None


def _required(rows: Mapping[str, int], path: str, name: str) -> int | None:
    candidates = (relative_to(base, name) for base in (folder_of(path), ""))
    return next((rows[found] for found in candidates if found is not None and found in rows), None)
