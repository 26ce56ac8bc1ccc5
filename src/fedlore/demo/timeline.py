"""When things happened in a made-up project: commits and releases by which an outcome clearly holds, or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fedlore.demo.chance import Chance

DAY = 86_400
MONTH = 30 * DAY
_WINDOW = 24
_RECENT, _AWAY = 720 * DAY, 20 * DAY
"""Recent releases lie well within the last two years (730 days), older ones well before them."""
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
    month clearly rise or fall. Regular releases of the last two years vary by less than .45 (standard deviation of the
    intervals over their mean); otherwise these are at most three, or they vary by more than 1. Some longer lives have
    older releases too.
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
    per_month = _activity(chance, rising, number - early, window)
    within = [_in_month(chance, end, month) for month, many in enumerate(per_month) for _ in range(many)]
    return sorted([begin, *before, *within, end])


def _activity(chance: Chance, rising: bool, number: int, months: int) -> npt.NDArray[np.int64]:
    """So many commits over so many months, the newest month first; it holds one more commit, the newest of all."""
    while True:
        weights = np.arange(months, 0, -1.0) ** chance.between(1, 2.5)
        weights = weights if rising else weights[::-1]
        per_month = chance.rng.multinomial(number, weights / weights.sum())
        together = per_month + np.eye(1, months, dtype=np.int64)[0]
        if together.std() == 0:
            continue
        with_time = -float(np.corrcoef(np.arange(months), together)[0, 1])
        if (with_time if rising else -with_time) >= _CLEAR:
            return per_month


def _in_month(chance: Chance, end: int, month: int) -> int:
    """A time in the month of 30 days that ends so many months before ``end``, away from the month's edges."""
    return _in_daytime(chance, end - month * MONTH - int(chance.between(2.5, 27.5) * DAY))


def _in_daytime(chance: Chance, time: int) -> int:
    return time - time % DAY + int(chance.between(7, 21) * 3600)


def _releases(chance: Chance, regular: bool, begin: int, end: int) -> list[int]:
    since = max(begin, end - _RECENT)
    older = chance.whole(0, 4) if since - begin > MONTH else 0
    before = sorted(int(chance.between(begin + DAY, since - _AWAY)) for _ in range(older))
    return before + _recent_releases(chance, regular, since, end)


def _recent_releases(chance: Chance, regular: bool, begin: int, end: int) -> list[int]:
    if not regular and chance.happens(0.5):
        few = chance.whole(0, 3)
        return sorted(int(chance.between(begin + DAY, end)) for _ in range(few))
    days = (end - begin) // DAY
    gaps = _gaps(chance, regular, chance.whole(4, 9), days)
    last = end - int(chance.between(0, 1) * (days - gaps.sum())) * DAY
    before = np.concatenate([np.cumsum(gaps[::-1])[::-1], [0]])
    return [max(begin, _in_daytime(chance, last - int(day) * DAY)) for day in before]


def _gaps(chance: Chance, regular: bool, number: int, days: int) -> npt.NDArray[np.float64]:
    """So many intervals in whole days, at least two each, that fit into so many days."""
    while True:
        gaps = _even_gaps(chance, number) if regular else _uneven_gaps(chance, number)
        gaps = np.maximum(np.round(gaps / gaps.sum() * days * chance.between(0.6, 0.9)), 2)
        variation = gaps.std() / gaps.mean()
        if gaps.sum() < days and (variation < 0.45 if regular else variation > 1):
            return np.asarray(gaps, np.float64)


def _even_gaps(chance: Chance, number: int) -> npt.NDArray[np.float64]:
    spread = chance.between(0.05, 0.6)
    return chance.rng.uniform(1 - spread, 1 + spread, number)


def _uneven_gaps(chance: Chance, number: int) -> npt.NDArray[np.float64]:
    return np.where(chance.rng.random(number) < 0.35, chance.between(5, 12), 1.0) * chance.rng.uniform(0.5, 1.5, number)
