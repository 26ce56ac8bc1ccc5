"""Train on synthetic, test on real: what a model learned from the synthetic table is worth on real rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from fedlore.privacy.synthetic.table import Floats, Table

TRIVIAL = 0.5
"""What guessing reaches."""

_RIDGE = 1.0
_LEAST_EACH = 5  # rows of either kind, to train or to test on


@dataclass(frozen=True, slots=True)
class Prediction:
    """Areas under the ROC curve, on the real rows kept for testing, of logistic models of one column.

    ``column`` is predicted to hold ``value`` or one further on; ``trivial`` is what guessing reaches.
    """

    column: str
    value: str
    trained_on_synthetic: float
    trained_on_real: float
    trivial: float = TRIVIAL


def predictions(real: Table, synthetic: Table) -> tuple[Prediction, ...]:
    """One for each column of which the real rows to train on, those to test on and the synthetic ones hold both kinds.

    The real model is trained on the even rows; both are tested on the odd ones.
    """
    tables = (Table(real.columns, real.codes[::2]), Table(real.columns, real.codes[1::2]), synthetic)
    found = []
    for number, column in enumerate(real.columns):
        cut = _middle(real, number)
        wanted = [table.codes[:, number] >= cut for table in tables]
        if all(_LEAST_EACH <= each.sum() <= len(each) - _LEAST_EACH for each in wanted):
            training, test, made = (_one_hot(table, number) for table in tables)
            areas = [_area(test @ _logistic(*pair), wanted[1]) for pair in ((made, wanted[2]), (training, wanted[0]))]
            found.append(Prediction(column.name, column.labels[cut], *areas))
    return tuple(found)


def _middle(table: Table, column: int) -> int:
    """The value at which a column falls into the most equal halves."""
    reached = np.cumsum(table.counts((column,)))[:-1]
    return 1 + int(np.argmin(np.abs(2 * reached - table.rows)))


def _one_hot(table: Table, left_out: int) -> Floats:
    blocks = [np.ones((table.rows, 1))]
    for number, size in enumerate(table.shape):
        if number != left_out:
            blocks.append((table.codes[:, number, None] == np.arange(1, size)).astype(np.float64))
    return np.hstack(blocks)


def _logistic(inputs: Floats, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """The coefficients of a ridge-penalised logistic regression."""
    signs = np.where(wanted, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (inputs @ weights)
        slope: Floats = -inputs.T @ (signs * expit(-margins)) + _RIDGE * weights
        return float(np.logaddexp(0, -margins).sum() + _RIDGE / 2 * (weights @ weights)), slope

    found: Floats = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    return found


def _area(scores: Floats, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """The area under the ROC curve, by ranks (Hanley and McNeil, 1982)."""
    positive = int(wanted.sum())
    above = float(rankdata(scores)[wanted].sum()) - positive * (positive + 1) / 2
    return above / (positive * (len(wanted) - positive))
