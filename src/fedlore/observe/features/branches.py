"""Branches as the shape of a history tells them: the line of HEAD's first parents, and what was merged into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History
from fedlore.observe.features.commits import DAY, Mask, cut_off

Rows = npt.NDArray[np.int64]
_EARLIEST, _LATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches that were merged into the main line, one value for each: rows of the history, commits and days.

    ``merge`` is the merge, ``tip`` its second parent. ``commits`` is the number of those that the merge brought: what
    the tip reaches and the merge's first parent does not (``git rev-list M^2 --not M^1``, by two parents of a merge).
    ``days`` lie between the writing of the oldest of these, along the first parents of the tip, and the merge.
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


def merged_branches(history: History, on_line: Mask) -> Branches:
    """The branches that merges on the main line (as `main_line` tells it) brought, in the order of that line.

    A line that was merged more than once lives on, as that of a release, and none of its merges brought a branch: the
    tip of one of them lies on the chain of first parents of another's. A history that was joined to another is no
    branch either, nor is one of which this history does not hold all.
    """
    merge = _merges_on_line(history)
    first, tip = history.first_parent.astype(np.int64), history.second_parent[merge].astype(np.int64)
    bringer = _bringers(history, on_line, tip)
    number = np.flatnonzero(bringer[tip] == np.arange(len(tip)))
    tips = tip[number]
    last, written = _chains(history, bringer)
    below = _below(first, on_line, tips)
    merged_again = np.isin(below, tips)
    lives_on = merged_again | np.isin(tips, below[merged_again])
    joined = first[last[tips]] < 0
    known = _known(history, on_line, bringer, number, below)
    kept = number[known & ~lives_on & ~joined]
    merge, tip = merge[kept], tip[kept]
    commits = np.bincount(bringer[bringer >= 0], minlength=kept.max(initial=-1) + 1)[kept]
    waited = history.commit_time[merge] - written[tip]
    return Branches(merge, tip, commits.astype(np.int64), np.maximum(waited, 0) / DAY)


def _merges_on_line(history: History) -> Rows:
    """The rows of the merges on the main line, the first one of the line first, whatever their dates say."""
    parents, line = history.first_parent.tolist(), [history.head]
    while line[-1] >= 0:
        line.append(parents[line[-1]])
    rows = np.array(line[-2::-1], np.int64)
    return rows[history.second_parent[rows] >= 0]


def _bringers(history: History, on_line: Mask, tips: Rows) -> Rows:
    """For each commit the number of the first tip that reaches it; -1 on the main line, and where none does."""
    first, second = history.first_parent.tolist(), history.second_parent.tolist()
    reached = bytearray(np.append(on_line, True).tobytes())  # the last stands for no parent, of number -1
    bringer = [-1] * history.commits
    for number, tip in enumerate(tips.tolist()):
        waiting = [tip]
        while waiting:
            row = waiting.pop()
            while not reached[row]:
                reached[row] = 1
                bringer[row] = number
                if not reached[second[row]]:
                    waiting.append(second[row])
                row = first[row]
    return np.array(bringer, np.int64)


def _chains(history: History, bringer: Rows) -> tuple[Rows, Rows]:
    """For each commit the last one along its first parents that one tip brought, and when the oldest was written."""
    rows, first = np.arange(history.commits), history.first_parent.astype(np.int64)
    goes_on = (first >= 0) & (bringer >= 0)
    goes_on[goes_on] = bringer[first[goes_on]] == bringer[goes_on]
    last, written = np.where(goes_on, first, rows), history.author_time
    while True:
        written = np.minimum(written, written[last])
        if np.array_equal(further := last[last], last):
            return last, written
        last = further


def _below(first: Rows, on_line: Mask, tips: Rows) -> Rows:
    """For each tip the nearest other one on its chain of first parents, else that chain's last commit off the line.

    A tip that forks from the line has the commit of its fork, one without a first parent itself.
    """
    is_tip = np.zeros(len(first), np.bool_)
    is_tip[tips] = True
    goes_on = ~on_line & ~is_tip & (first >= 0)
    goes_on[goes_on] = ~on_line[first[goes_on]]
    stop = np.where(goes_on, first, np.arange(len(first)))
    while not np.array_equal(further := stop[stop], stop):
        stop = further
    return stop[np.where(first[tips] < 0, tips, first[tips])]


def _known(history: History, on_line: Mask, bringer: Rows, number: Rows, below: Rows) -> Mask:
    """For each of these numbers whether all that its tip brought is here, and surely came with no earlier one.

    Whatever follows a commit whose parents are not here is taken to be no newer than that commit.
    """
    cut = cut_off(history)
    if not cut.any():
        return np.ones(len(number), np.bool_)
    times, brought, most = history.commit_time, bringer >= 0, int(bringer.max()) + 1
    newest_cut, oldest = np.full(most + 1, _EARLIEST), np.full(most, _LATEST)
    newest_cut[0] = times[cut & on_line].max(initial=_EARLIEST)
    np.maximum.at(newest_cut, bringer[cut & brought] + 1, times[cut & brought])
    np.minimum.at(oldest, bringer[brought], times[brought])
    before = np.maximum.accumulate(newest_cut)[number]
    is_whole = newest_cut[number + 1] == _EARLIEST
    return np.asarray(is_whole & (oldest[number] > before) & (on_line[below] | (times[below] > before)), np.bool_)


def _with_end(rows: Rows, end: int) -> Rows:
    """The same row numbers, and a last row that stands for no row and follows itself."""
    return np.append(np.where(rows < 0, end, rows), end)
