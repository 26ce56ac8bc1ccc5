"""The exponential mechanism in integers: one of several candidates, the better the likelier.

Proof. A row, added or removed, moves each integer score by at most ``sensitivity``. Candidate i is chosen with
probability proportional to exp(epsilon (u_i - u_max) / (2 sensitivity)), so the log ratio of its probability between
neighbours lies in an interval of width epsilon: the mechanism has epsilon-bounded range, hence is epsilon-private
(McSherry and Talwar, FOCS 2007; Durfee and Rogers, NeurIPS 2019). How much that costs in a Gaussian budget is proved in
`spending`. The weights are fixed-point numbers and the draw a whole number, so that no floating point is in what is
released; ``distance`` bounds the total variation between the draw and the exact mechanism.
"""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate

from fedlore.privacy.sampling import Randomness
from fedlore.privacy.synthetic.table import SyntheticError

_BITS = 192
_DIGITS = 80
_DRAW_BYTES = 32


def choose(scores: Sequence[int], sensitivity: int, epsilon: Fraction, randomness: Randomness) -> int:
    """The index of one score, drawn by the exponential mechanism. Raises `SyntheticError` if there is none."""
    reached = list(accumulate(weights(scores, sensitivity, epsilon)))
    drawn = randomness(_DRAW_BYTES)
    if len(drawn) != _DRAW_BYTES:
        raise SyntheticError("the source of randomness gave too little")
    point = int.from_bytes(drawn, "little") * reached[-1] >> 8 * _DRAW_BYTES
    return next(index for index, upper in enumerate(reached) if point < upper)


def weights(scores: Sequence[int], sensitivity: int, epsilon: Fraction) -> list[int]:
    """What each score weighs, in 2^-192 of what the best one does."""
    if not scores or sensitivity < 1 or epsilon <= 0:
        raise SyntheticError("a choice needs candidates, a sensitivity of at least 1 and an epsilon above 0")
    best = max(scores)
    return [_exp_minus(epsilon * (best - score) / (2 * sensitivity)) for score in scores]


def distance(candidates: int) -> float:
    """Bound the total variation between a draw and the exact mechanism.

    Each weight errs by less than one unit of at least 2^192 in all, and the draw of 256 bits by 2^-256 a candidate.
    """
    return 2 * candidates * 2.0**-_BITS


def _exp_minus(x: Fraction) -> int:
    context = decimal.Context(prec=_DIGITS, traps=[])
    power = context.exp(context.divide(decimal.Decimal(-x.numerator), decimal.Decimal(x.denominator)))
    return int(context.multiply(power, decimal.Decimal(1 << _BITS)))
