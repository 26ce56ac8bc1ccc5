"""The truck factor: how many people would have to leave before more than half of the files have lost all authors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import History
from fedlore.observe.features.commits import human_commits, sized_commits
from fedlore.observe.features.file_lives import FileLives, Numbers, follow_files, time_ranks
from fedlore.observe.naming import language_of

_REMOVED = ord("D")
_BASE, _FIRST, _DELIVERY, _ACCEPTANCE = 3.293, 1.098, 0.164, 0.321
_LEAST_PORTION = 0.75


@dataclass(frozen=True, slots=True)
class TruckFactor:
    """The people that leave, the files that there are, and those that had an author before and have one after that."""

    people: int
    files: int
    with_author: int
    left_with_author: int


@dataclass(frozen=True, slots=True)
class _Authorships:
    """Pairs of a file and an author of it, and how many changes the author made to the file."""

    file: Numbers
    author: Numbers
    changes: Numbers


def truck_factor(history: History, paths: Sequence[bytes]) -> TruckFactor | None:
    """The truck factor of the source files among these paths at HEAD; None if no history of any of them is known.

    Avelino, Passos, Hora and Valente, A Novel Approach for Estimating Truck Factors (ICPC 2016), section III: the
    degree of authorship is 3.293 + 1.098 FA + 0.164 DL - 0.321 ln(1 + AC), an author has at least 3.293 and more than
    0.75 of the file's highest degree, and the author of most files leaves first until fewer than half are covered.
    Of equals leaves first who made more changes to these files, then who made a commit earlier.
    """
    wanted = {path for path in paths if language_of(path)}
    at_head = np.array([path in wanted for path in history.paths], np.bool_)
    lives = follow_files(history)
    files = np.unique(lives.newest[at_head & (lives.newest >= 0)])
    return _greedy(history, files, _authorships(history, lives, files)) if len(files) else None


def _authorships(history: History, lives: FileLives, files: Numbers) -> _Authorships:
    change, file = lives.change, lives.file
    kept = np.isin(file, files) & (history.changed_status[change] != _REMOVED)
    change, file = change[kept], file[kept]
    commit = history.changed_commit[change]
    human, author = sized_commits(history)[commit], history.author[commit].astype(np.int64)
    first = _oldest(history, change, file)
    pair = file << 32 | author
    pairs = np.unique(pair[human])
    of_pair, of_file = pairs >> 32, np.unique(file)
    deliveries = human & ~first
    own = np.bincount(np.searchsorted(pairs, pair[deliveries]), minlength=len(pairs))
    all_of_file = np.bincount(np.searchsorted(of_file, file[deliveries]), minlength=len(of_file))
    all_deliveries = all_of_file[np.searchsorted(of_file, of_pair)]
    began = np.isin(pairs, pair[human & first])
    degree = _BASE + _FIRST * began + _DELIVERY * own - _ACCEPTANCE * np.log1p(all_deliveries - own)
    best = np.full(len(of_file), -np.inf)
    np.maximum.at(best, np.searchsorted(of_file, of_pair), degree)
    is_author = (degree >= _BASE) & (degree > _LEAST_PORTION * best[np.searchsorted(of_file, of_pair)])
    authored = pairs[is_author]
    return _Authorships(authored >> 32, authored & 0xFFFFFFFF, (own + began)[is_author])


def _oldest(history: History, change: Numbers, file: Numbers) -> npt.NDArray[np.bool_]:
    """Which of the changes is the oldest one of its file."""
    order = np.lexsort((time_ranks(history)[history.changed_commit[change]], file))
    oldest = np.zeros(len(change), np.bool_)
    oldest[order[np.unique(file[order], return_index=True)[1]]] = True
    return oldest


def _greedy(history: History, files: Numbers, authored: _Authorships) -> TruckFactor:
    authors, index = np.unique(authored.author, return_inverse=True)
    owned = np.bincount(index, minlength=len(authors))
    changes = np.bincount(index, authored.changes, len(authors))
    human = human_commits(history)
    came = np.full(len(history.people), history.commits, np.int64)
    np.minimum.at(came, history.author[human], time_ranks(history)[human])
    leaves = np.empty(len(authors), np.int64)
    leaves[np.lexsort((came[authors], -changes, -owned))] = np.arange(len(authors))
    # A file is covered until the last of its authors has left.
    last = np.full(len(files), -1, np.int64)
    np.maximum.at(last, np.searchsorted(files, authored.file), leaves[index])
    covered = np.cumsum(np.bincount(last[last >= 0], minlength=len(authors))[::-1])[::-1]
    enough = covered * 2 >= len(files)
    people = int(enough.sum())
    left = int(covered[people]) if people < len(covered) else 0
    return TruckFactor(people, len(files), int((last >= 0).sum()), left)
