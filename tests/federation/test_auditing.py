"""A whole round stays below its claim in the audit, and every way to break one is caught (failure at most 1e-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from fedlore.catalogue.load import Catalogue, load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Mechanism, Plan, Unit
from fedlore.contribute import encode as encoding
from fedlore.contribute.clip import asked
from fedlore.federation.auditing import RoundTwice, round_twice
from fedlore.observe.evidence import Features, Value
from fedlore.privacy.auditing.audit import audit
from fedlore.privacy.sampling import Integers, Randomness
from fedlore.privacy.sensitivity import sensitivity
from fedlore.privacy.shares import noise_share
from tests.privacy.exact import seeded

BOTH: list[Mechanism] = ["discrete laplace", "discrete gaussian"]
ALPHA = 1e-6


def _round(mechanism: Mechanism, seed: int, unit: Unit = "project") -> RoundTwice:
    return round_twice(load_catalogue(), mechanism, 10**6, 10**9, seeded(seed), unit)


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("mechanism", BOTH)
def test_the_two_worlds_differ_by_all_of_the_sensitivity(mechanism: Mechanism, unit: Unit) -> None:
    silent = replace(_round(mechanism, 51, unit), noise=_none).many(200)
    difference = silent.draw(True, 1) - silent.draw(False, 1)
    moved = sensitivity(silent_plan := _round(mechanism, 51, unit).plan)
    assert silent_plan.unit == unit
    assert len(silent_plan.slots) == difference.shape[1]
    assert np.abs(difference).sum() == moved.l1
    assert (difference**2).sum() == moved.l2_squared


@pytest.mark.parametrize("mechanism", BOTH)
def test_a_whole_round_stays_below_its_claim(mechanism: Mechanism) -> None:
    twice = _round(mechanism, 52)
    many = audit(twice.many(40_000), alpha=ALPHA)
    assert not many.exceeded
    reached = many.epsilon_low if many.epsilon_low_gaussian is None else many.epsilon_low_gaussian
    assert 0.2 < reached < 1
    assert not audit(twice.one_by_one(400), alpha=ALPHA).exceeded


@pytest.mark.parametrize("unit", ["record", "contributor", "organisation"])
@pytest.mark.parametrize("mechanism", BOTH)
def test_a_whole_round_stays_below_its_claim_whatever_its_unit(mechanism: Mechanism, unit: Unit) -> None:
    finding = audit(_round(mechanism, 58, unit).many(20_000), alpha=ALPHA)
    assert finding.name.endswith(f"one {unit}")
    assert not finding.exceeded
    reached = finding.epsilon_low if finding.epsilon_low_gaussian is None else finding.epsilon_low_gaussian
    assert 0.2 < reached < 1


@pytest.mark.parametrize("unit", ["contributor", "organisation"])
@pytest.mark.parametrize("mechanism", BOTH)
def test_projects_beyond_a_members_limit_are_caught(
    mechanism: Mechanism, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "clip_projects", lambda _plan, projects: projects)
    finding = audit(_round(mechanism, 59, unit).many(20_000), alpha=ALPHA)
    assert finding.exceeded


def _none(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
    return np.zeros(length, dtype=np.int64)


def _half(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
    return noise_share(mechanism, scale / 2, honest, length, randomness)


@pytest.mark.parametrize("mechanism", BOTH)
@pytest.mark.parametrize("slot", [0, 2, 5])
def test_noise_forgotten_on_one_slot_is_caught(mechanism: Mechanism, slot: int) -> None:
    twice = _round(mechanism, 53)
    moved = np.flatnonzero(_difference(twice))

    def forgetful(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
        drawn = noise_share(mechanism, scale, honest, length, randomness)
        drawn.reshape(-1, len(twice.plan.slots))[:, moved[slot]] = 0
        return drawn

    finding = audit(replace(twice, noise=forgetful).many(4_000), alpha=ALPHA)
    assert finding.exceeded
    assert finding.epsilon_low > 4


@pytest.mark.parametrize("mechanism", BOTH)
def test_half_the_noise_is_caught(mechanism: Mechanism) -> None:
    assert audit(replace(_round(mechanism, 54), noise=_half).many(40_000), alpha=ALPHA).exceeded


@pytest.mark.parametrize("mechanism", BOTH)
def test_a_seed_used_again_in_the_next_round_is_caught(mechanism: Mechanism) -> None:
    finding = audit(replace(_round(mechanism, 55), randomness=bytes).one_by_one(400), alpha=ALPHA)
    assert finding.exceeded
    assert finding.epsilon_low > 2


@pytest.mark.parametrize("mechanism", BOTH)
def test_one_noise_for_two_slots_is_caught(mechanism: Mechanism) -> None:
    twice = _round(mechanism, 56)
    still = int(np.flatnonzero(_difference(twice) == 0)[0])

    def doubled(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
        drawn = noise_share(mechanism, scale, honest, length, randomness)
        table = drawn.reshape(-1, len(twice.plan.slots))
        table[:, still] = table[:, 0]
        return drawn

    finding = audit(replace(twice, noise=doubled).many(4_000), alpha=ALPHA)
    assert finding.exceeded
    assert finding.test.startswith("difference of numbers 0 and")


@pytest.mark.parametrize("unit", ["project", "contributor", "organisation"])
@pytest.mark.parametrize("mechanism", BOTH)
def test_a_unit_that_is_not_clipped_is_caught(
    mechanism: Mechanism, unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unclipped(plan: Plan, catalogue: Catalogue, projects: Sequence[Features]) -> list[dict[MeasureId, Value]]:
        return [{name: project.get(name) for name in asked(plan)} for project in projects]

    monkeypatch.setattr(encoding, "clip_features", unclipped)
    finding = audit(_round(mechanism, 57, unit).many(4_000), alpha=ALPHA)
    assert finding.exceeded
    assert finding.epsilon_low > 4


def _difference(twice: RoundTwice) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    silent = replace(twice, noise=_none).many(200)
    moved: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (silent.draw(True, 1) - silent.draw(False, 1))[0]
    return moved
