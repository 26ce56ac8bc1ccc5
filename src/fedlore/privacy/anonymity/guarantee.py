"""What is asked of every class of records, and what a table has: k, l and t.

k-anonymity is not differential privacy: it does not hold against what others publish about the same people, does not
add up over releases, and says nothing of who is in the table. It serves the owner's own export, never a round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fedlore.privacy.anonymity.classes import classes_of, histograms
from fedlore.privacy.anonymity.columns import AnonymityError, Column, Integers, Records, Truths
from fedlore.privacy.anonymity.diversity import distances, distinct_values, entropy_values, recursive_ratio

Diversity = Literal["distinct", "entropy", "recursive"]
ROUNDING = 1e-12
"""By how much a floating-point sum may miss the bound that it equals."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """At least ``k`` records in a class; in each class and sensitive column ``l`` values, none farther than ``t``.

    ``diversity`` says how the ``l`` values are counted: distinct ones, by entropy, or recursively with ``c``: then the
    most frequent value occurs less often than ``c`` times all those from the l-th on together. ``t`` = 1 asks nothing.
    Raises `AnonymityError`.
    """

    k: int
    l: int = 1  # noqa: E741 (the field's own name)
    t: float = 1.0
    diversity: Diversity = "distinct"
    c: float = 3.0

    def __post_init__(self) -> None:
        if self.k < 2:
            raise AnonymityError("k is at least 2: a class of one record hides nobody")
        if self.l < 1 or not 0 <= self.t <= 1 or not (math.isfinite(self.c) and self.c > 0):
            raise AnonymityError("l is at least 1, t lies between 0 and 1, c is above 0")
        if self.diversity not in ("distinct", "entropy", "recursive"):
            raise AnonymityError("l-diversity is distinct, entropy or recursive")

    @property
    def asks_of_values(self) -> bool:
        """Whether anything is asked of sensitive values."""
        return self.l > 1 or self.t < 1

    def allows(self, counts: Integers, whole: Integers, column: Column) -> Truths:
        """Which classes of ``counts`` (classes, labels) have ``l`` and ``t``."""
        if self.diversity == "distinct":
            allowed = distinct_values(counts) >= self.l
        elif self.diversity == "entropy":
            allowed = entropy_values(counts) >= self.l * (1 - ROUNDING)
        else:
            allowed = recursive_ratio(counts, self.l) < self.c
        if self.t < 1:
            allowed &= distances(counts, whole, column) <= self.t + ROUNDING
        return np.asarray(allowed)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a table has: the least class, and over all classes and sensitive columns the least l and the greatest t.

    ``recursive_c`` is what c must exceed for recursive (c, l)-diversity with l = ``recursive_l``. Without sensitive
    columns, l and c are None and t is 0.
    """

    k: int
    classes: int
    distinct_l: int | None
    entropy_l: float | None
    recursive_l: int
    recursive_c: float | None
    t: float

    def meets(self, asked: Guarantee) -> bool:
        """Whether the table has what is asked."""
        if self.k < asked.k:
            return False
        if self.distinct_l is None or self.entropy_l is None or self.recursive_c is None:
            return not asked.asks_of_values
        varied = {
            "distinct": self.distinct_l >= asked.l,
            "entropy": self.entropy_l >= asked.l * (1 - ROUNDING),
            "recursive": self.recursive_l == asked.l and self.recursive_c < asked.c,
        }
        return varied[asked.diversity] and self.t <= asked.t + ROUNDING


def measure(records: Records, least: int = 2) -> Measured:
    """k, l and t of a table whose classes are the rows with the same quasi-identifiers; ``least`` is the recursive l.

    Of several sensitive columns each is looked at by itself. Raises `AnonymityError` for a table without rows.
    """
    classes = classes_of(records.quasi_codes, [column.size for column in records.quasi])
    return measure_classes(classes, records.sensitive, records.sensitive_codes, least)


def measure_classes(
    classes: Integers, sensitive: Sequence[Column], sensitive_codes: Integers, least: int = 2
) -> Measured:
    """The same for classes that are given, one number from 0 for each row, none left out."""
    if not len(classes) or least < 1:
        raise AnonymityError("a table without rows has neither k nor l nor t, and the recursive l is at least 1")
    sizes = np.bincount(classes)
    found = [
        one
        for column, values in zip(sensitive, sensitive_codes.T, strict=True)
        for one in _of_column(classes, values, column, least)
    ]
    if not found:
        return Measured(int(sizes.min()), len(sizes), None, None, least, None, 0.0)
    distinct, entropy, recursive, distance = (np.array(numbers) for numbers in zip(*found, strict=True))
    return Measured(
        k=int(sizes.min()),
        classes=len(sizes),
        distinct_l=int(distinct.min()),
        entropy_l=float(entropy.min()),
        recursive_l=least,
        recursive_c=float(recursive.max()),
        t=float(distance.max()),
    )


def _of_column(
    classes: Integers, values: Integers, column: Column, least: int
) -> Iterator[tuple[int, float, float, float]]:
    whole = np.bincount(values, minlength=column.size)
    for counts in histograms(classes, values, int(classes.max()) + 1, column.size):
        yield (
            int(distinct_values(counts).min()),
            float(entropy_values(counts).min()),
            float(recursive_ratio(counts, least).max()),
            float(distances(counts, whole, column).max()),
        )
