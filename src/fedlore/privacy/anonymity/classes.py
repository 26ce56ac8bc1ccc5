"""Rows that look alike: equivalence classes, and how often each sensitive value occurs in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fedlore.privacy.anonymity.columns import Integers

_MOST_CELLS = 4_000_000
_MOST_KEY = 2**62


def classes_of(codes: Integers, sizes: Sequence[int]) -> Integers:
    """The number of each row's class, from 0; rows are in one class if all their codes are the same."""
    keys, distinct = np.zeros(len(codes), dtype=np.int64), 1
    for column, size in enumerate(sizes):
        if distinct * size >= _MOST_KEY:
            keys, distinct = _numbered(keys)
        keys, distinct = keys * size + codes[:, column], distinct * size
    return _numbered(keys)[0]


def histograms(classes: Integers, values: Integers, number: int, size: int) -> Iterator[Integers]:
    """How often each of ``size`` values occurs in each of ``number`` classes, in blocks of shape (some classes, size).

    ``classes`` and ``values`` have one entry a row. In blocks since there may be as many classes as rows.
    """
    block = max(1, _MOST_CELLS // max(size, 1))
    if number <= block:
        yield _histogram(classes, values, number, size)
        return
    order = np.argsort(classes, kind="stable")
    classes, values = classes[order], values[order]
    for begin in range(0, number, block):
        some = min(block, number - begin)
        low, high = np.searchsorted(classes, (begin, begin + some))
        yield _histogram(classes[low:high] - begin, values[low:high], some, size)


def _histogram(classes: Integers, values: Integers, number: int, size: int) -> Integers:
    return np.bincount(classes * size + values, minlength=number * size).reshape(number, size).astype(np.int64)


def _numbered(keys: Integers) -> tuple[Integers, int]:
    found, numbers = np.unique(keys, return_inverse=True)
    return numbers.astype(np.int64), len(found)
