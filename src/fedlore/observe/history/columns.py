"""Turn the records of ``git log`` into columns: commits in the order of git, parents by their ids."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History, Objects, Times
from fedlore.observe.history.order import Part
from fedlore.observe.history.people import ENTRY_BYTES, People, Trailers
from fedlore.observe.history.subjects import lengths, said_in

FIELDS = (
    "%H",
    "%P",
    "%ad",
    "%ct",
    "%aN",
    "%aE",
    "%s",
    "%(trailers:key=Co-authored-by,key=Reviewed-by,key=Acked-by)",
)
"""What one record holds, separated by NUL, before its changes: pairs of a raw line and a path, and a last NUL."""

_LATEST = 253_402_300_799  # the end of the year 9999: keeps sums of hostile dates within 64 bits
_NONE = np.zeros(0, np.int64)
_SUBJECT_BYTES = 1_000  # of a longer subject no more is looked at, since expressions may take their time
_HEX = 40
_NO_OBJECT = b"0" * _HEX
# ``:100644 100644 <old> <new> M``
_OLD_MODE, _NEW_MODE, _OLD, _NEW, _STATUS, _RAW_LINE = 1, 8, 15, 56, 97, 98
_SUBMODULE = np.frombuffer(b"160000", np.uint8)


@dataclass(slots=True)
class Columns:
    """The columns of a history while they grow, a batch of records at a time."""

    people: People
    commits: int = 0
    commit: list[Objects] = field(default_factory=list)
    first: list[Objects] = field(default_factory=list)
    second: list[Objects] = field(default_factory=list)
    author_time: list[Times] = field(default_factory=list)
    commit_time: list[Times] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    author: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    said: list[npt.NDArray[np.int32]] = field(default_factory=list)
    subject_length: list[npt.NDArray[np.int32]] = field(default_factory=list)
    trailers: dict[int, Trailers] = field(default_factory=dict)
    changes: list[int] = field(default_factory=list)
    changed_path: list[int] = field(default_factory=list)
    changed_old: list[Objects] = field(default_factory=list)
    changed_new: list[Objects] = field(default_factory=list)
    changed_status: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    paths: dict[bytes, int] = field(default_factory=dict)
    _path_bytes: int = 0
    _offsets: dict[bytes, int] = field(default_factory=dict)

    @property
    def name_bytes(self) -> int:
        """About how many bytes the distinct paths and people's names take."""
        return self._path_bytes + self.people.name_bytes

    def add(self, records: list[bytes]) -> None:
        """Append whole records, each without its marker.

        Works by columns, in loops that the interpreter runs in C: the pass has to keep in step with git.
        """
        if not records:
            return
        rows = [record.split(b"\0", len(FIELDS)) for record in records]
        ids, parents, written, landed, names, addresses, subjects, trailers, changes = zip(*rows, strict=True)
        self.commit.append(objects(b"".join(ids)))
        self.first.append(objects(b"".join([text[:_HEX] or _NO_OBJECT for text in parents])))
        self.second.append(objects(b"".join([text[_HEX + 1 : 2 * _HEX + 1] or _NO_OBJECT for text in parents])))
        self.parents += [text.count(b" ") + 1 if text else 0 for text in parents]
        stamps = [stamp.partition(b" ") for stamp in written]
        self.author_time.append(_seconds([stamp[0] for stamp in stamps]))
        self.commit_time.append(_seconds(landed))
        self.offset += _numbered([stamp[2] for stamp in stamps], self._offsets, _minutes)
        self.author += self.people.numbers(names, addresses)
        for index, text in enumerate(trailers):
            if text:
                self.trailers[self.commits + index] = self.people.trailers(text, names[index], addresses[index])
        begins = [subject[:_SUBJECT_BYTES] for subject in subjects]
        self.said.append(said_in(begins))
        self.subject_length.append(lengths(begins))
        self._add_changes(changes)
        self.commits += len(records)

    def _add_changes(self, changes: tuple[bytes, ...]) -> None:
        self.changes += [text.count(b"\0") // 2 for text in changes]
        # The changes of a commit, if there are any, follow a line of their own.
        lines = b"".join([text[1:] for text in changes]).split(b"\0")
        self.changed_path += _numbered(lines[1::2], self.paths, self._path_number)
        raw = np.frombuffer(b"".join(lines[:-1:2]), np.uint8).reshape(-1, _RAW_LINE)
        for blobs, mode, name in ((self.changed_old, _OLD_MODE, _OLD), (self.changed_new, _NEW_MODE, _NEW)):
            of_submodule = (raw[:, mode : mode + len(_SUBMODULE)] == _SUBMODULE).all(axis=1)
            ids = objects(raw[:, name : name + _HEX].tobytes())
            blobs.append(np.where(of_submodule[:, None], np.uint8(0), ids))
        self.changed_status.append(raw[:, _STATUS].copy())

    def _path_number(self, path: bytes) -> int:
        self._path_bytes += len(path) + ENTRY_BYTES
        return len(self.paths)

    def build(self) -> Part:
        """The commits alone (see `completed` for the rest); the people's names and addresses stay behind."""
        coauthors = np.zeros(self.commits, np.int32)
        by_agent, reviewed = np.zeros(self.commits, np.bool_), np.zeros(self.commits, np.bool_)
        for index, told in self.trailers.items():
            coauthors[index], by_agent[index], reviewed[index] = told.coauthors, told.by_agent, told.reviewed
        author = np.array(self.author, np.intp)
        sorts = np.array(self.people.sorts, np.str_)[author]
        none = np.full(self.commits, -1, np.int32)
        history = History(
            commit=_objects_of(self.commit),
            author_time=np.concatenate([_NONE, *self.author_time]),
            commit_time=np.concatenate([_NONE, *self.commit_time]),
            offset_minutes=np.array(self.offset, np.int32),
            author=np.array(self.people.persons, np.int32)[author],
            is_bot=sorts != "human",
            parents=np.array(self.parents, np.int32),
            first_parent=none,
            second_parent=none,
            said=np.concatenate([_NONE.astype(np.int32), *self.said]),
            subject_length=np.concatenate([_NONE.astype(np.int32), *self.subject_length]),
            coauthors=coauthors,
            by_agent=by_agent | (sorts == "agent"),
            reviewed=reviewed,
            at_cut=np.zeros(self.commits, np.bool_),
            changed_commit=np.repeat(np.arange(self.commits, dtype=np.int32), self.changes),
            changed_path=np.array(self.changed_path, np.int32),
            changed_status=np.concatenate([_NONE.astype(np.uint8), *self.changed_status]),
            changed_old=_objects_of(self.changed_old),
            changed_new=_objects_of(self.changed_new),
            paths=list(self.paths),
            people=list(self.people.hashes),
            release_times=_NONE,
            head=-1,
        )
        return Part(history, _objects_of(self.first), _objects_of(self.second))


def objects(names: bytes) -> Objects:
    """Object ids from their names in hexadecimal, 40 digits each."""
    return np.frombuffer(unhexlify(names), np.uint8).reshape(-1, _HEX // 2)


def _objects_of(batches: Sequence[Objects]) -> Objects:
    return np.concatenate([objects(b""), *batches])


def _numbered(values: Sequence[bytes], numbers: dict[bytes, int], number: Callable[[bytes], int]) -> Iterable[int]:
    """The number of each value; new ones are given theirs first."""
    for value in dict.fromkeys(values):
        if value not in numbers:
            numbers[value] = number(value)
    return map(numbers.__getitem__, values)


def _seconds(texts: Sequence[bytes]) -> Times:
    try:
        times = np.array(list(map(int, texts)), np.int64)
    except (ValueError, OverflowError):
        times = np.array([_second(text) for text in texts], np.int64)
    return np.clip(times, 0, _LATEST)


def _second(text: bytes) -> int:
    """A time that may be no number, or one beyond 64 bits: 0 stands for a date that the commit does not have."""
    try:
        return min(int(text), _LATEST)
    except ValueError:
        return 0


def _minutes(zone: bytes) -> int:
    """Minutes east of UTC of a zone as git writes it (``+0530``); 0 if it is none on Earth."""
    try:
        number = int(zone)
    except ValueError:
        return 0
    minutes = abs(number) // 100 * 60 + abs(number) % 100
    return (minutes if number >= 0 else -minutes) if minutes <= 14 * 60 else 0
