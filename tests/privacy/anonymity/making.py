"""Small tables, and k, l and t by the letter of their definitions: plain loops over rows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
from hypothesis import strategies as st

from fedlore.privacy.anonymity.columns import Column, Records

ORDERED = Column("age", tuple(map(str, range(7))), ordered=True)
TREE = Column(
    "place",
    tuple("abcdef"),
    levels=(("ab", "ab", "cd", "cd", "e", "f"), ("abcd", "abcd", "abcd", "abcd", "ef", "ef")),
)
FLAT = Column("kind", ("x", "y", "z"))
VALUE = Column("value", tuple(map(str, range(4))), ordered=True)
WORD = Column("word", ("p", "q", "r"))
NESTED = Column("nested", tuple("mnop"), levels=(("mn", "mn", "op", "op"),))


def records_of(
    quasi: Sequence[Column],
    rows: Sequence[Sequence[int]],
    sensitive: Sequence[Column] = (),
    values: Sequence[Sequence[int]] = (),
) -> Records:
    """The table of some codes; without sensitive columns the values are left out."""
    codes = np.array(rows, dtype=np.int64).reshape(len(rows), len(quasi))
    private = np.array(values if sensitive else [[]] * len(rows), dtype=np.int64).reshape(len(rows), len(sensitive))
    return Records(tuple(quasi), codes, tuple(sensitive), private)


@st.composite
def tables(draw: st.DrawFn, least: int = 1, most: int = 40) -> Records:
    """Tables with skew, ties and repeated rows over columns of every kind."""
    quasi, sensitive = (ORDERED, TREE, FLAT), (VALUE, WORD, NESTED)
    number = draw(st.integers(least, most))
    tops = [draw(st.integers(0, column.size - 1)) for column in (*quasi, *sensitive)]
    row = st.tuples(*(st.integers(0, top) for top in tops))
    rows = draw(st.lists(row, min_size=number, max_size=number))
    return records_of(quasi, [one[:3] for one in rows], sensitive, [one[3:] for one in rows])


def members(classes: Sequence[Hashable]) -> list[list[int]]:
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, name in enumerate(classes):
        found[name].append(number)
    return list(found.values())


def distinct_l(values: Sequence[int]) -> int:
    return len(set(values))


def entropy_l(values: Sequence[int]) -> float:
    """exp of - sum of p log p."""
    shares = [number / len(values) for number in Counter(values).values()]
    return math.exp(-sum(share * math.log(share) for share in shares))


def recursive_c(values: Sequence[int], least: int) -> float:
    """r_1 / (r_l + ... + r_m), the counts falling."""
    falling = sorted(Counter(values).values(), reverse=True)
    below = sum(falling[least - 1 :])
    return falling[0] / below if below else math.inf


def ground_distance(column: Column, occurring: Sequence[int], one: int, other: int) -> float:
    """How far apart two values are, as Li, Li and Venkatasubramanian define it for each kind of attribute."""
    if column.ordered:
        return abs(occurring.index(one) - occurring.index(other)) / max(1, len(occurring) - 1)
    heights = (column.labels, *column.levels, ("*",) * column.size)
    return next(height for height, level in enumerate(heights) if level[one] == level[other]) / (len(heights) - 1)


def earth_movers(column: Column, part: Sequence[int], whole: Sequence[int]) -> float:
    """The least cost of moving one distribution onto the other, as a linear program."""
    from scipy.optimize import linprog

    occurring = sorted(set(whole))
    costs = [[ground_distance(column, occurring, one, other) for other in occurring] for one in occurring]
    size = len(occurring)
    leaving = [list(part).count(one) / len(part) for one in occurring]
    arriving = [list(whole).count(one) / len(whole) for one in occurring]
    rows = np.kron(np.eye(size), np.ones((1, size)))
    columns = np.kron(np.ones((1, size)), np.eye(size))
    found = linprog(
        np.ravel(costs), A_eq=np.vstack([rows, columns])[:-1], b_eq=[*leaving, *arriving][:-1], method="highs"
    )
    assert found.fun is not None
    return float(found.fun)
