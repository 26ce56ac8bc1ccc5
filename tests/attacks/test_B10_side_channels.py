"""B10: neither the work of noise, nor a message's size, nor a refusal's words, nor a total tells of the data."""

from __future__ import annotations

import gc
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import MeasureId
from fedlore.cli.errors import BUDGET, exit_code
from fedlore.contribute.encode import encode
from fedlore.federation.bands import Bands, bands_of
from fedlore.federation.messages import Release
from fedlore.federation.participant import charge_of
from fedlore.federation.policy import policy_of
from fedlore.federation.rounds import begin, finish, run_round
from fedlore.federation.transports.local import LocalLink
from fedlore.observe.evidence import Features
from fedlore.observe.project import Observed
from fedlore.privacy.ledger import BudgetExceeded, Charge
from fedlore.privacy.mechanisms import GaussianMechanism, LaplaceMechanism
from fedlore.privacy.sampling import Randomness
from fedlore.store import charges, ledger
from tests.federation.making import (
    CATALOGUE,
    NOW,
    OUTCOMES,
    PRACTICES,
    TERMS,
    World,
    make_world,
    planned,
    some_features,
)
from tests.privacy.exact import seeded

ASKED = (*PRACTICES, *OUTCOMES)
QUIET: list[Features] = [dict.fromkeys(ASKED, False)] * 40
LOUD: list[Features] = [dict.fromkeys(ASKED, True)] * 39 + [{MeasureId(name): math.nan for name in ASKED}]
FEW: list[Features] = [{}]

Make = Callable[[Randomness], LaplaceMechanism | GaussianMechanism]
MAKES: list[Make] = [
    lambda randomness: LaplaceMechanism(0.5, randomness=randomness),
    lambda randomness: LaplaceMechanism(0.001, randomness=randomness),  # a wide one, drawn in digits
    lambda randomness: GaussianMechanism(0.5, 1e-6, randomness=randomness),
]

OURS = re.compile(r"/(fedlore|numpy)/")


def _steps(work: Callable[[], object]) -> list[tuple[str, int]]:
    """Every line of ours and numpy's that runs, in order: what a clock could at most tell apart, without its noise.

    What other tests left behind for the garbage collector is not collected in between.
    """
    steps: list[tuple[str, int]] = []

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and OURS.search(frame.f_code.co_filename):
            steps.append((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return steps


@pytest.mark.parametrize("make", MAKES)
def test_noise_takes_the_same_steps_and_bytes_whatever_the_data_and_whatever_is_drawn(make: Make) -> None:
    """A sampler that rejects takes longer for some noise, and so tells it (Jin et al., IEEE S&P 2022)."""
    make(seeded(61)).add_noise(np.zeros(500))  # tables are made once
    seen = set()
    for seed in range(62, 74):
        asked: list[int] = []
        source = seeded(seed)

        def listening(length: int, source: Randomness = source, asked: list[int] = asked) -> bytes:
            asked.append(length)
            return source(length)

        mechanism = make(listening)
        for values in (np.zeros(500), np.full(500, 2.0**52), np.arange(500) * (-1.0) ** seed):
            asked.clear()
            steps = _steps(lambda mechanism=mechanism, values=values: mechanism.add_noise(values))
            seen.add((tuple(steps), tuple(asked)))
    assert len(seen) == 1
    assert len(next(iter(seen))[0]) > 20


def _world(folder: Path, first: Sequence[Features]) -> World:
    folder.mkdir()
    return make_world(folder, {**some_features(6, 40, seed=1), "org0": first})


def test_messages_have_the_same_sizes_whatever_a_member_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[str, int]] = []

    def listening(name: str, method: Callable[..., bytes]) -> Callable[..., bytes]:
        def listen(link: LocalLink, argument: Any) -> bytes:
            answer = method(link, argument)
            sizes.append((name, len(answer)))
            return answer

        return listen

    plan = planned(_world(tmp_path / "plan", QUIET), "round-1").plan
    for name in ("advertise", "contribute", "unmask"):
        monkeypatch.setattr(LocalLink, name, listening(name, getattr(LocalLink, name)))
    seen = set()
    for number, first in enumerate((QUIET, LOUD, FEW)):
        sizes.clear()
        world = _world(tmp_path / str(number), first)
        run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        seen.add(tuple(sizes))
    assert len(seen) == 1
    assert len(next(iter(seen))) == 3 * 6


def test_refusals_have_the_same_words_whatever_a_member_has(tmp_path: Path) -> None:
    said = {_refusals(tmp_path / str(number), first) for number, first in enumerate((QUIET, LOUD, FEW))}
    assert len(said) == 1
    assert len(set(next(iter(said)))) == 3


def _refusals(folder: Path, first: Sequence[Features]) -> tuple[str, ...]:
    """What one member says to a price above its cap, two broken messages, and a spent budget."""
    folder.mkdir()
    features = {**some_features(6, 40, seed=1), "org0": first}
    once = replace(policy_of(TERMS), epsilon_total_micro=5_000_000, federation_epsilon_micro=5_000_000)
    world = make_world(folder, features, policy=once)
    plan = planned(_world(folder / "plan", QUIET), "round-1").plan
    link = world.links["org0"]
    dear = replace(plan, epsilon_micro=400_000_000)
    tries: list[Callable[[], object]] = [
        lambda: world.participants["org0"].preview(dear),
        lambda: link.contribute(begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))[:-1]),
        lambda: world.participants["org0"].unmask(b"nothing"),
    ]
    said = [_refusal(work) for work in tries]
    again = replace(plan, round_id="round-2")
    roster = begin(world.coordinator, world.links, again, config={}, charge=charge_of(again))
    link.contribute(roster)
    third = replace(plan, round_id="round-3")
    said.append(
        _refusal(
            lambda: link.contribute(begin(world.coordinator, world.links, third, config={}, charge=charge_of(third)))
        )
    )
    return tuple(said)


