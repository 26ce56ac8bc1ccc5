"""A graphical model of a table: potentials on cliques, and the marginals that follow from them, in plain arrays.

Koller and Friedman, *Probabilistic Graphical Models* (2009), chapters 9 and 10: columns are eliminated one by one, and
each leaves a bucket, itself with the columns that it still touches; two passes of messages along these make every
bucket's table a marginal of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_letters

import numpy as np

from fedlore.privacy.synthetic.table import Clique, Floats, cells_of


@dataclass(frozen=True, slots=True)
class Buckets:
    """``order`` eliminates the columns, ``cliques`` holds each one's bucket in that order (columns rising)."""

    shape: tuple[int, ...]
    order: tuple[int, ...]
    cliques: tuple[Clique, ...]

    @property
    def cells(self) -> int:
        """How many numbers the model holds, which is also what a pass of messages costs."""
        return sum(cells_of(self.shape, clique) for clique in self.cliques)

    def home(self, clique: Clique) -> int:
        """The bucket of the first of these columns to be eliminated: if any holds them all, it does."""
        return min(map(self.order.index, clique))

    def parent(self, index: int) -> int | None:
        """Where a bucket sends its message to; None if it touches no later column."""
        rest = self.rest(index)
        return self.home(rest) if rest else None

    def rest(self, index: int) -> Clique:
        """The columns of a bucket that are eliminated later than its own."""
        return tuple(column for column in self.cliques[index] if column != self.order[index])

    def placed(self, clique: Clique, index: int) -> tuple[int, ...]:
        """The shape that lays a clique's cells along the axes of a bucket."""
        return tuple(self.shape[column] if column in clique else 1 for column in self.cliques[index])

    def summed(self, clique: Clique, index: int) -> tuple[int, ...]:
        """The axes of a bucket that its marginal on a clique sums out."""
        return tuple(axis for axis, column in enumerate(self.cliques[index]) if column not in clique)


def buckets_of(shape: tuple[int, ...], cliques: Sequence[Clique]) -> Buckets:
    """Eliminate next whichever column leaves the smallest bucket."""
    touches: dict[int, set[int]] = {column: set() for column in range(len(shape))}
    for clique in cliques:
        for column in clique:
            touches[column] |= set(clique) - {column}
    order, found = [], []
    while touches:
        sizes = {column: cells_of(shape, (column, *rest)) for column, rest in touches.items()}
        column = min(sizes, key=lambda one: (sizes[one], one))
        rest = touches.pop(column)
        for other in rest:
            touches[other] = (touches[other] | rest) - {other, column}
        order.append(column)
        found.append(tuple(sorted({column, *rest})))
    return Buckets(shape, tuple(order), tuple(found))


@dataclass(frozen=True)
class Model:
    """``beliefs`` are the probabilities of each bucket's cells; ``total`` is the estimated number of rows."""

    buckets: Buckets
    potentials: Mapping[Clique, Floats]
    beliefs: tuple[Floats, ...]
    total: float

    def marginal(self, clique: Clique) -> Floats:
        """The expected number of rows in each cell of a clique's marginal, flat."""
        home = self.buckets.home(clique)
        if set(clique) <= set(self.buckets.cliques[home]):
            joint: Floats = self.beliefs[home].sum(axis=self.buckets.summed(clique, home))
        else:
            joint = self._across(clique)
        return joint.ravel() * self.total

    @cached_property
    def conditionals(self) -> tuple[Floats, ...]:
        """The probabilities of each bucket's own column given the rest of the bucket, on the bucket's axes."""
        found = []
        for index, belief in enumerate(self.beliefs):
            axis = self.buckets.cliques[index].index(self.buckets.order[index])
            whole = belief.sum(axis=axis, keepdims=True)
            even = np.full_like(belief, 1 / belief.shape[axis])
            found.append(np.divide(belief, whole, out=even, where=whole > 0))
        return tuple(found)

    def _across(self, clique: Clique) -> Floats:
        """Columns of several buckets: the product of the conditionals on which they depend, the others summed out."""
        places = {column: index for index, column in enumerate(self.buckets.order)}
        needed, waiting = set(clique), list(clique)
        while waiting:
            more = set(self.buckets.rest(places[waiting.pop()])) - needed
            needed |= more
            waiting += more
        letters = {column: letter for letter, column in zip(ascii_letters, sorted(needed), strict=False)}
        inputs = ["".join(letters[one] for one in self.buckets.cliques[places[column]]) for column in needed]
        recipe = f"{','.join(inputs)}->{''.join(letters[column] for column in clique)}"
        joint: Floats = np.einsum(recipe, *(self.conditionals[places[c]] for c in needed), optimize="greedy")
        return joint


def calibrated(buckets: Buckets, potentials: Mapping[Clique, Floats], total: float) -> Model:
    """The model with these log potentials (flat, one for each clique; every clique lies in one bucket)."""
    logs = [np.zeros(tuple(buckets.shape[column] for column in clique)) for clique in buckets.cliques]
    for clique, values in potentials.items():
        home = buckets.home(clique)
        logs[home] = logs[home] + values.reshape(buckets.placed(clique, home))
    parents = [buckets.parent(index) for index in range(len(logs))]
    sent: list[Floats | None] = [None] * len(logs)
    for index, parent in enumerate(parents):
        if parent is not None:
            rest = buckets.rest(index)
            message = _log_sum(logs[index], buckets.summed(rest, index))
            sent[index] = message
            logs[parent] = logs[parent] + message.reshape(buckets.placed(rest, parent))
    for index in reversed(range(len(logs))):
        parent, forth = parents[index], sent[index]
        if parent is not None and forth is not None:
            rest = buckets.rest(index)
            back = _log_sum(logs[parent], buckets.summed(rest, parent)) - forth
            logs[index] = logs[index] + back.reshape(buckets.placed(rest, index))
    beliefs = [np.exp(values - values.max()) for values in logs]
    return Model(buckets, potentials, tuple(belief / belief.sum() for belief in beliefs), total)


def _log_sum(values: Floats, axes: tuple[int, ...]) -> Floats:
    top = values.max(axis=axes, keepdims=True)
    summed: Floats = np.squeeze(np.log(np.exp(values - top).sum(axis=axes, keepdims=True)) + top, axis=axes)
    return summed
