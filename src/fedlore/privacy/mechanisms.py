"""The two mechanisms for one holder of data: noise is drawn once, in integers, and added once."""

from __future__ import annotations

import math
import secrets
from fractions import Fraction
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.calibration import Calibration, calibrated
from fedlore.privacy.ledger import DELTA_UNIT, delta_e15, epsilon_micro
from fedlore.privacy.sampling import Integers, Randomness
from fedlore.privacy.shares import MechanismError, noise_share

_MOST_VALUE = 2**53  # below it a double holds every whole number, and sums with noise stay far within 64 bits
_ROOM = DELTA_UNIT // 1000  # what a Laplace mechanism may at most be away from its exact form


class _Mechanism:
    """Noise of one kind at one price, for whole numbers whose sensitivity may differ from call to call."""

    def __init__(
        self, kind: Mechanism, epsilon: float, delta_e15: int, sensitivity: float, randomness: Randomness
    ) -> None:
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        self._kind = kind
        self._epsilon_micro = _price_down(epsilon)
        self._delta_e15 = delta_e15
        self._randomness = randomness
        self._calibrated(sensitivity, 1)

    @overload
    def add_noise(self, values: int, sensitivity: float | None = None) -> int: ...

    @overload
    def add_noise(self, values: npt.ArrayLike, sensitivity: float | None = None) -> Integers: ...

    def add_noise(self, values: Any, sensitivity: float | None = None) -> int | Integers:
        """``values`` with noise: an int for an int, an int64 array of the same shape for anything else.

        ``sensitivity`` (of all values together, in the mechanism's norm) replaces the mechanism's own. Numbers that are
        not whole are refused: noise on the floating-point numbers between would give them away.
        """
        whole = _whole(values)
        if not whole.size:
            return whole
        price = self._calibrated(self.sensitivity if sensitivity is None else sensitivity, whole.size)
        noise = noise_share(self._kind, price.noise_scale, 1, whole.size, self._randomness)
        # Back from the lattice to units, rounded: it looks at nothing but the noise.
        return _like(values, whole + (noise.reshape(whole.shape) + price.scale // 2) // price.scale)

    def _calibrated(self, sensitivity: float, length: int) -> Calibration:
        if isinstance(sensitivity, bool) or not (math.isfinite(sensitivity) and sensitivity > 0):
            raise MechanismError("a sensitivity is a finite number above 0")
        exact = float(Fraction(sensitivity))
        return calibrated(self._kind, self._epsilon_micro, self._delta_e15, exact, exact, 1, length, least_scale=1)


class LaplaceMechanism(_Mechanism):
    """Discrete Laplace noise of scale b = sensitivity / epsilon on whole numbers; the sensitivity is L1.

    One whole call of `add_noise` is epsilon-differentially private for neighbours that differ in one unit, added or
    removed, up to the sampler's distance, which costs less than 1e-15 of delta; every further call is a further price.
    Proof: docs/proofs/discrete-laplace.md (Ghosh, Roughgarden and Sundararajan, STOC 2009).

    ``randomness(n)`` gives n unpredictable bytes (default: the operating system's). Raises `MechanismError`.
    """

    def __init__(self, epsilon: float, sensitivity: float = 1, *, randomness: Randomness = secrets.token_bytes) -> None:
        super().__init__("discrete laplace", epsilon, _ROOM, sensitivity, randomness)


class GaussianMechanism(_Mechanism):
    """Discrete Gaussian noise on whole numbers, on a lattice fine enough that its form costs no privacy; L2.

    One whole call of `add_noise` is (epsilon, delta)-differentially private for neighbours that differ in one unit,
    added or removed, its distance from the exact mechanism included; every further call is a further price. Proof:
    docs/proofs/discrete-gaussian.md (Balle and Wang, ICML 2018; Canonne, Kamath and Steinke, NeurIPS 2020).

    ``randomness(n)`` gives n unpredictable bytes (default: the operating system's). Raises `MechanismError`.
    """

    def __init__(
        self,
        epsilon: float,
        delta: float,
        sensitivity: float = 1.0,
        *,
        randomness: Randomness = secrets.token_bytes,
    ) -> None:
        self.delta = delta
        super().__init__("discrete gaussian", epsilon, delta_e15(delta, rounding="down"), sensitivity, randomness)


def _price_down(epsilon: float) -> int:
    """Epsilon in 1e-6, rounded down: the noise may be a little more than was asked for, never less."""
    found = epsilon_micro(epsilon, rounding="down")
    if found < 1:
        raise MechanismError("epsilon is at least 1e-6")
    return found


def _whole(values: Any) -> Integers:
    found = np.asarray(values)
    if found.dtype == np.bool_ or not np.issubdtype(found.dtype, np.number) or np.iscomplexobj(found):
        raise MechanismError("noise is added to whole numbers")
    if not np.all((found >= -_MOST_VALUE) & (found <= _MOST_VALUE)):  # nor is NaN
        raise MechanismError("noise is added to whole numbers of at most 2^53")
    if np.any(found != np.floor(found)):
        raise MechanismError("noise is added to whole numbers; round or scale the values first")
    return found.astype(np.int64)


def _like(values: Any, noised: Integers) -> int | Integers:
    return int(noised) if isinstance(values, int | float) else noised
