"""How many source files of each language a project had as time went by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History, Times
from fedlore.observe.naming import language_of, written_language

_DELETED = ord("D")


@dataclass(frozen=True, slots=True)
class Extents:
    """Source files that came (+1) and went (-1): times in order, and the number of the language in ``names``."""

    names: tuple[str, ...]
    times: Times
    language: npt.NDArray[np.int64]
    delta: npt.NDArray[np.int64]

    def at(self, time: int) -> Mapping[str, int]:
        """The files of each language that were there at a time; languages without any are left out."""
        upto = int(np.searchsorted(self.times, time, side="right"))
        counts = np.bincount(self.language[:upto], weights=self.delta[:upto], minlength=len(self.names))
        return {name: int(count) for name, count in zip(self.names, counts.tolist(), strict=True) if count > 0}

    def since(self, name: str) -> tuple[Times, npt.NDArray[np.int64]]:
        """When the number of files of a language changed, and what it was from then on."""
        chosen = self.language == self.names.index(name)
        return self.times[chosen], np.cumsum(self.delta[chosen])


def language_extents(history: History) -> Extents:
    """The extents of all languages by a file's last change: a file that two branches add comes once.

    TypeScript with JSX counts as TypeScript. Files that others wrote have no language (`naming.language_of`).
    """
    found = [written_language(language_of(path)) for path in history.paths]
    names = tuple(sorted({name for name in found if name}))
    numbers = {name: number for number, name in enumerate(names)}
    of_path = np.array([numbers.get(name, -1) for name in found], np.int64)
    rows = np.flatnonzero(of_path[history.changed_path] >= 0)[::-1] if found else np.zeros(0, np.int64)
    # Rows are newest first; a stable sort by path leaves each file's changes in the order of time.
    rows = rows[np.argsort(history.changed_path[rows], kind="stable")]
    path = history.changed_path[rows]
    there = (history.changed_status[rows] != _DELETED).astype(np.int64)
    before = np.zeros(len(rows), np.int64)
    before[1:] = there[:-1] * (path[1:] == path[:-1])
    delta = there - before
    times = history.commit_time[history.changed_commit[rows]]
    changed = np.flatnonzero(delta)
    changed = changed[np.argsort(times[changed], kind="stable")]
    return Extents(names, times[changed], of_path[path[changed]], delta[changed])
