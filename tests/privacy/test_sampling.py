"""What is drawn has the distribution that the proof is about, and its stated distance from it is a bound."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fedlore.privacy import sampling
from fedlore.privacy.sampling import (
    DISTANCE_BOUND,
    SamplingError,
    discrete_gaussian,
    discrete_laplace,
    draw_geometric,
    draw_laplace,
)
from tests.privacy import exact
from tests.privacy.exact import chi_square_p, seeded, table_probabilities

ALPHA = 1e-6
DRAWS = 1_000_000


@pytest.mark.parametrize("variance", [Fraction(1, 4), Fraction(2), Fraction(16), Fraction(10**6, 3)])
def test_gaussian_draws_have_the_exact_probabilities(variance: Fraction) -> None:
    drawn = discrete_gaussian(variance).draw(DRAWS, seeded(1))
    assert chi_square_p(drawn, exact.gaussian(float(variance))) > ALPHA


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(1), Fraction(20), Fraction(255), Fraction(5000)])
def test_laplace_draws_have_the_exact_probabilities(scale: Fraction) -> None:
    drawn = draw_laplace(scale, DRAWS, seeded(2))
    assert chi_square_p(drawn, exact.laplace(float(scale))) > ALPHA


def test_geometric_draws_have_the_exact_probabilities() -> None:
    drawn = draw_geometric(Fraction(5000), 200_000, seeded(7))
    assert drawn.min() == 0
    assert chi_square_p(drawn, exact.polya(5000.0, 1)) > ALPHA


def test_quotient_and_remainder_of_a_geometric_variable_are_independent_and_put_it_together_again() -> None:
    scale, base = Fraction(7), 5
    quotient, remainder = sampling.geometric(scale / base), sampling.geometric(scale, base)
    assert (quotient.low, remainder.low) == (0, 0)
    digits = table_probabilities(remainder)
    assert len(digits) == base
    for q, high in enumerate(table_probabilities(quotient)[:40]):
        for r, low in enumerate(digits):
            truth = math.exp(-(base * q + r) / 7) * -math.expm1(-1 / 7)
            assert float(high * low) == pytest.approx(truth, rel=1e-12, abs=0)
    # Nothing of the remainder is cut off: its distance is the rounding of its thresholds alone.
    assert remainder.distance == base * 2.0**-128


@pytest.mark.parametrize(("scale", "parts"), [(Fraction(1), 2), (Fraction(20), 3), (Fraction(9, 2), 67)])
def test_polya_draws_have_the_exact_probabilities(scale: Fraction, parts: int) -> None:
    drawn = sampling.polya(scale, parts).draw(DRAWS, seeded(3))
    assert drawn.min() == 0
    assert chi_square_p(drawn, exact.polya(float(scale), parts)) > ALPHA


def test_the_chi_square_test_tells_a_wrong_distribution() -> None:
    drawn = discrete_gaussian(Fraction(16)).draw(DRAWS, seeded(4))
    assert chi_square_p(drawn, exact.gaussian(16.2)) < ALPHA
    assert chi_square_p(drawn, exact.laplace(4.0)) < ALPHA
    assert chi_square_p(drawn + (drawn > 8), exact.gaussian(16)) < ALPHA


@pytest.mark.parametrize("variance", [Fraction(1, 5), Fraction(7), Fraction(1000)])
def test_a_gaussian_table_is_as_near_as_it_says(variance: Fraction) -> None:
    table = discrete_gaussian(variance)
    with decimal.localcontext(decimal.Context(prec=70)):
        reach = -table.low + 60
        unit = decimal.Decimal(variance.denominator) / (2 * decimal.Decimal(variance.numerator))
        weights = {k: (-unit * k * k).exp() for k in range(-reach, reach + 1)}
        norm = sum(weights.values())
        made = {table.low + i: _decimal(p) for i, p in enumerate(table_probabilities(table))}
        distance = sum(abs(w / norm - made.get(k, decimal.Decimal(0))) for k, w in weights.items()) / 2
    assert 0 < distance <= table.distance <= DISTANCE_BOUND


@pytest.mark.parametrize(("scale", "parts"), [(Fraction(2), 1), (Fraction(7, 3), 5)])
def test_a_polya_table_is_as_near_as_it_says(scale: Fraction, parts: int) -> None:
    table = sampling.polya(scale, parts)
    made = table_probabilities(table)
    with decimal.localcontext(decimal.Context(prec=70)):
        decay = (-decimal.Decimal(scale.denominator) / decimal.Decimal(scale.numerator)).exp()
        probability = ((1 - decay).ln() / parts).exp()
        distance = decimal.Decimal(0)
        for k in range(len(made) + 400):
            distance += abs(probability - (_decimal(made[k]) if k < len(made) else 0)) / 2
            probability *= decay * (k * parts + 1) / (parts * (k + 1))
    assert 0 < distance <= table.distance <= DISTANCE_BOUND


def test_a_word_that_equals_a_threshold_is_decided_by_the_second_word() -> None:
    table = discrete_laplace(Fraction(3))
    for index in (0, len(table.upper) // 3, len(table.upper) // 2, len(table.upper) - 1):
        first, second = int(table.upper[index]), int(table.lower[index])
        reached = sum((int(u), int(v)) <= (first, second) for u, v in zip(table.upper, table.lower, strict=True))
        assert table.locate(first, second) == reached > index
        if second:
            assert table.locate(first, second - 1) <= index


def test_each_draw_is_where_its_word_falls_and_a_tie_takes_another_word() -> None:
    """The words of AES-128 in counter mode under the bytes drawn, made apart; thresholds laid on and beside them."""
    length = 5
    key = seeded(8)(32)
    stream = Cipher(algorithms.AES(key[:16]), modes.CTR(key[16:])).encryptor()
    words, more = (np.frombuffer(stream.update(bytes(8 * n)), dtype="<u8").tolist() for n in (length, 1))
    falling = sorted(words)
    tied = falling[2]
    for second, reached in ((more[0], 3), (more[0] + 1, 2)):
        upper = np.array([falling[0] - 1, falling[1] + 1, tied], dtype=np.uint64)
        lower = np.array([0, 0, second], dtype=np.uint64)
        drawn = sampling.IntegerDistribution(-7, upper, lower, 0.0).draw(length, seeded(8))
        places = {falling[0]: 1, falling[1]: 1, tied: reached, falling[3]: 3, falling[4]: 3}
        assert drawn.tolist() == [places[word] - 7 for word in words]
    with pytest.raises(SamplingError, match="gave 31 bytes"):
        discrete_gaussian(Fraction(9)).draw(1, lambda length: bytes(length - 1))


def test_a_point_mass_and_no_draws_are_drawn_too() -> None:
    assert discrete_gaussian(Fraction(1, 400)).draw(100, seeded(5)).tolist() == [0] * 100
    assert discrete_gaussian(Fraction(9)).draw(0, seeded(5)).shape == (0,)


def test_draws_are_integers_of_the_shape_asked_for() -> None:
    drawn = draw_laplace(Fraction(10), 7, seeded(6))
    assert drawn.dtype == np.int64
    assert drawn.shape == (7,)


@pytest.mark.parametrize("make", [discrete_gaussian, discrete_laplace])
def test_noise_too_wide_for_a_table_and_scales_that_are_none_are_refused(make: object) -> None:
    with pytest.raises(SamplingError):
        make(Fraction(10**12))  # type: ignore[operator]
    with pytest.raises(SamplingError):
        make(Fraction(0))  # type: ignore[operator]


def _decimal(p: Fraction) -> decimal.Decimal:
    return decimal.Decimal(p.numerator) / decimal.Decimal(p.denominator)


@pytest.mark.parametrize("scale", [1, 9, 100])
def test_what_a_table_leaves_out_is_what_its_distance_says(scale: int) -> None:
    ratio = math.exp(-1 / scale)
    laplace = discrete_laplace(Fraction(scale))
    beyond = laplace.low + len(laplace.upper) + 1  # the least integer above all that can be drawn
    assert laplace.low == 1 - beyond
    left_out = 1 + beyond * math.log2(ratio) - math.log2(1 + ratio)  # P(|k| >= beyond) as a power of two
    assert -129.0 - 2 / scale - 1 < left_out <= -129.0
    polya = sampling.polya(Fraction(scale), 1)  # one part: geometric
    assert polya.low == 0
    assert -130.0 - 2 / scale < (len(polya.upper) + 1) * math.log2(ratio) <= -130.0
    assert 2.0**-130 < polya.distance < laplace.distance <= DISTANCE_BOUND
