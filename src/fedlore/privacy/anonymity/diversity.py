"""How varied, and how near to the whole table, the sensitive values of each class are.

All functions take counts of shape (classes, values) and return one number a class. k-anonymity: Samarati and Sweeney
(1998). l-diversity: Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam (TKDD 2007), definitions 4.1 to 4.3.
t-closeness: Li, Li and Venkatasubramanian (ICDE 2007), section 5.
"""

from __future__ import annotations

import numpy as np

from fedlore.privacy.anonymity.columns import Column, Floats, Integers


def distinct_values(counts: Integers) -> Integers:
    """Distinct l: how many values occur."""
    return np.asarray((counts > 0).sum(axis=1))


def entropy_values(counts: Integers) -> Floats:
    """Entropy l: the exponential of the entropy of the values, as many equally frequent ones would have it."""
    total = counts.sum(axis=1)
    weighted = (counts * np.log(np.maximum(counts, 1))).sum(axis=1)
    return np.asarray(np.exp(np.log(total) - weighted / total))


def recursive_ratio(counts: Integers, least: int) -> Floats:
    """Of (c, l)-diversity with l = ``least``: the ratio that c must exceed, infinite with fewer than l values.

    The ratio of the most frequent value's count to the sum of the counts from the l-th most frequent downwards.
    """
    falling = np.sort(counts, axis=1)[:, ::-1]
    below = falling[:, least - 1 :].sum(axis=1)
    return np.where(below > 0, falling[:, 0] / np.maximum(below, 1), np.inf)


def distances(counts: Integers, whole: Integers, column: Column) -> Floats:
    """t: the earth mover's distance of each class's values from the whole table's, 0 to 1.

    ``whole`` has one count a value, and ``counts`` and ``whole`` one entry for each of the column's labels.
    Ordered values lie as far apart as there are steps between them, counted over those that occur, over all steps;
    others as far as the height of the smallest group that holds both, over the height of the hierarchy: without a
    hierarchy all are equally far.
    """
    shares = counts / counts.sum(axis=1, keepdims=True) - whole / whole.sum()
    if column.ordered:
        occurring = whole > 0
        steps = np.abs(np.cumsum(shares[:, occurring], axis=1)).sum(axis=1)
        return np.asarray(steps / max(1, int(occurring.sum()) - 1))
    # Two leaves that meet at height h are 2h edges apart, so an edge that carries earth costs 1 / (2 H).
    firsts = column.runs()[0]
    moved = np.zeros(len(counts))
    for height in firsts[:-1]:
        moved += np.abs(np.add.reduceat(shares, np.unique(height), axis=1)).sum(axis=1)
    return np.asarray(moved / (2 * (len(firsts) - 1)))
