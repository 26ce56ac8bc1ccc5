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


class LaplaceMechanism:
    """Discrete Laplace noise of scale b = sensitivity / epsilon on whole numbers.

    Proof. Neighbours differ in one unit, added or removed, which moves all values together by at most ``sensitivity``
    in the L1 norm. P(noise = k) is proportional to exp(-|k| / b), so the likelihood of any output changes by at most
    exp(sensitivity / b) = exp(epsilon): epsilon-differential privacy of one whole call of `add_noise` (Ghosh,
    Roughgarden and Sundararajan, STOC 2009; Dwork et al., TCC 2006). What is drawn is within a total variation of
    2^-105 a value of that, which costs a delta of (1 + e^epsilon) times as much. Every further call is a further price.

    ``randomness(n)`` gives n unpredictable bytes (default: the operating system's). Raises `MechanismError`.
    """

    def __init__(self, epsilon: float, sensitivity: float = 1, *, randomness: Randomness = secrets.token_bytes) -> None:
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        self._epsilon_micro = _price_down(epsilon)
        self._randomness = randomness
        self._calibrated(sensitivity, 1)

    @overload
    def add_noise(self, values: int, sensitivity: float | None = None) -> int: ...

    @overload
    def add_noise(self, values: npt.ArrayLike, sensitivity: float | None = None) -> Integers: ...

    def add_noise(self, values: Any, sensitivity: float | None = None) -> int | Integers:
        """``values`` with noise: an int for an int, an int64 array of the same shape for anything else.

        ``sensitivity`` (L1, of all values together) replaces the mechanism's own. Numbers that are not whole are
        refused: noise on the floating-point numbers between would give them away.
        """
        whole = _whole(values)
        if not whole.size:
            return whole
        price = self._calibrated(self.sensitivity if sensitivity is None else sensitivity, whole.size)
        noise = noise_share("discrete laplace", price.noise_scale, 1, whole.size, self._randomness)
        return _like(values, whole + noise.reshape(whole.shape))

    def _calibrated(self, sensitivity: float, length: int) -> Calibration:
        return _calibrated("discrete laplace", self._epsilon_micro, _ROOM, sensitivity, length)


class GaussianMechanism:
    """Discrete Gaussian noise on whole numbers, on a lattice fine enough that its form costs no privacy.

    Proof. Neighbours differ in one unit, added or removed, which moves all values together by at most ``sensitivity``
    in the L2 norm. The values are multiplied by a scale, get discrete Gaussian noise calibrated by the exact condition
    of Balle and Wang (ICML 2018), and are divided and rounded again, which looks at nothing else: one whole call of
    `add_noise` is (epsilon, delta)-differentially private, its distance from the exact mechanism included (see
    `fedlore.privacy.calibration.calibrated`; Canonne, Kamath and Steinke, NeurIPS 2020). Every further call is a
    further price.

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
        self.epsilon = epsilon
        self.delta = delta
        self.sensitivity = sensitivity
        self._epsilon_micro = _price_down(epsilon)
        self._delta_e15 = delta_e15(delta, rounding="down")
        self._randomness = randomness
        self._calibrated(sensitivity, 1)

    @overload
    def add_noise(self, values: int, sensitivity: float | None = None) -> int: ...

    @overload
    def add_noise(self, values: npt.ArrayLike, sensitivity: float | None = None) -> Integers: ...

    def add_noise(self, values: Any, sensitivity: float | None = None) -> int | Integers:
        """``values`` with noise: an int for an int, an int64 array of the same shape for anything else.

        ``sensitivity`` (L2, of all values together) replaces the mechanism's own. Numbers that are not whole are
        refused.
        """
        whole = _whole(values)
        if not whole.size:
            return whole
        price = self._calibrated(self.sensitivity if sensitivity is None else sensitivity, whole.size)
        noise = noise_share("discrete gaussian", price.noise_scale, 1, whole.size, self._randomness)
        half = price.scale // 2
        return _like(values, whole + (noise.reshape(whole.shape) + half) // price.scale)

    def _calibrated(self, sensitivity: float, length: int) -> Calibration:
        return _calibrated("discrete gaussian", self._epsilon_micro, self._delta_e15, sensitivity, length)


def _calibrated(
    mechanism: Mechanism, epsilon_micro: int, delta_e15: int, sensitivity: float, length: int
) -> Calibration:
    if isinstance(sensitivity, bool) or not (math.isfinite(sensitivity) and sensitivity > 0):
        raise MechanismError("a sensitivity is a finite number above 0")
    exact = float(Fraction(sensitivity))
    return calibrated(mechanism, epsilon_micro, delta_e15, exact, exact, 1, length, least_scale=1)


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
