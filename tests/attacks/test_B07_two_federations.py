"""B7: what a participant pays in two federations counts together under its own cap, whatever each of them allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fedlore.federation.exporting import caps_in
from fedlore.federation.identity import load_identity
from fedlore.federation.participant import Membership, Participant, Tools, charge_of
from fedlore.federation.policy import Policy
from fedlore.federation.rounds import run_round
from fedlore.federation.transports.local import LocalLink
from fedlore.privacy.ledger import BudgetExceeded
from fedlore.store import contributions, ledger
from tests.federation.making import CATALOGUE, FEDERATION, NOW, TERMS, World, make_world, planned, some_features

OTHER = "00000000-0000-4000-8000-000000000002"


def _in_the_other_federation(world: World, policy: Policy) -> dict[str, LocalLink]:
    """The same participants, with the same ledgers, in a second federation of the same coordinator."""
    world.coordinator.create(OTHER, TERMS, {})
    links = {}
    for name, projects in world.features.items():
        identity = load_identity(world.folder / f"{name}.key")
        world.coordinator.admit(OTHER, name, identity.public, {})
        membership = Membership(OTHER, world.coordinator.public_key, policy)
        links[name] = LocalLink(
            Participant(
                name,
                database=world.database(name),
                identity=identity,
                membership=membership,
                catalogue=CATALOGUE,
                look=lambda _as_of, projects=projects: projects,  # type: ignore[misc]
                tools=Tools(lambda: NOW, os.urandom),
            )
        )
    return links


def _check_that_the_other_is_refused(world: World, policy: Policy) -> None:
    """A round of epsilon 4 here leaves 3 for the federation that is joined under ``policy``."""
    plan = planned(world, "round-1").plan
    run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    links, told = _in_the_other_federation(world, policy), list[str]()
    links["org0"].participant._tell = told.append
    second = replace(planned(world, "round-2").plan, federation_id=OTHER)
    with pytest.raises(BudgetExceeded, match="org0 takes no part"):
        run_round(world.coordinator, links, second, config={}, charge=charge_of(second))
    assert "epsilon 3" in told[0]
    with world.database("org0").reading() as connection:
        assert ledger.totals(connection).epsilon_micro == 4_000_000


def test_the_own_total_caps_both(tmp_path: Path, store_url: Callable[[str], str]) -> None:
    policy = Policy(epsilon_total_micro=7_000_000)
    world = make_world(tmp_path, some_features(3, 60, seed=12), policy=policy, store=store_url)
    _check_that_the_other_is_refused(world, policy)


def test_joining_a_more_generous_federation_breaks_no_promise(tmp_path: Path, store_url: Callable[[str], str]) -> None:
    """The total over all federations, and that of each project, is the least that was stated in any of them."""
    strict = Policy(epsilon_total_micro=7_000_000, project_epsilon_micro=6_000_000, project_delta_e15=10**11)
    generous = Policy(epsilon_total_micro=16_000_000)
    world = make_world(tmp_path, some_features(3, 60, seed=13), policy=strict, store=store_url)
    for name in world.features:
        with world.database(name).transaction() as connection:
            for federation, policy, joined in ((FEDERATION, strict, NOW - 2), (OTHER, generous, NOW - 1)):
                key = world.coordinator.public_key
                row = contributions.MembershipRow(federation, key, policy.as_dict(), joined)
                contributions.set_membership(connection, row, [])
    _check_that_the_other_is_refused(world, generous)
    with world.database("org0").reading() as connection:
        for federation in (FEDERATION, OTHER):
            caps = caps_in(connection, federation, NOW)
            assert caps.everything.epsilon_micro == 7_000_000
            assert caps.project is not None
            assert caps.project.epsilon_micro == 6_000_000
