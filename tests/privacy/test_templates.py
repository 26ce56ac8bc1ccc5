"""What one privacy unit can turn of the members' bits for code templates, and when a round asks for them at all."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError, Unit
from fedlore.contribute.clip import named_templates
from fedlore.contribute.encode import encode
from fedlore.contribute.preview import preview
from fedlore.learn.examples import widely_held
from fedlore.learn.sums import Sums
from fedlore.observe.evidence import Features
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.planner import TOO_FEW_FOR_TEMPLATES, Planned, noise_sds, plan_round, priced
from fedlore.privacy.questions import Request
from fedlore.privacy.sensitivity import sensitivity
from fedlore.privacy.shares import noise_share

CATALOGUE = load_catalogue()
ASKED = tuple(list(CATALOGUE.templates)[:4])
SHARE = MeasureId("code.swallowed_errors")
UNITS: list[tuple[Unit, int]] = [("project", 0), ("record", 0), ("contributor", 2), ("organisation", 1)]


def _plan(each: int, unit: Unit, limit: int, weights: tuple[int, ...] = ()) -> Plan:
    return Plan(
        *("round", "federation", "code_anti_patterns", 0),
        shares=(SHARE,),
        pairs=(),
        histograms=(),
        means=(),
        members=(),
        mechanism="discrete laplace",
        epsilon_micro=10**6,
        delta_e15=10**9,
        scale=1,
        noise_scale=9.0,
        least_honest=3,
        min_cohort=3,
        catalogue_digest=CATALOGUE.digest,
        unit=unit,
        most_projects_each=limit,
        weights=weights,
        templates=ASKED,
        most_templates_each=each,
        min_holders=3,
    )


PROJECT = st.dictionaries(st.sampled_from([SHARE, *ASKED]), st.one_of(st.none(), st.booleans(), st.floats(-2, 9)))


@pytest.mark.parametrize(("unit", "limit"), UNITS)
@given(data=st.data(), each=st.integers(1, 5))
@settings(max_examples=80, deadline=None)
def test_no_neighbour_turns_more_than_the_sensitivity(unit: Unit, limit: int, data: st.DataObject, each: int) -> None:
    plan = _plan(each, unit, limit, data.draw(st.sampled_from([(), (1, 2, 3, 4, 5, 6)])))
    others = data.draw(st.lists(PROJECT, max_size=3))
    one, other = data.draw(PROJECT), data.draw(PROJECT)
    neighbours: dict[str, tuple[list[Features], list[Features]]] = {
        "project": ([*others, one], [*others]),
        "record": ([*others, one], [*others, other]),
        "contributor": (data.draw(st.lists(PROJECT, min_size=2, max_size=2)), [one, other]),
        "organisation": ([one, *others], []),
    }
    moved = np.abs(np.subtract(*(encode(plan, CATALOGUE, projects) for projects in neighbours[unit])))
    bound = sensitivity(plan)
    assert np.count_nonzero(moved) <= bound.l0
    assert moved.sum() <= bound.l1
    assert (moved**2).sum() <= bound.l2_squared
    assert moved.max() <= bound.linf


@pytest.mark.parametrize(("unit", "limit"), UNITS)
@pytest.mark.parametrize("each", [1, 2, 3, 4])
def test_some_neighbour_turns_as_much_as_the_sensitivity(unit: Unit, limit: int, each: int) -> None:
    plan = _plan(each, unit, limit, weights=(1, 1, 2, 3, 4, 5))
    projects: list[Features] = [
        {SHARE: yes, **dict.fromkeys(held, 1.0)}
        for yes in (False, True)
        for count in range(len(ASKED) + 1)
        for held in combinations(ASKED, count)
    ]
    together = list(product(projects, repeat=2)) if unit == "contributor" else [(one,) for one in projects]
    vectors = np.array([encode(plan, CATALOGUE, list(some)) for some in together])
    nothing = encode(plan, CATALOGUE, [])
    if unit == "contributor":
        vectors = np.unique(vectors, axis=0)
    alone = unit in {"project", "organisation"}
    moved = np.abs(vectors - nothing if alone else vectors[:, None] - vectors[None]).reshape(-1, len(plan.slots))
    held = np.count_nonzero(moved[:, 2:], axis=1).max()
    assert held == min(len(ASKED), each * {"project": 1, "record": 2, "contributor": 4, "organisation": 1}[unit])
    assert moved.sum(axis=1).max() <= sensitivity(plan).l1
    if unit == "project":
        assert moved.sum(axis=1).max() == sensitivity(plan).l1


def test_a_project_names_what_it_holds_most_often_whatever_the_others_hold() -> None:
    plan = _plan(2, "project", 0)
    features: Features = {ASKED[0]: 1.0, ASKED[1]: 5.0, ASKED[2]: 5.0, ASKED[3]: 2.0, MeasureId("template.x.y.1"): 99.0}
    assert named_templates(plan, features) == (ASKED[1], ASKED[2])
    assert named_templates(plan, {ASKED[0]: math.nan, ASKED[1]: -1.0, ASKED[2]: math.inf, ASKED[3]: None}) == ()
    assert encode(plan, CATALOGUE, [features, features]).tolist() == [2, -2, 0, 1, 1, 0]


def test_the_preview_names_each_template_by_its_id() -> None:
    plan = _plan(2, "project", 0)
    lines = preview(plan, CATALOGUE, encode(plan, CATALOGUE, [{ASKED[0]: 3.0}]), 1.0).lines
    assert [line.value for line in lines[2:]] == [1, 0, 0, 0]
    assert all(name in line.words for name, line in zip(ASKED, lines[2:], strict=True))


def _planned(members: int, epsilon: float, **more: object) -> Planned:
    request = Request(
        "round",
        "federation",
        "code_anti_patterns",
        *(0, round(epsilon * 1e6), 10**9, members, 5 * members),
        least_honest=-(-2 * members // 3),
        min_cohort=3,
        measures=(SHARE,),
        **{"max_examples": 4, **more},  # type: ignore[arg-type]
    )
    return plan_round(request, CATALOGUE)


def test_templates_are_asked_where_the_noise_allows_it_and_else_the_reason_is_given() -> None:
    for members, epsilon in ((6, 4.0), (8, 2.0), (12, 2.0)):
        found = _planned(members, epsilon)
        plan, noise = found.plan, noise_sds(found.plan, members)[-1]
        assert plan.templates
        assert {CATALOGUE.templates[name].measure for name in plan.templates} == {SHARE}
        assert (plan.min_holders, found.template_reason) == (3, "")
        assert 3 + 1.96 * noise <= members
    none = _planned(5, 1.0)
    assert (none.plan.templates, none.plan.min_holders, none.template_reason) == ((), 0, TOO_FEW_FOR_TEMPLATES)
    assert _planned(12, 8.0, max_examples=0).template_reason == ""
    assert _planned(12, 8.0).plan.most_templates_each == 4
    assert _planned(12, 8.0, min_holders=12).plan.templates == ()


def test_with_several_templates_each_one_that_half_of_the_rest_hold_comes_out_too() -> None:
    several = set()
    for micro in range(1_000_000, 8_000_000, 200_000):
        plan = _planned(12, micro / 1e6).plan
        if plan.templates:
            halfwidth = 1.96 * noise_sds(plan, 12)[-1]
            assert halfwidth <= (9 if plan.most_templates_each == 1 else 4.5) * 1.01
            several.add(plan.most_templates_each)
    assert several == {1, 2, 3, 4}


def test_asking_for_templates_is_in_the_price() -> None:
    with_templates, without = _planned(12, 4.0, max_examples=1).plan, _planned(12, 4.0, max_examples=0).plan
    bare = replace(with_templates, templates=(), most_templates_each=0, min_holders=0)
    assert sensitivity(with_templates).l1 == sensitivity(bare).l1 + 1
    assert event_of_plan(with_templates).count / event_of_plan(with_templates).noise_multiplier >= 4.0 * (1 - 1e-9)
    assert event_of_plan(without).epsilon_micro == event_of_plan(with_templates).epsilon_micro == 4_000_000


@pytest.mark.parametrize(
    "change",
    [
        {"most_templates_each": 0},
        {"most_templates_each": 65},
        {"most_templates_each": True},
        {"min_holders": 1},
        {"min_holders": 2.5},
        {"templates": (ASKED[0], ASKED[0])},
        {"templates": (7,)},
        {"templates": ()},
    ],
)
def test_a_plan_whose_templates_are_unsound_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(PlanError):
        replace(_plan(2, "project", 0), **change).check_shape()  # type: ignore[arg-type]


def test_a_template_that_nobody_knows_is_refused_and_a_plan_comes_back_as_it_was() -> None:
    plan = priced(_plan(2, "project", 0))
    assert Plan.parse(plan.canonical()) == plan
    plan.check_measures(CATALOGUE.measures, CATALOGUE.templates)
    for name in ("template.python.bare_except.99", "try: secret()", "code.swallowed_errors"):
        with pytest.raises(PlanError, match="not in the catalogue"):
            replace(plan, templates=(MeasureId(name),)).check_measures(CATALOGUE.measures, CATALOGUE.templates)


def test_what_too_few_hold_seldom_comes_through_and_what_all_hold_often_does() -> None:
    members, rounds = 12, 4000
    plan = _planned(members, 4.0, max_examples=1).plan
    shares = [
        noise_share(plan.mechanism, plan.noise_scale, plan.least_honest, 2 * rounds, os.urandom) for _ in range(members)
    ]
    noise = np.sum(shares, axis=0).reshape(rounds, 2)
    said = np.zeros(2)
    start = len(plan.slots) - len(plan.templates)
    for drawn in noise:
        lattice = np.zeros(len(plan.slots), np.int64)
        lattice[start : start + 2] = np.array([plan.min_holders - 1, members]) * plan.scale + drawn
        found = {held.template for held in widely_held(Sums.from_release(plan, lattice, members))}
        said += [plan.templates[place] in found for place in (0, 1)]
    few, all_of_them = said / rounds
    assert few < 0.025
    assert all_of_them > 0.95
