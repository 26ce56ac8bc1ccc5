"""B5, B2: who asks again gets the same bytes or pays again; nobody gets a second draw of noise for one price."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.aggregate.masking.messages import UnmaskRequest
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import PolicyRefusal
from fedlore.federation.rounds import begin, contribute, give_up, run_round
from fedlore.privacy.ledger import BudgetExceeded
from fedlore.store import ledger
from tests.federation.making import FEDERATION, make_world, planned, some_features


def _spent(world: object, name: str) -> int:
    with world.database(name).reading() as connection:  # type: ignore[attr-defined]
        return ledger.totals(connection, FEDERATION).epsilon_micro


def test_a_coordinator_that_lost_everything_after_unmasking_gets_the_same_bytes_a_hundred_times(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=8))
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in world.links:
        contribute(world.coordinator, world.links, "round-1", roster, name)
    request = world.coordinator.unmask_request("round-1")
    link = world.links["org0"]
    masked, unmask = link.contribute(roster), link.unmask(request)
    assert {link.contribute(roster) for _ in range(100)} == {masked}
    assert {link.unmask(request) for _ in range(100)} == {unmask}
    assert _spent(world, "org0") == 4_000_000


def test_a_coordinator_that_asks_the_same_in_new_rounds_pays_until_nothing_is_left(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=9))
    sums = set()
    for turn in range(16):
        plan = planned(world, f"round-{turn}").plan
        release = run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        sums.add(release.document)
        assert _spent(world, "org1") == 4_000_000 * (turn + 1)
    assert len(sums) == 16
    plan = planned(world, "round-16").plan
    with pytest.raises(BudgetExceeded):
        run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))


def test_a_round_that_was_given_up_is_never_opened(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=10))
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    for name in world.links:
        contribute(world.coordinator, world.links, "round-1", roster, name)
    request = world.coordinator._machines["round-1"].unmask_request().to_bytes()
    give_up(world.coordinator, world.links, "round-1")
    assert _spent(world, "org0") == 0
    for link in world.links.values():
        with pytest.raises(PolicyRefusal):
            link.unmask(request)
        with pytest.raises(PolicyRefusal):
            link.contribute(roster)
    assert UnmaskRequest.parse(request).round_id == "round-1"


def test_the_same_round_with_another_roster_is_refused_and_not_charged_twice(tmp_path: Path) -> None:
    world = make_world(tmp_path, some_features(3, 60, seed=11))
    plan = planned(world, "round-1").plan
    begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    first = world.coordinator.roster("round-1")
    link = world.links["org0"]
    masked = link.contribute(first)
    (tmp_path / "coordinator.sqlite").unlink()
    for leftover in tmp_path.glob("coordinator.sqlite-*"):
        leftover.unlink()
    again = make_world(tmp_path, world.features)
    second = begin(again.coordinator, again.links, plan, config={}, charge=charge_of(plan))
    assert second != first
    with pytest.raises(PolicyRefusal, match="another roster"):
        again.links["org0"].contribute(second)
    assert again.links["org0"].contribute(first) == masked
    assert _spent(again, "org0") == 4_000_000
