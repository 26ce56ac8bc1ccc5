"""When things happened in a made-up project: commits and releases by which an outcome clearly holds, or not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt

from fedlore.demo.chance import Chance

DAY = 86_400
MONTH = 30 * DAY
_WINDOW = 24
_CLEAR = 0.35
"""The least size of the correlation between month and commits: a slope that no other cut into months turns round."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The outcomes that dates decide."""

    survives: bool
    rising: bool
    regular: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Unix times in order: of the human commits (the first begins the project) and of the releases."""

    commits: list[int]
    releases: list[int]


def draw_timeline(chance: Chance, wanted: Wanted, as_of: int) -> Timeline:
    """Draw 12 to 40 human commits over 5 to 40 months, and the releases.

    A survivor's newest commit lies 1 to 120 days before ``as_of``, that of the others 250 to 900 days. Commits per
    month clearly rise or fall. Regular releases vary by less than .45 (standard deviation of the intervals over their
    mean); otherwise there are at most three releases, or they vary by more than .85.
    """
    silence = chance.between(2, 119) if wanted.survives else chance.between(251, 899)
    end = _in_daytime(chance, as_of - int(silence * DAY))
    commits = _commits(chance, wanted.rising, end)
    return Timeline(commits, _releases(chance, wanted.regular, commits[0], end))


def _commits(chance: Chance, rising: bool, end: int) -> list[int]:
    months = chance.whole(5, 40)
    begin = _in_daytime(chance, end - months * MONTH - int(chance.between(4, 26) * DAY))
    window = min(_WINDOW, months)
    number = chance.whole(12, 40) - 2
    early = int(number * chance.between(0.1, 0.3)) if months > _WINDOW else 0
    before = [_in_month(chance, end, chance.whole(_WINDOW, months - 1)) for _ in range(early)]
    for attempt in count():
        weights = np.arange(window, 0, -1.0) ** (1 + 0.1 * attempt)
        weights = weights if rising else weights[::-1]
        per_month = chance.rng.multinomial(number - early, weights / weights.sum())
        if _clearly(per_month, rising):
            break
    within = [_in_month(chance, end, month) for month, many in enumerate(per_month) for _ in range(many)]
    return sorted([begin, *before, *within, end])


def _clearly(per_month: npt.NDArray[np.int64], rising: bool) -> bool:
    """Whether commits rise (or fall) with time, the newest month first in ``per_month`` and without its last commit."""
    newest_first = per_month.astype(float)
    newest_first[0] += 1
    if newest_first.std() == 0:
        return False
    with_time = -float(np.corrcoef(np.arange(len(newest_first)), newest_first)[0, 1])
    return with_time >= _CLEAR if rising else with_time <= -_CLEAR


def _in_month(chance: Chance, end: int, month: int) -> int:
    """A time in the so-and-so-manieth month of 30 days before ``end``, away from its edges."""
    return _in_daytime(chance, end - month * MONTH - int(chance.between(2.5, 27.5) * DAY))


def _in_daytime(chance: Chance, time: int) -> int:
    return time - time % DAY + int(chance.between(7, 21) * 3600)


def _releases(chance: Chance, regular: bool, begin: int, end: int) -> list[int]:
    if not regular and chance.happens(0.5):
        few = chance.whole(0, 3)
        return sorted(int(chance.between(begin + DAY, end)) for _ in range(few))
    number = chance.whole(5, 10)
    days = (end - begin) // DAY
    for _ in count():
        gaps = _even_gaps(chance, number - 1) if regular else _uneven_gaps(chance, number - 1)
        whole = np.maximum(np.round(gaps / gaps.sum() * days * chance.between(0.6, 0.9)), 2)
        variation = whole.std() / whole.mean()
        if whole.sum() < days and (variation < 0.45 if regular else variation > 0.85):
            break
    last = end - int(chance.between(0, 1) * (days - whole.sum())) * DAY
    before = np.concatenate([np.cumsum(whole[::-1])[::-1], [0]])
    return [max(begin, last - int(day) * DAY) for day in before]


def _even_gaps(chance: Chance, number: int) -> npt.NDArray[np.float64]:
    spread = chance.between(0.05, 0.6)
    return chance.rng.uniform(1 - spread, 1 + spread, number)


def _uneven_gaps(chance: Chance, number: int) -> npt.NDArray[np.float64]:
    return np.where(chance.rng.random(number) < 0.35, chance.between(5, 12), 1.0) * chance.rng.uniform(0.5, 1.5, number)
