"""The Gaussian budget of an adaptive mechanism: how much of it each step spends.

Neighbours differ in one row, added or removed. A step that is mu-GDP spends mu^2; steps chosen by the results of
earlier ones may be composed as long as the sum stays below a limit fixed beforehand, and the whole is then
sqrt(limit)-GDP (Smith and Thakurta, *Fully Adaptive Composition for Gaussian Differential Privacy*, 2022; Koskela,
Tobaben and Honkela, ICLR 2023). That is what the ledger is told: one Gaussian release of that noise multiplier.

A marginal moves by one row in one cell, so Gaussian noise of deviation sigma is (1 / sigma)-GDP. A choice of
epsilon-bounded range is 2 Phi^-1(s)-GDP with s = e^(epsilon/2) / (1 + e^(epsilon/2)); docs/proofs/aim.md proves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from scipy.special import log_ndtr

from fedlore.privacy.accountant import Event, calibrate
from fedlore.privacy.ledger import Charge
from fedlore.privacy.synthetic.table import SyntheticError

UNIT = 10**18
"""Squares of mu are counted in 1e-18, rounded against whoever spends."""

MOST_EPSILON_MICRO = 20 * 10**6
MOST_DISTANCE = 1e-24
"""All draws together stay nearer than this to their exact distributions, whatever the table."""

_EPSILON_STEPS = 10**9
_SAFE = 1 - 1e-9  # covers the rounding of the floating-point functions below


@dataclass(frozen=True, slots=True)
class Budget:
    """``limit`` is the most that the squares of mu may add up to (1e-18), ``charge`` what the ledger is told."""

    limit: int
    charge: Charge


def budget_for(epsilon_micro: int, delta_e15: int) -> Budget:
    """The largest Gaussian budget that (epsilon, delta) pays for, by the exact conversion.

    `MOST_DISTANCE` is paid out of delta first. Raises `SyntheticError` for a price that buys nothing.
    """
    if not (1 <= epsilon_micro <= MOST_EPSILON_MICRO and 0 < delta_e15 < 10**15):
        raise SyntheticError(f"a synthetic table costs epsilon in (0, {MOST_EPSILON_MICRO // 10**6}] and a delta")
    overhead = math.ceil((1 + math.exp(epsilon_micro / 1e6)) * MOST_DISTANCE * 1e15)
    if overhead >= delta_e15:
        raise SyntheticError("delta is too small for this epsilon")
    multiplier = calibrate("discrete gaussian", epsilon_micro / 1e6, (delta_e15 - overhead) / 1e15, 1.0)
    event = Event("discrete gaussian", multiplier, 1, epsilon_micro, delta_e15, MOST_DISTANCE)
    return Budget(int(UNIT / Fraction(multiplier) ** 2), Charge(epsilon_micro, delta_e15, event.as_dict()))


def deviation_for(cost: int) -> float:
    """The noise of a marginal that costs no more than ``cost`` (1e-18)."""
    return math.nextafter(math.sqrt(UNIT / cost) / _SAFE, math.inf)


def measuring_cost(deviation: float) -> int:
    """What a marginal with noise of this deviation costs (1e-18), rounded up."""
    return math.ceil(UNIT / Fraction(deviation) ** 2)


def epsilon_for(cost: int) -> Fraction:
    """The epsilon of a choice that costs no more than ``cost`` (1e-18), rounded down to 1e-9."""
    half = math.sqrt(cost / UNIT) / 2
    epsilon = 2 * float(log_ndtr(half) - log_ndtr(-half)) * _SAFE
    return Fraction(max(1, math.floor(epsilon * _EPSILON_STEPS)), _EPSILON_STEPS)
