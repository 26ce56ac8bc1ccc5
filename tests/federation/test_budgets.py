"""What a year's budgets allow: more than plain sums where the gate can prove it, and nothing beyond; then it renews."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fedlore.aggregate.masking.messages import Roster, UnmaskRequest
from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import MeasureId
from fedlore.federation.budgets import Budget, budget_of_coordinator, budget_of_participant
from fedlore.federation.caps import TakesNoPart, within_budget
from fedlore.federation.coordinator import RoundError
from fedlore.federation.explaining import asks, explained
from fedlore.federation.identity import load_identity
from fedlore.federation.participant import Membership, Participant, Tools, charge_of
from fedlore.federation.policy import Policy, PolicyRefusal, policy_of
from fedlore.federation.rounds import begin, contribute, resume, run_round
from fedlore.federation.terms import Terms
from fedlore.federation.transports.local import LocalLink
from fedlore.observe.evidence import Features
from fedlore.privacy.filters import Spent, spent_by
from fedlore.privacy.ledger import Cap, OperationConflict, UnknownOperation
from fedlore.store import audit, contributions, ledger
from fedlore.store.charges import charges, projects_of, spent_by_project
from fedlore.store.contributions import MembershipRow
from tests.federation import making
from tests.federation.making import CATALOGUE, FEDERATION, NOW, PRACTICES, World, make_world, planned, some_features

DAY = 86_400
SMALL = Terms("test", 8_000_000, 8_000_000, 10**10, 10**11, 3)  # eight rounds of epsilon 1 by plain sums


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def _later(clock: pytest.MonkeyPatch, days: float) -> None:
    clock.setattr(making, "NOW", NOW + round(days * DAY))


def _run(world: World, round_id: str, epsilon: float = 4.0) -> None:
    plan = planned(world, round_id, epsilon=epsilon).plan
    run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))


def _begun(world: World, round_id: str) -> bytes:
    """A round in which everybody has paid and sent a masked vector; the request to open the sum, sent to nobody yet."""
    plan = planned(world, round_id).plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in world.links:
        contribute(world.coordinator, world.links, round_id, roster, name)
    return UnmaskRequest(round_id, Roster.parse(roster).digest, tuple(sorted(world.links))).to_bytes()


def _state(world: World, name: str, operation: str) -> tuple[str, bytes]:
    with world.database(name).reading() as connection:
        row = ledger.find_charge(connection, operation)
        kept = contributions.find_contribution(connection, operation)
        kinds = [entry.kind for entry in audit.entries(connection)]
        audit.verify(connection)
    assert row is not None
    assert f"budget.{row.state}" in kinds
    return row.state, b"" if kept is None else kept.unmask


def _budget(world: World, name: str) -> Budget:
    return budget_of_participant(world.participants[name], world.database(name), making.NOW)


def test_a_round_that_is_never_opened_expires_and_can_never_be_opened(
    tmp_path: Path, clock: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=3))
    request = _begun(world, "round-1")
    assert _state(world, "org0", "round-1")[0] == "reserved"
    _later(clock, 6.9)
    assert [scope.summed("reserved")[0] for scope in _budget(world, "org0").scopes] == [4.0, 4.0]
    _later(clock, 7)
    for name in world.participants:
        with pytest.raises(PolicyRefusal, match="has given it up"):
            world.participants[name].unmask(request)
        assert _state(world, name, "round-1") == ("expired", b"")
        with (
            pytest.raises(OperationConflict, match="already expired"),
            world.database(name).transaction() as connection,
        ):
            ledger.commit(connection, "round-1", making.NOW)
    with pytest.raises(RoundError, match="has ended"):
        world.coordinator.unmask_request("round-1")
    assert _state(world, "coordinator", "round-1")[0] == "expired"
    assert not world.coordinator.unfinished(FEDERATION)
    assert [scope.summed("reserved")[0] for scope in _budget(world, "org0").scopes] == [0.0, 0.0]
    resume(world.coordinator, world.links, FEDERATION)
    assert _state(world, "org1", "round-1")[0] == "expired"


def test_a_void_round_cannot_be_opened_either(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=3))
    request = _begun(world, "round-1")
    world.participants["org0"].end("round-1")
    with pytest.raises(PolicyRefusal, match="has given it up"):
        world.participants["org0"].unmask(request)
    assert _state(world, "org0", "round-1") == ("void", b"")


def test_what_may_have_been_opened_never_expires(tmp_path: Path, clock: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=3))
    _begun(world, "round-1")
    request = world.coordinator.unmask_request("round-1")
    world.participants["org0"].unmask(request)
    _later(clock, 30)
    world.coordinator.give_up_overdue(FEDERATION)
    assert [_state(world, name, "round-1")[0] for name in ("org0", "coordinator")] == ["committed", "committed"]
    with pytest.raises(PolicyRefusal, match="has given it up"):
        world.participants["org1"].unmask(request)
    assert _state(world, "org1", "round-1") == ("expired", b"")


def test_the_gate_admits_more_rounds_than_plain_sums_and_says_how_many(
    tmp_path: Path, clock: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, some_features(6, 40, seed=4), terms=SMALL)
    _run(world, "round-1", epsilon=1.0)
    mirror, own = budget_of_coordinator(world.coordinator, FEDERATION).scopes[0], _budget(world, "org0").scopes[0]
    last = own.last
    assert last is not None
    more = own.more_like(last.charge)
    assert mirror.more_like(last.charge) == more > 7  # plain sums would admit 7
    for name, caps in (("coordinator", [mirror.cap]), ("org0", [scope.cap for scope in _budget(world, "org0").scopes])):
        with world.database(name).transaction() as connection:
            for turn in range(more):
                ledger.reserve(
                    connection,
                    operation_id=f"more-{turn}",
                    scope=FEDERATION,
                    charge=last.charge,
                    caps=caps,
                    now=making.NOW,
                )
    with pytest.raises(FedloreError, match=r"does not suffice: .* until it renews on 2026-"):
        _run(world, "too-many", epsilon=1.0)
    scope = _budget(world, "org0").scopes[0]
    assert scope.more_like(last.charge) == 0
    assert scope.total.naive_epsilon == 1 + more > 8
    assert scope.total.tight_epsilon <= 8.0
    _later(clock, 365 - NOW / DAY % 365)  # years are counted from the beginning of time where nobody joined
    assert _budget(world, "org0").scopes[0].more_like(last.charge) == 1 + more
    assert _budget(world, "org0").scopes[0].ever.naive_epsilon == 1 + more
    assert _budget(world, "org0").scopes[0].total.naive_epsilon == 0.0


def test_years_are_counted_from_the_first_joining_and_joining_again_renews_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=5))
    participant = world.participants["org0"]
    with world.database("org0").transaction() as connection:
        for federation, joined in ((FEDERATION, NOW - 10 * DAY), ("other", NOW - 300 * DAY), (FEDERATION, NOW + 1)):
            contributions.set_membership(connection, MembershipRow(federation, b"key", {}, joined), [])
        rows = {row.federation_id: row.joined for row in contributions.memberships_of(connection)}
        caps = participant.caps(connection, NOW)
    assert rows == {FEDERATION: NOW - 10 * DAY, "other": NOW - 300 * DAY}
    # The test's own membership says joined at the epoch, which is earlier than both.
    assert caps.everything.since_us == caps.federation.since_us == NOW // (365 * DAY) * 365 * DAY * 10**6
    later = Participant(
        "org0",
        database=world.database("org0"),
        identity=load_identity(world.folder / "org0.key"),
        membership=Membership(FEDERATION, b"key", Policy(), rows[FEDERATION]),
        catalogue=CATALOGUE,
        look=lambda _as_of: [],
        tools=Tools(lambda: NOW, os.urandom),
    )
    with world.database("org0").reading() as connection:
        caps = later.caps(connection, NOW)
    assert caps.federation.since_us == (NOW - 10 * DAY) * 10**6
    assert caps.everything.since_us == (NOW - 300 * DAY) * 10**6


def test_a_project_that_spent_its_own_budget_is_left_out_in_every_federation(tmp_path: Path) -> None:
    features = some_features(3, 60, seed=6)
    policy = replace(policy_of(making.TERMS), project_epsilon_micro=4_000_000, project_delta_e15=10**10)
    world = make_world(tmp_path, features, policy=policy)
    first, both = 30, {name: [f"p{index}" for index in range(60)] for name in features}
    _named(world, features, both, policy, first)
    _run(world, "round-1")
    with world.database("org0").reading() as connection:
        assert projects_of(connection, "round-1") == sorted(both["org0"][:first])
    # In another federation all sixty would take part, but the first thirty have spent what one project may.
    world.coordinator.create("other", making.TERMS, {})
    links = _named(world, features, both, policy, 60, "other")
    plan = replace(planned(world, "round-2").plan, federation_id="other")
    shown = links["org0"].participant.preview(plan)
    assert shown.projects == 30
    assert "30 of them have spent the budget of one project" in shown.words
    run_round(world.coordinator, links, plan, config={}, charge=charge_of(plan))
    with world.database("org0").reading() as connection:
        assert projects_of(connection, "round-2") == sorted(both["org0"][first:])
        assert {one.epsilon_micro for one in spent_by_project(connection).values()} == {4_000_000}
    projects = budget_of_participant(links["org0"].participant, world.database("org0"), NOW).projects
    assert projects is not None
    assert (projects.spent, projects.exhausted, projects.most_epsilon) == (60, 60, 4.0)
    # Whoever has none left takes part with noise alone, and pays for no project.
    third = replace(planned(world, "round-3").plan, federation_id="other")
    empty = links["org0"].participant.preview(third)
    assert {line.value for line in empty.lines} == {0.0}
    assert "what would leave is noise alone" in empty.words
    run_round(world.coordinator, links, third, config={}, charge=charge_of(third))
    for name in features:
        with world.database(name).reading() as connection:
            assert projects_of(connection, "round-3") == []
            assert ledger.totals(connection, "other").committed_epsilon_micro == 8_000_000
            assert len(contributions.insights_of(connection, "other")) == 2


def test_a_ledger_asked_early_says_what_it_would_say_later_and_pays_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    policy = replace(policy_of(making.TERMS), epsilon_total_micro=5_000_000)
    world = make_world(tmp_path, some_features(3, 60, seed=6), policy=policy)
    link, plan = world.links["org0"], planned(world, "round-1", epsilon=3.0).plan
    link.participant._tell = told.append
    link.check_room([plan], [charge_of(plan)])
    with pytest.raises(TakesNoPart, match=r"^org0 takes no part in this round; its owner sees why"):
        link.check_room([plan, plan], [charge_of(plan)] * 2)
    assert len(told) == 1
    assert re.search("org0 takes no part in round round-1: .* left in all", told[0])
    with pytest.raises(PolicyRefusal, match="cap of 8"):
        link.check_room([plan, replace(plan, epsilon_micro=9_000_000)], [charge_of(plan)])
    with world.database("org0").reading() as connection:
        assert charges(connection) == []


def test_the_ledger_itself_refuses_a_project_beyond_its_budget(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=6))
    charge = charge_of(planned(world, "round-1").plan)
    coverage = ledger.Coverage(frozenset({"a", "b"}), Cap("each-project", 4_000_000, 10**10, adaptive=True))
    with world.database("org0").transaction() as connection:
        for operation in ("one", "one"):  # a retry is asked nothing again
            ledger.reserve(
                connection, operation_id=operation, scope="s", charge=charge, caps=[], now=1.0, coverage=coverage
            )
        with pytest.raises(FedloreError, match="left in each-project"):
            ledger.reserve(
                connection, operation_id="two", scope="t", charge=charge, caps=[], now=1.0, coverage=coverage
            )
        ledger.void(connection, "one", 2.0)
        ledger.reserve(connection, operation_id="two", scope="t", charge=charge, caps=[], now=1.0, coverage=coverage)
        assert [row.operation_id for row in charges(connection, "t")] == ["two"]


def test_what_is_left_out_does_not_depend_on_what_a_project_holds() -> None:
    charge = charge_of(planned(_World(), "round-1").plan)  # type: ignore[arg-type]
    cap = Cap("each-project", charge.epsilon_micro, 10**10, adaptive=True)
    spent = {"a": spent_by([charge]), "b": Spent()}
    held: list[list[Features]] = [[{}, {}, {}], [{PRACTICES[0]: True}, {PRACTICES[1]: 1.0}, {}]]
    for features in held:
        found = within_budget(features, ["a", "b", "c"], cap, spent, charge)
        assert list(found.features) == features[1:]
        assert (set(found.projects), found.left_out) == ({"b", "c"}, 1)
    assert within_budget([{}], [], cap, spent, charge).projects == frozenset()


def test_an_explanation_adds_up(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(6, 40, seed=8))
    for turn in range(2):
        _run(world, f"round-{turn}")
    plan = planned(world, "round-1").plan
    scopes = _budget(world, "org0").scopes
    row = scopes[0].rows[1]
    found = explained(row, plan, scopes, PRACTICES[0])
    assert sum(found.slots.values()) == len(plan.slots) > found.measure_slots >= 2
    assert found.noise is not None
    assert found.noise.unit == "project"
    assert found.mechanism_delta + found.distance_delta == pytest.approx(row.delta_e15 / 1e15)
    for one in found.admissions:
        assert "sum" in one.tracks
        assert (one.before.naive_epsilon, one.after.naive_epsilon) == (4.0, 8.0)
        assert one.before.tight_epsilon < one.after.tight_epsilon <= 8.0
    assert asks(plan, PRACTICES[0])
    assert not asks(plan, MeasureId("code.god_classes"))
    plain = explained(replace(row, event={"kind": "allocation"}), None, scopes)
    assert (plain.noise, dict(plain.slots), plain.distance_delta) == (None, {}, 0.0)


def test_nothing_is_overdue_before_its_time(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=3))
    charge = charge_of(planned(world, "round-1").plan)
    with world.database("org0").transaction() as connection:
        ledger.reserve(connection, operation_id="a", scope="s", charge=charge, caps=[], now=1.0, expires=3.0)
        ledger.reserve(connection, operation_id="b", scope="s", charge=charge, caps=[], now=1.0)
        assert ledger.overdue(connection, 3 * 10**6 - 1) == []
        assert ledger.overdue(connection, 3 * 10**6, "other") == []
        assert ledger.overdue(connection, 10**15) == ["a"]
        for operation, now in (("a", 2.9), ("b", 1e9)):
            with pytest.raises(OperationConflict, match="not overdue"):
                ledger.expire(connection, operation, now)
        with pytest.raises(UnknownOperation):
            ledger.expire(connection, "nobody", 3.0)
        assert ledger.expire(connection, "a", 3.0) == ledger.expire(connection, "a", 4.0)
        assert ledger.void(connection, "a", 5.0).state == "expired"


class _World:
    """Just enough of a world to plan a round for."""

    def __init__(self) -> None:
        self.features = some_features(6, 40, seed=8)
        self.participants = dict.fromkeys(self.features)


def _named(
    world: World,
    features: Mapping[str, Sequence[Features]],
    names: Mapping[str, Sequence[str]],
    policy: Policy,
    first: int,
    federation: str = FEDERATION,
) -> dict[str, LocalLink]:
    """The members once more, with the first so many of their projects, each with a fingerprint."""
    links = {}
    for name, projects in features.items():
        identity = load_identity(world.folder / f"{name}.key")
        if federation != FEDERATION:
            world.coordinator.admit(federation, name, identity.public, {})
        world.participants[name] = Participant(
            name,
            database=world.database(name),
            identity=identity,
            membership=Membership(federation, world.coordinator.public_key, policy),
            catalogue=CATALOGUE,
            look=lambda _as_of, projects=projects: projects[:first],  # type: ignore[misc]
            tools=Tools(lambda: making.NOW, os.urandom),
            fingerprints=lambda _as_of, known=names[name]: known[:first],  # type: ignore[misc]
        )
        links[name] = LocalLink(world.participants[name])
    return links
