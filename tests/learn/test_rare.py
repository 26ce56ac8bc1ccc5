"""Practices that next to no project has, or nearly all: nothing is discovered, or said with confidence, by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from fedlore.learn.associations import FALSE_DISCOVERY_RATE, associations, benjamini_hochberg, chances
from fedlore.learn.confidence import association_confidence, no_surer_than_the_test
from fedlore.learn.sums import Floats, Sums
from tests.learn.making import MEMBERS, only

PRACTICES, OUTCOMES = 15, 4
P_NAMES, O_NAMES = tuple(f"p{i}" for i in range(PRACTICES)), tuple(f"o{i}" for i in range(OUTCOMES))
PLAN = only(shares=(*P_NAMES, *O_NAMES), pairs=tuple((p, o) for p in P_NAMES for o in O_NAMES))
Shares = tuple[float, float]
RARE: list[tuple[int, Shares]] = [
    (10, (0.05, 0.2)),
    (20, (0.05, 0.15)),
    (20, (0.85, 0.95)),
    (60, (0.02, 0.08)),
    (60, (0.92, 0.98)),
]


def independent(projects: int, shares: Shares, noise_sd: float, rng: np.random.Generator) -> Sums:
    """A release in which no practice has to do with any outcome, each share drawn from a range."""
    coded = 2 * (rng.random((projects, PRACTICES + OUTCOMES)) < rng.uniform(*shares, PRACTICES + OUTCOMES)) - 1
    products = (coded[:, :PRACTICES].T @ coded[:, PRACTICES:]).ravel()
    exact = np.array([projects, *coded.sum(axis=0), *products], dtype=np.float64)
    return Sums(
        PLAN, exact + rng.normal(0, noise_sd, len(exact)), np.full(len(exact), noise_sd), MEMBERS if noise_sd else 0
    )


def p_values_of(sums: Sums) -> Floats:
    practice, outcome = (sums.share_of(tuple(pair[side] for pair in sums.plan.pairs)) for side in (0, 1))
    return chances(sums.count, practice, outcome, sums.of_kind("pair"), sums.noise_of_pairs())


def rounds_with_a_discovery(projects: int, shares: Shares, noise_sd: float, rounds: int = 400) -> float:
    rng = np.random.default_rng([projects, round(1000 * shares[0]), round(10 * noise_sd)])
    q_values = [benjamini_hochberg(p_values_of(independent(projects, shares, noise_sd, rng))) for _ in range(rounds)]
    return float(np.mean([np.any(q <= FALSE_DISCOVERY_RATE) for q in q_values]))


@pytest.mark.parametrize(("projects", "shares"), RARE)
def test_without_noise_chance_discovers_nothing(projects: int, shares: Shares) -> None:
    assert rounds_with_a_discovery(projects, shares, 0.0) < 0.04


@pytest.mark.parametrize("noise_sd", [1.0, 2.0, 4.0])
@pytest.mark.parametrize(("projects", "shares"), [(60, (0.02, 0.08)), (200, (0.01, 0.04)), (1200, (0.005, 0.02))])
def test_nor_with_little_noise(projects: int, shares: Shares, noise_sd: float) -> None:
    assert rounds_with_a_discovery(projects, shares, noise_sd) < 0.08


@pytest.mark.parametrize(("projects", "shares"), RARE)
def test_nobody_is_confident_of_chance(projects: int, shares: Shares) -> None:
    rng = np.random.default_rng(projects)
    said = []
    for _ in range(20):
        found = associations(independent(projects, shares, 0.0, rng))
        sure = association_confidence(found.correlation, found.error)
        said.append(no_surer_than_the_test(sure, found.q_value))
    assert np.max(said) < 0.8
    assert np.mean(said) < 0.15


def test_what_is_plain_is_still_found_without_noise() -> None:
    rng = np.random.default_rng(4)
    coded = np.where(rng.random((60, PRACTICES + OUTCOMES)) < 0.15, 1, -1)
    coded[:, PRACTICES] = np.where(rng.random(60) < 0.03, -coded[:, 0], coded[:, 0])
    products = (coded[:, :PRACTICES].T @ coded[:, PRACTICES:]).ravel()
    found = associations(Sums(PLAN, np.array([60.0, *coded.sum(axis=0), *products]), np.zeros(len(PLAN.slots)), 0))
    assert found.discovery[0] and found.z[0] > 4
    sure = no_surer_than_the_test(association_confidence(found.correlation, found.error), found.q_value)
    assert sure[0] > 0.95


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 25)] * 4).filter(any))
def test_without_noise_the_test_is_exact(table: tuple[int, int, int, int]) -> None:
    both, practice_only, outcome_only, neither = table
    projects, practice, outcome = sum(table), both + practice_only, both + outcome_only
    mean = practice * outcome / projects
    every = np.arange(projects + 1)
    as_far = np.abs(every - mean) >= abs(both - mean) - 1e-9
    wanted = hypergeom.pmf(every, projects, practice, outcome)[as_far].sum()
    coded = ([2 * practice - projects], [2 * outcome - projects], [both + neither - practice_only - outcome_only])
    (found,) = chances(projects, *(np.array(one, dtype=np.float64) for one in coded), 0.0)
    assert found == pytest.approx(min(wanted, 1.0), rel=1e-6)
