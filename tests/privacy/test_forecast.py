"""A forecast of an interval's half-width is what simulated rounds scatter by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.privacy.forecast import (
    Halfwidth,
    bin_halfwidth,
    likelihood_halfwidth,
    log_odds_halfwidth,
    mean_halfwidth,
    members_halfwidth,
    share_halfwidth,
)

NORMAL = 1.96
ROUNDS = 20_000


@pytest.mark.parametrize(
    ("n", "noise_sd", "p"), [(400, 25.0, 0.5), (400, 25.0, 0.9), (1200, 41.0, 0.2), (100, 3.0, 0.5)]
)
def test_share(n: int, noise_sd: float, p: float) -> None:
    rng = np.random.default_rng(1)
    whole = n + rng.normal(0, noise_sd, ROUNDS)
    coded = 2 * rng.binomial(n, p, ROUNDS) - n + rng.normal(0, noise_sd, ROUNDS)
    spread = np.std((whole + coded) / (2 * whole))
    found = share_halfwidth(n, noise_sd, p)
    assert found.total == pytest.approx(NORMAL * spread, rel=0.04)
    assert found.noise < found.total
    assert found.total**2 - found.noise**2 == pytest.approx(NORMAL**2 * p * (1 - p) / n, rel=1e-3)


@pytest.mark.parametrize(("count_sd", "p"), [(5.0, 0.9), (60.0, 0.2)])
def test_share_whose_count_has_other_noise(count_sd: float, p: float) -> None:
    rng = np.random.default_rng(5)
    whole = 1000 + rng.normal(0, count_sd, ROUNDS)
    coded = 1000 * (2 * p - 1) + rng.normal(0, 25.0, ROUNDS)
    spread = np.std((whole + coded) / (2 * whole))
    assert share_halfwidth(1000, 25.0, p, count_sd=count_sd).noise == pytest.approx(NORMAL * spread, rel=0.04)


def test_bin() -> None:
    rng = np.random.default_rng(2)
    bins = rng.multinomial(500, [0.2, 0.3, 0.5], ROUNDS) + rng.normal(0, 15.0, (ROUNDS, 3))
    spread = np.std(bins[:, 0] / bins.sum(axis=1))
    assert bin_halfwidth(500, 15.0, 3, 0.2).total == pytest.approx(NORMAL * spread, rel=0.04)


def test_bin_and_share_and_odds_of_nothing_known_are_even() -> None:
    assert bin_halfwidth(500, 15.0, 4) == bin_halfwidth(500, 15.0, 4, 0.25)
    assert share_halfwidth(500, 15.0) == share_halfwidth(500, 15.0, 0.5)
    assert log_odds_halfwidth(500, 15.0) == log_odds_halfwidth(500, 15.0, 0.5, 0.5)
    assert mean_halfwidth(500, 15.0) == mean_halfwidth(500, 15.0, 0.0)


def test_mean() -> None:
    rng = np.random.default_rng(3)
    there = 400 + rng.normal(0, 20.0, (2, ROUNDS)).sum(axis=0) / 2
    total = 2 * rng.binomial(400, 0.7, ROUNDS) - 400 + rng.normal(0, 20.0, ROUNDS)
    assert mean_halfwidth(400, 20.0, 0.4).total == pytest.approx(NORMAL * np.std(total / there), rel=0.04)


def test_the_noise_of_a_mean_is_that_of_its_sum_and_of_how_many_have_a_value() -> None:
    rng = np.random.default_rng(7)
    there = 4000 + rng.normal(0, 50.0, (2, ROUNDS)).sum(axis=0) / 2
    spread = np.std((0.7 * 4000 + rng.normal(0, 50.0, ROUNDS)) / there)
    assert mean_halfwidth(4000, 50.0, 0.7).noise == pytest.approx(NORMAL * spread, rel=0.015)


@pytest.mark.parametrize(("p", "q"), [(0.5, 0.5), (0.3, 0.6)])
def test_log_odds(p: float, q: float) -> None:
    rng = np.random.default_rng(4)
    n, noise_sd = 1200, 30.0
    chances = np.outer([p, 1 - p], [q, 1 - q]).ravel()
    cells = rng.multinomial(n, chances, ROUNDS) + rng.normal(0, noise_sd / 2, (ROUNDS, 4))
    spread = np.std(np.log(cells) @ [1, -1, -1, 1])
    assert log_odds_halfwidth(n, noise_sd, p, q).total == pytest.approx(NORMAL * spread, rel=0.06)


def test_log_odds_of_sums_with_different_noise() -> None:
    rng = np.random.default_rng(6)
    n, p, q, sds = 4000, 0.3, 0.6, np.array([20.0, 40.0, 60.0, 80.0])
    exact = n * np.array([1, 2 * p - 1, 2 * q - 1, (2 * p - 1) * (2 * q - 1)])
    whole, practice, outcome, both = (exact + rng.normal(0, sds, (ROUNDS, 4))).T
    cells = [whole + a * practice + b * outcome + a * b * both for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    spread = np.std(np.log(cells).T @ [1, -1, -1, 1])
    assert log_odds_halfwidth(n, list(sds), p, q).noise == pytest.approx(NORMAL * spread, rel=0.06)


def test_the_likelihoods_interval_is_wider_than_the_delta_methods_and_more_so_for_noise() -> None:
    sampled, noised = (
        log_odds_halfwidth(n, sd).total / likelihood_halfwidth(n, sd) for n, sd in ((1e3, 0.1), (1e6, 1e5))
    )
    assert 0.77 < noised < 0.81 < 0.95 < sampled < 0.98


def test_uneven_shares_widen_the_likelihoods_interval_by_what_noise_adds_to_it() -> None:
    n, sd = 1e6, 1e5
    for p, q, wider in ((0.5, 0.5, 1.0), (0.9, 0.5, 1.256), (0.5, 0.2, 1.144), (0.9, 0.2, 1.4)):
        delta, found = log_odds_halfwidth(n, sd, p, q), likelihood_halfwidth(n, sd, p, q)
        sampling = 1.07 * (delta.total**2 - delta.noise**2)
        assert (found**2 - sampling) / delta.noise**2 == pytest.approx(1.61 * wider)


def test_members() -> None:
    assert members_halfwidth(0.5) == pytest.approx(0.98, abs=1e-3)


def test_nothing_to_ask_has_no_bound() -> None:
    assert share_halfwidth(0, 5.0) == Halfwidth(math.inf, math.inf)
    for p, q in ((0.0, 0.5), (0.5, 0.0), (1.0, 0.5), (0.5, 1.0)):
        assert log_odds_halfwidth(100, 5.0, p, q) == Halfwidth(math.inf, math.inf)
        assert likelihood_halfwidth(100, 5.0, p, q) == math.inf
    assert share_halfwidth(1, 5.0).total < math.inf
    assert log_odds_halfwidth(2, 5.0).total < math.inf


def test_more_noise_or_fewer_projects_widen() -> None:
    widths = [log_odds_halfwidth(n, sd).total for n, sd in ((1200, 10.0), (400, 10.0), (400, 30.0), (100, 30.0))]
    assert widths == sorted(widths)
