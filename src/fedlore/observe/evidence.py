"""What was found in one repository: raw, the participant's own, and never a contribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId

Value = bool | float | None
Features = Mapping[MeasureId, Value]
"""One project's value for each measure: True or False for yes-no, a number or None (absent) for the others."""


@dataclass(frozen=True, slots=True)
class History:
    """The commits reachable from HEAD as columns, newest first, and the files that each changed.

    ``author`` indexes people after mailmap (an integer, never a name); ``changed_path`` indexes ``paths``. Times are
    Unix seconds (UTC); ``offset_minutes`` is the author's time zone. Merges have more than one parent and no changes.
    ``coauthors`` counts the other humans whom the trailers name. ``by_agent`` says that a coding agent is the author or
    a co-author, ``is_bot`` that the author is a bot or a coding agent, ``reviewed`` that a reviewer is named.
    """

    author_time: npt.NDArray[np.int64]
    commit_time: npt.NDArray[np.int64]
    offset_minutes: npt.NDArray[np.int32]
    author: npt.NDArray[np.int32]
    is_bot: npt.NDArray[np.bool_]
    parents: npt.NDArray[np.int32]
    subject: list[bytes]
    coauthors: npt.NDArray[np.int32]
    by_agent: npt.NDArray[np.bool_]
    reviewed: npt.NDArray[np.bool_]
    changed_commit: npt.NDArray[np.int32]
    changed_path: npt.NDArray[np.int32]
    changed_status: npt.NDArray[np.uint8]
    paths: list[bytes]
    release_times: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file at HEAD: its path, language (``""`` if none is known), bytes, and what the rules counted in it."""

    path: bytes
    blob: str
    language: str
    size: int
    lines: int = 0
    complexity: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    """The files at HEAD, and the packages that manifests there declare, as package URLs."""

    files: list[SourceFile]
    packages: frozenset[str] = frozenset()

    @property
    def paths(self) -> list[bytes]:
        return [file.path for file in self.files]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a repository told, and the day (Unix seconds) that the round looks back from.

    ``notes`` are sentences for the repository's owner about what was not read (absent objects, limits reached).
    """

    history: History
    tree: Tree
    as_of: int
    notes: tuple[str, ...] = ()
