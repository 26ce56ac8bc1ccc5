"""C and C++: included files, looked up beside the including file, below the top, and by the end of their path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fedlore.observe.imports.paths import MOST_PARTS, Ends, Importing, by_path, folder_of, relative_to

_INCLUDE = re.compile(r"\s*#\s*(?:include|include_next|import)\s*([\"<])([^\">\n]{1,500})[\">]")
_HEADER_FOLDERS = ("include", "inc", "src")


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: an including file, and the file that it includes.

    As in ISO C 6.10.2: names in quotes are looked up beside the including file, then from the top and, as nobody
    tells the compiler's options, by the end of the path. Names in angle brackets count if they hold a folder and lie
    below the top or a folder named ``include``, ``inc`` or ``src``: others are the system's.
    """
    rows = by_path(files)
    ends = Ends.of(rows)
    known: dict[tuple[str, str, str], int | None] = {}
    for file in files:
        folder = folder_of(file.path)
        for statement in file.statements:
            match = _INCLUDE.match(statement)
            if match is None or match[2].count("/") >= MOST_PARTS:
                continue
            key = folder, match[1], match[2]
            if key not in known:
                known[key] = _target(rows, ends, *key)
            target = known[key]
            if target is not None:
                yield file.row, target


def _target(rows: dict[str, int], ends: Ends, folder: str, mark: str, name: str) -> int | None:
    near = f"{folder}/" if folder else ""
    if mark == "<":
        below = rows.get(name) if "/" in name else None
        among = (ends.find(f"{above}/{name}", near) for above in _HEADER_FOLDERS if "/" in name)
        return below if below is not None else next((row for row in among if row is not None), None)
    for base in (folder, ""):
        path = relative_to(base, name)
        if path in rows:
            return rows[path]
    inside = relative_to("", name.lstrip("./"))
    return ends.find(inside, near) if inside else None
