"""What the resolvers of all languages share: files that import, folders, and a search for the ends of paths."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_PARTS = 64
"""A name or path of more parts stands for nothing: no project has one, and following it would take time."""

_MOST_CANDIDATES = 50
_AFTER_SLASH = "0"  # the character that follows "/" in the order of characters


class Importing(NamedTuple):
    """A file of one family of languages: its row in the tree, its path, and its import statements."""

    row: int
    path: str
    statements: tuple[str, ...]


def folder_of(path: str) -> str:
    """The folder of a path; ``""`` for the top."""
    return path.rpartition("/")[0]


def joined(*parts: str) -> str:
    """Folders and a name as one path; empty parts stand for the top."""
    return "/".join(part for part in parts if part)


def without_extension(path: str) -> str:
    """The path without what follows the last dot of its name."""
    folder, slash, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return folder + slash + (stem if dot and stem else name)


def relative_to(folder: str, path: str) -> str | None:
    """Where a path with ``.`` and ``..`` leads from a folder; None above the top of the tree."""
    parts = path.split("/")
    if len(parts) > MOST_PARTS:
        return None
    reached = folder.split("/") if folder else []
    for part in parts:
        if part == "..":
            if not reached:
                return None
            reached.pop()
        elif part not in {"", "."}:
            reached.append(part)
    return "/".join(reached)


def folders_above(folder: str) -> list[str]:
    """The folder, its parent and so on up to ``""``, which is the top; at most `MOST_PARTS`."""
    above = [folder]
    while folder and len(above) < MOST_PARTS:
        folder = folder_of(folder)
        above.append(folder)
    return above


def by_path(files: Iterable[Importing]) -> dict[str, int]:
    """The row of each path."""
    return {file.path: file.row for file in files}


def first_of_folders(files: Iterable[Importing]) -> dict[str, int]:
    """The row of each folder's first file in the order of paths, which stands for the folder as a whole."""
    first: dict[str, int] = {}
    for file in sorted(files, key=lambda file: file.path):
        first.setdefault(folder_of(file.path), file.row)
    return first


@dataclass(frozen=True, slots=True)
class Ends:
    """Paths to be found by how they end: in whole parts, separated by slashes."""

    keys: Sequence[str]
    rows: Sequence[int]
    paths: Sequence[str]

    @staticmethod
    def of(rows: Mapping[str, int]) -> Ends:
        """The paths of a table, each with its row."""
        ordered = sorted(("/".join(reversed(path.split("/"))) + "/", path) for path in rows)
        return Ends([key for key, _ in ordered], [rows[path] for _, path in ordered], [path for _, path in ordered])

    def find(self, end: str, near: str) -> int | None:
        """The row of the path that ends so; of several (at most 50 are looked at) the one nearest to ``near``.

        Nearest is the path that shares the longest beginning with ``near``, then the shortest, then the first.
        """
        key = "/".join(reversed(end.split("/")))
        low = bisect_left(self.keys, key + "/")
        high = bisect_left(self.keys, key + _AFTER_SLASH, low)
        if low == high:
            return None
        among = range(low, min(high, low + _MOST_CANDIDATES))
        best = min(among, key=lambda index: (-_shared(self.paths[index], near), len(self.paths[index]), index))
        return self.rows[best]


def _shared(path: str, other: str) -> int:
    """How many folders two paths have in common from the top."""
    count = 0
    for one, two in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if one != two:
            break
        count += 1
    return count
