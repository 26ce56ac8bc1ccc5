"""The two mechanisms add the right noise once, to whole numbers alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.privacy.accountant import calibrate
from fedlore.privacy.mechanisms import GaussianMechanism, LaplaceMechanism
from fedlore.privacy.shares import MechanismError
from tests.privacy import exact
from tests.privacy.exact import chi_square_p, seeded

DRAWS = 300_000
EITHER = [LaplaceMechanism(1.0, randomness=seeded(21)), GaussianMechanism(1.0, 1e-6, randomness=seeded(22))]


def test_laplace_noise_is_added_once() -> None:
    noised = LaplaceMechanism(0.5, 2, randomness=seeded(23)).add_noise(np.full(DRAWS, 1000))
    assert chi_square_p(noised - 1000, exact.laplace(4.0)) > 1e-6
    own = LaplaceMechanism(0.5, randomness=seeded(23)).add_noise(np.full(DRAWS, 1000), 2)
    assert np.array_equal(noised, own)


def test_gaussian_noise_has_the_calibrated_deviation() -> None:
    noised = GaussianMechanism(1.0, 1e-6, 3.0, randomness=seeded(24)).add_noise(np.full(DRAWS, -50))
    wanted = calibrate("discrete gaussian", 1.0, 1e-6, 3.0)
    assert abs(noised.mean() + 50) < 5 * wanted / math.sqrt(DRAWS)
    assert wanted * 0.99 < noised.std() < wanted * 1.02


@pytest.mark.parametrize("mechanism", EITHER)
def test_an_int_gives_an_int_and_an_array_its_shape(mechanism: LaplaceMechanism | GaussianMechanism) -> None:
    assert type(mechanism.add_noise(7)) is int
    assert type(mechanism.add_noise(7.0)) is int
    noised = mechanism.add_noise(np.arange(6).reshape(2, 3))
    assert (noised.dtype, noised.shape) == (np.int64, (2, 3))
    assert mechanism.add_noise([]).shape == (0,)
    assert len({mechanism.add_noise(7) for _ in range(200)}) > 1


@pytest.mark.parametrize("mechanism", EITHER)
@pytest.mark.parametrize(
    "values", [0.5, math.nan, math.inf, True, "7", None, 1j, 2**60, -(2**63), [1, 2.5], [np.nan], 2**70]
)
def test_what_is_no_whole_number_is_refused(mechanism: LaplaceMechanism | GaussianMechanism, values: object) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        mechanism.add_noise(values)  # type: ignore[call-overload]


@pytest.mark.parametrize("sensitivity", [0, -1, math.nan, math.inf, True])
def test_sensitivities_that_are_none_are_refused(sensitivity: float) -> None:
    for make in (lambda s: LaplaceMechanism(1.0, s), lambda s: GaussianMechanism(1.0, 1e-6, s)):
        with pytest.raises(ValueError, match="sensitivity"):
            make(sensitivity)
    with pytest.raises(ValueError, match="sensitivity"):
        EITHER[0].add_noise(3, sensitivity)


@pytest.mark.parametrize(("epsilon", "delta"), [(0, 1e-6), (-1, 1e-6), (math.nan, 1e-6), (1, 0), (1, 1), (1e-9, 1e-6)])
def test_prices_that_are_none_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match=r"epsilon|delta"):
        GaussianMechanism(epsilon, delta)


@pytest.mark.parametrize("mechanism", [LaplaceMechanism(1.0), GaussianMechanism(1.0, 1e-6)])
def test_whole_numbers_are_noised_up_to_where_doubles_hold_them_all(mechanism: LaplaceMechanism) -> None:
    for value in (2**53, -(2**53)):
        assert abs(mechanism.add_noise(value) - value) < 1000
        with pytest.raises(MechanismError):
            mechanism.add_noise(np.array([0, value + (1 if value > 0 else -1)]))
    for sensitivity in (0, -1, True, math.inf, math.nan):
        with pytest.raises(MechanismError, match="sensitivity"):
            mechanism.add_noise(1, sensitivity)
