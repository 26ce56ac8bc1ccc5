"""AIM: measure what the model so far explains worst, again and again, until the budget is spent.

McKenna, Mullins, Sheldon and Miklau, *AIM: An Adaptive and Iterative Mechanism for Differentially Private Synthetic
Data*, VLDB 2022, with a Gaussian budget in place of zCDP (see `spending`) and every draw in integers. All that follows
a measurement or a choice is made of their results alone: it costs nothing more (post-processing).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fedlore.privacy.sampling import Randomness
from fedlore.privacy.synthetic import choosing, spending
from fedlore.privacy.synthetic.fitting import fitted
from fedlore.privacy.synthetic.measuring import Measurement, measure
from fedlore.privacy.synthetic.model import Model, buckets_of
from fedlore.privacy.synthetic.table import Clique, Integers, SyntheticError, Table, cells_of, cliques_of

LATTICE = 2**10
"""Expected counts are rounded to this part of a row before anything of the table is held against them."""

_FIRST_ROUNDS_EACH = 16  # rounds a column that the first noise is made for (the paper's T = 16 d)
_MEASURING = 9, 10  # the part of a round that pays for its measurement (the paper's alpha = 0.9)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the work. ``ways`` is the widest marginal asked for, ``most_cells`` the most cells that one may have,
    ``most_model_cells`` the most of the whole model, ``seconds`` the time after which one last round spends the rest.
    """

    ways: int = 3
    most_cells: int = 10_000
    most_model_cells: int = 2**20
    steps: int = 300
    seconds: float = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What AIM found: the model, every measurement, what was spent of the budget (1e-18), the distance of its draws."""

    model: Model
    measurements: tuple[Measurement, ...]
    spent: int
    distance: float
    rounds: int


@dataclass(slots=True)
class _Spender:
    """Holds the table: the only door to it, at which every look is paid for."""

    table: Table
    limit: int
    randomness: Randomness
    spent: int = 0
    distance: float = 0.0

    @property
    def left(self) -> int:
        return self.limit - self.spent

    def measure(self, clique: Clique, cost: int) -> Measurement:
        deviation = spending.deviation_for(cost)
        self._pay(spending.measuring_cost(deviation))
        found, distance = measure(clique, self.table.counts(clique), deviation, self.randomness)
        self._note(distance)
        return found

    def choose(self, candidates: Mapping[Clique, int], model: Model, deviation: float, cost: int) -> Clique:
        self._pay(cost)
        cliques = list(candidates)
        scores = [
            score(self.table.counts(clique), expected(model, clique), deviation, candidates[clique])
            for clique in cliques
        ]
        epsilon = spending.epsilon_for(cost)
        chosen = choosing.choose(scores, sensitivity(candidates.values()), epsilon, self.randomness)
        self._note(choosing.distance(len(cliques)))
        return cliques[chosen]

    def _pay(self, cost: int) -> None:
        if cost > self.left:
            raise SyntheticError("a step would cost more than is left of the budget")
        self.spent += cost

    def _note(self, distance: float) -> None:
        self.distance += distance
        if self.distance > spending.MOST_DISTANCE:
            raise SyntheticError("the table is too large for the distance that its noise may have")


def fit(table: Table, limit: int, limits: Limits, randomness: Randomness, elapsed: Callable[[], float]) -> Fit:
    """Run AIM within a Gaussian budget of ``limit`` (1e-18, see `spending`).

    ``elapsed`` gives the seconds since the start; when they end the run depends on the time that the fitting takes,
    hence on earlier results. Raises `SyntheticError` where a single column is larger than ``limits`` allow.
    """
    spender = _Spender(table, limit, randomness)
    weights = candidate_weights(table.shape, limits)
    rounds = _FIRST_ROUNDS_EACH * len(table.shape)
    measuring, choosing_cost = _split(limit // rounds)
    singles = cliques_of(len(table.shape), 1)
    measurements = [spender.measure(clique, measuring) for clique in singles]
    model = fitted(table.shape, measurements, None, limits.steps)
    done, last = 0, False
    while not last:
        last = spender.left < 2 * (measuring + choosing_cost) or elapsed() > limits.seconds
        if last:
            measuring, choosing_cost = _split(spender.left)
        allowed = _affordable(weights, model, limits.most_model_cells * (limit - spender.left) // limit)
        deviation = spending.deviation_for(measuring)
        clique = spender.choose(allowed, model, deviation, choosing_cost)
        measurements.append(spender.measure(clique, measuring))
        before, done = model.marginal(clique), done + 1
        model = fitted(table.shape, measurements, model, limits.steps)
        if np.abs(model.marginal(clique) - before).sum() <= noise_l1(deviation, before.size):
            measuring, choosing_cost = 4 * measuring, 4 * choosing_cost
    return Fit(model, tuple(measurements), spender.spent, spender.distance, done)


def first_deviation(columns: int, limit: int) -> float:
    """The noise (rows) of the marginals that are measured first: below some such counts a table says nothing."""
    return spending.deviation_for(_split(limit // (_FIRST_ROUNDS_EACH * columns))[0])


def candidate_weights(shape: tuple[int, ...], limits: Limits) -> dict[Clique, int]:
    """What may be measured, and how much of the workload (all marginals of two to ``ways`` columns) each touches: the
    columns shared with each of its marginals, summed.
    """
    columns, widest = len(shape), min(limits.ways, len(shape))
    if too_large := [column for column in range(columns) if shape[column] > limits.most_cells]:
        raise SyntheticError(f"a column of {shape[too_large[0]]} values is too large")
    workload = [
        clique
        for ways in range(min(2, widest), widest + 1)
        for clique in cliques_of(columns, ways)
        if cells_of(shape, clique) <= limits.most_cells
    ]
    asked = workload or cliques_of(columns, 1)
    below = {part for clique in asked for ways in range(1, len(clique) + 1) for part in combinations(clique, ways)}
    touched = Counter(column for clique in asked for column in clique)
    return {one: sum(touched[column] for column in one) for one in sorted(below, key=_widest_last)}


def expected(model: Model, clique: Clique) -> Integers:
    """The model's counts in `LATTICE` parts of a row: whole numbers, so that what they are held against is exact."""
    return np.rint(model.marginal(clique) * LATTICE).astype(np.int64)


