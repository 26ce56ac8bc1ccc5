"""Split groups of records along their quasi-identifiers: what a cut would make of every group, all groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fedlore.privacy.anonymity.columns import Column, Floats, Integers

SUPPRESSED = -1
"""The group of a row that is not released."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of records and the range of labels that each is released as.

    ``group`` has one number a row, or `SUPPRESSED`, ``low`` and ``high`` have shape (groups, quasi columns): the
    first and last label of the box that holds the group's rows. ``allowance`` is how many rows each may still give up.
    """

    group: Integers
    low: Integers
    high: Integers
    allowance: Floats

    @property
    def number(self) -> int:
        return len(self.low)


def losses(column: Column, low: Integers, high: Integers) -> Floats:
    """What is lost by saying only that a value lies from ``low`` to ``high``: 0 nothing, 1 all.

    The normalised certainty penalty: of ordered values the share of the range, of others the share of the values,
    none if it is one (Xu, Wang, Pei, Wang, Shi and Fu, KDD 2006, section 3).
    """
    if column.ordered:
        return np.asarray((high - low) / max(1, column.size - 1))
    return np.where(high > low, (high - low + 1) / column.size, 0.0)


def halves(group: Integers, codes: Integers, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """The range that each row of an ordered column falls into when its group is cut next to its median.

    ``group`` and ``codes`` have one entry a row, ``low`` and ``high`` one a group. The cut that leaves more rows on its
    smaller side is taken; a group whose rows all have one value stays whole (LeFevre, DeWitt and Ramakrishnan, ICDE
    2006, section 4: strict multidimensional).
    """
    base = int(high.max()) + 2
    keys = np.sort(group * base + codes)
    begins = np.searchsorted(keys, np.arange(len(low)) * base)
    rows = np.bincount(group, minlength=len(low))
    median = keys[begins + np.maximum(rows - 1, 0) // 2]
    below = np.searchsorted(keys, median) - begins
    upto = np.searchsorted(keys, median, side="right") - begins
    last = median % base - (np.minimum(below, rows - below) > np.minimum(upto, rows - upto))
    whole = (last < low) | ((rows - upto == 0) & (below == 0))
    last = np.where(whole, high, last)
    left = codes <= last[group]
    return np.where(left, low[group], last[group] + 1), np.where(left, last[group], high[group])


def subgroups(
    column: Column, group: Integers, codes: Integers, low: Integers, high: Integers
) -> tuple[Integers, Integers]:
    """The range that each row falls into when its group takes one step down the column's hierarchy."""
    firsts, lasts = column.runs()
    widths = lasts - firsts
    # The coarsest level whose group at this place is finer than what the group of rows is released as; 0 is the label.
    finer = (widths[:, low] < high - low).sum(axis=0)
    level = np.maximum(finer - 1, 0)[group]
    return firsts[level, codes], lasts[level, codes]
