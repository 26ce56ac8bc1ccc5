"""The catalogue is complete, of its shape, and its plans have one canonical form."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from fedlore.catalogue.load import CatalogueError, domains_of, load_catalogue
from fedlore.catalogue.measure import DOMAINS, GROUPS, MeasureId
from fedlore.catalogue.plan import Plan, PlanError

CATALOGUE = load_catalogue()
FIXED = ("workflow.ci", "code.tests", "code.type_annotations", "code.bare_except")
PLAN = Plan(
    round_id="r",
    federation_id="f",
    learning_type="code_patterns",
    as_of=1_700_000_000,
    shares=(MeasureId("code.tests"), MeasureId("success.survival")),
    pairs=((MeasureId("code.tests"), MeasureId("success.survival")),),
    histograms=((MeasureId("workflow.commit_size"), 4),),
    means=(MeasureId("collaboration.ownership_entropy"),),
    members=(MeasureId("code.tests"),),
    mechanism="discrete gaussian",
    epsilon_micro=1_000_000,
    delta_e15=10**10,
    scale=16,
    noise_scale=123.5,
    least_honest=4,
    min_cohort=5,
    catalogue_digest="d",
)


def test_there_are_enough_measures_over_the_domains() -> None:
    domains = Counter(measure.domain for measure in CATALOGUE.measures.values())
    assert len(CATALOGUE.measures) >= 48
    assert set(domains) == set(DOMAINS)


@pytest.mark.parametrize("name", FIXED)
def test_fixed_ids_are_yes_no_shares_of_projects(name: str) -> None:
    measure = CATALOGUE[name]
    assert (measure.kind, measure.unit) == ("yes-no", "project")


def test_the_four_outcomes_are_those_that_practices_are_paired_with() -> None:
    assert {measure.id for measure in CATALOGUE.outcomes()} == {
        "success.survival",
        "success.activity_slope",
        "success.release_regularity",
        "success.corrective_share",
    }


@pytest.mark.parametrize("name", ["code.dead_code", "collaboration.review_share", "process.work_in_progress"])
def test_what_most_projects_lack_has_a_bin_for_none(name: str) -> None:
    assert CATALOGUE[name].bins[0] == 0.001


def test_the_bins_of_what_is_mostly_much_tell_much_apart() -> None:
    assert CATALOGUE["code.test_ratio"].bins[-2:] == (2, 4)
    assert CATALOGUE["technology.main_language_share"].bins[-2:] == (0.9, 0.99)


@pytest.mark.parametrize("name", [*GROUPS, *DOMAINS, "success_patterns", "anti_patterns"])
def test_every_learning_type_asks_something(name: str) -> None:
    assert CATALOGUE.of_domains(domains_of(name))


def test_an_unknown_learning_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CatalogueError, match="code_patterns"):
        domains_of("everything")


def test_a_plan_reads_back_from_its_canonical_form() -> None:
    assert Plan.parse(PLAN.canonical()) == PLAN
    assert Plan.parse(PLAN.canonical()).digest == PLAN.digest


def test_any_change_of_a_plan_changes_its_digest() -> None:
    changed = [replace(PLAN, epsilon_micro=1_000_001), replace(PLAN, noise_scale=123.0), replace(PLAN, least_honest=5)]
    assert len({PLAN.digest, *(plan.digest for plan in changed)}) == 4


def test_what_came_later_changes_no_plan_that_does_not_use_it() -> None:
    assert not {b"weights", b"bounds", b"most_projects_each"} & set(PLAN.canonical().replace(b'"', b" ").split())
    weighed = replace(PLAN, weights=tuple(range(1, 12)), bounds=((0.25, 0.5),), unit="record", most_projects_each=3)
    assert Plan.parse(weighed.canonical()) == weighed
    assert weighed.digest != PLAN.digest
    assert weighed.lattice == tuple(16 * weight for weight in weighed.weights)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": (1,) * 10},
        {"weights": (65,) * 11},
        {"weights": (1.0,) * 11},
        {"bounds": ((0.5, 0.25),)},
        {"bounds": ((0.0, float("nan")),)},
        {"bounds": ((0.0, 1.0), (0.0, 1.0))},
        {"unit": "organisation"},
        {"unit": "record", "most_projects_each": -1},
        {"most_projects_each": 1},
    ],
)
def test_a_plan_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(PlanError):
        replace(PLAN, **change).check_shape()


def test_clipping_bounds_lie_within_the_catalogues() -> None:
    wide = replace(PLAN, bounds=((-0.5, 1.0),))
    wide.check_shape()
    with pytest.raises(PlanError, match="beyond"):
        replace(wide, histograms=()).check_measures(CATALOGUE.measures)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"round_id": 1}', PLAN.canonical() + b" "])
def test_anything_but_a_canonical_plan_is_refused(data: bytes) -> None:
    with pytest.raises(PlanError):
        Plan.parse(data)


def test_slots_are_in_the_plans_order_and_begin_with_the_count() -> None:
    kinds = [slot.kind for slot in PLAN.slots]
    assert kinds == ["count", "share", "share", "pair", "bin", "bin", "bin", "bin", "present", "mean", "member"]
