"""How good a synthetic table is: what may be told of it, and what only the owner of the real one may know."""

from __future__ import annotations

import math
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
_CLEAR = 2.0  # standard deviations


@dataclass(frozen=True, slots=True)
class Distances:
    """The mean and the greatest total-variation distance of marginals of so many columns, 0 to 1, and how many."""

    ways: int
    mean: float
    greatest: float
    marginals: int


@dataclass(frozen=True, slots=True)
class Told:
    """What follows from the noised measurements alone, an estimate and no bound.

    ``estimate`` is the mean distance of the model from the measured marginals of so many columns, with what the noise
    alone would make of it taken off; ``noise`` is that part. None if the one cannot be told from the other.
    """

    ways: int
    estimate: float | None
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

    A squared distance of noised counts is on average that of the true counts plus the noise's, which is taken off; its
    root, by the number of cells, stands for a sum of absolute differences, which is never larger (Cauchy and Schwarz).
    One draw of the noise may lie on either side of its average, the model was fitted to these very counts, and
    marginals that were not measured are not in it: so it is no bound. Where the squares are within two standard
    deviations of those of the noise alone, nothing is said.
    """
    found = []
    for ways in range(1, _MOST_WAYS + 1):
        apart = [_noised(one, model) for one in merged(measurements) if len(one.clique) == ways]
        if apart:
            excess = sum(one.excess for one in apart)
            clear = excess > _CLEAR * math.sqrt(sum(one.spread**2 for one in apart))
            estimate = float(np.mean([min(1.0, math.sqrt(max(0.0, one.excess))) for one in apart])) if clear else None
            found.append(Told(ways, estimate, float(np.mean([one.noise for one in apart])), len(apart)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Noised:
    """A measured marginal beside the model's, as squares of a distance: what is there beyond the noise's average.

    ``spread`` is the standard deviation of the noise's squares, ``noise`` the root of their average.
    """

    excess: float
    spread: float
    noise: float


def _noised(one: Measurement, model: Model) -> _Noised:
    squares = float(((one.noised - model.marginal(one.clique)) ** 2).sum())
    cells = one.noised.size
    scale = cells / (2 * model.total) ** 2
    average = one.deviation**2 * cells
    return _Noised(
        scale * (squares - average), scale * one.deviation**2 * math.sqrt(2 * cells), math.sqrt(scale * average)
    )


def _shares(table: Table, clique: Clique) -> Floats:
    counts: Integers = table.counts(clique)
    return counts / max(1, table.rows)


def _apart(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).sum() / 2)
