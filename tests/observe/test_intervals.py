"""Intervals cover what they say: by exact sums where these are short, else by simulation with fixed seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest, poisson, ttest_1samp

from fedlore.observe.intervals import (
    ORDER,
    Interval,
    jackknife_interval,
    mean_interval,
    mean_ratio_interval,
    median_ends,
    median_interval,
    median_ratio_interval,
    quantile_ends,
    rank_correlation_interval,
    rate_interval,
    share_difference_interval,
    share_interval,
    shift_interval,
    sum_ratio_interval,
)


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
    assert median_ends([1.0, 2.0]) is None
    assert median_ends([6, 5, 4, 3, 2, 1], unit=2) == Interval(0.5, 3.0, ORDER)


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


@pytest.mark.parametrize(("count", "exposure"), [(0, 1.0), (1, 1.0), (5, 2.0), (121, 5.02), (2000, 12.0)])
def test_rates_have_the_exact_interval(count: int, exposure: float) -> None:
    low, high, _ = rate_interval(count, exposure)
    # At either end, what was seen or what is more extreme has a chance of 2.5 %.
    assert poisson.cdf(count, high * exposure) == pytest.approx(0.025)
    assert (poisson.sf(count - 1, low * exposure) if count else 0.025) == pytest.approx(0.025)
    assert low >= 0


@pytest.mark.parametrize("true", [0.3, 2.0, 17.5])
def test_intervals_of_rates_cover_at_least_as_often_as_they_say(true: float) -> None:
    covering = [count for count in range(200) if rate_interval(count, 1)[0] <= true <= rate_interval(count, 1)[1]]
    assert poisson.pmf(covering, true).sum() >= 0.95


def test_differences_of_shares_have_the_interval_that_was_published() -> None:
    # Newcombe 1998, table II, examples (a) and (c).
    assert share_difference_interval((48, 80), (56, 70))[:2] == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert share_difference_interval((3, 10), (9, 10))[:2] == pytest.approx((0.1705, 0.8090), abs=5e-5)


@pytest.mark.parametrize(("earlier", "later"), [((0, 20), (3, 40)), ((20, 20), (0, 30)), ((12, 40), (12, 40))])
def test_differences_of_shares_square_and_add_wilsons_intervals(
    earlier: tuple[int, int], later: tuple[int, int]
) -> None:
    before, after = (binomtest(*side).proportion_ci(0.95, "wilson") for side in (earlier, later))
    was, is_now = earlier[0] / earlier[1], later[0] / later[1]
    low = is_now - was - ((is_now - after.low) ** 2 + (before.high - was) ** 2) ** 0.5
    high = is_now - was + ((after.high - is_now) ** 2 + (was - before.low) ** 2) ** 0.5
    assert share_difference_interval(earlier, later)[:2] == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(("before", "after"), [(0.05, 0.1), (0.3, 0.3), (0.5, 0.8)])
def test_differences_of_shares_are_covered_nearly_as_often_as_said(before: float, after: float) -> None:
    few, many = 30, 45
    ends = {
        (was, now): share_difference_interval((was, few), (now, many))
        for was, now in product(range(few + 1), range(many + 1))
    }
    chance = sum(
        binom.pmf(was, few, before) * binom.pmf(now, many, after)
        for (was, now), found in ends.items()
        if found.low <= after - before <= found.high
    )
    assert 0.93 <= chance <= 0.99


def test_means_have_students_interval() -> None:
    values = np.random.default_rng(5).normal(2, 3, 14)
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    found = mean_interval(values)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert mean_interval([1.0, 9.0], least=0) == (0, pytest.approx(5 + 12.7062 * 4, abs=1e-3), "Student's t")
    assert mean_interval([4.0]) is None
    assert mean_interval([4.0, 4.0, 4.0]) is None


def _coverage(true: float, intervals: Iterable[Interval | None]) -> float:
    found = list(intervals)
    return sum(one is not None and one.low <= true <= one.high for one in found) / len(found)


def test_ratios_of_monthly_means_are_covered_though_months_vary_more_than_by_luck() -> None:
    random = np.random.default_rng(11)
    # Negative binomial months: mean 12 and 24, variance seven and thirteen times that of luck alone.
    pairs = ((random.negative_binomial(2, 2 / 14, 12), random.negative_binomial(2, 2 / 26, 12)) for _ in range(3000))
    assert 0.93 <= _coverage(1.0, (mean_ratio_interval(*pair) for pair in pairs)) <= 0.98


def test_a_ratio_of_means_by_hand() -> None:
    found = mean_ratio_interval([1, 3], [4, 4])
    assert found is not None
    # The earlier side alone varies: variance 2 / (2 * 2 ** 2), one degree of freedom.
    half = 12.7062 * 0.5 / math.log(2)
    assert (found.low, found.high) == pytest.approx((1 - half, 1 + half), abs=1e-4)
    assert mean_ratio_interval([1, 3], [0, 0]) is None
    assert mean_ratio_interval([1, 1], [2, 2]) is None
    assert mean_ratio_interval([1], [2, 3]) is None


def test_ratios_of_medians_are_covered() -> None:
    random = np.random.default_rng(12)
    pairs = ((random.lognormal(0, 1, 25), random.lognormal(math.log(2), 1.5, 40)) for _ in range(3000))
    assert 0.94 <= _coverage(1.0, (median_ratio_interval(*pair) for pair in pairs)) <= 0.99


def test_a_ratio_of_medians_by_hand() -> None:
    # Of six values, the least and the greatest are the ends: 1, 2, 8 before and 2, 4, 32 after.
    found = median_ratio_interval([1, 2, 2, 2, 2, 8], [2, 4, 4, 4, 4, 32])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 - math.hypot(1, 2), 1 + math.hypot(3, 1)))
    without_end = median_ratio_interval([0, 2, 2, 2, 2, 8], [0, 4, 4, 4, 4, 32])
    assert without_end is not None
    assert (without_end.low, without_end.high) == (-math.inf, math.inf)
    assert median_ratio_interval([1, 2, 3], range(1, 9)) is None


def test_ratios_of_sums_are_covered() -> None:
    random = np.random.default_rng(13)

    def interval() -> Interval | None:
        wholes = random.integers(3, 12, 20)
        return sum_ratio_interval(random.poisson(0.3 * wholes), wholes)

    assert 0.92 <= _coverage(0.3, (interval() for _ in range(3000))) <= 0.98


def test_the_jackknife_of_a_mean_is_students_interval() -> None:
    values = np.random.default_rng(14).exponential(2, 9)
    found, expected = sum_ratio_interval(values, np.ones(9)), mean_interval(values)
    assert found is not None
    assert expected is not None
    assert found[:2] == pytest.approx(expected[:2])
    assert sum_ratio_interval([1, 2], [2, 2]) is None
    assert sum_ratio_interval([], []) is None
    assert sum_ratio_interval([1, 1, 1], [2, 2, 2]) is None
    assert sum_ratio_interval([1, 0, 0], [2, 0, 0]) is None
    assert jackknife_interval(0.5, [0.5, 0.4]) is None


def test_rank_correlations_are_covered() -> None:
    random, count, linear = np.random.default_rng(15), 30, 0.6
    true = 6 / math.pi * math.asin(linear / 2)

    def interval() -> Interval | None:
        first, noise = random.normal(size=(2, count))
        second = linear * first + math.sqrt(1 - linear**2) * noise
        ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
        return rank_correlation_interval(float(np.corrcoef(ranks)[0, 1]), count)

    assert 0.93 <= _coverage(true, (interval() for _ in range(2000))) <= 0.98
    assert rank_correlation_interval(1.0, 10) is None
    assert rank_correlation_interval(0.2, 3) is None


@pytest.mark.parametrize(("count", "share"), [(36, 0.9), (67, 0.9), (500, 0.9), (40, 0.5), (36, 0.1)])
def test_quantiles_lie_between_the_narrowest_ranks_that_cover(count: int, share: float) -> None:
    found = quantile_ends(np.random.default_rng(4).permutation(count), share)
    assert found is not None
    low, high = round(found.low) + 1, round(found.high) + 1  # ranks from 1
    # The quantile lies below the lower end if fewer than `low` values stay below it; likewise above.
    assert binom.cdf(low - 1, count, share) <= 0.025 < binom.cdf(low, count, share)
    assert binom.sf(high - 1, count, share) <= 0.025 < binom.sf(high - 2, count, share)


def test_few_values_tell_no_far_quantile() -> None:
    assert quantile_ends(range(35), 0.9) is None
    assert quantile_ends([], 0.9) is None
