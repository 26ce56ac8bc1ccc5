"""The commits of each person in the order of time: what people do later against what they did before.

Nothing of one person leaves these functions but what is put together over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History
from fedlore.observe.features.commits import Mask, human_commits
from fedlore.observe.features.file_lives import time_ranks

Numbers = npt.NDArray[np.int64]

REGULAR_COMMITS = 10


@dataclass(frozen=True, slots=True)
class Careers:
    """The human commits of the authors with ten of them or more, oldest first within each author.

    ``row`` are rows of the history, ``person`` counts these authors from 0, ``place`` the commits of each from 0.
    ``half`` is 0 in the earlier half of a person's commits, 1 in the later, -1 for the commit between two halves.
    """

    row: Numbers
    person: Numbers
    place: Numbers
    half: Numbers
    people: int


def careers_of(history: History) -> Careers:
    """The regular authors' commits; see `time_ranks` for equal times."""
    row = np.flatnonzero(human_commits(history)).astype(np.int64)
    row = row[np.lexsort((time_ranks(history)[row], history.author[row]))]
    _, index, counts = np.unique(history.author[row], return_inverse=True, return_counts=True)
    regular = counts >= REGULAR_COMMITS
    kept = regular[index]
    numbers = np.cumsum(regular) - 1
    row, person, total = row[kept], numbers[index[kept]], counts[index[kept]]
    place = np.arange(len(row)) - np.searchsorted(person, person)
    half = np.where(place < total // 2, 0, np.where(place >= total - total // 2, 1, -1))
    return Careers(row, person, place, half, int(regular.sum()))


def differences(careers: Careers, values: npt.NDArray[np.generic], counted: Mask) -> npt.NDArray[np.float64]:
    """For each person, the mean of the later half's values less that of the earlier's, where both have any.

    ``values`` and ``counted`` have one entry for each commit of the history; only commits in ``counted`` have a value.
    """
    means = []
    there = np.ones(careers.people, np.bool_)
    for half in (0, 1):
        chosen = (careers.half == half) & counted[careers.row]
        person = careers.person[chosen]
        number = np.bincount(person, minlength=careers.people)
        total = np.bincount(person, values[careers.row[chosen]].astype(np.float64), careers.people)
        means.append(total / np.maximum(number, 1))
        there &= number > 0
    return np.asarray((means[1] - means[0])[there], np.float64)


def breadths(history: History, careers: Careers, of_path: Numbers, half: int | None = None) -> Numbers:
    """For each person, how many different things (a number for each path, -1 for none) the commits (of a half) changed.

    A person whose commits changed nothing of the kind has 0.
    """
    person = np.full(history.commits, -1, np.int64)
    chosen = slice(None) if half is None else careers.half == half
    person[careers.row[chosen]] = careers.person[chosen]
    who, what = person[history.changed_commit], of_path[history.changed_path]
    counted = (who >= 0) & (what >= 0) & ~history.at_cut[history.changed_commit]
    pairs = np.unique(who[counted] << 32 | what[counted])
    return np.bincount(pairs >> 32, minlength=careers.people).astype(np.int64)
