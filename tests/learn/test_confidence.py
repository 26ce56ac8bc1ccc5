"""A confidence is the frequency with which statements of that confidence are right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fedlore.learn.confidence import NEAR, association_confidence, no_surer_than_the_test
from fedlore.learn.intervals import Noise, Ratio

Floats = npt.NDArray[np.float64]


def calibration_error(confidence: Floats, right: npt.NDArray[np.bool_], cuts: int = 10) -> float:
    """Expected calibration error over bands of equal numbers of statements (Guo et al., ICML 2017)."""
    order = np.argsort(confidence)
    bands = zip(np.array_split(confidence[order], cuts), np.array_split(right[order], cuts), strict=True)
    return float(sum(abs(said.sum() - held.sum()) for said, held in bands) / len(confidence))


def brier(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    return float(np.mean((confidence - right) ** 2))


@pytest.mark.parametrize("projects", [30, 100, 400])
@pytest.mark.parametrize("noise_sd", [3.0, 12.0, 30.0])
def test_shares(projects: int, noise_sd: float) -> None:
    rng = np.random.default_rng([projects, round(noise_sd)])
    truth = rng.random(4000)
    yes = 2.0 * rng.binomial(projects, truth) - projects + rng.normal(0, noise_sd, 4000)
    whole = projects + rng.normal(0, noise_sd, 4000)
    noise = Noise(noise_sd**2 / 2, noise_sd**2, noise_sd**2 / 2)
    ratio = Ratio((whole + yes) / 2, whole, noise)
    right = np.abs(ratio.estimate() - truth) <= NEAR
    confidence = ratio.probability_within(NEAR)
    assert calibration_error(confidence, right) < 0.06
    assert brier(confidence, right) < right.mean() * (1 - right.mean()) + 0.01


def rounds(effects: Floats, error: float, count: int, seed: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Confidence, and whether real and with the right sign, of every pair of so many rounds."""
    rng = np.random.default_rng(seed)
    confidence, right = [], []
    for _ in range(count):
        true = rng.permutation(effects)
        seen = true + rng.normal(0, error, len(true))
        confidence.append(association_confidence(seen, np.full(len(true), error)))
        right.append((true != 0) & (np.sign(seen) == np.sign(true)))
    return np.concatenate(confidence), np.concatenate(right)


@pytest.mark.parametrize("error", [0.04, 0.08, 0.12])
def test_associations_whose_sizes_stand_out_from_zero(error: float) -> None:
    planted = np.array([0.23, 0.26, -0.3, 0.34, -0.38, 0.41, -0.44, 0.47, -0.25])
    confidence, right = rounds(np.concatenate([planted, np.zeros(51)]), error, 40, seed=1)
    assert calibration_error(confidence, right) < 0.05
    assert brier(confidence, right) < 0.55 * right.mean() * (1 - right.mean())


def test_associations_of_all_sizes_are_said_with_caution_rather_than_boldly() -> None:
    effects = np.concatenate([np.random.default_rng(5).normal(0, 0.25, 12), np.zeros(48)])
    confidence, right = rounds(effects, 0.08, 40, seed=2)
    sure = confidence > 0.9
    assert sure.sum() > 100
    assert right[sure].mean() > 0.93
    assert calibration_error(confidence, right) < 0.1


def test_few_pairs_fall_back_on_the_prior() -> None:
    alone = association_confidence(np.array([0.0, 0.24, 0.6]), np.array([0.08, 0.08, 0.08]))
    (single,) = association_confidence(np.array([0.24]), np.array([0.08]))
    assert alone[0] < 0.15 < single < alone[2]
    assert alone[2] > 0.99


def test_nothing_but_chance_makes_nobody_confident() -> None:
    confidence, _ = rounds(np.zeros(60), 0.08, 20, seed=3)
    assert np.mean(confidence > 0.5) < 0.01


def test_no_pairs_no_confidence() -> None:
    assert association_confidence(np.zeros(0), np.zeros(0)).shape == (0,)


def test_nobody_is_surer_than_the_test() -> None:
    capped = no_surer_than_the_test(np.array([0.99, 0.99, 0.2, 0.7]), np.array([0.001, 0.1, 0.3, 1.0]))
    pairs = 1 + 1 / 2 + 1 / 3 + 1 / 4
    np.testing.assert_allclose(capped, [0.99, 1 - 0.1 * pairs, 0.2, 0.5])
    assert no_surer_than_the_test(np.zeros(0), np.zeros(0)).shape == (0,)
