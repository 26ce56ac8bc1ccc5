"""The intervals of shares and medians cover what they say, by exact sums rather than by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from fedlore.observe.intervals import LOWER, UPPER, median_ends, median_interval, share_interval


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
