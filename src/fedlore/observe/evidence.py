"""What was found in one repository: raw, the participant's own, and never a contribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.intervals import Interval

Value = bool | float | None
Features = Mapping[MeasureId, Value]
"""One project's value for each measure: True or False for yes-no, a number for the others, None where absent.

A yes-no measure is absent only where it cannot be told: the history is cut off, files hold their own tests, or what is
asked about has not lasted long enough.
"""

Times = npt.NDArray[np.int64]
Objects = npt.NDArray[np.uint8]
"""Object ids of git, shape ``(n, 20)``; twenty zeros stand for no object."""


class Place(NamedTuple):
    """A line (from 1) of a file of the project."""

    path: bytes
    line: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of one measure for one project, and how it came about: for the owner, never encoded.

    ``because`` holds the numbers that it was made of, in words, in the order of the arithmetic (for a share: the part,
    then the whole). ``places`` are some of the lines that were counted. ``interval`` is that of the value (of a yes-no
    value: of the ratio that decides), before the value is moved to a bound of its measure; None where none is known, or
    where the report reckons that of a share from its part and whole.
    """

    value: Value
    because: Mapping[str, float] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    interval: Interval | None = None


class Said(IntFlag):
    """What the first 1,000 bytes of a commit's subject say; the subject itself stays behind."""

    CONVENTIONAL = 1
    CORRECTIVE = 2
    REVERT = 4
    PULL_REQUEST = 8
    EMPTY = 16
    FEATURE = 32
    BREAKING = 64
    ISSUE = 128
    HOTFIX = 256
    WORK_IN_PROGRESS = 512
    TOOLED_MERGE = 1024


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class History:
    """The commits reachable from HEAD as columns, newest first (equal times: by id), and the files that each changed.

    ``author`` indexes ``people`` (keyed hashes of identities after mailmap, never a name). ``changed_path`` indexes
    ``paths``; changes are in the order of the commits. Times are Unix seconds (UTC); ``offset_minutes`` is the author's
    time zone. Merges have more than one parent and no changes. ``first_parent`` and ``second_parent`` are row numbers,
    -1 where there is none in this history. ``coauthors`` counts the other humans whom the trailers name. ``by_agent``
    says that a coding agent is the author or a co-author, ``is_bot`` that the author is a bot or a coding agent,
    ``reviewed`` that a reviewer is named. ``said`` holds flags of `Said`, ``subject_length`` the characters of the
    subject, both of its first 1,000 bytes. ``at_cut`` says that a shallow clone ends here: the commit seems to
    add every file, and its ``parents`` are counted but not here. ``head`` is the row of HEAD, -1 where it is not among
    these commits.
    """

    commit: Objects
    author_time: Times
    commit_time: Times
    offset_minutes: npt.NDArray[np.int32]
    author: npt.NDArray[np.int32]
    is_bot: npt.NDArray[np.bool_]
    parents: npt.NDArray[np.int32]
    first_parent: npt.NDArray[np.int32]
    second_parent: npt.NDArray[np.int32]
    said: npt.NDArray[np.int32]
    subject_length: npt.NDArray[np.int32]
    coauthors: npt.NDArray[np.int32]
    by_agent: npt.NDArray[np.bool_]
    reviewed: npt.NDArray[np.bool_]
    at_cut: npt.NDArray[np.bool_]
    changed_commit: npt.NDArray[np.int32]
    changed_path: npt.NDArray[np.int32]
    changed_status: npt.NDArray[np.uint8]
    changed_old: Objects
    changed_new: Objects
    paths: list[bytes]
    people: list[bytes]
    release_times: Times
    head: int

    @property
    def commits(self) -> int:
        return len(self.commit_time)


@dataclass(frozen=True, slots=True)
class Churn:
    """Lines added and deleted by each change of a history, in the order of its changes; -1 where nobody counted.

    Counted are the text files that the newest human commits changed (`churn.NEWEST_COMMITS` of them).
    """

    added: npt.NDArray[np.int32]
    deleted: npt.NDArray[np.int32]


