"""Dates decide three outcomes with room to spare, whatever else chance does."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from fedlore.demo.chance import Chance
from fedlore.demo.timeline import DAY, MONTH, Timeline, Wanted, draw_timeline

AS_OF = 1_780_000_000
COMBINATIONS = [Wanted(*bits) for bits in product([False, True], repeat=3)]


def timelines(wanted: Wanted, number: int = 40) -> list[Timeline]:
    chance = Chance(np.random.default_rng(17))
    return [draw_timeline(chance, wanted, AS_OF) for _ in range(number)]


def slope(commits: list[int], months: int, shift: int) -> float:
    """Least squares over months of 30 days that end this many seconds after the newest commit."""
    ages = (commits[-1] + shift - np.array(commits)) // MONTH
    counts = np.bincount(ages[ages < months], minlength=months)[::-1]
    return float(np.polyfit(np.arange(months), counts, 1)[0])


@pytest.mark.parametrize("wanted", COMBINATIONS)
def test_the_newest_commit_is_clearly_recent_or_clearly_old(wanted: Wanted) -> None:
    silences = [(AS_OF - line.commits[-1]) / DAY for line in timelines(wanted)]
    low, high = (1, 120) if wanted.survives else (250, 900)
    assert all(low <= silence <= high for silence in silences)
    assert np.ptp(silences) > (high - low) / 2


@pytest.mark.parametrize("wanted", COMBINATIONS)
def test_activity_rises_or_falls_however_the_months_are_cut(wanted: Wanted) -> None:
    for line in timelines(wanted):
        months = min(24, (line.commits[-1] - line.commits[0]) // MONTH)
        assert months >= 5
        slopes = [slope(line.commits, months, shift * DAY) for shift in (0, 2)]
        assert all(value > 0 for value in slopes) if wanted.rising else all(value < 0 for value in slopes)


@pytest.mark.parametrize("wanted", COMBINATIONS)
def test_releases_are_clearly_regular_or_clearly_not(wanted: Wanted) -> None:
    few = many = older = 0
    for line in timelines(wanted):
        assert all(line.commits[0] <= time <= line.commits[-1] + DAY for time in line.releases)
        assert line.releases == sorted(line.releases)
        ages = line.commits[-1] - np.array(line.releases, dtype=np.int64)
        assert not ((ages > 725 * DAY) & (ages < 735 * DAY)).any()
        older += bool((ages > 730 * DAY).any())
        days = np.unique(np.array(line.releases, dtype=np.int64)[ages < 730 * DAY] // DAY)
        if len(days) < 4:
            few += 1
            continue
        many += 1
        gaps = np.diff(days)
        variation = gaps.std() / gaps.mean()
        assert variation < 0.5 if wanted.regular else variation > 0.9
    assert older > 0
    assert (few == 0) == wanted.regular
    assert many > 5


def test_histories_are_months_to_years_long_with_few_to_many_commits() -> None:
    lines = [line for wanted in COMBINATIONS for line in timelines(wanted, 20)]
    commits = [len(line.commits) for line in lines]
    months = [(line.commits[-1] - line.commits[0]) / MONTH for line in lines]
    assert min(commits) >= 12
    assert max(commits) <= 40
    assert len(set(commits)) > 20
    assert min(months) < 9
    assert max(months) > 36
    assert all(line.commits == sorted(line.commits) for line in lines)
