"""The model: its marginals beside brute force, and its fit beside mbi's own."""

from __future__ import annotations

import math
from dataclasses import asdict
from importlib import import_module

import numpy as np
import pytest

from fedlore.privacy.synthetic.aim import Limits, candidate_weights, fit
from fedlore.privacy.synthetic.engine import load_mbi, refined
from fedlore.privacy.synthetic.fitting import estimated_total, fitted, merged
from fedlore.privacy.synthetic.making import synthesise
from fedlore.privacy.synthetic.measuring import Measurement, measure
from fedlore.privacy.synthetic.model import buckets_of, calibrated
from fedlore.privacy.synthetic.prediction import predictions
from fedlore.privacy.synthetic.quality import Report, distances, report, told
from fedlore.privacy.synthetic.rows import draw_rows
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import SyntheticError, Table, cliques_of
from tests.privacy.synthetic.making import chained, columns_of, never, repeating

SHAPE = (2, 3, 2, 4, 2)
CLIQUES = [(0, 1), (1, 2), (2, 3), (0, 3), (4,)]


def test_marginals_are_those_of_the_whole_joint_distribution() -> None:
    rng = np.random.default_rng(1)
    potentials = {c: rng.normal(0, 2, math.prod(SHAPE[i] for i in c)) for c in CLIQUES}
    model = calibrated(buckets_of(SHAPE, CLIQUES), potentials, 50.0)
    logs = np.zeros(SHAPE)
    for clique, values in potentials.items():
        logs = logs + values.reshape([SHAPE[i] if i in clique else 1 for i in range(len(SHAPE))])
    joint = np.exp(logs) / np.exp(logs).sum() * 50
    for ways in (1, 2, 3, 4):
        for clique in cliques_of(len(SHAPE), ways):
            exact = joint.sum(axis=tuple(i for i in range(len(SHAPE)) if i not in clique)).ravel()
            assert model.marginal(clique) == pytest.approx(exact, rel=1e-9)


def test_a_fit_to_exact_marginals_reproduces_them() -> None:
    table = chained(500, (2, 3, 4), 2)
    given = [Measurement(clique, table.counts(clique).astype(np.float64), 1.0) for clique in [(0, 1), (1, 2)]]
    model = fitted(table.shape, given, None, 2000)
    for one in given:
        assert np.abs(model.marginal(one.clique) - one.noised).sum() < 0.02 * 500


def test_repeated_measurements_count_by_their_precision() -> None:
    pair = [Measurement((0,), np.array([10.0, 20.0]), 1.0), Measurement((0,), np.array([20.0, 20.0]), 2.0)]
    (one,) = merged(pair)
    assert one.noised.tolist() == [12.0, 20.0]
    assert one.deviation == pytest.approx(math.sqrt(0.8))
    assert estimated_total(pair) == pytest.approx((30 + 40 / 4) / 1.25)


def test_rows_have_the_models_marginals() -> None:
    table = chained(3000, (2, 3, 4), 5)
    given = [Measurement(clique, table.counts(clique).astype(np.float64), 1.0) for clique in [(0, 1), (1, 2)]]
    model = fitted(table.shape, given, None, 500)
    drawn = draw_rows(model, table.columns, repeating(3))
    assert drawn.rows == 3000
    for clique in [(0, 1), (1, 2), (0, 2)]:
        assert np.abs(drawn.counts(clique) - model.marginal(clique)).max() < 40
    assert not np.array_equal(drawn.codes, draw_rows(model, table.columns, repeating(4)).codes)


def test_the_same_randomness_gives_the_same_table_to_the_byte() -> None:
    table, limit = chained(300, (2, 3, 2), 6), budget_for(10**6, 10**10).limit
    runs = [fit(table, limit, Limits(steps=20), repeating(seed), never) for seed in (1, 1, 2)]
    noised = [[one.noised.tolist() for one in run.measurements] for run in runs]
    assert noised[0] == noised[1]
    assert noised[0] != noised[2]
    drawn = [draw_rows(run.model, table.columns, repeating(9)).codes.tolist() for run in runs]
    assert drawn[0] == drawn[1]


def test_a_model_stays_within_its_cells_and_too_large_a_column_is_refused() -> None:
    table = chained(500, (4, 4, 4, 4), 7)
    limits = Limits(most_model_cells=60, steps=20)
    found = fit(table, budget_for(4 * 10**6, 10**10).limit, limits, repeating(1), never)
    assert found.model.buckets.cells <= 60
    weights = candidate_weights((2, 2, 2), Limits())
    workload = [*cliques_of(3, 2), *cliques_of(3, 3)]
    assert weights == {
        one: sum(len(set(one) & set(clique)) for clique in workload) for one in [*cliques_of(3, 1), *workload]
    }
    assert max(map(len, candidate_weights((20, 20, 20), Limits(most_cells=500)))) == 2
    with pytest.raises(SyntheticError, match="too large"):
        candidate_weights((600, 2), Limits(most_cells=500))


