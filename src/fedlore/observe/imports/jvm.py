"""Java and Kotlin: a class is a file named so in the folder of its package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fedlore.observe.imports.paths import MOST_PARTS, Ends, Importing, first_of_folders, without_extension

_IMPORT = re.compile(r"\s*import\s+(?:static\s+)?([\w.$`]+?)(\s*\.\s*\*)?\s*(?:;|\bas\b|$)")
_LEAST_PARTS = 2
_MOST_DROPPED = 2


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: an importing file, and the file of the class that it imports.

    Names are looked up as the ends of paths (Java Language Specification, section 7.2.1, packages kept in a file
    system), so that it does not matter where the source folders lie. A member or an inner class stands for its file;
    a package imported as a whole, or a Kotlin function, stands for the package's first file.
    """
    classes = Ends.of({without_extension(file.path): file.row for file in reversed(files)})
    packages = Ends.of(first_of_folders(files))
    for file in files:
        for statement in file.statements:
            match = _IMPORT.match(statement)
            parts = match[1].replace("`", "").split(".") if match else []
            if match is None or not _LEAST_PARTS <= len(parts) < MOST_PARTS:
                continue
            if match[2]:
                candidates = (_package(packages, parts, file.path), _class(classes, parts, file.path))
            else:
                candidates = (_class(classes, parts, file.path), _package(packages, parts[:-1], file.path))
            target = next((row for row in candidates if row is not None), None)
            if target is not None:
                yield file.row, target


def _class(classes: Ends, parts: Sequence[str], near: str) -> int | None:
    for dropped in range(min(_MOST_DROPPED + 1, len(parts) - _LEAST_PARTS + 1)):
        target = classes.find("/".join(parts[: len(parts) - dropped]), near)
        if target is not None:
            return target
    return None


def _package(packages: Ends, parts: Sequence[str], near: str) -> int | None:
    return packages.find("/".join(parts), near) if len(parts) >= _LEAST_PARTS else None
