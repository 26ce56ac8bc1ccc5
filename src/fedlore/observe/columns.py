"""Turn the records of ``git log`` into the columns of a `History`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History
from fedlore.observe.people import People, Trailers

Times = npt.NDArray[np.int64]

FIELDS = ("%ad", "%ct", "%P", "%aN", "%aE", "%s", "%(trailers:key=Co-authored-by,key=Reviewed-by,key=Acked-by)")
"""What one record holds, separated by NUL, before its changes: pairs of a raw line and a path, and a last NUL."""

_LATEST = 253_402_300_799  # the end of the year 9999: keeps sums of hostile dates within 64 bits
_NONE = np.zeros(0, np.int64)


@dataclass(slots=True)
class Columns:
    """The columns of a history while they grow, newest commit first, a batch of records at a time."""

    people: People = field(default_factory=People)
    author_time: list[Times] = field(default_factory=list)
    commit_time: list[Times] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    author: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    subject: list[bytes] = field(default_factory=list)
    trailers: dict[int, Trailers] = field(default_factory=dict)
    changes: list[int] = field(default_factory=list)
    changed_path: list[int] = field(default_factory=list)
    changed_status: bytearray = field(default_factory=bytearray)
    paths: dict[bytes, int] = field(default_factory=dict)
    _offsets: dict[bytes, int] = field(default_factory=dict)

    def add(self, records: list[bytes]) -> None:
        """Append whole records, each without its marker.

        Works by columns, in loops that the interpreter runs in C: the pass has to keep in step with git.
        """
        if not records:
            return
        rows = [record.split(b"\0", len(FIELDS)) for record in records]
        written, landed, parents, names, addresses, subjects, trailers, changes = zip(*rows, strict=True)
        stamps = [stamp.partition(b" ") for stamp in written]
        self.author_time.append(_seconds([stamp[0] for stamp in stamps]))
        self.commit_time.append(_seconds(landed))
        self.offset += _numbered([stamp[2] for stamp in stamps], self._offsets, _minutes)
        self.author += self.people.numbers(names, addresses)
        self.parents += [parent.count(b" ") + 1 if parent else 0 for parent in parents]
        for index, text in enumerate(trailers):
            if text:
                said = self.people.trailers(text, names[index], addresses[index])
                self.trailers[len(self.subject) + index] = said
        self.subject += subjects
        self._add_changes(changes)

    def _add_changes(self, changes: tuple[bytes, ...]) -> None:
        self.changes += [text.count(b"\0") // 2 for text in changes]
        lines = b"".join(changes).split(b"\0")
        self.changed_path += _numbered(lines[1::2], self.paths, lambda _: len(self.paths))
        self.changed_status += bytes(map(itemgetter(-1), lines[:-1:2]))

    def build(self, release_times: npt.NDArray[np.int64]) -> History:
        """The history; the people's names and addresses stay behind."""
        count = len(self.subject)
        author = np.array(self.author, np.int32)
        coauthors, by_agent, reviewed = np.zeros(count, np.int32), np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        for index, said in self.trailers.items():
            coauthors[index], by_agent[index], reviewed[index] = said.coauthors, said.by_agent, said.reviewed
        bots = np.array([sort != "human" for sort in self.people.sorts], np.bool_)
        agents = np.array([sort == "agent" for sort in self.people.sorts], np.bool_)
        return History(
            author_time=np.concatenate([_NONE, *self.author_time]),
            commit_time=np.concatenate([_NONE, *self.commit_time]),
            offset_minutes=np.array(self.offset, np.int32),
            author=author,
            is_bot=bots[author],
            parents=np.array(self.parents, np.int32),
            subject=self.subject,
            coauthors=coauthors,
            by_agent=by_agent | agents[author],
            reviewed=reviewed,
            changed_commit=np.repeat(np.arange(count, dtype=np.int32), self.changes),
            changed_path=np.array(self.changed_path, np.int32),
            changed_status=np.frombuffer(bytes(self.changed_status), np.uint8),
            paths=list(self.paths),
            release_times=release_times,
        )


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
