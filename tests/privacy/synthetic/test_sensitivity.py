"""One row more or less: by how much it moves what the mechanisms look at."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.privacy.synthetic.aim import LATTICE, Limits, candidate_weights, expected, score, sensitivity
from fedlore.privacy.synthetic.fitting import fitted
from fedlore.privacy.synthetic.measuring import measure
from fedlore.privacy.synthetic.table import Table, cliques_of
from tests.privacy.synthetic.making import chained, repeating


def test_no_score_moves_by_more_than_its_sensitivity_and_some_reach_it() -> None:
    table = chained(60, (2, 3, 4), 3)
    weights = candidate_weights(table.shape, Limits())
    measured = [measure(clique, table.counts(clique), 5.0, repeating(2))[0] for clique in cliques_of(3, 1)]
    model = fitted(table.shape, measured, None, 20)
    bound = sensitivity(weights.values())
    reached = 0
    for left_out in range(table.rows):
        neighbour = Table(table.columns, np.delete(table.codes, left_out, axis=0))
        for clique, weight in weights.items():
            foreseen = expected(model, clique)
            pair = [score(one.counts(clique), foreseen, 5.0, weight) for one in (table, neighbour)]
            reached = max(reached, abs(pair[0] - pair[1]))
            assert abs(pair[0] - pair[1]) <= weight * LATTICE
    assert reached == bound


def test_a_row_moves_each_marginal_by_one_in_one_cell() -> None:
    table = chained(40, (2, 3, 4), 4)
    neighbour = Table(table.columns, table.codes[1:])
    for ways in (1, 2, 3):
        for clique in cliques_of(3, ways):
            moved = table.counts(clique) - neighbour.counts(clique)
            assert sorted(moved)[-1] == 1
            assert np.abs(moved).sum() == 1


@pytest.mark.parametrize("deviation", [0.3, 2.0, 70.0])
def test_a_measurement_is_noised_as_widely_as_it_is_paid_for(deviation: float) -> None:
    counts = np.arange(4000, dtype=np.int64)
    measured, distance = measure((0,), counts, deviation, repeating(5))
    noise = measured.noised - counts
    assert deviation <= measured.deviation <= 1.01 * deviation
    assert noise.std() == pytest.approx(measured.deviation, rel=0.06)
    assert abs(noise.mean()) < 5 * deviation / 4000**0.5
    assert 0 < distance < 1e-27
