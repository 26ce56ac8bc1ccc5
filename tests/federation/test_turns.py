"""Two rounds of one federation never run at once on a machine, and a crash holds nobody up."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fedlore.engine import FederatedLearningEngine
from fedlore.federation.coordinator import RoundError
from fedlore.federation.home import Home
from fedlore.federation.machine import Machine
from fedlore.federation.rounds import Settled
from fedlore.federation.running import Rounds
from fedlore.federation.turns import Turns

ASK = {"learning_type": "technology_trends", "epsilon": 4.0, "delta": 1e-6}


def test_a_turn_is_held_by_one_and_free_when_left(tmp_path: Path) -> None:
    mine, other = Turns(tmp_path), Turns(tmp_path)
    mine.take("a")
    mine.take("a")
    with pytest.raises(RoundError, match="running"):
        other.take("a")
    other.take("b")
    mine.leave("a")
    with other.taken("a"), pytest.raises(RoundError):
        mine.take("a")
    mine.take("a")


def test_a_process_that_is_killed_leaves_its_turn(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        Turns(tmp_path).take("a")
        os.write(writing, b"x")
        signal.pause()
    os.read(reading, 1)
    turns = Turns(tmp_path)
    with pytest.raises(RoundError):
        turns.take("a")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    turns.take("a")


async def test_nobody_settles_a_round_that_is_running_elsewhere(organisations: list[Path], tmp_path: Path) -> None:
    engine = FederatedLearningEngine({"epsilon": 16.0, "delta": 1e-5}, home=tmp_path, jobs=1)
    configs = {place.name: {"repositories": sorted(place.iterdir())} for place in organisations}
    await engine.initialize_federation(configs)
    first = await engine.collect_participant_contribution("org1", ASK)
    other = Rounds(Machine(Home(tmp_path)))
    with pytest.raises(RoundError, match="running"):
        other.settle(engine.federation_id)
    config = {**ASK, "round_id": first["aggregation_metadata"]["round_id"]}
    rest = [await engine.collect_participant_contribution(name, config) for name in configs if name != "org1"]
    assert (await engine.secure_pattern_aggregation([first, *rest], config))["global_patterns"]
    assert other.settle(engine.federation_id) == Settled((), {})


async def test_a_round_that_was_begun_and_left_is_given_up_for_the_next(
    organisations: list[Path], tmp_path: Path
) -> None:
    engine = FederatedLearningEngine({"epsilon": 16.0, "delta": 1e-5}, home=tmp_path, jobs=1)
    configs = {place.name: {"repositories": sorted(place.iterdir())} for place in organisations}
    await engine.initialize_federation(configs)
    await engine.collect_participant_contribution("org1", ASK)
    await engine.federated_pattern_learning(ASK)
    assert engine.privacy_budget.used_epsilon == 4.0
    assert engine.privacy_budget.budget_allocations
    assert {row["status"] for row in engine.privacy_budget.budget_allocations.values()} == {"consumed", "released"}