def test_the_whole_way_through_mbi_gives_rows_like_the_real_ones_and_says_how_like() -> None:
    real = chained(2000, (2, 3, 2), 8)
    made = synthesise(real, budget_for(4 * 10**6, 10**10), repeating(1), never, Limits(steps=50))
    assert made.spent == pytest.approx(1, abs=1e-6)
    assert made.table.columns == real.columns
    one, two, three = distances(real, made.table)
    assert (one.ways, two.ways, three.ways) == (1, 2, 3)
    assert one.mean < two.mean < three.mean < 0.1
    assert made.report.exact == (one, two, three)
    assert set(made.report.public()) == {"estimated_distances"}
    assert "do not pass on" in made.report.owners()["mark"]
    learned = {each.column: each for each in made.report.models}
    assert learned["c1"].trained_on_real > 0.75
    assert learned["c1"].trained_on_synthetic > learned["c1"].trained_on_real - 0.05
    assert learned["c1"].trivial == 0.5
    measured = [measure(clique, real.counts(clique), 3.0, repeating(2))[0] for clique in [(0, 1), (1, 2)]]
    light = fitted(real.shape, measured, None, 500)
    heavy = refined(real.shape, measured, light)
    for clique in cliques_of(3, 2):
        assert np.abs(light.marginal(clique) - heavy.marginal(clique)).sum() < 0.01 * real.rows


def test_the_library_computes_in_double_precision_and_keeps_no_compiled_code() -> None:
    load_mbi()
    settings = import_module("jax").config
    assert settings.jax_enable_x64 is True
    assert settings.jax_enable_compilation_cache is False


def test_the_private_estimate_grows_with_what_the_model_cannot_explain() -> None:
    real = chained(4000, (3, 3), 9)
    measured = [measure(clique, real.counts(clique), 4.0, repeating(3))[0] for clique in [(0,), (1,), (0, 1)]]
    blind, seeing = fitted(real.shape, measured[:2], None, 200), fitted(real.shape, measured, None, 500)
    exact = np.abs(real.counts((0, 1)) - blind.marginal((0, 1))).sum() / (2 * real.rows)
    estimate = told(blind, measured)[1].estimate
    assert estimate is not None
    assert exact <= estimate <= 1.5 * exact
    said = told(seeing, measured)[1]
    assert said.estimate is None
    assert said.noise < 0.01


def test_the_private_estimate_says_nothing_of_a_few_rows_rather_than_that_nothing_is_wrong() -> None:
    real = Table(columns_of((3, 3)), np.zeros((4, 2), dtype=np.int64))
    said = []
    for seed in range(40):
        measured = [measure((0, 1), real.counts((0, 1)), 6.0, repeating(seed))[0]]
        flat = fitted(real.shape, [measure((0,), real.counts((0,)), 6.0, repeating(100 + seed))[0]], None, 50)
        (one,) = told(flat, measured)
        said.append(one.estimate)
        assert one.noise > 0.5
    assert said.count(None) >= 30
    assert 0.0 not in said


def test_a_value_that_cannot_occur_leaves_its_dependants_even_chances() -> None:
    buckets = buckets_of((2, 4), [(0, 1)])
    never = np.repeat([0.0, -1e6], 4)  # of the first column's second value
    model = calibrated(buckets, {(0, 1): never}, 10.0)
    given = model.conditionals[buckets.order.index(1)] if buckets.order[0] == 1 else model.conditionals[0]
    assert np.isfinite(given).all()
    assert model.marginal((0,)).tolist() == [10.0, 0.0]
    assert model.marginal((1,)) == pytest.approx([2.5] * 4)
    for conditional, column in zip(model.conditionals, buckets.order, strict=True):
        assert conditional.sum(axis=buckets.cliques[buckets.order.index(column)].index(column)) == pytest.approx(1.0)


def test_too_many_rows_and_too_little_randomness_are_refused() -> None:
    flat = calibrated(buckets_of((2, 2), []), {}, 4.0)
    with pytest.raises(SyntheticError, match="too little"):
        draw_rows(flat, columns_of((2, 2)), lambda length: bytes(length - 1))
    huge = calibrated(buckets_of((2, 2), []), {}, 10_000_001.0)
    with pytest.raises(SyntheticError, match="more than 10,000,000 rows"):
        draw_rows(huge, columns_of((2, 2)), repeating(1))


@pytest.mark.parametrize(("offset", "ones"), [(b"\x00", 1), (b"\x80", 1), (b"\xff", 2)])
def test_rows_are_spread_evenly_over_the_chances(offset: bytes, ones: int) -> None:
    """Three rows at 0, 1/3 and 2/3 plus a third of the offset: of those at 0.55 or more there are one or two."""
    flat = calibrated(buckets_of((2,), [(0,)]), {(0,): np.log([0.55, 0.45])}, 3.0)
    drawn = draw_rows(flat, columns_of((2,)), lambda length: offset * length)
    assert drawn.codes.sum() == ones


