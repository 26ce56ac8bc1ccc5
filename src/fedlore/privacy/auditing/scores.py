"""Numbers made of an output by which two worlds may be told apart; what each needs to know is learned from samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Outputs = npt.NDArray[np.float64]  # shape (trials, width), exact: integers stay below 2^53
Score = Callable[[Outputs], Outputs]

_MODULI = range(2, 17)
_MOST_COORDINATES = 32
_MANTISSA = 53
_MOST_VALUES = 256  # of a feature that is learned; with more, each sample would be its own best evidence


@dataclass(frozen=True, slots=True)
class Candidate:
    """A score and what it looks at, in words; where it is high, or where it is low, one world is likelier."""

    words: str
    score: Score


def candidates(without: Outputs, with_unit: Outputs) -> Iterator[Candidate]:
    """Everything that is tried on the training samples of both worlds.

    The exact log-likelihood ratio of Gaussian noise is linear in the output, that of Laplace noise a sum of absolute
    values: both around the worlds' centres. Beside them each coordinate alone and the difference of any two (noise
    that is missing, too small or the same twice), and what tells lattices apart: residues, and the lowest binary place
    (Mironov, CCS 2012).
    """
    low, high = np.median(without, axis=0), np.median(with_unit, axis=0)
    moved = np.mean(with_unit, axis=0) - np.mean(without, axis=0)
    yield Candidate("likelihood ratio of Gaussian noise", lambda x: x @ moved)
    yield Candidate("likelihood ratio of Laplace noise", lambda x: (np.abs(x - low) - np.abs(x - high)).sum(axis=1))
    width = min(without.shape[1], _MOST_COORDINATES)
    for j in range(width):
        yield Candidate(f"number {j}", _coordinate(j))
    for j, k in combinations(range(width), 2):
        yield Candidate(f"difference of numbers {j} and {k}", _difference(j, k))
    for j in range(width):
        for modulus in _MODULI:
            yield from _learned(f"remainder of number {j} by {modulus}", _remainder(j, modulus), without, with_unit)
        yield from _learned(f"lowest binary place of number {j}", _lowest_place(j), without, with_unit)


def _coordinate(j: int) -> Score:
    return lambda x: x[:, j]


def _difference(j: int, k: int) -> Score:
    return lambda x: x[:, j] - x[:, k]


def _remainder(j: int, modulus: int) -> Score:
    return lambda x: np.mod(x[:, j], modulus)


def _lowest_place(j: int) -> Score:
    """The exponent of the lowest bit that is set; of zero, which has none, above all others."""

    def place(x: Outputs) -> Outputs:
        fraction, exponent = np.frexp(x[:, j])
        whole = np.ldexp(fraction, _MANTISSA).astype(np.int64)
        lowest = np.frexp((whole & -whole).astype(np.float64))[1] - 1
        return np.where(whole == 0, 2.0**20, lowest + exponent - _MANTISSA)

    return place


def _learned(words: str, feature: Score, without: Outputs, with_unit: Outputs) -> Iterator[Candidate]:
    """The log ratio of how often each value was seen in the two worlds, of a feature that takes few values."""
    first, second = feature(without), feature(with_unit)
    values = np.unique(np.concatenate([first, second]))
    if len(values) > _MOST_VALUES:
        return
    counts = [
        np.bincount(np.searchsorted(values, seen), minlength=len(values)).astype(np.float64) + 0.5
        for seen in (first, second)
    ]
    ratios = np.log(counts[1] / counts[0])

    def score(x: Outputs) -> Outputs:
        place = np.minimum(np.searchsorted(values, feature(x)), len(values) - 1)
        known: Outputs = np.where(values[place] == feature(x), ratios[place], 0.0)
        return known

    yield Candidate(words, score)
