"""Integer noise from uniform bytes, as near to the exact distribution as two 64-bit words can say.

A distribution becomes a table of cumulative thresholds, built in big-integer fixed point (no floating-point number
takes part), and a sample is where a uniform 128-bit number falls among them: inversion, as in Devroye, *Non-Uniform
Random Variate Generation* (1986), III.2. Integers are drawn because the gaps of floating-point noise give values away
(Mironov, CCS 2012). Proof of the distance: docs/proofs/sampler.md.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, count, repeat

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fedlore.catalogue.errors import FedloreError

Randomness = Callable[[int], bytes]
Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

KEY_BYTES = 32
MOST_ENTRIES = 1 << 20
DISTANCE_BOUND = 2.0**-107  # no table that this module makes is further from its distribution

_BITS = 320  # fixed point of the recurrences
_ONE = 1 << _BITS
_DECIMAL_DIGITS = 120
_THRESHOLD_BITS = 128
_TAIL_BITS = 130
_WIDE_LAPLACE = 256
_CACHED_TABLES = 8


class SamplingError(FedloreError):
    """No table can be made for this distribution, or the source of randomness gave too little."""


@dataclass(frozen=True, slots=True, eq=False)
class IntegerDistribution:
    """A distribution over ``low, low + 1, ...`` as 128-bit cumulative thresholds, cut in two halves.

    ``distance`` bounds the total-variation distance of one draw from the exact distribution, tail and rounding
    included; whoever releases a sum of draws charges it to delta.
    """

    low: int
    upper: Words
    lower: Words
    distance: float

    def draw(self, length: int, randomness: Randomness) -> Integers:
        """Draw ``length`` independent integers, shape ``(length,)``, keyed by fresh bytes at every call."""
        stream = _Stream(randomness)
        words = stream.words(length)
        index = np.searchsorted(self.upper, words, side="right")
        if self.upper.size:
            # A word that equals a threshold's upper half is decided by a second word: about once in 2^50 draws.
            tied = np.flatnonzero(self.upper[index - 1] == words)
            for place, second in zip(tied, stream.words(len(tied)), strict=True):
                index[place] = self.locate(int(words[place]), int(second))
        return index.astype(np.int64, copy=False) + self.low

    def locate(self, first: int, second: int) -> int:
        """How many thresholds the number ``first * 2**64 + second`` has reached."""
        start, stop = (int(np.searchsorted(self.upper, np.uint64(first), side=side)) for side in ("left", "right"))
        return start + int(np.searchsorted(self.lower[start:stop], np.uint64(second), side="right"))


class _Stream:
    """AES-128 in counter mode under a key that is used once."""

    def __init__(self, randomness: Randomness) -> None:
        seed = randomness(KEY_BYTES)
        if len(seed) != KEY_BYTES:
            raise SamplingError(f"randomness({KEY_BYTES}) gave {len(seed)} bytes")
        self._encryptor = Cipher(algorithms.AES(seed[:16]), modes.CTR(seed[16:])).encryptor()

    def words(self, length: int) -> Words:
        if not length:
            return np.empty(0, dtype=np.uint64)
        return np.frombuffer(self._encryptor.update(bytes(8 * length)), dtype="<u8").astype(np.uint64, copy=False)


@lru_cache(maxsize=_CACHED_TABLES)
def discrete_gaussian(variance: Fraction) -> IntegerDistribution:
    """The discrete Gaussian: P(k) proportional to exp(-k^2 / (2 variance)) (Canonne, Kamath, Steinke, NeurIPS 2020)."""
    decay = _exp_minus(1 / (2 * _positive(variance)))

    def ratios() -> Iterator[int]:
        ratio, square = decay, decay * decay >> _BITS
        while True:
            yield ratio
            ratio = ratio * square >> _BITS

    return _symmetric(_weights(decay, ratios()))


def draw_laplace(scale: Fraction, length: int, randomness: Randomness) -> Integers:
    """Draw from the discrete Laplace distribution however wide it is, shape ``(length,)``.

    A wide one is the difference of two geometric variables. Four draws of a table, at most.
    """
    if scale <= _WIDE_LAPLACE:
        return discrete_laplace(scale).draw(length, randomness)
    return draw_geometric(scale, length, randomness) - draw_geometric(scale, length, randomness)


def draw_geometric(scale: Fraction, length: int, randomness: Randomness) -> Integers:
    """Draw from P(k) proportional to exp(-k / scale) over 0, 1, ..., shape ``(length,)``, digit by digit.

    Its quotient and remainder by a fixed base are independent, one geometric and one truncated geometric.
    """
    base = math.isqrt(_TAIL_BITS * math.ceil(scale))
    quotient, remainder = geometric(scale / base), geometric(scale, base)
    return base * quotient.draw(length, randomness) + remainder.draw(length, randomness)


@lru_cache(maxsize=_CACHED_TABLES)
def geometric(scale: Fraction, below: int | None = None) -> IntegerDistribution:
    """P(k) proportional to exp(-k / scale) over 0, 1, ... or only below a limit."""
    decay = _exp_minus(1 / _positive(scale))
    if below is None:
        return _table(0, *_weights(decay, repeat(decay)))
    weights = list(accumulate(repeat(decay, below - 1), lambda weight, ratio: weight * ratio >> _BITS, initial=_ONE))
    return _table(0, weights, 0.0)


@lru_cache(maxsize=_CACHED_TABLES)
def discrete_laplace(scale: Fraction) -> IntegerDistribution:
    """The discrete Laplace distribution: P(k) proportional to exp(-|k| / scale) (Ghosh et al., STOC 2009)."""
    decay = _exp_minus(1 / _positive(scale))
    return _symmetric(_weights(decay, repeat(decay)))


@lru_cache(maxsize=_CACHED_TABLES)
def polya(scale: Fraction, parts: int) -> IntegerDistribution:
    """The Polya (negative binomial) distribution with r = 1 / parts and ratio exp(-1 / scale), over 0, 1, ...

    The sum of ``parts`` of them is geometric, and the difference of two geometrics is discrete Laplace (Goryczka and
    Xiong, IEEE TDSC 2017).
    """
    if parts < 1:
        raise SamplingError("a Polya share is one of at least one part")
    decay = _exp_minus(1 / _positive(scale))

    def ratios() -> Iterator[int]:
        for k in count():
            yield decay * (k * parts + 1) // (parts * (k + 1))

    return _table(0, *_weights(decay, ratios()))


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise SamplingError("a noise scale is more than 0")
    return value


def _exp_minus(x: Fraction) -> int:
    """exp(-x) in fixed point; `decimal` rounds its exponential correctly."""
    context = decimal.Context(prec=_DECIMAL_DIGITS, traps=[])
    quotient = context.divide(decimal.Decimal(-x.numerator), decimal.Decimal(x.denominator))
    return int(context.multiply(context.exp(quotient), decimal.Decimal(_ONE)))


def _weights(decay: int, ratios: Iterator[int]) -> tuple[list[int], float]:
    """Weights of 0, 1, ... until what is left of them all is below 2^-130, and a bound on that rest.

    No ratio of neighbours exceeds ``decay``, so the rest is below a geometric series.
    """
    weights, total = [_ONE], _ONE
    for ratio in ratios:
        rest = (weights[-1] * decay) // (_ONE - decay)
        if rest <= total >> _TAIL_BITS:
            break
        if len(weights) == MOST_ENTRIES:
            raise SamplingError("the noise is too wide for an exact table; ask for a coarser lattice")
        weights.append(weights[-1] * ratio >> _BITS)
        total += weights[-1]
    return weights, 2.0**-_TAIL_BITS


def _symmetric(half: tuple[list[int], float]) -> IntegerDistribution:
    weights, tail = half
    return _table(1 - len(weights), weights[:0:-1] + weights, 2 * tail)


def _table(low: int, weights: list[int], tail: float) -> IntegerDistribution:
    total = sum(weights)
    reached, thresholds = 0, []
    for weight in weights[:-1]:
        reached += weight
        thresholds.append((reached << _THRESHOLD_BITS) // total)
    upper = np.array([threshold >> 64 for threshold in thresholds], dtype=np.uint64)
    lower = np.array([threshold & (2**64 - 1) for threshold in thresholds], dtype=np.uint64)
    # Cutting a threshold moves at most 2^-128 from one integer to the next; the recurrences err far below that.
    distance = tail + len(weights) * 2.0**-_THRESHOLD_BITS
    if distance > DISTANCE_BOUND:
        raise SamplingError("the table is too far from its distribution")
    return IntegerDistribution(low, upper, lower, distance)
