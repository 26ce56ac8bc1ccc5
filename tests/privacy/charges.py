"""Charges of every kind that a gate sees, each at a price that holds."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from fedlore.privacy.accountant import Event, calibrate
from fedlore.privacy.ledger import Charge


def gaussian(epsilon_micro: int, delta_e15: int, distance: float = 0.0) -> Charge:
    """A round with Gaussian noise calibrated to its price."""
    multiplier = calibrate("discrete gaussian", epsilon_micro / 1e6, delta_e15 / 1e15, 1.0)
    event = Event("discrete gaussian", multiplier, 1, epsilon_micro, delta_e15, distance)
    return Charge(epsilon_micro, delta_e15, event.as_dict())


def laplace(epsilon_micro: int, count: int, distance: float = 0.0) -> Charge:
    """A round with Laplace noise in ``count`` coordinates that one unit moves."""
    multiplier = math.nextafter(count * 1e6 / epsilon_micro, math.inf)
    event = Event("discrete laplace", multiplier, count, epsilon_micro, 1, distance)
    return Charge(epsilon_micro, 1, event.as_dict())


def plain(epsilon_micro: int, delta_e15: int) -> Charge:
    """A charge of which nothing is known but its price."""
    return Charge(epsilon_micro, delta_e15, {"kind": "allocation"})


known = st.one_of(
    st.builds(gaussian, st.integers(20_000, 3_000_000), st.sampled_from([10**6, 10**9, 10**10])),
    st.builds(laplace, st.integers(10, 3_000_000), st.integers(1, 60)),
)
any_charge = st.one_of(known, st.builds(plain, st.integers(1, 3_000_000), st.sampled_from([0, 1, 10**8, 10**10])))
