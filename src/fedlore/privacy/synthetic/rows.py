"""Rows drawn from a model: post-processing of what was paid for, with the system's randomness all the same."""

from __future__ import annotations

import numpy as np

from fedlore.privacy.sampling import Randomness
from fedlore.privacy.synthetic.model import Model
from fedlore.privacy.synthetic.table import Column, Floats, Integers, SyntheticError, Table

MOST_ROWS = 10_000_000


def draw_rows(model: Model, columns: tuple[Column, ...], randomness: Randomness) -> Table:
    """As many rows as the model estimates, drawn column by column, each given those it depends on.

    Among rows with the same values there, the new value's counts are the expected ones, rounded at random (systematic
    sampling), so that little noise comes on top of the model's.
    """
    rows = round(model.total)
    if rows > MOST_ROWS:
        raise SyntheticError(f"more than {MOST_ROWS:,} rows are too many")
    codes = np.zeros((rows, len(columns)), dtype=np.int64)
    for index in reversed(range(len(model.buckets.order))):
        column, rest = model.buckets.order[index], model.buckets.rest(index)
        axis = model.buckets.cliques[index].index(column)
        chances = np.moveaxis(model.conditionals[index], axis, -1).reshape(-1, len(columns[column].labels))
        shape = [len(columns[other].labels) for other in rest]
        groups = np.zeros(rows, dtype=np.int64)
        if rest:
            groups = np.ravel_multi_index(tuple(codes[:, other] for other in rest), shape).astype(np.int64)
        codes[:, column] = _spread(groups, chances, randomness)
    return Table(columns, codes)


def _spread(groups: Integers, chances: Floats, randomness: Randomness) -> Integers:
    """A value for each row: in each group the rows, in random order, are spread evenly over the cumulative chances."""
    order = np.lexsort((_words(len(groups), randomness), groups))
    sizes = np.bincount(groups, minlength=len(chances))
    starts = np.cumsum(sizes) - sizes
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - starts[groups[order]]
    offset = _words(len(chances), randomness) / 2.0**64
    points = (ranks + offset[groups]) / sizes[groups]
    upper = np.cumsum(chances, axis=1)[:, :-1]
    values = np.zeros(len(groups), dtype=np.int64)
    for level in range(upper.shape[1]):
        values += points >= upper[groups, level]
    return values


def _words(length: int, randomness: Randomness) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    drawn = randomness(8 * length)
    if len(drawn) != 8 * length:
        raise SyntheticError("the source of randomness gave too little")
    return np.frombuffer(drawn, dtype="<u8").astype(np.uint64)
