"""Quantiles from noised bins cover, clipping bounds follow where the values are, and closer bounds narrow means."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.contribute.encode import encode
from fedlore.learn.clipping import closer_bounds
from fedlore.learn.say import statements
from fedlore.learn.sums import Sums
from fedlore.observe.evidence import Features
from fedlore.privacy.planner import priced
from fedlore.privacy.quantiles import clipping_bounds, quantile
from tests.learn.making import CATALOGUE, HONEST, MEMBERS, noise, only

AGE = MeasureId("code.age")
EDGES = (0.0, *CATALOGUE[AGE].bin_edges, 8.0)


def test_a_means_bins_halve_its_range() -> None:
    assert EDGES == (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def test_without_noise_the_quantile_is_where_the_counts_reach_it() -> None:
    found = quantile([0, 0, 0, 100, 100, 0, 0], 0.0, EDGES, 0.75)
    assert found.estimate == pytest.approx(1.5)
    assert (found.low, found.high) == (1.0, 2.0)


def test_the_interval_is_as_wide_as_noise_and_sampling_make_it() -> None:
    halves, quarters = (0.0, 1.0, 2.0), (0.0, 1.0, 2.0, 3.0, 4.0)
    # One inner edge of 200 projects: the sampling's error is 1.96 sqrt(200) / 2 = 13.9, noise of 10 in two bins adds
    # as much as makes it 1.96 sqrt(50 + 50) = 19.6.
    for bins, noise_sd, low, high in (
        ([113, 87], 0.0, 0.0, 2.0),
        ([114, 86], 0.0, 0.0, 1.0),
        ([86, 114], 0.0, 1.0, 2.0),
        ([119, 81], 10.0, 0.0, 2.0),
        ([120, 80], 10.0, 0.0, 1.0),
        ([80, 120], 10.0, 1.0, 2.0),
    ):
        found = quantile(bins, noise_sd, halves, 0.5)
        assert (found.low, found.high) == (low, high)
    assert quantile([50, 50, 50, 50], 0.0, quarters, 0.5).estimate == 2.0
    assert quantile([5, 15, 0, 0], 0.0, quarters, 0.5).estimate == pytest.approx(1 + 5 / 15)
    assert quantile([0, 0, 0, 0], 3.0, quarters, 0.5).low == 0.0
    assert quantile([0, 0, 0, 10], 0.0, quarters, 0.5).estimate == 3.5
    assert quantile([10, 0], 0.0, halves, 0.5).estimate == 0.5
    # Where no project lies for a while, the quantile is where the counts reach it first.
    assert quantile([50, 0, 50], 0.0, (0.0, 1.0, 2.0, 3.0), 0.5).estimate == 1.0
    # Parts of a project count as parts.
    assert quantile([0.5, 0.25], 0.0, halves, 0.5).estimate == pytest.approx(0.75)
    # A single bin has no inner edge that could be tested.
    alone = quantile([10], 1.0, (2.0, 4.0), 0.25)
    assert (alone.estimate, alone.low, alone.high) == (2.5, 2.0, 4.0)
    # Three inner edges at once: each error is 2.39 deviations, not 1.96.
    assert quantile([0, 116, 84, 0], 0.0, quarters, 0.5).high == 3.0
    assert quantile([0, 117, 83, 0], 0.0, quarters, 0.5).high == 2.0


def test_counts_that_noise_has_made_negative_are_no_projects() -> None:
    quarters = (0.0, 1.0, 2.0, 3.0, 4.0)
    assert 0.0 <= quantile([-3.0, -1.0, -2.0, -4.0], 5.0, quarters, 0.5).estimate <= 4.0
    assert quantile([-3.0, 0.0], 1.0, (0.0, 1.0, 2.0), 0.5).estimate == 2.0
    # Nothing is left where all bins together are negative but their first is not: the lowest edge.
    assert quantile([1.0, -2.0], 1.0, (7.0, 8.0, 9.0), 0.5).estimate == 7.0
    found = quantile([-5.0, 30.0, -4.0, 30.0], 0.0, quarters, 0.25)
    assert found.estimate == pytest.approx(1 + (0.25 * 51 + 5) / 30)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("noise_sd", [0.5, 5.0, 20.0])
def test_the_interval_holds_the_quantile(level: float, noise_sd: float) -> None:
    rng = np.random.default_rng([round(100 * level), round(10 * noise_sd)])
    truth, held = -0.6 * np.log(1 - level), 0
    for _ in range(400):
        bins = np.histogram(rng.exponential(0.6, 300).clip(0, 8), EDGES)[0] + rng.normal(0, noise_sd, 7)
        found = quantile(bins.tolist(), noise_sd, EDGES, level)
        held += found.low <= truth <= found.high
    assert held / 400 > 0.94


def test_noise_alone_narrows_nothing() -> None:
    rng = np.random.default_rng(5)
    found = [clipping_bounds(rng.normal(0, 30.0, 7).tolist(), 30.0, EDGES) for _ in range(200)]
    assert sum(high < 8.0 for _, high in found) <= 10


def test_bounds_may_come_down_to_the_lowest_bin() -> None:
    assert clipping_bounds([1000, 0, 0, 0, 0, 0, 0], 0.0, EDGES) == (0.0, 0.125)
    assert clipping_bounds([0, 0, 0, 0, 0, 0, 1000], 0.0, EDGES) == (0.0, 8.0)


def test_few_values_are_cut_off_where_there_is_little_noise() -> None:
    rng = np.random.default_rng(6)
    values = rng.exponential(0.3, 1000)
    low, high = clipping_bounds((np.histogram(values, EDGES)[0] + rng.normal(0, 5.0, 7)).tolist(), 5.0, EDGES)
    assert (low, high) == (0.0, 1.0)
    assert np.mean(values > high) < 0.06


def release(projects: list[Features], epsilon: float, rng: np.random.Generator, **asked: object) -> Sums:
    price = {"epsilon_micro": round(epsilon * 1e6), "scale": 1, "noise_scale": 1.0, "least_honest": HONEST}
    plan = priced(only(**asked, **price))
    exact = encode(plan, CATALOGUE, projects)
    return Sums.from_release(plan, exact + noise(plan, exact.shape, rng), MEMBERS)


def test_a_fifth_of_the_budget_spent_on_closer_bounds_narrows_the_mean() -> None:
    rng = np.random.default_rng(7)
    widths: dict[str, list[float]] = {"closer": [], "catalogue": []}
    held = 0
    for _ in range(40):
        values = rng.exponential(0.25, 400)
        projects: list[Features] = [{AGE: float(value)} for value in values]
        bounds = closer_bounds(release(projects, 0.4, rng, histograms=((AGE, 7),)), CATALOGUE)
        (low, high), clipped = bounds[AGE], release(projects, 1.6, rng, means=(AGE,), bounds=(bounds[AGE],))
        for name, sums in (("closer", clipped), ("catalogue", release(projects, 2.0, rng, means=(AGE,)))):
            (said,) = statements(sums, CATALOGUE)
            assert said.low is not None
            assert said.high is not None
            widths[name].append(said.high - said.low)
            held += name == "closer" and said.low <= values.clip(low, high).mean() <= said.high
            assert name == "catalogue" or f"clipped to {low:g} to {high:g}" in said.estimand
    assert np.median(widths["closer"]) < 0.5 * np.median(widths["catalogue"])
    assert held >= 37