def score(counts: Integers, foreseen: Integers, deviation: float, weight: int) -> int:
    """How much worse than its own noise would be the model explains a marginal, times the marginal's weight.

    One row more or less changes one count by one, hence the sum of absolute differences by at most `LATTICE`, and the
    score by at most ``weight * LATTICE``.
    """
    off = int(np.abs(LATTICE * counts - foreseen).sum())
    return weight * (off - round(LATTICE * noise_l1(deviation, len(counts))))


def sensitivity(weights: Iterable[int]) -> int:
    """The most that one row moves any candidate's score."""
    return LATTICE * max(weights)


def noise_l1(deviation: float, cells: int) -> float:
    """The expected sum of absolute values of Gaussian noise."""
    return math.sqrt(2 / math.pi) * deviation * cells


def _affordable(weights: Mapping[Clique, int], model: Model, most_cells: int) -> dict[Clique, int]:
    """The candidates with which the model stays small enough, and those that it holds anyway."""
    return {clique: weight for clique, weight in weights.items() if _fits(clique, model, most_cells)}


def _fits(clique: Clique, model: Model, most_cells: int) -> bool:
    held = model.buckets
    if set(clique) <= set(held.cliques[held.home(clique)]):
        return True
    return buckets_of(held.shape, [*model.potentials, clique]).cells <= most_cells


def _split(cost: int) -> tuple[int, int]:
    """What of one round's cost pays for the measurement, and what for the choice."""
    part, whole = _MEASURING
    measuring = cost * part // whole
    return measuring, cost - measuring


def _widest_last(clique: Clique) -> tuple[int, Clique]:
    return len(clique), clique
