"""P16: a coordinator that asks for less protection than a participant's own policy gets nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.plan import Plan
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import Policy, PolicyRefusal, policy_of
from fedlore.federation.rounds import begin, give_up, run_round
from fedlore.privacy.planner import priced
from fedlore.store import ledger
from tests.federation.making import CATALOGUE, NOW, TERMS, make_world, planned, some_features


def _weaker(plan: Plan) -> dict[str, Plan]:
    return {
        "masks": priced(replace(plan, secure_aggregation=False, least_honest=1)),
        "members": replace(plan, min_cohort=2),
        "noise": replace(plan, noise_scale=plan.noise_scale * 0.99),
        "honest": priced(replace(plan, least_honest=4)),
        "catalogue": replace(plan, catalogue_digest="0" * 64),
        "has not come": replace(plan, as_of=NOW + 10 * 86_400),
        "cap": priced(replace(plan, epsilon_micro=8_000_001)),
    }


@pytest.mark.parametrize("word", ["masks", "members", "noise", "honest", "catalogue", "has not come", "cap"])
def test_a_weaker_plan_is_refused_by_every_member_and_costs_nothing(tmp_path: Path, word: str) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=13))
    plan = _weaker(planned(world, "round-1").plan)[word]
    with pytest.raises(PolicyRefusal, match=word):
        run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            assert ledger.totals(connection).epsilon_micro == 0


def test_a_vector_that_left_without_masks_stays_paid_whatever_becomes_of_the_round(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=14), policy=Policy(allow_clear=True))
    link = world.links["org0"]
    for turn in range(3):
        plan = planned(world, f"round-{turn}", secure=False).plan
        roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        world.coordinator.before_contribution(plan.round_id)
        if turn != 1:
            world.coordinator.receive_masked(plan.round_id, link.contribute(roster))
        else:  # a crash just after the vector has left
            link.contribute(roster)
        give_up(world.coordinator, world.links, plan.round_id)
        for name, paid in (("org0", turn + 1), ("coordinator", turn + 1), ("org1", 0)):
            with world.database(name).reading() as connection:
                assert ledger.totals(connection).committed_epsilon_micro == 4_000_000 * paid


@pytest.mark.parametrize(
    "change",
    [
        {"scale": 0},
        {"scale": True},
        {"noise_scale": float("inf")},
        {"least_honest": 3_000_000},
        {"epsilon_micro": 1_000_000.5},
        {"version": 7},
        {"unit": "commit"},
        {"secure_aggregation": "yes"},
        {"histograms": (("workflow.commit_size", 2_000_000),)},
        {"histograms": (("workflow.commit_size", 2),)},
        {"shares": ("code.tests", "code.tests", "workflow.ci", "workflow.linter", "success.survival")},
        {"shares": ("no.such", "workflow.ci", "code.tests", "workflow.linter", "success.survival")},
        {"means": ("workflow.ci",)},
        {"pairs": (("code.async", "success.survival"),)},
        {"pairs": (("workflow.ci", "code.tests", "workflow.linter"),)},
        {"means": (([],),)},
        {"shares": 5},
        {"histograms": (None,)},
        {"histograms": ((),)},
        {"histograms": tuple((f"h{number}", 65_536) for number in range(100))},
        {"noise_scale": 10**400},
        {"as_of": 2**60},
        {"epsilon_micro": 2**53 - 1},
        {"unit": []},
        {"unit": "contributor"},
        {"most_projects_each": 3},
        {"weights": (1, 2)},
        {"weights": (0,) * 100_000},
        {"weights": 5},
        {"bounds": ((0.0, 1.0),)},
    ],
)
def test_an_absurd_plan_is_refused_at_once(tmp_path: Path, change: dict[str, Any]) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=15))
    plan = planned(world, "round-1").plan
    absurd = replace(plan, **change)
    began = time.monotonic()
    with pytest.raises(FedloreError):
        policy_of(TERMS).check_plan(absurd, CATALOGUE, NOW)
    assert time.monotonic() - began < 2
