"""One marginal with discrete Gaussian noise.

Proof. Neighbours differ in one row, which moves one cell by one: an L2 sensitivity of 1. The counts are multiplied by a
scale fine enough for the noise to be wide on the lattice, and get discrete Gaussian noise of variance t^2 + s^2: up to
`privacy.shares.share_distance` that is a continuous Gaussian of deviation t, rounded at random with deviation s, which
looks at nothing else (see `privacy.calibration.calibrated`). So a measurement is (scale / t)-GDP up to that distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fedlore.privacy.sampling import Randomness
from fedlore.privacy.shares import ROUNDING_DEVIATION, noise_share, share_distance
from fedlore.privacy.synthetic.table import Clique, Floats, Integers

_LEAST_DEVIATION = 32.0  # lattice points: the rounding's part of the noise is then below 0.2 %


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """The noised counts of one marginal, and the deviation of the noise in rows."""

    clique: Clique
    noised: Floats
    deviation: float


def measure(clique: Clique, counts: Integers, deviation: float, randomness: Randomness) -> tuple[Measurement, float]:
    """Measure a marginal at this deviation (rows), and bound the distance of the noise from the exact one."""
    scale, noise_scale = _lattice(deviation)
    noise = noise_share("discrete gaussian", noise_scale, 1, len(counts), randomness)
    measured = Measurement(clique, (counts * scale + noise) / scale, noise_scale / scale)
    return measured, share_distance("discrete gaussian", noise_scale, 1, len(counts))


def _lattice(deviation: float) -> tuple[int, float]:
    scale = 1 << max(0, math.ceil(math.log2(_LEAST_DEVIATION / deviation)))
    return scale, math.nextafter(math.hypot(deviation * scale, ROUNDING_DEVIATION), math.inf)
