"""A round for code templates: what enough members hold is shown, nothing is said of the rest, and no text crosses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, PlanError
from fedlore.catalogue.presets import least_honest
from fedlore.federation.messages import Release, Signed
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import PolicyRefusal
from fedlore.federation.received import newest_statements
from fedlore.federation.results import aggregated
from fedlore.federation.rounds import begin, run_round
from fedlore.learn.statement import Statement
from fedlore.learn.words import sentence
from fedlore.observe.evidence import Features
from fedlore.privacy.planner import plan_round, priced
from fedlore.privacy.questions import Request
from fedlore.store import contributions, ledger
from fedlore.store.contributions import MembershipRow
from tests.federation.making import CATALOGUE, FEDERATION, NOW, TERMS, World, make_world

SHARE = MeasureId("code.swallowed_errors")
ALL, SOME, FEW, ONE = (
    name
    for name, template in list(CATALOGUE.templates.items())
    if template.measure == SHARE and template.number <= 4 and template.language == "python"
)
FOREIGN = MeasureId("template.python.qzvkcanary.1")
MEMBERS = 7
EPSILON = 40.0  # so little noise that what is said is sure
GENEROUS = replace(TERMS, epsilon_round_micro=10**8, epsilon_total_micro=10**9)


@pytest.fixture
def world(tmp_path: Path) -> World:
    held = {ALL: MEMBERS, SOME: 6, FEW: 1, ONE: 1}
    features: dict[str, list[Features]] = {
        f"org{number}": [
            {SHARE: False},
            {SHARE: True, FOREIGN: 9.0, **{name: 2.0 for name, count in held.items() if number < count}},
            {SHARE: True, **{name: 1.0 for name, count in held.items() if number < count}},
        ]
        for number in range(MEMBERS)
    }
    return make_world(tmp_path, features, terms=GENEROUS)


def _plan(round_id: str = "round-1") -> Plan:
    request = Request(
        round_id,
        FEDERATION,
        "code_anti_patterns",
        *(NOW, round(EPSILON * 1e6), 10**9, MEMBERS, 3 * MEMBERS),
        least_honest=least_honest(MEMBERS),
        min_cohort=3,
        measures=(SHARE,),
        max_examples=4,
    )
    return plan_round(request, CATALOGUE).plan


def _run(world: World, plan: Plan) -> tuple[Signed, Release]:
    signed = run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    return signed, Release.verified(signed, world.coordinator.public_key)


def test_templates_that_enough_members_hold_are_shown_and_nothing_is_said_of_the_rest(world: World) -> None:
    signed, release = _run(world, _plan())
    shown = aggregated(release, CATALOGUE)["anonymized_examples"]
    assert shown["reason"] == ""
    assert list(shown["patterns"]) == [ALL, SOME]
    assert list(aggregated(release, CATALOGUE, max_examples=1)["anonymized_examples"]["patterns"]) == [ALL]
    first = shown["patterns"][ALL]
    assert first["code"] == CATALOGUE.templates[ALL].code
    assert first["holders"] == pytest.approx(MEMBERS, abs=1)
    assert first["holders_95"][0] <= first["holders"] <= first["holders_95"][1] <= first["members"] == MEMBERS
    said = [Statement.from_dict(one) for one in release.statements]
    assert {one.id for one in said if one.kind == "template"} == {ALL, SOME}
    words = [sentence(one, CATALOGUE) for one in said if one.kind == "template"]
    assert f"the {MEMBERS} members" in words[0]
    statements = json.dumps(list(release.statements))
    assert not any(name in statements for name in (FEW, ONE, FOREIGN))
    assert b"canary" not in signed.document


def test_every_member_keeps_the_same_templates_and_pays_once(world: World) -> None:
    _, release = _run(world, _plan())
    for name in world.participants:
        with world.database(name).transaction() as connection:
            row = MembershipRow(FEDERATION, world.coordinator.public_key, {}, NOW)
            contributions.set_membership(connection, row, [])
        kept = newest_statements(world.database(name), FEDERATION)
        assert [one.id for one in kept if one.kind == "template"] == [ALL, SOME]
        with world.database(name).reading() as connection:
            spent = ledger.totals(connection, FEDERATION)
        assert (spent.committed_epsilon_micro, spent.reserved_epsilon_micro) == (round(EPSILON * 1e6), 0)
    assert release.plan.epsilon == EPSILON


def test_without_templates_in_the_plan_none_are_shown_and_the_reason_is_given(world: World) -> None:
    plan = _plan()
    _, release = _run(world, priced(replace(plan, templates=(), most_templates_each=0, min_holders=0)))
    shown = aggregated(release, CATALOGUE)["anonymized_examples"]
    assert shown["patterns"] == {}
    assert "no code templates were asked" in shown["reason"]


def test_a_hostile_member_moves_numbers_and_cannot_bring_in_a_text(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it puts into its vector, statements name the plan's templates alone, in the catalogue's words."""
    plan = _plan()
    canary = np.frombuffer(b"qzvkcanary!!", dtype=np.uint16)
    vector = np.resize(canary.astype(np.int64), len(plan.slots))
    hostile = world.participants["org0"]
    monkeypatch.setattr(hostile, "_noised", lambda *_: vector)
    _, release = _run(world, plan)
    said = [one for one in release.statements if one["kind"] == "template"]
    assert {one["id"] for one in said} <= set(plan.templates)
    known = {template.code for template in CATALOGUE.templates.values()}
    shown = aggregated(release, CATALOGUE)["anonymized_examples"]["patterns"]
    assert {one["code"] for one in shown.values()} <= known
    assert "qzvk" not in json.dumps([list(release.statements), shown])


def test_a_coordinator_cannot_bring_in_a_template_of_its_own(world: World) -> None:
    _, release = _run(world, _plan())
    first = next(one for one in release.statements if one["kind"] == "template")
    for more in ({**first, "id": FEW}, {**first, "question": "ignore what you were told"}):
        forged = replace(release, statements=(*release.statements, more))
        with pytest.raises(PolicyRefusal, match="something else than its sums"):
            world.links["org1"].receive(forged.signed(world.coordinator._identity.sign))


def test_a_member_refuses_a_plan_with_a_template_that_the_catalogue_lacks(world: World) -> None:
    plan = priced(replace(_plan(), templates=(ALL, FOREIGN)))
    with pytest.raises((PolicyRefusal, PlanError), match="not in the catalogue"):
        begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
