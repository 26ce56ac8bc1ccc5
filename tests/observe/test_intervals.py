"""The intervals of shares, medians and shifts cover what they say, by exact sums rather than by simulation."""

from __future__ import annotations

import statistics
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from fedlore.observe.intervals import LOWER, UPPER, median_ends, median_interval, share_interval, shift_interval


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (0, 30), (30, 30), (12, 40), (1, 1954), (5531, 82_000)])
def test_shares_have_the_exact_interval(part: int, whole: int) -> None:
    expected = binomtest(part, whole).proportion_ci(0.95, "exact")
    assert share_interval(part, whole) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("true", [0.01, 0.2, 0.5, 0.93])
def test_intervals_of_shares_cover_at_least_as_often_as_they_say(true: float) -> None:
    whole = 60
    covering = [
        part for part in range(whole + 1) if share_interval(part, whole)[0] <= true <= share_interval(part, whole)[1]
    ]
    assert binom.pmf(covering, whole, true).sum() >= 0.95


@pytest.mark.parametrize(("part", "whole"), [(3, 2), (-1, 4), (0, 0)])
def test_what_is_no_share_has_no_interval(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share_interval(part, whole)


@pytest.mark.parametrize("count", [6, 7, 25, 100, 4097])
def test_medians_lie_between_the_narrowest_ranks_that_cover(count: int) -> None:
    found = median_interval(np.random.default_rng(3).permutation(count))
    assert found is not None
    low, high = found
    assert high == count - 1 - low
    # The median lies outside if fewer than rank (counted from 1) values fall on one side of it.
    assert 1 - 2 * binom.cdf(low, count, 0.5) >= 0.95
    assert 1 - 2 * binom.cdf(low + 1, count, 0.5) < 0.95


def test_few_values_have_no_interval() -> None:
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert median_interval([]) is None
    assert median_ends([1.0, 2.0]) == {}
    assert median_ends([6, 5, 4, 3, 2, 1], unit=2) == {LOWER: 0.5, UPPER: 3.0}


def _rank_sums(few: int, many: int) -> list[int]:
    """How many of all arrangements of two samples without a difference have each Mann-Whitney U, by its recursion."""
    counts = {(n, m): [1] for n, m in product(range(few + 1), range(many + 1)) if n == 0 or m == 0}
    for n, m in product(range(1, few + 1), range(1, many + 1)):
        total = [0] * (n * m + 1)
        for u, ways in enumerate(counts[n - 1, m]):
            total[u + m] += ways
        for u, ways in enumerate(counts[n, m - 1]):
            total[u] += ways
        counts[n, m] = total
    return counts[few, many]


@pytest.mark.parametrize(("few", "many"), [*product(range(3, 13), repeat=2)])
def test_shifts_hold_95_per_cent_of_the_time(few: int, many: int) -> None:
    # Differences that are all distinct: the rank of the lower end tells how much the interval leaves out.
    earlier, later = [float(index) for index in range(few)], [1000.0 + 50 * index for index in range(many)]
    found = shift_interval(earlier, later)
    ways = _rank_sums(few, many)
    if found is None:
        assert 2 * (ways[0] + ways[1]) > 0.05 * sum(ways)
        return
    differences = sorted(after - before for after in later for before in earlier)
    shift, low, high = found
    assert shift == pytest.approx(statistics.median(differences))
    rank = differences.index(low)
    assert high == differences[-1 - rank]
    assert 0.95 <= 1 - 2 * sum(ways[: rank + 1]) / sum(ways) < 0.993


def test_a_shift_of_two_samples_by_hand() -> None:
    assert shift_interval([1, 2, 3, 4], [11, 12, 13, 14]) == (10, 7, 13)
    assert shift_interval([1, 2, 3], [11, 12, 13]) is None
    assert shift_interval([], [1, 2]) is None
