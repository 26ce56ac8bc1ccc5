"""The derived sensitivity is what the farthest-moving project really moves, neither more nor less."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Plan, PlanError, Unit
from fedlore.contribute.encode import encode
from fedlore.observe.evidence import Features
from fedlore.privacy.calibration import event_of_plan
from fedlore.privacy.planner import priced
from fedlore.privacy.sensitivity import l1_units, l2_units, sensitivity

NAMES = st.lists(st.sampled_from("pqrst"), unique=True, max_size=5).map(lambda n: tuple(MeasureId(x) for x in n))


def _measure(name: str, kind: str, **shape: object) -> Measure:
    words = {"domain": "code_patterns", "group": "pattern_aggregation", "question": "?", "unit": "project"}
    table = {**words, "kind": kind, "role": "practice", "definition": "d", "source": "s", **shape}
    return Measure(id=MeasureId(name), **table)  # type: ignore[arg-type]


CATALOGUE = Catalogue(
    {
        **{MeasureId(n): _measure(n, "yes-no") for n in "pqrst"},
        **{MeasureId(f"h{n}"): _measure(f"h{n}", "histogram", bins=(1.0, 2.0)) for n in "pqrst"},
        **{MeasureId(f"m{n}"): _measure(f"m{n}", "mean", bounds=(-1.0, 3.0)) for n in "pqrst"},
    },
    "digest",
)


@given(shares=NAMES, pairs=NAMES, histograms=NAMES, means=NAMES, members=NAMES, scale=st.sampled_from([1, 16, 64]))
@settings(max_examples=100, deadline=None)
def test_the_worst_project_moves_exactly_the_sensitivity(
    shares: tuple[MeasureId, ...],
    pairs: tuple[MeasureId, ...],
    histograms: tuple[MeasureId, ...],
    means: tuple[MeasureId, ...],
    members: tuple[MeasureId, ...],
    scale: int,
) -> None:
    asked = Plan(
        *("round", "federation", "code_patterns", 0),
        shares=shares,
        pairs=tuple((p, MeasureId("p")) for p in pairs),
        histograms=tuple((MeasureId(f"h{h}"), 3) for h in histograms),
        means=tuple(MeasureId(f"m{m}") for m in means),
        members=members,
        mechanism="discrete gaussian",
        epsilon_micro=10**6,
        delta_e15=10**9,
        scale=scale,
        noise_scale=99.0,
        least_honest=3,
        min_cohort=3,
        catalogue_digest="digest",
    )
    bound = sensitivity(asked)
    measures = CATALOGUE.measures.values()
    worst = {m.id: True if m.kind == "yes-no" else 1.5 if m.kind == "histogram" else 3.0 for m in measures}
    moved = np.abs(encode(asked, CATALOGUE, [worst]) - encode(asked, CATALOGUE, []))
    assert moved.sum() == bound.l1
    assert (moved**2).sum() == bound.l2_squared
    assert moved.max() == bound.linf == scale
    assert (l1_units(asked) * scale, l2_units(asked) * scale) == (bound.l1, pytest.approx(bound.l2))


A, B, S, H, M = (MeasureId(name) for name in ("p", "q", "t", "hp", "mp"))
GRID = Plan(
    *("round", "federation", "code_patterns", 0),
    shares=(A, B, S),
    pairs=((A, S), (B, S)),
    histograms=((H, 3),),
    means=(M,),
    members=(A,),
    mechanism="discrete gaussian",
    epsilon_micro=10**6,
    delta_e15=10**9,
    scale=16,
    noise_scale=99.0,
    least_honest=3,
    min_cohort=3,
    catalogue_digest="digest",
)
EVERY = [
    {A: a, B: b, S: s, H: h, M: m}
    for a, b, s in product((False, True), repeat=3)
    for h in (None, 0.5, 1.5, 2.5)
    for m in (None, -1.0, 3.0)
]
"""Every project that the grid's questions can tell apart, means at their bounds."""

UNITS = [("record", 0), ("record", 4), ("contributor", 1), ("contributor", 3), ("organisation", 2), ("organisation", 3)]
WEIGHTS = st.lists(st.integers(1, 9), min_size=len(GRID.slots), max_size=len(GRID.slots)).map(tuple)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=True, allow_infinity=True))
PROJECT = st.dictionaries(st.sampled_from([A, B, S, H, M]), VALUES)


@pytest.mark.parametrize(("unit", "limit"), UNITS)
@given(data=st.data(), weights=st.one_of(st.just(()), WEIGHTS))
@settings(max_examples=60, deadline=None)
def test_no_neighbour_is_farther_than_the_sensitivity(
    unit: Unit, limit: int, data: st.DataObject, weights: tuple[int, ...]
) -> None:
    asked = replace(GRID, unit=unit, most_projects_each=limit, weights=weights)
    projects = data.draw(st.lists(PROJECT, min_size=1, max_size=5))
    changed = 1 if unit == "record" else len(projects)
    other = [*(data.draw(PROJECT) for _ in range(changed)), *projects[changed:]]
    place = data.draw(st.integers(0, len(projects) - changed))
    other = [*other[changed:][:place], *other[:changed], *other[changed:][place:]]
    before = [*projects[changed:][:place], *projects[:changed], *projects[changed:][place:]]
    moved = np.abs(encode(asked, CATALOGUE, [] if unit == "organisation" else before) - encode(asked, CATALOGUE, other))
    bound = sensitivity(asked)
    assert np.count_nonzero(moved) <= bound.l0
    assert moved.sum() <= bound.l1
    assert (moved**2).sum() <= bound.l2_squared
    assert moved.max() <= bound.linf


