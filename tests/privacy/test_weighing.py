"""Weights lower the sum of the answers' variances at the same price, and never protect less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, Unit
from fedlore.privacy.accountant import gaussian_delta
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.planner import noise_sds, priced
from fedlore.privacy.weighing import weights_for

PRACTICES, OUTCOMES = (tuple(MeasureId(f"{kind}{index}") for index in range(n)) for kind, n in (("p", 15), ("o", 4)))


def table(plan: Plan, **changes: object) -> Plan:
    pairs = tuple((practice, outcome) for practice in PRACTICES for outcome in OUTCOMES)
    nothing = {"histograms": (), "means": (), "members": ()}
    return priced(replace(plan, shares=(*PRACTICES, *OUTCOMES), pairs=pairs, **{**nothing, **changes}))


def total_variance(plan: Plan, share: float) -> float:
    """Of all phi coefficients and shares, from noise alone, to first order."""
    square, sds = (2 * share - 1) ** 2, np.array(noise_sds(plan, 12))
    count, shares, pairs = sds[0] ** 2, sds[1:20] ** 2, sds[20:] ** 2
    practice, outcome = np.repeat(shares[:15], 4), np.tile(shares[15:], 15)
    scores = pairs + square * practice + square * outcome + square**2 * count
    return float((scores / (1 - square) ** 2).sum() + (shares + square * count).sum() / 4)


@pytest.mark.parametrize(("share", "least_gain"), [(0.5, 0.05), (0.35, 0.01), (0.2, 0.04)])
def test_the_expected_error_falls_at_the_same_price(plan: Plan, share: float, least_gain: float) -> None:
    alike = table(plan)
    weighed = priced(replace(alike, weights=weights_for(alike, dict.fromkeys(alike.shares, share))))
    assert total_variance(weighed, share) < (1 - least_gain) * total_variance(alike, share)
    assert gaussian_delta(event_of_plan(weighed).noise_multiplier, alike.epsilon) <= alike.delta


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_no_single_weight_could_be_changed_for_the_better(plan: Plan, share: float) -> None:
    alike = table(plan)
    weights = weights_for(alike, dict.fromkeys(alike.shares, share))
    best = total_variance(priced(replace(alike, weights=weights)), share)
    for group in (range(1, 16), range(16, 20), range(20, 80)):
        for step in (-3, 3):
            other = tuple(max(1, w + step) if index in group else w for index, w in enumerate(weights))
            assert total_variance(priced(replace(alike, weights=other)), share) > best


def test_nothing_is_weighed_where_nothing_is_known_or_the_noise_is_laplace(plan: Plan) -> None:
    alike = table(plan)
    assert weights_for(alike, {}) == ()
    assert weights_for(replace(alike, mechanism="discrete laplace"), dict.fromkeys(alike.shares, 0.5)) == ()


@pytest.mark.parametrize(("unit", "limit"), [("record", 0), ("contributor", 3)])
def test_what_a_unit_cannot_move_is_asked_as_finely_as_can_be(plan: Plan, unit: Unit, limit: int) -> None:
    asked = replace(plan, unit=unit, most_projects_each=limit)
    weights = weights_for(asked, {MeasureId("a"): 0.4})
    assert weights[0] == max(weights) == 16
    replace(asked, weights=weights).check_shape()


def test_every_slot_of_a_mixed_plan_has_a_weight(plan: Plan) -> None:
    weights = weights_for(plan, {MeasureId("a"): 0.4, MeasureId("b"): 0.7})
    assert len(weights) == len(plan.slots)
    bins = [w for slot, w in zip(plan.slots, weights, strict=True) if slot.kind == "bin"]
    assert len(set(bins)) == 1


def mixed_error(plan: Plan, shares: dict[str, float]) -> float:
    """Of every answer of a mixed plan, from noise alone, to first order in 1 / n, times n squared.

    A histogram counts as one question, by the mean of its bins. Nothing is known of the mean: its square is a third.
    """
    sds = dict(zip(plan.slots, np.square(noise_sds(plan, 12)), strict=True))
    by_kind: dict[str, list[float]] = {}
    for slot, variance in sds.items():
        by_kind.setdefault(slot.kind, []).append(float(variance))
    count = by_kind["count"][0]
    x, y = (2 * shares[name] - 1 for name in plan.shares)
    error = sum(v / 4 + coded**2 * count / 4 for v, coded in zip(by_kind["share"], (x, y), strict=True))
    (pair,), (v_x, v_y) = by_kind["pair"], by_kind["share"]
    error += (pair + y**2 * v_x + x**2 * v_y + (x * y) ** 2 * count) / ((1 - x**2) * (1 - y**2))
    bins = by_kind["bin"]
    error += sum(bins) / len(bins) * (len(bins) - 1) / len(bins)
    (mean,), (present,) = by_kind["mean"], by_kind["present"]
    error += (mean + (present + count) / 4 / 3) / 4
    return error + by_kind["member"][0]


def test_no_weight_of_a_mixed_plan_could_be_changed_for_the_better(plan: Plan) -> None:
    shares = {"a": 0.3, "b": 0.65}
    weights = weights_for(plan, shares)  # type: ignore[arg-type]
    kinds = [slot.kind for slot in plan.slots]
    best = mixed_error(priced(replace(plan, weights=weights)), shares)
    for kind in set(kinds):
        for step in (-2, 2):
            other = tuple(w + step if one == kind else w for w, one in zip(weights, kinds, strict=True))
            if min(other) >= 8:
                assert mixed_error(priced(replace(plan, weights=other)), shares) > best, (kind, step)


@pytest.mark.parametrize("unit", ["record", "contributor", "organisation"])
def test_the_error_of_a_mixed_plan_falls_for_other_units_too(plan: Plan, unit: Unit) -> None:
    shares = {"a": 0.3, "b": 0.65}
    asked = replace(plan, unit=unit, most_projects_each=2)
    weighed = replace(asked, weights=weights_for(asked, shares))  # type: ignore[arg-type]
    assert mixed_error(priced(weighed), shares) < mixed_error(priced(asked), shares)


@pytest.mark.parametrize(
    ("unit", "limit", "weights"),
    [
        # count, two shares, their pair, three bins, who has a value, the mean, a member's bit
        ("project", 0, (8, 11, 11, 16, 14, 14, 14, 8, 11, 16)),
        ("record", 0, (16, 8, 8, 11, 12, 12, 12, 8, 11, 16)),
        ("record", 5, (16, 8, 8, 11, 12, 12, 12, 8, 11, 16)),
        ("contributor", 1, (16, 8, 8, 11, 12, 12, 12, 8, 11, 16)),
        ("organisation", 2, (8, 8, 8, 11, 10, 10, 10, 8, 8, 16)),
    ],
)
def test_the_weights_at_even_shares(plan: Plan, unit: Unit, limit: int, weights: tuple[int, ...]) -> None:
    """By hand: 16 (c / m^2)^(1/4) over the largest of these, at least 8.

    The costs c are 1/4 for a share, 1 for a pair and a bit, 2/3 for a bin, 1/4 and 1/48 for a mean and who has a value.
    A project moves all by m = 1; a record moves shares, pairs and who has a value by 2, a bin by sqrt 2, the mean and a
    bit by 1 (in parts of what it moves a share: 1/4 for m^2 of the mean and the bit, 1/2 for the bin, 0 for the count).
    """
    asked = replace(plan, unit=unit, most_projects_each=limit)
    assert weights_for(asked, {MeasureId("a"): 0.5, MeasureId("b"): 0.5}) == weights


@pytest.mark.parametrize(
    ("unit", "limit", "share", "pair", "bit"),
    [
        ("organisation", 3, 15, 16, 12),  # bits: (3^2)^(1/4) = 1.73 beside 2.29 and 2.18
        ("contributor", 2, 15, 16, 14),  # (4 2^2)^(1/4) = 2
        ("contributor", 3, 14, 15, 16),  # (4 3^2)^(1/4) = 2.45
    ],
)
def test_a_members_bit_is_worth_more_the_more_projects_move_all_else(
    plan: Plan, unit: Unit, limit: int, share: int, pair: int, bit: int
) -> None:
    """At shares of 5 %, where a pair costs 1 / 0.19^2 and a share 1/4 + 0.81 / 0.19^2."""
    asked = replace(plan, unit=unit, most_projects_each=limit, templates=(MeasureId("t"),), most_templates_each=1)
    found = weights_for(asked, {MeasureId("a"): 0.05, MeasureId("b"): 0.95})
    assert found[1:4] == (share, share, pair)
    assert found[-2:] == (bit, bit)


def test_a_practice_rarer_than_5_percent_is_worth_no_more(plan: Plan) -> None:
    asked = replace(plan, unit="organisation", most_projects_each=3)
    rare, rarer = (weights_for(asked, {MeasureId("a"): p, MeasureId("b"): p}) for p in (0.05, 0.01))
    assert (rare[3], rare[-1]) == (rarer[3], rarer[-1]) == (16, 12)


def test_a_share_of_which_nothing_is_known_counts_as_the_mean_of_all(plan: Plan) -> None:
    a, b = MeasureId("a"), MeasureId("b")
    third = (1 + 3**-0.5) / 2  # (2 p - 1)^2 is 1/3 there, as on average over all p
    for asked in (plan, replace(plan, unit="organisation", most_projects_each=2)):
        for known in (0.05, 0.2, 0.5):
            assert weights_for(asked, {a: known}) == weights_for(asked, {a: known, b: third})
            assert weights_for(asked, {a: known}) != weights_for(asked, {a: known, b: 0.05})


def test_a_share_that_noise_put_beyond_0_or_1_counts_as_0_or_1(plan: Plan) -> None:
    a, b = MeasureId("a"), MeasureId("b")
    for beyond, end in ((-0.2, 0.0), (1.3, 1.0)):
        assert weights_for(plan, {a: beyond, b: 0.5}) == weights_for(plan, {a: end, b: 0.5})
