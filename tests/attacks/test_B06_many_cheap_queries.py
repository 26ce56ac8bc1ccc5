"""B6: asking the same, or what goes with it, cheaply and often gets no more than the cap: each asking is charged."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.rounds import run_round
from fedlore.privacy.accountant import event_of, total_epsilon
from fedlore.privacy.filters import limits_of, loss_of, spent_by, tracks
from fedlore.privacy.ledger import BudgetExceeded, Cap, Charge
from fedlore.privacy.planner import priced
from fedlore.store import ledger
from fedlore.store.database import Database
from tests.federation.making import CATALOGUE, NOW, OUTCOMES, PRACTICES, World, make_world, planned, some_features

CAP = Cap("federation", 4_000_000, 10**11, adaptive=True)
OWN = Policy(
    federation_epsilon_micro=2_000_000, federation_delta_e15=10**11, epsilon_total_micro=2_000_000, min_cohort=3
)
CI, TESTS, LINTER = PRACTICES


def asking(world: World, round_id: str, *shares: MeasureId, epsilon_micro: int = 100_000) -> Plan:
    """A round that asks for nothing but these shares, cheaply."""
    useful = planned(world, round_id).plan
    plan = replace(useful, shares=shares, pairs=(), members=(), weights=(), epsilon_micro=epsilon_micro)
    return priced(plan)


def standing(database: Database) -> list[Charge]:
    with database.reading() as connection:
        rows = [row for row in ledger.charges(connection) if row.state == "committed"]
    return [Charge(row.epsilon_micro, row.delta_e15, row.event) for row in rows]


def test_rounds_on_one_measure_are_stopped_by_each_participants_own_gate(tmp_path: Path) -> None:
    """The coordinator's own cap, the adversary's word, is far above the participants'."""
    world = make_world(tmp_path, some_features(3, 20, seed=6), policy=OWN)
    answered = []
    for number in range(25):
        plan = asking(world, f"round-{number}", CI, epsilon_micro=400_000)
        try:
            run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        except BudgetExceeded:
            continue
        answered.append(number)
    assert answered == list(range(len(answered)))
    assert 5 <= len(answered) < 20
    for name in world.links:
        charges = standing(world.database(name))
        assert len(charges) == len(answered)
        events = [event_of(charge.event, charge.epsilon_micro, charge.delta_e15) for charge in charges]
        assert total_epsilon(events, 1e-4) <= 2.0


def test_a_hundred_slots_of_correlated_measures_pass_one_gate(tmp_path: Path) -> None:
    """Three questions that go together, in turn, get as many answers in all as one question asked again and again."""
    world = make_world(tmp_path, some_features(3, 20, seed=7), policy=OWN)
    turns = [(CI,), (TESTS,), (LINTER,), (OUTCOMES[0],)]
    prices = {asking(world, "round", *turn).noise_scale for turn in turns}
    losses = {loss_of(charge_of(asking(world, "round", *turn))) for turn in turns}
    assert len(prices) == len(losses) == 1
    asked = [charge_of(asking(world, "round", *turns[number % 4], epsilon_micro=300_000)) for number in range(100)]
    passed = admitted(asked)
    assert passed == admitted([asked[0]] * 100) < 100


def admitted(asked: list[Charge]) -> int:
    database, passed = Database("sqlite://"), 0
    for number, charge in enumerate(asked):
        try:
            with database.transaction() as connection:
                ledger.reserve(
                    connection, operation_id=f"o{number}", scope="federation", charge=charge, caps=[CAP], now=NOW
                )
        except BudgetExceeded:
            continue
        passed += 1
    assert tracks(limits_of(CAP), spent_by(asked[:passed]), loss_of(asked[0])) == ()
    return passed


def test_averaging_all_answers_knows_no_more_than_one_answer_at_the_cap(tmp_path: Path) -> None:
    """Their mean has the noise of one release that the cap itself would pay for, whatever they correlate with."""
    world = make_world(tmp_path, some_features(3, 20, seed=8), policy=OWN)
    charge = charge_of(asking(world, "round", CI, epsilon_micro=300_000))
    rounds = admitted([charge] * 100)
    event = event_of(charge.event, charge.epsilon_micro, charge.delta_e15)
    if event.mechanism == "discrete gaussian":
        averaged = replace(event, noise_multiplier=event.noise_multiplier / math.sqrt(rounds))
        assert total_epsilon([averaged], 1e-4) <= 4.0
    assert total_epsilon([replace(event, count=event.count * rounds)], 1e-4) <= 4.0
    assert total_epsilon([replace(event, count=event.count * rounds * 2)], 1e-4) > 4.0


def test_one_plan_that_asks_the_same_measure_twice_is_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 20, seed=9), policy=OWN)
    for twice in (
        replace(asking(world, "shares", CI), shares=(CI, CI)),
        replace(planned(world, "pairs").plan, pairs=((CI, OUTCOMES[0]), (CI, OUTCOMES[0])), weights=()),
        replace(planned(world, "members").plan, members=(CI, CI), weights=()),
    ):
        with pytest.raises(PlanError):
            twice.check_shape()
        with pytest.raises(PlanError):
            OWN.check_plan(twice, CATALOGUE, NOW)
        with pytest.raises(PlanError):
            run_round(world.coordinator, world.links, twice, config={}, charge=charge_of(twice))
    assert Counter(len(standing(world.database(name))) for name in world.links) == {0: 3}


def test_one_plan_with_more_measures_has_more_noise_at_the_same_price(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 20, seed=10), policy=OWN)
    one, three = asking(world, "round", CI), asking(world, "round", CI, TESTS, LINTER)
    assert three.noise_scale / three.scale > 1.2 * one.noise_scale / one.scale
    cheap = replace(three, noise_scale=one.noise_scale, scale=one.scale)
    with pytest.raises(PolicyRefusal, match="noise"):
        OWN.check_plan(cheap, CATALOGUE, NOW)
