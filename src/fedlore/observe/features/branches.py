"""Branches as the shape of a history tells them: the line of HEAD's first parents, and what was merged into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History
from fedlore.observe.features.commits import DAY, Mask

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches that were merged into the main line, one value for each: rows of the history, commits and days.

    ``merge`` is the merge, ``tip`` its second parent. ``commits`` are those from the tip back to the main line, by
    first parents; ``days`` lie between the writing of the oldest of these and the merge.
    """

    merge: Rows
    tip: Rows
    commits: Rows
    days: npt.NDArray[np.float64]


def main_line(history: History) -> Mask:
    """Which commits are HEAD or reached from it by first parents alone; none where HEAD is not in the history."""
    rows = history.commits
    on_line = np.zeros(rows + 1, np.bool_)
    on_line[history.head] = True
    ahead = _with_end(history.first_parent.astype(np.int64), rows)
    while (ahead[:rows] != rows).any():
        on_line[ahead[on_line]] = True
        ahead = ahead[ahead]
    return on_line[:rows]


def forward_merges(history: History) -> Mask:
    """Which merges bring forward a line that goes on living, as that of a release: no branch ended with them.

    Their second parent is itself a merge, and the first parent of a further commit.
    """
    first, second = history.first_parent, history.second_parent
    goes_on = np.zeros(history.commits + 1, np.bool_)
    goes_on[first[first >= 0]] = True
    goes_on[:-1] &= history.parents > 1
    return np.asarray(goes_on[second], np.bool_)


def merged_branches(history: History, on_line: Mask) -> Branches:
    """The branches whose fork from the main line this history holds; a history that was joined to another is none.

    What `forward_merges` bring is none either.
    """
    first, second = history.first_parent.astype(np.int64), history.second_parent.astype(np.int64)
    rows = np.arange(history.commits)
    off_line = ~on_line & (first >= 0)
    goes_on = np.flatnonzero(off_line)
    goes_on = goes_on[~on_line[first[goes_on]]]
    oldest, steps = rows.copy(), np.zeros(history.commits, np.int64)
    oldest[goes_on], steps[goes_on] = first[goes_on], 1
    while not np.array_equal(further := oldest[oldest], oldest):
        steps += steps[oldest]
        oldest = further
    merge = np.flatnonzero(on_line & (second >= 0) & ~forward_merges(history))
    merge = merge[~on_line[second[merge]]]
    merge = merge[first[oldest[second[merge]]] >= 0]
    tip = second[merge]
    waited = history.commit_time[merge] - history.author_time[oldest[tip]]
    return Branches(merge, tip, steps[tip] + 1, np.maximum(waited, 0) / DAY)


def _with_end(rows: Rows, end: int) -> Rows:
    """The same row numbers, and a last row that stands for no row and follows itself."""
    return np.append(np.where(rows < 0, end, rows), end)
