"""A contribution is what its definition says, and one project moves it by no more than the plan's sensitivity."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import PlanError
from fedlore.contribute.clip import clip_features
from fedlore.contribute.encode import encode
from fedlore.contribute.envelope import envelope
from fedlore.contribute.preview import preview
from fedlore.observe.evidence import Features
from fedlore.privacy.sensitivity import sensitivity
from tests.catalogue.test_catalogue import PLAN

A, B, H, M = (MeasureId(name) for name in ("a", "b", "h", "m"))


def _measure(name: MeasureId, **shape: object) -> Measure:
    table = {"domain": "code_patterns", "group": "pattern_aggregation", "question": "?", "unit": "project"}
    return Measure(id=name, role="practice", definition="d", source="s", **table, **shape)  # type: ignore[arg-type]


CATALOGUE = Catalogue(
    {
        A: _measure(A, kind="yes-no"),
        B: _measure(B, kind="yes-no"),
        H: _measure(H, kind="histogram", bins=(1.0, 5.0)),
        M: _measure(M, kind="mean", bounds=(0.0, 10.0)),
    },
    "digest",
)
SMALL = replace(
    PLAN, shares=(A, B), pairs=((A, B),), histograms=((H, 3),), means=(M,), members=(A,), catalogue_digest="digest"
)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=True, allow_infinity=True))
PROJECTS = st.lists(st.dictionaries(st.sampled_from([A, B, H, M]), VALUES), max_size=8)


def test_known_projects_give_known_integers() -> None:
    projects: list[Features] = [
        {A: True, B: True, H: 0.5, M: 10.0},
        {A: True, B: False, H: 1.0, M: 0.0},
        {A: False, B: False, H: 7.0, M: None},
    ]
    units = encode(SMALL, CATALOGUE, projects) / SMALL.scale
    #        n  A  B  AB low mid high present mean member
    assert units.tolist() == [3, 1, -1, 1, 1, 1, 1, 1, 0, 1]


@given(PROJECTS, st.dictionaries(st.sampled_from([A, B, H, M]), VALUES))
@settings(max_examples=200, deadline=None)
def test_one_project_more_moves_the_vector_within_the_sensitivity(projects: list[Features], extra: Features) -> None:
    moved = encode(SMALL, CATALOGUE, [*projects, extra]) - encode(SMALL, CATALOGUE, projects)
    bound = sensitivity(SMALL)
    assert np.abs(moved).max() <= bound.linf
    assert np.abs(moved).sum() <= bound.l1
    assert int((moved * moved).sum()) <= bound.l2_squared


@given(PROJECTS)
def test_clipping_keeps_only_what_the_plan_asks_within_bounds(projects: list[Features]) -> None:
    for table in clip_features(SMALL, CATALOGUE, projects):
        assert set(table) == {A, B, H, M}
        assert isinstance(table[A], bool)
        assert isinstance(table[B], bool)
        assert table[M] is None or 0 <= table[M] <= 10
        assert table[H] is None or math.isfinite(table[H])


def test_the_order_of_projects_changes_nothing() -> None:
    projects: list[Features] = [{A: True, M: 3.3}, {B: True, M: 9.1, H: 2.0}, {A: True, B: True}]
    assert encode(SMALL, CATALOGUE, projects).tolist() == encode(SMALL, CATALOGUE, projects[::-1]).tolist()


def test_more_projects_than_a_word_can_count_are_refused() -> None:
    tight = replace(SMALL, scale=2**29)
    with pytest.raises(PlanError, match="more projects here than the sums") as refused:
        encode(tight, CATALOGUE, [{}, {}, {}])
    assert not any(letter.isdigit() for letter in str(refused.value))


def test_the_preview_shows_every_integer_that_would_leave() -> None:
    projects: list[Features] = [{A: True, B: True, M: 10.0}]
    contribution = encode(SMALL, CATALOGUE, projects)
    shown = preview(SMALL, CATALOGUE, contribution, 2.5)
    assert [line.value * SMALL.scale for line in shown.lines] == contribution.tolist()
    assert f"{len(SMALL.slots)} integers about 1 of your projects" in shown.words
    assert "epsilon 1" in shown.words


def test_the_preview_says_the_limit_on_projects_and_each_numbers_own_noise() -> None:
    weighed = replace(SMALL, unit="contributor", most_projects_each=2, weights=(4, *(2,) * (len(SMALL.slots) - 1)))
    projects: list[Features] = [{A: True, M: 10.0}] * 5
    shown = preview(weighed, CATALOGUE, encode(weighed, CATALOGUE, projects), 8.0)
    assert shown.projects == 2
    assert [line.noise_share_sd for line in shown.lines] == [2.0, *(4.0,) * (len(SMALL.slots) - 1)]
    assert shown.lines[1].value == 2
    assert "standard deviation 2 to 4" in shown.words
    assert "At most 2 projects of each member take part" in shown.words


def test_an_envelope_names_measures_but_no_values() -> None:
    shown = envelope(SMALL, "org", "digest", range(len(SMALL.slots))).as_dict()
    assert shown["local_patterns"] == {"measures": [A, B, H, M], "pairs": [[A, B]]}
    assert shown["privacy_preserved_data"] == list(range(len(SMALL.slots)))


@pytest.mark.parametrize("scale", [1, 16])
def test_a_coarse_lattice_does_not_bias_a_mean(scale: int) -> None:
    plan = replace(SMALL, scale=scale)
    projects: list[Features] = [{M: 8.5}] * 600
    total = encode(plan, CATALOGUE, projects)[[slot.kind for slot in plan.slots].index("mean")]
    assert abs(total / scale - 600 * 0.7) <= 0.5 / scale + 1e-3
