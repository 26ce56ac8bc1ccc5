"""The mechanisms as the audit runs them: one number that a unit moves by all of the sensitivity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.auditing.audit import Claim, Subject
from fedlore.privacy.auditing.scores import Outputs
from fedlore.privacy.calibration import Calibration, calibrated
from fedlore.privacy.ledger import delta_e15, epsilon_micro
from fedlore.privacy.mechanisms import GaussianMechanism, LaplaceMechanism
from fedlore.privacy.sampling import Integers, Randomness
from fedlore.privacy.shares import noise_share

NoiseShare = Callable[[Mechanism, float, int, int, Randomness], Integers]  # as `fedlore.privacy.shares.noise_share`
SHARES = 5


def claim_of(price: Calibration) -> Claim:
    """What a calibrated release promises; for Gaussian noise its separation too."""
    event = price.event
    mu = 1 / event.noise_multiplier if event.mechanism == "discrete gaussian" else None
    return Claim(event.epsilon_micro / 1e6, price.delta_spent_e15 / 1e15, mu)


def holders(epsilon: float, delta: float, trials: int, randomness: Randomness) -> list[Subject]:
    """The two mechanisms for one holder of data, on 0 and on 1; each element of a call is one trial."""
    laplace = LaplaceMechanism(epsilon, randomness=randomness)
    gaussian = GaussianMechanism(epsilon, delta, randomness=randomness)

    def run(mechanism: LaplaceMechanism | GaussianMechanism) -> Callable[[bool, int], Outputs]:
        return lambda with_unit, count: _column(mechanism.add_noise(np.full(count, int(with_unit))))

    return [
        Subject("discrete Laplace, one holder", _claim("discrete laplace", epsilon, delta, 1), run(laplace), trials),
        Subject("discrete Gaussian, one holder", _claim("discrete gaussian", epsilon, delta, 1), run(gaussian), trials),
    ]


def shared(
    mechanism: Mechanism,
    epsilon: float,
    delta: float,
    trials: int,
    randomness: Randomness,
    *,
    noise: NoiseShare = noise_share,
) -> Subject:
    """Five shares of the noise, added up, around 0 and around one unit.

    ``noise`` draws a share; a test passes a broken one.
    """
    price = _price(mechanism, epsilon, delta, SHARES)

    def run(with_unit: bool, count: int) -> Outputs:
        drawn = [noise(mechanism, price.noise_scale, SHARES, count, randomness) for _ in range(SHARES)]
        return _column(np.sum(drawn, axis=0) + price.scale * int(with_unit))

    return Subject(f"{mechanism}, {SHARES} shares", claim_of(price), run, trials)


def _claim(mechanism: Mechanism, epsilon: float, delta: float, honest: int) -> Claim:
    return claim_of(_price(mechanism, epsilon, delta, honest))


def _price(mechanism: Mechanism, epsilon: float, delta: float, honest: int) -> Calibration:
    micro, e15 = epsilon_micro(epsilon, rounding="down"), delta_e15(delta, rounding="down")
    return calibrated(mechanism, micro, e15, 1.0, 1.0, honest, 1)


def _column(values: Integers) -> Outputs:
    return values.astype(np.float64).reshape(-1, 1)
