"""Ruby: files required relative to one another, or by their path below a folder of the load path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fedlore.observe.imports.paths import MOST_PARTS, Ends, Importing, by_path, folder_of, joined, relative_to

_REQUIRE = re.compile(
    r"\b(require_relative|require|load|autoload)\b\s*\(?\s*(?::\w+\s*,\s*)?[\"']([^\"'#\n]{1,500})[\"']"
)
_LOAD_PATH = ("lib", "app", "spec", "test")


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: a file, and the one that it requires, loads or declares to be loaded when needed.

    ``require_relative`` starts beside the file (Kernel, Ruby core). Other names are looked up below the top and below
    folders named ``lib``, ``app``, ``spec`` and ``test``, the nearest first.
    """
    rows = by_path(files)
    ends = Ends.of(rows)
    for file in files:
        for statement in file.statements:
            for match in _REQUIRE.finditer(statement):
                target = _target(rows, ends, file.path, match[1], match[2])
                if target is not None:
                    yield file.row, target


def _target(rows: Mapping[str, int], ends: Ends, path: str, how: str, name: str) -> int | None:
    wanted = name if name.endswith(".rb") else f"{name}.rb"
    if wanted.count("/") >= MOST_PARTS:
        return None
    if how == "require_relative" or name.startswith("."):
        return rows.get(relative_to(folder_of(path), wanted) or "")
    inside = relative_to("", wanted)
    if not inside:
        return None
    found = (ends.find(joined(folder, inside), path) for folder in _LOAD_PATH)
    return next((row for row in found if row is not None), rows.get(inside))
