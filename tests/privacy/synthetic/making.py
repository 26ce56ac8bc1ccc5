"""Small tables with known dependence, and randomness that repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from fedlore.privacy.synthetic.table import Column, Table


def chained(rows: int, shape: tuple[int, ...], seed: int) -> Table:
    """Columns in which each is mostly a function of the one before."""
    rng = np.random.default_rng(seed)
    codes = np.empty((rows, len(shape)), dtype=np.int64)
    codes[:, 0] = rng.integers(0, shape[0], rows)
    for column in range(1, len(shape)):
        follows = rng.random(rows) < 0.8
        codes[:, column] = np.where(follows, codes[:, column - 1], rng.integers(0, 99, rows)) % shape[column]
    return Table(columns_of(shape), codes)


def columns_of(shape: tuple[int, ...]) -> tuple[Column, ...]:
    return tuple(Column(f"c{number}", tuple(f"v{value}" for value in range(size))) for number, size in enumerate(shape))


def repeating(seed: int) -> Callable[[int], bytes]:
    """A stream that looks random and is the same for the same seed."""
    state = [seed]

    def randomness(length: int) -> bytes:
        state[0] += 1
        return hashlib.shake_256(f"{seed}/{state[0]}".encode()).digest(length)

    return randomness


def never() -> float:
    return 0.0
