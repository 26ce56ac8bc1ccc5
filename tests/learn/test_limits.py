"""What is said where there is next to nothing to say it from."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.plan import PlanError
from fedlore.learn.associations import benjamini_hochberg
from fedlore.learn.consensus import TOO_FEW, agreement
from fedlore.learn.intervals import Noise, Ratio
from fedlore.learn.odds import log_odds_ratios
from fedlore.learn.say import statements
from fedlore.learn.sums import Sums
from tests.learn.making import CATALOGUE, MEMBERS, only, plan

SLOTS = len(plan().slots)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-40_000, 40_000), min_size=SLOTS, max_size=SLOTS))
def test_any_release_gives_sound_statements(values: list[int]) -> None:
    sums = Sums.from_release(plan(), np.array(values, dtype=np.int64), MEMBERS)
    said = statements(sums, CATALOGUE)
    assert len({one.id for one in said}) == len(said) == 3 + 2 + 3 + 1 + 1
    for one in said:
        assert one.low is None or one.low <= one.estimate
        assert one.high is None or one.estimate <= one.high
        if one.low is not None and one.high is not None:
            assert one.low < one.high
        assert 0 <= one.confidence <= 1
        if one.kind in {"share", "bin share", "members"}:
            assert one.low is not None and one.high is not None and 0 <= one.low < one.high <= 1
        if one.kind == "odds ratio":
            assert one.estimate > 0 and one.q_value is not None and 0 <= one.q_value <= 1
    json.dumps([one.as_dict() for one in said], allow_nan=False)


INT32 = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([-(2**31), -(10**8), -1, 0, 1, 10**8, 2**31 - 1]))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(INT32, min_size=SLOTS, max_size=SLOTS),
    st.sampled_from(["discrete gaussian", "discrete laplace"]),
    st.sampled_from([0, 1, MEMBERS]),
    st.sampled_from([1, 16]),
)
def test_sums_that_somebody_made_up_give_finite_numbers(
    values: list[int], mechanism: str, contributors: int, scale: int
) -> None:
    asked = plan(mechanism=mechanism, scale=scale)
    said = statements(Sums.from_release(asked, np.array(values, dtype=np.int64), contributors), CATALOGUE)
    assert len(said) == 3 + 2 + 3 + 1 + 1
    for one in said:
        assert one.low is None or one.low <= one.estimate
        assert one.high is None or one.estimate <= one.high
        assert 0 <= one.confidence <= 1
        assert one.projects >= 0
    json.dumps([one.as_dict() for one in said], allow_nan=False)


@pytest.mark.parametrize("poison", [10**8, -(10**8)])
@pytest.mark.parametrize("slot", range(SLOTS))
def test_one_poisoned_slot_leaves_every_number_finite(slot: int, poison: int) -> None:
    values = 16 * np.array([400, 100, -350, 20, 200, -30, 100, 200, 50, 300, -35, 9], dtype=np.int64)
    values[slot] = poison
    said = statements(Sums.from_release(plan(), values, MEMBERS), CATALOGUE)
    assert len(said) == 10
    json.dumps([one.as_dict() for one in said], allow_nan=False)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_no_finite_number_is_left_out() -> None:
    asked = only(shares=("code.tests", "code.types"))
    said = statements(Sums(asked, np.array([100.0, np.nan, 20.0]), np.full(3, 5.0), MEMBERS), CATALOGUE)
    assert [one.id for one in said] == ["code.types"]


@pytest.mark.parametrize("count", [-50, 0, 1])
def test_where_no_project_is_left_after_noise_a_share_may_be_anything(count: int) -> None:
    sums = Sums(only(shares=("code.tests",)), np.array([count, 30.0]), np.full(2, 20.0), MEMBERS)
    (said,) = statements(sums, CATALOGUE)
    assert (said.low, said.high) == (0.0, 1.0)
    assert said.projects >= 0


def test_a_part_beyond_its_whole_is_read_as_all_of_it() -> None:
    ratio = Ratio(np.array([130.0, -30.0]), np.array([100.0, 100.0]), Noise(100.0, 200.0, 100.0))
    found = ratio.interval()
    assert found.estimate.tolist() == [1.0, 0.0]
    assert found.low[0] > 0.7 and found.high[0] == 1.0
    assert found.low[1] == 0.0 and found.high[1] < 0.3


def test_without_noise_a_share_has_wilsons_interval() -> None:
    found = Ratio(np.array([8.0]), np.array([20.0]), Noise(0.0, 0.0, 0.0)).interval()
    z = 1.959963984540054
    centre, half = (0.4 + z**2 / 40) / (1 + z**2 / 20), z / (1 + z**2 / 20) * np.sqrt(0.4 * 0.6 / 20 + z**2 / 1600)
    assert found.low[0] == pytest.approx(centre - half)
    assert found.high[0] == pytest.approx(centre + half)


def test_exact_sums_of_ones_own_projects_have_no_noise() -> None:
    sums = Sums.from_release(plan(noise_scale=0.0, epsilon_micro=0), np.full(SLOTS, 16 * 5, dtype=np.int64), 0)
    assert not sums.noise_sd.any()
    said = statements(sums, CATALOGUE)
    assert said[0].estimate == 1.0


def test_a_release_of_another_shape_is_refused() -> None:
    with pytest.raises(PlanError, match="does not answer"):
        Sums.from_release(plan(), np.zeros(SLOTS + 1, dtype=np.int64), MEMBERS)


def test_a_pair_without_its_shares_is_refused() -> None:
    asked = only(shares=("code.tests",), pairs=(("code.tests", "success.alive"),))
    with pytest.raises(PlanError, match=r"lacks success\.alive"):
        statements(Sums(asked, np.array([100.0, 0.0, 0.0]), np.ones(3), MEMBERS), CATALOGUE)


def test_the_noise_of_all_members_is_more_than_that_of_the_least_honest_number() -> None:
    values = np.zeros(SLOTS, dtype=np.int64)
    assert Sums.from_release(plan(), values, 12).noise_sd[0] == pytest.approx(10 * np.sqrt(12 / 8))
    laplace = Sums.from_release(plan(mechanism="discrete laplace"), values, 12)
    assert laplace.noise_sd[0] == pytest.approx(10 * np.sqrt(2 * 12 / 8), rel=1e-3)
    assert laplace.excess_kurtosis == pytest.approx(2.0)


def test_an_odds_ratio_is_unbounded_on_the_side_of_an_empty_cell() -> None:
    found = log_odds_ratios(np.array([[90.0, 60.0, -8.0, 90.0], [90.0, -5.0, 70.0, -9.0]]), 20.0)
    assert np.isfinite(found.low[0]) and found.high[0] == np.inf
    assert found.low[1] == -np.inf and found.high[1] == np.inf
    assert np.isfinite(found.estimate).all()


def test_odds_ratios_turn_over_with_their_tables() -> None:
    table = np.array([[120.0, 80.0, 60.0, 140.0]])
    found, turned = log_odds_ratios(table, 18.0), log_odds_ratios(table[:, [1, 0, 3, 2]], 18.0)
    assert turned.estimate[0] == pytest.approx(-found.estimate[0])
    assert turned.low[0] == pytest.approx(-found.high[0], abs=1e-4)
    assert turned.high[0] == pytest.approx(-found.low[0], abs=1e-4)


def test_more_noise_never_narrows_an_odds_ratio() -> None:
    widths = []
    for sd in (2.0, 10.0, 20.0, 40.0, 60.0):
        found = log_odds_ratios(np.array([[150.0, 60.0, 80.0, 130.0]]), sd)
        widths.append(found.high[0] - found.low[0])
    assert widths == sorted(widths)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_by_its_definition(values: list[float]) -> None:
    p_values = np.array(values)
    discovered = benjamini_hochberg(p_values) <= 0.05 * (1 + 1e-12)
    order = np.sort(p_values)
    passing = [rank for rank, p in enumerate(order, 1) if p <= 0.05 * rank / len(order) * (1 + 1e-12)]
    assert discovered.sum() == np.count_nonzero(p_values <= (order[max(passing) - 1] if passing else -1.0))


def test_consensus_and_divergence_of_members() -> None:
    asked = only(members=("code.tests", "code.types", "success.alive"))
    sums = Sums(asked, np.array([300.0, 11.0, 6.2, 1.0]), np.full(4, 0.4), MEMBERS)
    found = agreement(sums, consensus_threshold=0.7, divergence_threshold=0.5)
    assert set(found.consensus) == {"code.tests"}
    assert set(found.divergence) == {"code.types"}
    assert found.divergence["code.types"].high == 1.0
    assert found.reason == ""
    for held in (*found.consensus.values(), *found.divergence.values()):
        assert 0 <= held.low <= held.estimate <= held.high <= 1


def test_no_consensus_is_said_of_too_few_members() -> None:
    found = agreement(
        Sums(only(), np.array([30.0]), np.array([9.0]), 3), consensus_threshold=0.7, divergence_threshold=0.5
    )
    assert (found.consensus, found.divergence, found.reason) == ({}, {}, TOO_FEW)
