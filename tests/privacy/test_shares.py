"""Shares of noise add up to what the proof is about, and the bound on what they miss holds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.shares import (
    ROUNDING_DEVIATION,
    MechanismError,
    gaussian_divergence,
    noise_excess,
    noise_share,
    share_distance,
    share_variance,
)
from tests.privacy import exact
from tests.privacy.exact import chi_square_p, seeded

ALPHA = 1e-6
DRAWS = 400_000


@pytest.mark.parametrize(("scale", "honest"), [(2.0, 3), (9.0, 7), (0.5, 2)])
def test_polya_shares_add_up_to_discrete_laplace(scale: float, honest: int) -> None:
    randomness = seeded(11)
    total = sum(noise_share("discrete laplace", scale, honest, DRAWS, randomness) for _ in range(honest))
    assert chi_square_p(np.asarray(total), exact.laplace(scale)) > ALPHA


@pytest.mark.parametrize(("deviation", "honest"), [(16.0, 4), (40.0, 7)])
def test_gaussian_shares_add_up_to_a_discrete_gaussian(deviation: float, honest: int) -> None:
    randomness = seeded(12)
    total = sum(noise_share("discrete gaussian", deviation, honest, DRAWS, randomness) for _ in range(honest))
    assert chi_square_p(np.asarray(total), exact.gaussian(deviation**2)) > ALPHA


def test_too_few_shares_are_not_enough_noise() -> None:
    randomness = seeded(13)
    short = sum(noise_share("discrete laplace", 9.0, 7, DRAWS, randomness) for _ in range(6))
    assert chi_square_p(np.asarray(short), exact.laplace(9.0)) < ALPHA


@pytest.mark.parametrize("mechanism", ["discrete gaussian", "discrete laplace"])
@pytest.mark.parametrize("honest", [1, 5])
def test_a_share_has_the_variance_that_is_stated(mechanism: Mechanism, honest: int) -> None:
    drawn = noise_share(mechanism, 24.0, honest, DRAWS, seeded(14)).astype(float)
    stated = share_variance(mechanism, 24.0, honest)
    spread = np.std(drawn**2) / math.sqrt(DRAWS)
    assert abs((drawn**2).mean() - stated) < 5 * spread
    assert spread < 0.05 * stated


@pytest.mark.parametrize(("sigma", "shares"), [(0.5, 2), (0.6, 3), (0.8, 4), (1.0, 6)])
def test_the_divergence_bound_holds_where_it_can_be_seen(sigma: float, shares: int) -> None:
    one = exact.gaussian(sigma**2)(np.arange(-40, 41))
    total = one
    for _ in range(shares - 1):
        total = np.convolve(total, one)
    middle = len(total) // 2
    k = np.arange(-12, 13)
    ratio = np.abs(np.log(total[middle + k] / exact.gaussian(shares * sigma**2)(k)))
    assert 0 < ratio.max() <= gaussian_divergence(sigma, shares)


def test_a_gaussian_rounded_at_random_is_a_wider_discrete_gaussian() -> None:
    inner, s = 3.0, ROUNDING_DEVIATION
    y = np.arange(-60, 60, 0.005)
    density = np.exp(-(y**2) / (2 * inner**2)) / math.sqrt(2 * math.pi * inner**2) * 0.005
    k = np.arange(-80, 81)
    rounding = np.exp(-((k[:, None] - y[None, :]) ** 2) / (2 * s**2))
    made = (rounding / rounding.sum(axis=0) * density).sum(axis=1)
    centre = np.abs(k) <= 20
    hoped = exact.gaussian(inner**2 + s**2)(k)
    assert np.abs(np.log(made[centre] / hoped[centre])).max() < 1e-9


def test_the_distance_grows_with_what_is_drawn_and_is_negligible_at_the_least_deviation() -> None:
    assert share_distance("discrete gaussian", 32.0, 10, 1000) < 1e-24
    assert share_distance("discrete gaussian", 2.0, 10, 1000) > 1e-3
    assert share_distance("discrete gaussian", 2.0, 10, 10**9) == 1.0
    assert share_distance("discrete laplace", 9.0, 10, 2000) == 2 * share_distance("discrete laplace", 9.0, 10, 1000)


def test_the_distance_is_the_sum_of_what_the_proofs_charge() -> None:
    quarter, third = math.exp(-(math.pi**2) / 4), math.exp(-(math.pi**2) / 3)  # k / (k + 1) = 1/2, 2/3 at sigma 1/2
    assert gaussian_divergence(0.5, 1) == 0
    assert gaussian_divergence(0.5, 2) == pytest.approx(10 * quarter)
    assert gaussian_divergence(0.5, 3) == pytest.approx(10 * (quarter + third))
    table = 2.0**-107
    assert share_distance("discrete laplace", 9.0, 10, 1000) == 4 * 10 * 1000 * table
    eta = 2 * math.exp(-8 * math.pi**2)  # of rounding with deviation 2: once for it, once for the whole
    assert share_distance("discrete gaussian", 32.0, 1, 7) == pytest.approx(7 * (4 * table + 2 * eta), abs=0)
    # One share's rounding, without the samplers' part of it: exp(-8 pi^2) four times.
    rounding = share_distance("discrete gaussian", 1e9, 1, 10**6) - 10**6 * 4 * table
    assert rounding == pytest.approx(10**6 * 4 * math.exp(-8 * math.pi**2), rel=1e-6, abs=0)
    summed = 4 * gaussian_divergence(0.75, 16)
    assert 0.1 < summed < 0.5
    assert share_distance("discrete gaussian", 3.0, 16, 4) == pytest.approx(math.expm1(summed))
    assert share_distance("discrete gaussian", 3.0, 16, 40) == 1.0


@pytest.mark.parametrize("mechanism", ["discrete gaussian", "discrete laplace"])
def test_the_excess_is_how_much_wider_the_noise_is_when_all_add_theirs(mechanism: Mechanism) -> None:
    randomness = seeded(16)
    total = sum(noise_share(mechanism, 40.0, 4, DRAWS, randomness) for _ in range(6))
    needed = math.sqrt(4 * share_variance(mechanism, 40.0, 4))
    assert np.std(np.asarray(total)) / needed == pytest.approx(noise_excess(6, 4), rel=0.02)
    assert noise_excess(5, 5) == 1
    for members, honest in [(3, 4), (3, 0)]:
        with pytest.raises(MechanismError):
            noise_excess(members, honest)


def test_what_is_no_mechanism_or_no_noise_is_refused() -> None:
    for mechanism, scale, honest in [("gauss", 1.0, 1), ("discrete laplace", 0.0, 1), ("discrete gaussian", 9.0, 0)]:
        with pytest.raises(MechanismError):
            noise_share(mechanism, scale, honest, 3, seeded(15))  # type: ignore[arg-type]
        with pytest.raises(MechanismError):
            share_variance(mechanism, scale, honest)  # type: ignore[arg-type]
        with pytest.raises(MechanismError):
            share_distance(mechanism, scale, honest, 3)  # type: ignore[arg-type]
    for scale in (math.nan, math.inf, -1.0):
        with pytest.raises(MechanismError):
            share_variance("discrete laplace", scale, 1)
    for sigma, shares in ((0.4, 3), (0.5, 0)):
        with pytest.raises(MechanismError):
            gaussian_divergence(sigma, shares)
