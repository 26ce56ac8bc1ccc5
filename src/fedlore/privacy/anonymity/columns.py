"""Columns of records, with the public ways in which their values may be made coarser, and rows as codes over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.errors import FedloreError

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

ANYTHING = "*"


class AnonymityError(FedloreError):
    """A column, a table or a guarantee that makes no sense."""


class NotReleasable(AnonymityError):
    """Records that have not what is asked even when all of them look alike."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, all the values that it may hold, and how they may be made coarser; known before any row is read.

    Values of an ``ordered`` column are made coarser to ranges of neighbours. All others follow ``levels``, a hierarchy
    from fine to coarse: each level names, for every label, the group that it belongs to. Groups of one level lie side
    by side in the order of the labels, and every group lies in one of the next level; above the last all are one.
    Raises `AnonymityError`.
    """

    name: str
    labels: tuple[str, ...]
    ordered: bool = False
    levels: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) < len(self.labels):
            raise AnonymityError(f"column {self.name} needs labels, each of another name")
        if self.ordered and self.levels:
            raise AnonymityError(f"column {self.name} is ordered: its ranges need no hierarchy")
        if any(len(level) != len(self.labels) for level in self.levels):
            raise AnonymityError(f"a level of column {self.name} has not one group for each label")
        for finer, coarser in pairwise((self.labels, *self.levels)):
            if len(_begins(coarser)) > len(set(coarser)):
                raise AnonymityError(f"a group of column {self.name} does not lie side by side")
            if len(set(zip(finer, coarser, strict=True))) > len(set(finer)):
                raise AnonymityError(f"a group of column {self.name} lies in two of the next level")

    @property
    def size(self) -> int:
        """How many values it may hold."""
        return len(self.labels)

    def runs(self) -> Integers:
        """Shape (2, heights, labels): first and last label of each label's group, from the label itself upwards.

        An ordered column has no groups between the label and all of them.
        """
        return np.array([_run(level) for level in (self.labels, *self.levels, (ANYTHING,) * self.size)]).swapaxes(0, 1)

    def word(self, low: int, high: int) -> str:
        """How the values from ``low`` to ``high`` are said: a label, a group's name, a range, or `ANYTHING`."""
        if low == high:
            return self.labels[low]
        if (low, high) == (0, self.size - 1):
            return ANYTHING
        for level in self.levels:
            if _run(level)[0][low] == low and _run(level)[1][low] == high:
                return level[low]
        return f"{self.labels[low]} .. {self.labels[high]}"


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Rows as codes into their columns' labels; every column is either a quasi-identifier or sensitive.

    ``quasi_codes`` has shape (rows, quasi columns), ``sensitive_codes`` (rows, sensitive columns). A missing value is a
    label like any other. Raises `AnonymityError`.
    """

    quasi: tuple[Column, ...]
    quasi_codes: Integers
    sensitive: tuple[Column, ...]
    sensitive_codes: Integers

    def __post_init__(self) -> None:
        if not self.quasi or len({column.name for column in self.columns}) < len(self.columns):
            raise AnonymityError("records need a quasi-identifier, and each column a name of its own")
        if len(self.quasi_codes) != len(self.sensitive_codes):
            raise AnonymityError("each record has its quasi-identifiers and its sensitive values")
        for columns, codes in ((self.quasi, self.quasi_codes), (self.sensitive, self.sensitive_codes)):
            if codes.ndim != 2 or codes.shape[1] != len(columns):
                raise AnonymityError("records have one code for each row and column")
            if not ((codes >= 0) & (codes < [column.size for column in columns])).all():
                raise AnonymityError("a record holds a value that its column may not hold")

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.quasi + self.sensitive

    @property
    def rows(self) -> int:
        return len(self.quasi_codes)


def halved(name: str, labels: Sequence[str], absent: str | None = None) -> Column:
    """A column of ordered labels grouped by two, four, ..., apart from ``absent``, which comes last and stays alone."""
    levels, width = [], 2
    while width < len(labels):
        groups = [labels[begin : begin + width] for begin in range(0, len(labels), width)]
        level = [group[0] if len(group) == 1 else f"{group[0]} .. {group[-1]}" for group in groups for _ in group]
        levels.append(level)
        width *= 2
    if absent is None:
        return Column(name, tuple(labels), levels=tuple(map(tuple, levels)))
    known = [f"not {absent}"] * len(labels)
    return Column(name, (*labels, absent), levels=tuple((*level, absent) for level in (*levels, known)))


def _begins(level: Sequence[str]) -> list[int]:
    return [0, *(place for place, (left, right) in enumerate(pairwise(level), 1) if left != right)]


def _run(level: Sequence[str]) -> tuple[list[int], list[int]]:
    """The first and the last label of the group that each label lies in."""
    begins = _begins(level)
    lengths = [end - begin for begin, end in pairwise((*begins, len(level)))]
    first = np.repeat(begins, lengths)
    return first.tolist(), (first + np.repeat(lengths, lengths) - 1).tolist()
