"""A table as codes over stated columns: what each column may hold is public and never read off the rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.errors import FedloreError

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST_COLUMNS = 50

Clique = tuple[int, ...]
"""Columns by number, rising; the cells of its marginal are in row-major order."""


class SyntheticError(FedloreError):
    """No synthetic table can be made of this."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and the words of all the values that it may hold, known before any row is read."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``codes`` has shape (rows, columns): each an index into its column's labels. Raises `SyntheticError`."""

    columns: tuple[Column, ...]
    codes: Integers

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.codes.shape[1] != len(self.columns) or not self.columns:
            raise SyntheticError("a table has one code for each row and column")
        if len(self.columns) > MOST_COLUMNS:
            raise SyntheticError(f"a table has at most {MOST_COLUMNS} columns")
        if len({column.name for column in self.columns}) != len(self.columns):
            raise SyntheticError("two columns of a table share one name")
        if any(len(column.labels) < 2 or len(set(column.labels)) < len(column.labels) for column in self.columns):
            raise SyntheticError("a column may hold at least two values, each of another name")
        if self.codes.size and not ((self.codes >= 0) & (self.codes < np.array(self.shape))).all():
            raise SyntheticError("a row holds a value that its column may not hold")

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each column may hold."""
        return tuple(len(column.labels) for column in self.columns)

    @property
    def rows(self) -> int:
        return len(self.codes)

    def counts(self, clique: Clique) -> Integers:
        """How many rows hold each combination of values of the clique's columns."""
        shape = [self.shape[column] for column in clique]
        cells = np.ravel_multi_index(tuple(self.codes[:, column] for column in clique), shape)
        return np.bincount(cells, minlength=math.prod(shape)).astype(np.int64)


def cliques_of(columns: int, ways: int) -> list[Clique]:
    """All sets of ``ways`` columns, in order."""
    return list(combinations(range(columns), ways))


def cells_of(shape: Sequence[int], clique: Clique) -> int:
    """How many cells a marginal has."""
    return math.prod(shape[column] for column in clique)