def test_distances_are_half_the_sum_of_absolute_differences_of_shares() -> None:
    one = Table(columns_of((2, 2)), np.array([[0, 0], [0, 1], [1, 1], [1, 1]]))
    other = Table(columns_of((2, 2)), np.array([[0, 0], [0, 0]]))
    single, double = distances(one, other)
    assert (single.ways, single.mean, single.greatest, single.marginals) == (1, (0.5 + 0.75) / 2, 0.75, 2)
    assert (double.ways, double.mean, double.greatest, double.marginals) == (2, 0.75, 0.75, 1)


def test_the_private_estimate_takes_off_what_the_noise_makes_of_the_squares() -> None:
    """Four cells at 100 rows: counts that are 30, 10, 10 and 10 off, with noise of deviation 5."""
    flat = calibrated(buckets_of((4, 2), [(0,)]), {(0,): np.zeros(4)}, 100.0)
    (one,) = told(flat, [Measurement((0,), np.array([55.0, 15.0, 15.0, 15.0]), 5.0)])
    assert one.estimate == pytest.approx(math.sqrt(4 * (1200 - 4 * 25)) / 200)
    assert one.noise == pytest.approx(math.sqrt(4 * 4 * 25) / 200)
    assert (one.ways, one.marginals) == (1, 1)
    # The squares of noise alone are 100 with a deviation of 25 sqrt(8) = 70.7: clear from 241.4 on.
    for squares, clear in ((241.0, False), (242.0, True)):
        off = math.sqrt(squares / 2)
        (found,) = told(flat, [Measurement((0,), np.array([25 + off, 25 - off, 25.0, 25.0]), 5.0)])
        assert (found.estimate is not None) == clear


def test_the_report_keeps_the_owners_part_apart() -> None:
    real, made = chained(200, (2, 2, 3), 11), chained(150, (2, 2, 3), 12)
    measured = [Measurement((0,), real.counts((0,)).astype(np.float64), 1.0)]
    model = fitted(real.shape, measured, None, 20)
    found = report(real, made, model, measured)
    assert found == Report(told(model, measured), distances(real, made), predictions(real, made))
    assert set(found.owners()) == {"mark", "distances", "models"}
    assert len(found.owners()["distances"]) == 3
    assert set(found.owners()["models"][0]) >= {"column", "trained_on_real", "trained_on_synthetic"}
    assert found.public() == {"estimated_distances": [asdict(one) for one in found.told]}


def area(scores: list[int], wanted: list[bool]) -> float:
    """The share of pairs of a wanted row and another of which the wanted one scores higher, ties half."""
    pairs = [
        (s, t) for s, w in zip(scores, wanted, strict=True) for t, v in zip(scores, wanted, strict=True) if w and not v
    ]
    return sum((s > t) + (s == t) / 2 for s, t in pairs) / len(pairs)


def test_areas_are_shares_of_pairs_told_in_the_right_order() -> None:
    real, made = chained(300, (2, 2), 13), chained(300, (2, 2), 14)
    same, other = real.codes[1::2, 0].tolist(), (real.codes[1::2, 1] == 1).tolist()
    found = {one.column: one for one in predictions(real, made)}
    assert found["c1"].value == "v1"
    assert found["c1"].trained_on_real == pytest.approx(area(same, other))
    assert found["c1"].trained_on_synthetic == pytest.approx(area(same, other))
    # What the synthetic rows have the wrong way round is told the wrong way round.
    turned = Table(made.columns, np.stack([1 - made.codes[:, 0], made.codes[:, 1]], axis=1))
    wrong = {one.column: one for one in predictions(real, turned)}["c1"]
    assert wrong.trained_on_synthetic == pytest.approx(1 - area(same, other))
    assert wrong.trained_on_real == found["c1"].trained_on_real


def test_a_column_is_predicted_from_five_rows_of_either_kind_on() -> None:
    for each, predicted in ((5, True), (4, False)):
        rare = np.zeros((40, 2), dtype=np.int64)
        rare[: 2 * each, 0] = 1  # as many among the even rows and among the odd ones
        rare[:, 1] = rare[:, 0]
        table = Table(columns_of((2, 2)), rare)
        turned = Table(columns_of((2, 2)), 1 - rare)
        assert bool(predictions(table, table)) == bool(predictions(turned, turned)) == predicted


def test_a_column_is_cut_where_it_falls_into_the_most_equal_halves() -> None:
    codes = np.repeat([[0, 0], [1, 1], [2, 0], [3, 1]], [20, 30, 40, 10], axis=0)
    table = Table(columns_of((4, 2)), codes[np.random.default_rng(15).permutation(100)])
    assert predictions(table, table)[0].value == "v2"


def test_a_column_without_two_kinds_is_not_predicted() -> None:
    same = Table(columns_of((2, 2)), np.zeros((100, 2), dtype=np.int64))
    assert predictions(same, same) == ()
