"""95 % intervals hold the truth in about 95 % of the rounds, noise and sampling together, also where it is hard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtr

from fedlore.catalogue.plan import Plan
from fedlore.learn.associations import associations, cells, correlations
from fedlore.learn.consensus import member_ratio
from fedlore.learn.frequencies import bin_ratio, mean_ratio, share_ratio
from fedlore.learn.intervals import Ratio
from fedlore.learn.odds import log_odds_ratios
from fedlore.learn.sums import Sums
from tests.learn.making import MEMBERS, Table, noised, only

MECHANISMS = ["discrete gaussian", "discrete laplace"]
Draw = Callable[[np.random.Generator], npt.ArrayLike]


def coverage(asked: Plan, draw: Draw, ratio: Callable[[Sums], Ratio], truth: float, rounds: int = 1000) -> float:
    """The share of rounds whose first interval holds ``truth``; every interval must hold its own estimate."""
    rng = np.random.default_rng(20261124)
    held = 0
    for _ in range(rounds):
        found = ratio(noised(asked, draw(rng), rng)).interval()
        assert np.all((found.low <= found.estimate) & (found.estimate <= found.high) & (found.low < found.high))
        held += bool(found.low[0] <= truth <= found.high[0])
    return held / rounds


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("noise_scale", [16.0, 240.0])
@pytest.mark.parametrize(("projects", "share"), [(20, 0.5), (60, 0.0), (60, 1.0), (100, 0.03), (400, 0.5), (400, 0.9)])
def test_shares(mechanism: str, noise_scale: float, projects: int, share: float) -> None:
    asked = only(shares=("code.tests",), mechanism=mechanism, noise_scale=noise_scale)
    found = coverage(asked, lambda rng: [projects, 2 * rng.binomial(projects, share) - projects], share_ratio, share)
    assert 0.925 < found <= (1.0 if projects * 16 < 4 * noise_scale else 0.99)


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.8])
def test_bins(mechanism: str, share: float) -> None:
    asked = only(histograms=(("code.size", 3),), mechanism=mechanism, noise_scale=120.0)

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        return [400, *rng.multinomial(300, [share, (1 - share) / 2, (1 - share) / 2])]

    assert 0.925 < coverage(asked, draw, lambda sums: bin_ratio(sums, 0), share) < 0.99


@pytest.mark.parametrize("mean", [-0.98, -0.4, 0.0])
def test_means_whose_values_are_as_far_apart_as_they_can_be(mean: float) -> None:
    asked = only(means=("code.age",), noise_scale=100.0)

    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        present = 250
        return [400, 2 * present - 400, 2 * rng.binomial(present, (1 + mean) / 2) - present]

    assert 0.925 < coverage(asked, draw, mean_ratio, mean) < 0.99


def test_means_whose_values_lie_close_together_are_covered_more_often() -> None:
    asked = only(means=("code.age",), noise_scale=20.0)
    found = coverage(asked, lambda rng: [400, 100, round(rng.normal(0.3, 0.1, 250).sum())], mean_ratio, 0.3, rounds=500)
    assert found > 0.99


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("members", [0, 3, 12])
def test_members(mechanism: str, members: int) -> None:
    asked = only(members=("code.tests",), mechanism=mechanism, noise_scale=16.0)
    assert 0.925 < coverage(asked, lambda _: [100, members], member_ratio, members / MEMBERS) < 0.99


TABLES = [
    Table(0.5, 0.5, 1.0),
    Table(0.5, 0.5, 6.0),
    Table(0.2, 0.5, 3.0),
    Table(0.9, 0.8, 0.4),
    Table(0.05, 0.1, 1.0),
    Table(0.05, 0.1, 8.0),
]


def drawn(table: Table, projects: int, noise_sd: npt.ArrayLike, rounds: int) -> npt.NDArray[np.float64]:
    """Noised n, X, Y and S of so many rounds: shape (4, rounds)."""
    rng = np.random.default_rng(7)
    counts = rng.multinomial(projects, table.cells(), rounds).T
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])
    return signs @ counts + rng.normal(0, noise_sd, (4, rounds))


@pytest.mark.parametrize(("projects", "noise_sd"), [(1200, 41.0), (400, 10.0)])
@pytest.mark.parametrize("table", TABLES)
def test_odds_ratios_by_profile_likelihood(table: Table, projects: int, noise_sd: float) -> None:
    count, practice, outcome, product = drawn(table, projects, noise_sd, 400)
    four = np.concatenate(
        [cells(n, x[None], y[None], s[None]) for n, x, y, s in zip(count, practice, outcome, product, strict=True)]
    )
    found = log_odds_ratios(four, noise_sd)
    truth = np.log(table.odds_ratio)
    assert 0.92 < np.mean((found.low <= truth) & (truth <= found.high)) <= 1.0
    assert np.all((found.low <= found.estimate) & (found.estimate <= found.high))
    assert np.isfinite(found.estimate).all()


WEIGHED = only(
    shares=("code.tests",),
    histograms=(("code.size", 3),),
    means=("code.age",),
    members=("code.types",),
    weights=(2, 1, 3, 4, 2, 1, 3, 8),
    noise_scale=240.0,
)


@pytest.mark.parametrize(
    ("ratio", "truth"),
    [(share_ratio, 0.3), (lambda sums: bin_ratio(sums, 0), 0.5), (mean_ratio, -0.4), (member_ratio, 0.25)],
)
def test_slots_of_different_weights(ratio: Callable[[Sums], Ratio], truth: float) -> None:
    def draw(rng: np.random.Generator) -> npt.ArrayLike:
        bins = rng.multinomial(300, [0.5, 0.2, 0.3])
        return [400, 2 * rng.binomial(400, 0.3) - 400, *bins, 100, 2 * rng.binomial(250, 0.3) - 250, 3]

    assert 0.925 < coverage(WEIGHED, draw, ratio, truth) < 0.99


UNEQUAL = (50.0, 60.0, 40.0, 15.0)
"""Deviations of the noise in n, X, Y and S."""


@pytest.mark.parametrize("table", TABLES)
def test_odds_ratios_whose_cells_share_their_noise(table: Table) -> None:
    four = drawn(table, 800, np.array(UNEQUAL)[:, None], 400)
    found = log_odds_ratios(np.concatenate([cells(n, x[None], y[None], s[None]) for n, x, y, s in four.T]), UNEQUAL)
    truth = np.log(table.odds_ratio)
    assert 0.92 < np.mean((found.low <= truth) & (truth <= found.high)) <= 1.0
    assert np.all((found.low <= found.estimate) & (found.estimate <= found.high))


def test_little_noise_in_the_product_narrows_an_odds_ratio_of_even_margins() -> None:
    four = np.array([[130.0, 70.0, 80.0, 120.0]])
    alike = np.sqrt(np.mean(np.square(UNEQUAL)))
    known, unknown = (log_odds_ratios(four, sd) for sd in (np.array(UNEQUAL), alike))
    assert known.high[0] - known.low[0] < 0.8 * (unknown.high[0] - unknown.low[0])


@pytest.mark.parametrize("table", [Table(0.5, 0.5, 1.0), Table(0.2, 0.5, 1.0), Table(0.1, 0.8, 1.0)])
def test_the_score_test_keeps_its_level_with_unequal_noise(table: Table) -> None:
    columns = drawn(table, 800, np.array(UNEQUAL)[:, None], 3000).T
    tests = [correlations(n, *(np.array([v]) for v in rest), np.array(UNEQUAL)) for n, *rest in columns]
    p_values = np.array([2 * ndtr(-abs(phi[0] / error[0])) for phi, error in tests])
    assert 0.03 < np.mean(p_values < 0.05) < 0.065


@pytest.mark.parametrize(("projects", "noise_sd"), [(1200, 41.0), (400, 25.0), (120, 8.0)])
@pytest.mark.parametrize("table", [table for table in TABLES if table.odds_ratio == 1])
def test_the_score_test_keeps_its_level_where_nothing_is_associated(
    table: Table, projects: int, noise_sd: float
) -> None:
    columns = drawn(table, projects, noise_sd, 3000).T
    tests = [correlations(n, *(np.array([v]) for v in rest), noise_sd) for n, *rest in columns]
    p_values = np.array([2 * ndtr(-abs(phi[0] / error[0])) for phi, error in tests])
    assert np.mean(p_values < 0.05) < 0.065
    assert np.mean(p_values < 0.005) < 0.010


def test_false_discoveries_stay_few_while_planted_pairs_are_found() -> None:
    rng = np.random.default_rng(3)
    practices, outcomes = tuple(f"p{i}" for i in range(12)), tuple(f"o{i}" for i in range(4))
    pairs = tuple((practice, outcome) for practice in practices for outcome in outcomes)
    asked = only(shares=(*practices, *outcomes), pairs=pairs, noise_scale=400.0)
    planted = np.zeros((12, 4), dtype=bool)
    planted[[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 0, 1]] = True
    effects = np.where(planted, 0.35, 0.0) * np.where(np.arange(12) % 2, 1, -1)[:, None]
    power, false = [], []
    for _ in range(40):
        x = rng.random((1000, 12)) < 0.5
        y = rng.random((1000, 4)) < 0.5 + (x - 0.5) @ effects
        coded, answers = 2 * x - 1, 2 * y - 1
        exact = [1000, *coded.sum(axis=0), *answers.sum(axis=0), *(coded.T @ answers).ravel()]
        discovered = associations(noised(asked, exact, rng)).discovery
        power.append(discovered[planted.ravel()].mean())
        false.append((discovered & ~planted.ravel()).sum() / max(discovered.sum(), 1))
    assert np.mean(power) > 0.9
    assert np.mean(false) < 0.08
