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