@pytest.mark.parametrize(("unit", "limit"), UNITS)
@pytest.mark.parametrize("weights", [(), (3, 2, 2, 2, 5, 5, 4, 4, 4, 1, 2, 7)])
def test_some_neighbour_is_as_far_as_the_sensitivity(unit: Unit, limit: int, weights: tuple[int, ...]) -> None:
    asked = replace(GRID, unit=unit, most_projects_each=limit, weights=weights)
    together = 1 if unit == "record" else limit
    vectors = np.array([encode(asked, CATALOGUE, [project] * together) for project in EVERY])
    moved = np.abs(vectors if unit == "organisation" else vectors[:, None] - vectors[None]).reshape(-1, len(GRID.slots))
    bound = sensitivity(asked)
    assert np.count_nonzero(moved, axis=1).max() == bound.l0 or together > 1
    assert moved.sum(axis=1).max() == bound.l1
    assert (moved**2).sum(axis=1).max() == bound.l2_squared
    assert moved.max() == bound.linf


@pytest.mark.parametrize(("unit", "slots"), [("contributor", 11), ("organisation", 12)])
def test_projects_that_move_different_slots_move_every_slot(unit: Unit, slots: int) -> None:
    asked = replace(GRID, unit=unit, most_projects_each=3)
    assert sensitivity(asked).l0 == slots
    before = [{A: False, B: False, S: False, H: 0.5, M: None}] * 3
    after = [
        {A: True, B: False, S: False, H: 1.5, M: 3.0},
        {A: False, B: True, S: True, H: 2.5, M: 3.0},
        {A: True, B: True, S: False, H: 0.5, M: 3.0},
    ]
    moved = encode(asked, CATALOGUE, after) - encode(asked, CATALOGUE, [] if unit == "organisation" else before)
    assert np.count_nonzero(moved) == slots


def test_a_project_that_drives_out_another_may_move_more_slots_than_one_that_comes() -> None:
    histograms = tuple((MeasureId(f"h{name}"), 3) for name in "pqr")
    only = replace(GRID, shares=(), pairs=(), histograms=histograms, means=(), members=(), weights=())
    assert sensitivity(replace(only, unit="organisation", most_projects_each=1)).l0 == 6
    assert sensitivity(only).l0 == 4


def test_the_sensitivity_follows_the_bounds_that_the_plan_clips_to() -> None:
    narrow = replace(GRID, unit="record", bounds=((0.0, 1.0),))
    values: list[Features] = [{M: value} for value in (-1.0, 0.0, 0.5, 1.0, 3.0)]
    position = [slot.kind for slot in GRID.slots].index("mean")
    sums = [int(encode(narrow, CATALOGUE, [value])[position]) for value in values]
    assert sums == [-16, -16, 0, 16, 16]


def test_the_projects_of_a_member_are_chosen_whatever_they_hold() -> None:
    asked = replace(GRID, unit="contributor", most_projects_each=2)
    few, many = EVERY[:2], EVERY[:2] + EVERY[-3:]
    assert encode(asked, CATALOGUE, many).tolist() == encode(asked, CATALOGUE, few).tolist()


@pytest.mark.parametrize("unit", ["commit", "contributor", "organisation"])
def test_no_sensitivity_is_made_up_where_nothing_bounds_it(plan: Plan, unit: Unit) -> None:
    with pytest.raises(PlanError):
        sensitivity(replace(plan, unit=unit))


@pytest.mark.parametrize("unit", ["record", "contributor"])
def test_no_unit_protects_less_than_one_project(unit: Unit) -> None:
    bare = replace(GRID, shares=(), pairs=(), histograms=(), means=())
    assert sensitivity(replace(bare, unit=unit, most_projects_each=2)).l2_squared == sensitivity(bare).l2_squared


@pytest.mark.parametrize(("unit", "limit"), [*UNITS[1:], ("organisation", 1)])
def test_a_project_that_drives_out_another_is_within_the_noise(unit: Unit, limit: int) -> None:
    asked = replace(GRID, unit=unit, most_projects_each=limit)
    full: list[Features] = [EVERY[0]] * limit
    moved = [encode(asked, CATALOGUE, [more, *full]) - encode(asked, CATALOGUE, full) for more in EVERY]
    assert max(int((one**2).sum()) for one in moved) <= sensitivity(asked).l2_squared
    assert max(int(np.abs(one).sum()) for one in moved) <= sensitivity(asked).l1


@pytest.mark.parametrize(("unit", "limit"), [("project", 0), *UNITS])
def test_the_ledgers_event_is_worth_the_price_for_every_unit(unit: Unit, limit: int) -> None:
    asked = priced(replace(GRID, unit=unit, most_projects_each=limit, mechanism="discrete laplace", delta_e15=10**10))
    event = event_of_plan(asked)
    assert event.count / event.noise_multiplier >= asked.epsilon * (1 - 1e-9)
    weighed = event_of_plan(priced(replace(asked, weights=tuple(range(1, len(GRID.slots) + 1)))))
    assert weighed.count / weighed.noise_multiplier == pytest.approx(asked.epsilon)
