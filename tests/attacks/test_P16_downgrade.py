"""P16: a coordinator that asks for less protection than a participant's own policy gets nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fedlore.catalogue.plan import Plan
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import PolicyRefusal
from fedlore.federation.rounds import run_round
from fedlore.privacy.planner import priced
from fedlore.store import ledger
from tests.federation.making import NOW, make_world, planned, some_features


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
