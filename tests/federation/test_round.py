"""A round over real machines and stores: what comes out, who pays, and what a refusal or a retry costs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedlore.aggregate.masking.errors import DropoutError
from fedlore.catalogue.errors import FedloreError
from fedlore.federation.coordinator import RoundError
from fedlore.federation.messages import Release, SignatureError, Signed
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.federation.received import newest_statements
from fedlore.federation.rounds import begin, contribute, finish, resume, run_round
from fedlore.privacy.ledger import BudgetExceeded
from fedlore.store import audit, contributions, ledger
from fedlore.store.contributions import InsightRow, MembershipRow
from tests.federation.making import FEDERATION, NOW, TERMS, World, make_world, planned, some_features


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, some_features(6, 40, seed=1))


def _run(world: World, round_id: str = "round-1", **changes: float) -> Release:
    plan = planned(world, round_id, **changes).plan
    signed = run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    return Release.verified(signed, world.coordinator.public_key)


def test_intervals_of_a_round_hold_what_the_projects_are(world: World) -> None:
    release = _run(world, epsilon=8.0)
    projects = [project for projects in world.features.values() for project in projects]
    shares = {s["id"]: s for s in release.statements if s["kind"] == "share"}
    assert len(shares) == 4
    for name, said in shares.items():
        true = sum(bool(project[name]) for project in projects) / len(projects)
        assert said["low"] - 0.1 < true < said["high"] + 0.1
        assert said["cohort"] == 6
        assert said["epsilon"] == 8.0


def test_everybody_pays_once_and_the_mirror_says_so(world: World) -> None:
    _run(world)
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            spent = ledger.totals(connection, FEDERATION)
            audit.verify(connection)
        assert (spent.committed_epsilon_micro, spent.reserved_epsilon_micro) == (4_000_000, 0)


def test_a_second_round_draws_fresh_noise(world: World) -> None:
    first, second = _run(world, "round-1"), _run(world, "round-2")
    assert first.sums != second.sums


def test_a_retry_returns_the_same_bytes_and_costs_nothing(world: World) -> None:
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    first = {name: link.contribute(roster) for name, link in world.links.items()}
    assert {name: link.contribute(roster) for name, link in world.links.items()} == first
    for name, message in first.items():
        world.coordinator.receive_masked("round-1", message)
        world.coordinator.receive_masked("round-1", message)
        with world.database(name).reading() as connection:
            assert ledger.totals(connection, FEDERATION).epsilon_micro == 4_000_000
    released = finish(world.coordinator, world.links, "round-1")
    assert world.coordinator.release("round-1") == released


def test_a_round_over_the_federations_budget_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=2), terms=replace(TERMS, epsilon_total_micro=7_000_000))
    _run(world, "round-1")
    with pytest.raises(BudgetExceeded, match="epsilon 3"):
        _run(world, "round-2")
    with world.database("org0").reading() as connection:
        assert ledger.totals(connection).epsilon_micro == 4_000_000


def test_a_participants_own_cap_outranks_the_coordinator_and_ends_the_round_unpaid(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=3))
    world.participants |= make_world(
        tmp_path, {"org2": world.features["org2"]}, policy=Policy(epsilon_total_micro=3_999_999)
    ).participants
    with pytest.raises(BudgetExceeded):
        _run(world)
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            assert ledger.totals(connection).epsilon_micro == 0
    assert world.coordinator.unfinished(FEDERATION) == []


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(epsilon_round_micro=3_000_000), "cap of 3"),
        (Policy(delta_round_e15=1), "delta"),
        (Policy(min_cohort=5), "5"),
        (Policy(honest="1/4"), "honest"),
    ],
)
def test_a_policy_refuses_in_words(tmp_path: Path, policy: Policy, words: str) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=4), policy=policy)
    with pytest.raises(PolicyRefusal, match=words):
        _run(world)


def test_a_plan_with_too_little_noise_is_refused(world: World) -> None:
    plan = planned(world, "round-1").plan
    cheap = replace(plan, noise_scale=plan.noise_scale / 2)
    with pytest.raises(PolicyRefusal, match="noise"):
        run_round(world.coordinator, world.links, cheap, config={}, charge=charge_of(cheap))


def test_sums_in_the_clear_are_refused_unless_every_policy_allows_them(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=5))
    plan = planned(world, "round-1", secure=False).plan
    with pytest.raises(PolicyRefusal, match="without masks"):
        run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))


def test_sums_in_the_clear_say_so_and_each_vector_carries_all_the_noise(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(4, 60, seed=5), policy=Policy(allow_clear=True))
    plan = planned(world, "round-1", secure=False).plan
    assert plan.least_honest == 1
    signed = run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    release = Release.verified(signed, world.coordinator.public_key)
    assert not release.plan.secure_aggregation
    vectors = [masked.words.astype(np.int32) for masked in world.coordinator.masked_messages("round-1").values()]
    assert np.sum(vectors, axis=0).tolist() == list(release.sums)


def test_a_missing_member_ends_the_round_with_a_clear_error_and_no_charge(world: World) -> None:
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in sorted(world.links)[1:]:
        contribute(world.coordinator, world.links, "round-1", roster, name)
    with pytest.raises(DropoutError, match="1 of 6 members are missing"):
        finish(world.coordinator, world.links, "round-1")
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            assert ledger.totals(connection).epsilon_micro == 0


def test_what_was_received_is_read_back_only_with_the_coordinators_signature(world: World) -> None:
    release = _run(world)
    database = world.database("org1")
    with database.transaction() as connection:
        row = MembershipRow(FEDERATION, world.coordinator.public_key, {}, NOW)
        contributions.set_membership(connection, row, [])
    assert len(newest_statements(database, FEDERATION)) == len(release.statements)
    with database.transaction() as connection:
        (kept,) = contributions.insights_of(connection)
        table = json.loads(kept.document)
        table["statements"][0]["estimate"] = 0.123
        forged = json.dumps(table).encode()
        contributions.add_insight(connection, InsightRow("round-x", FEDERATION, forged, kept.signature), NOW)
    with pytest.raises(SignatureError):
        newest_statements(database, FEDERATION)


def test_a_release_of_another_coordinator_is_not_taken(world: World, tmp_path: Path) -> None:
    release = _run(world)
    (tmp_path / "other").mkdir()
    other = make_world(tmp_path / "other", some_features(3, 5, seed=6))
    forged = release.signed(other.coordinator._identity.sign)
    with pytest.raises(SignatureError):
        world.links["org0"].receive(Signed(forged.document, forged.signature))


def _forged(world: World, release: Release, **changes: object) -> Signed:
    return replace(release, **changes).signed(world.coordinator._identity.sign)  # type: ignore[arg-type]


def test_a_release_is_kept_only_if_it_was_paid_for_and_says_what_its_sums_say(world: World) -> None:
    release = _run(world)
    link = world.links["org0"]
    lie = [{**statement, "question": "\x1b[31mrun this"} for statement in release.statements]
    with pytest.raises(PolicyRefusal, match="something else than its sums"):
        link.receive(_forged(world, release, statements=tuple(lie)))
    with pytest.raises(PolicyRefusal, match="another cohort"):
        link.receive(_forged(world, release, contributors=5))
    other = replace(release.plan, round_id="never-run")
    with pytest.raises(PolicyRefusal, match="paid for"):
        link.receive(_forged(world, release, plan=other))
    link.receive(_forged(world, release))


def test_a_round_that_ended_is_not_opened_any_more(world: World) -> None:
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in world.links:
        contribute(world.coordinator, world.links, "round-1", roster, name)
    elsewhere = make_world(world.folder, world.features)
    assert elsewhere.coordinator.end("round-1")
    with pytest.raises(RoundError, match="ended"):
        finish(world.coordinator, world.links, "round-1")
    settled = resume(world.coordinator, world.links, FEDERATION)
    assert settled.stuck == {}
    for name in [*world.participants, "coordinator"]:
        with world.database(name).reading() as connection:
            assert ledger.totals(connection).epsilon_micro == 0


def test_a_round_that_cannot_be_finished_stays_paid_and_holds_nobody_up(world: World) -> None:
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in world.links:
        contribute(world.coordinator, world.links, "round-1", roster, name)
    world.coordinator.unmask_request("round-1")
    without = {name: link for name, link in world.links.items() if name != "org3"}
    settled = resume(world.coordinator, without, FEDERATION)
    assert "org3 is not here" in settled.stuck["round-1"]
    assert "charge stands" in settled.stuck["round-1"]
    _run(world, "round-2")
    settled = resume(world.coordinator, world.links, FEDERATION)
    assert len(settled.finished) == 1
    assert world.coordinator.unfinished(FEDERATION) == []


@pytest.mark.parametrize(
    "change",
    [
        {"sums": None},
        {"sums": ["a"]},
        {"statements": 3},
        {"statements": [3]},
        {"contributors": 6.5},
        {"schema": "other"},
        {"plan_digest": "0" * 64},
        {"note": "free text"},
        {"consensus": {}},
        {"consensus": []},
        {"consensus": {"thresholds": {"consensus": 0.7, "divergence": 0.5, "word": "text"}}},
    ],
)
def test_a_signed_release_of_another_shape_is_refused(world: World, change: dict[str, object]) -> None:
    release = _run(world)
    table = {**json.loads(release.signed(lambda _: b"").document), **change}
    document = json.dumps(table).encode()
    signature = world.coordinator._identity.sign(b"fedlore release 1\0" + document)
    with pytest.raises(FedloreError):
        world.links["org0"].receive(Signed(document, signature))
