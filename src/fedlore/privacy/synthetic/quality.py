"""How good a synthetic table is: what may be told of it, and what only the owner of the real one may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fedlore.privacy.synthetic.fitting import merged
from fedlore.privacy.synthetic.measuring import Measurement
from fedlore.privacy.synthetic.model import Model
from fedlore.privacy.synthetic.prediction import Prediction, predictions
from fedlore.privacy.synthetic.table import Clique, Floats, Integers, Table, cells_of, cliques_of

OWNER_ONLY = "yours; not covered by the privacy guarantee: do not pass on"
_MOST_WAYS = 3
_MOST_MARGINALS = 2000
_MOST_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Distances:
    """The mean and the greatest total-variation distance of marginals of so many columns, 0 to 1, and how many."""

    ways: int
    mean: float
    greatest: float
    marginals: int


@dataclass(frozen=True, slots=True)
class Told:
    """What follows from the noised measurements alone. ``estimate`` is the mean distance of the model from the measured
    marginals of so many columns, with what the noise alone would make of it taken off; ``noise`` is that part.
    """

    ways: int
    estimate: float
    noise: float
    marginals: int


@dataclass(frozen=True, slots=True)
class Report:
    """``told`` may go with the table; ``exact`` and ``models`` look at the real rows again and are the owner's own."""

    told: tuple[Told, ...]
    exact: tuple[Distances, ...]
    models: tuple[Prediction, ...]

    def public(self) -> dict[str, Any]:
        return {"estimated_distances": [asdict(one) for one in self.told]}

    def owners(self) -> dict[str, Any]:
        return {
            "mark": OWNER_ONLY,
            "distances": [asdict(one) for one in self.exact],
            "models": [asdict(one) for one in self.models],
        }


def report(real: Table, synthetic: Table, model: Model, measurements: Sequence[Measurement]) -> Report:
    """Judge a synthetic table beside the real one."""
    return Report(told(model, measurements), distances(real, synthetic), predictions(real, synthetic))


def distances(real: Table, synthetic: Table) -> tuple[Distances, ...]:
    """Total-variation distances of the 1-, 2- and 3-way marginals (the first 2,000 of each that are small enough)."""
    found = []
    for ways in range(1, min(_MOST_WAYS, len(real.shape)) + 1):
        small = [one for one in cliques_of(len(real.shape), ways) if cells_of(real.shape, one) <= _MOST_CELLS]
        apart = [_apart(_shares(real, one), _shares(synthetic, one)) for one in small[:_MOST_MARGINALS]]
        if apart:
            found.append(Distances(ways, float(np.mean(apart)), max(apart), len(apart)))
    return tuple(found)


def told(model: Model, measurements: Sequence[Measurement]) -> tuple[Told, ...]:
    """The private estimate, from the measured marginals only: post-processing, at no further price.

    A squared distance of noised counts is on average that of the true counts plus the noise's, which is taken off
    before the distance in squares is turned into one of sums (an upper bound, by Cauchy and Schwarz).
    """
    found = []
    for ways in range(1, _MOST_WAYS + 1):
        bounds, noises = [], []
        for one in merged(measurements):
            if len(one.clique) == ways:
                squares = float(((one.noised - model.marginal(one.clique)) ** 2).sum())
                noise = one.deviation**2 * one.noised.size
                scale = np.sqrt(one.noised.size) / (2 * model.total)
                bounds.append(min(1.0, float(scale * np.sqrt(max(0.0, squares - noise)))))
                noises.append(float(scale * np.sqrt(noise)))
        if bounds:
            found.append(Told(ways, float(np.mean(bounds)), float(np.mean(noises)), len(bounds)))
    return tuple(found)


def _shares(table: Table, clique: Clique) -> Floats:
    counts: Integers = table.counts(clique)
    return counts / max(1, table.rows)


def _apart(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).sum() / 2)