class Function(NamedTuple):
    """One function: its first line (from 1), lines, cyclomatic number (McCabe 1976), cognitive complexity (Campbell
    2018), parameters (without self), and the deepest nesting of control structures in it.
    """

    line: int
    lines: int
    cyclomatic: int
    cognitive: int
    parameters: int
    nesting: int


class Class(NamedTuple):
    """One class-like type: its first line (from 1), lines, methods, fields, and the sum of its methods' cyclomatic."""

    line: int
    lines: int
    methods: int
    fields: int
    weighted_methods: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file at HEAD: its path, language (``""`` if none is known), bytes, and what was found in it.

    ``lines`` hold code, ``comment_lines`` nothing but comments. ``counts`` are those of the rules, ``places`` the first
    lines of some of their matches by the rule's name. ``imports`` are import statements as written, on one line and
    without comments. ``blocks`` are hashes of runs of lines (see `duplication`).
    """

    path: bytes
    blob: str
    language: str
    size: int
    lines: int = 0
    complexity: int = 0
    comment_lines: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    imports: tuple[str, ...] = ()
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """The files at HEAD, and the packages that manifests there declare, as package URLs without versions."""

    files: list[SourceFile]
    packages: frozenset[str] = frozenset()

    @property
    def paths(self) -> list[bytes]:
        return [file.path for file in self.files]


class PackageSpan(NamedTuple):
    """How long the manifests declared a package: from when to when (Unix seconds; None: still at HEAD).

    ``changed`` is when its version constraint last changed, ``changes`` how often, ``pinned`` whether the constraint at
    the end names one version alone, ``returns`` how often it came back after it had been dropped.
    """

    package: str
    first: int
    last: int | None
    changed: int
    changes: int
    pinned: bool
    returns: int


class StatusChange(NamedTuple):
    """One change of a tracked item: ``item`` is ``N-M`` (story) or ``N`` (epic, retrospective), ``kind`` one of
    ``story``, ``epic``, ``retrospective``, ``time`` the commit's (Unix seconds), ``status`` a normalised state.
    """

    item: str
    kind: str
    time: int
    status: str


@dataclass(frozen=True, slots=True)
class Story:
    """A story file at HEAD: its item (``N-M``), normalised status (``""``: none), estimate in points if it has one,
    whether it lists acceptance criteria, and its tasks: ticked and all.
    """

    item: str
    path: bytes
    status: str
    points: float | None = None
    has_criteria: bool = False
    tasks_done: int = 0
    tasks: int = 0


@dataclass(frozen=True, slots=True)
class Planning:
    """What artefacts of planned work tell: the sprint file through its history, and the files at HEAD.

    ``changes`` are in the order of time. ``states`` are those of the sprint files at HEAD by kind and item.
    ``verdicts`` are those of the retrospectives by epic. ``documents`` counts the others by kind: ``prd``,
    ``architecture``, ``epics``, ``specification``, ``decisions`` (decision blocks in architecture documents) and so on.
    """

    changes: tuple[StatusChange, ...] = ()
    states: Mapping[tuple[str, str], str] = field(default_factory=dict)
    stories: tuple[Story, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Labels:
    """What the owner says of a project in ``outcomes.toml``: numbers by the key's name; nothing for absent keys."""

    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Evidence:
    """All that a repository told, and the day (Unix seconds) that the round looks back from.

    ``imports`` are pairs of numbers of files in ``tree.files``: the first imports the second. ``notes`` are sentences
    for the repository's owner about what was not read (absent objects, limits reached).
    """

    history: History
    tree: Tree
    as_of: int
    notes: tuple[str, ...] = ()
    churn: Churn | None = None
    imports: tuple[tuple[int, int], ...] = ()
    packages: tuple[PackageSpan, ...] = ()
    planning: Planning = field(default_factory=Planning)
    labels: Labels = field(default_factory=Labels)