def _refusal(work: Callable[[], object]) -> str:
    with pytest.raises(FedloreError) as caught:
        work()
    return str(caught.value)


def test_projects_beyond_what_a_round_can_count_are_refused_without_saying_how_many(tmp_path: Path) -> None:
    plan = replace(planned(_world(tmp_path / "world", QUIET), "round-1").plan, scale=2**28)
    assert plan.most_projects() == 4
    said = {_refusal(lambda some=some: encode(plan, CATALOGUE, QUIET[:some])) for some in (5, 17, 40)}
    assert len(said) == 1
    assert not set("0123456789") & set(said.pop())


def test_nobody_hears_that_all_projects_of_a_member_spent_their_own_budget(tmp_path: Path) -> None:
    """It takes part with noise alone: the same messages, sizes and charges, and a round that comes to its end."""
    policy = replace(policy_of(TERMS), project_epsilon_micro=4_000_000, project_delta_e15=10**10)
    seen, sums = [], []
    for spent in (False, True):
        folder = tmp_path / str(spent)
        folder.mkdir()
        world = make_world(folder, {**some_features(6, 40, seed=1), "org0": LOUD}, policy=policy)
        names = [f"{number:064x}" for number in range(40)]
        world.participants["org0"]._fingerprints = lambda _, names=names: names
        plan = planned(world, "round-1").plan
        if spent:
            with world.database("org0").transaction() as connection:
                everywhere = {"scope": "elsewhere", "charge": Charge(4_000_000, 10**10), "caps": [], "now": NOW - 1}
                coverage = ledger.Coverage(frozenset(names))
                ledger.reserve(connection, operation_id="before", **everywhere, coverage=coverage)
        roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        sizes = []
        for name, link in sorted(world.links.items()):
            message = link.contribute(roster)
            world.coordinator.receive_masked(plan.round_id, message)
            sizes.append((name, len(message)))
        release = Release.verified(finish(world.coordinator, world.links, plan.round_id), world.coordinator.public_key)
        with world.database("org0").reading() as connection:
            paid = ledger.find_charge(connection, plan.round_id)
            covered = charges.projects_of(connection, plan.round_id)
        assert paid is not None
        assert covered == ([] if spent else names)
        seen.append((sizes, release.contributors, paid.epsilon_micro, paid.delta_e15, paid.event, paid.state))
        sums.append(release.sums[0] / plan.lattice[0])
    assert seen[0] == seen[1]
    # The number of projects; the deviation of the difference is 5, so that 30 are beyond any luck.
    assert sums[0] - sums[1] == pytest.approx(40, abs=30)


def test_a_refusal_for_want_of_budget_tells_others_no_scope_amount_or_day(tmp_path: Path) -> None:
    told: list[str] = []
    policy = replace(policy_of(TERMS), epsilon_total_micro=3_000_000)
    world = make_world(tmp_path, some_features(6, 40, seed=1), policy=policy)
    world.participants["org0"]._tell = told.append
    plan = planned(world, "round-1").plan
    roster = begin(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    with pytest.raises(BudgetExceeded) as caught:
        world.participants["org0"].contribute(roster)
    refusal = caught.value
    assert str(refusal) == "this member takes no part in this round"
    assert {refusal.scope, refusal.left_epsilon_micro, refusal.left_delta_e15, refusal.renews_us} == {None}
    assert refusal.__cause__ is refusal.__context__ is None
    assert exit_code(refusal) == BUDGET
    (sentence,) = told
    assert re.search(r"org0 takes no part in round round-1: .* left in all until it renews on 2", sentence)
    said = _refusal(lambda: world.links["org1"].contribute(roster))
    assert not set("02345789") & set(said)


def test_no_total_is_released_that_gives_another_number_away(tmp_path: Path) -> None:
    """Every slot has noise of its own, the number of projects too: sums of slots say no more than the slots."""
    world = _world(tmp_path / "world", QUIET)
    noise = []
    for number in range(3):
        plan = planned(world, f"round-{number}").plan
        signed = run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
        release = Release.verified(signed, world.coordinator.public_key)
        exact = np.sum([encode(plan, CATALOGUE, projects) for projects in world.features.values()], axis=0)
        noise.append(np.array(release.sums) - exact)
    columns = np.array(noise).T
    assert len(columns) > 5
    assert all(np.any(column) for column in columns)
    assert all(np.any(a - b) and np.any(a + b) for a, b in combinations(columns, 2))


def test_what_is_hidden_when_joining_does_not_come_back_as_a_total() -> None:
    def projects(count: int, rust: int = 0) -> list[Observed]:
        languages = [("Python", "Rust") if number < rust else ("Python",) for number in range(count)]
        return [Observed(Path(), {}, months=30 + n, languages=used) for n, used in enumerate(languages)]

    small = {bands_of(projects(count)) for count in range(5)}
    assert small == {Bands(None, None, ())}
    assert len({bands.forecast_projects for bands in small}) == 1
    assert bands_of(projects(12, rust=4)) == bands_of(projects(12)) == bands_of(projects(17))
    assert "Rust" in bands_of(projects(12, rust=5)).languages
