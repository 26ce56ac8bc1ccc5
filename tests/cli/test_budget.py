"""`budget status | history | explain` over a real home: both sides, both ways of counting, and a page for the plot."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fedlore.cli.main import run
from fedlore.federation.home import Home
from fedlore.federation.identity import load_identity
from fedlore.federation.machine import Machine
from fedlore.federation.participant import Membership, Participant, Tools, charge_of
from fedlore.federation.policy import policy_of
from fedlore.federation.rounds import begin, contribute, run_round
from fedlore.federation.transports.local import LocalLink
from fedlore.store import contributions, ledger
from fedlore.store.contributions import MembershipRow
from tests.federation.making import CATALOGUE, NOW, TERMS, World, planned, some_features

DAY = 86_400


class Told:
    """A home with a federation of six members, one released round and one that was never opened, eight days ago."""

    def __init__(self, folder: Path, now: float) -> None:
        self.now = now - 8 * DAY
        self.machine = Machine(Home(folder), clock=lambda: self.now)
        features = some_features(6, 40, seed=1)
        coordinator, policy = self.machine.coordinator, replace(policy_of(TERMS), project_epsilon_micro=4_000_000)
        self.policy = replace(policy, project_delta_e15=10**10)
        self.federation_id = self.machine.create(TERMS, sorted(features))
        participants = {name: self._participant(name, projects) for name, projects in features.items()}
        links = {name: LocalLink(participant) for name, participant in participants.items()}
        world = World(folder, coordinator, participants, features)
        plans = [replace(planned(world, name).plan, federation_id=self.federation_id, as_of=NOW) for name in ROUNDS]
        run_round(coordinator, links, plans[0], config={}, charge=charge_of(plans[0]))
        roster = begin(coordinator, links, plans[1], config={}, charge=charge_of(plans[1]))
        for name in links:
            if name != "org5":
                contribute(coordinator, links, plans[1].round_id, roster, name)

    def _participant(self, name: str, projects: Sequence[Any]) -> Participant:
        home, coordinator = self.machine.home, self.machine.coordinator
        identity = load_identity(home.participant(name) / "identity.key")
        database = self.machine.database(name)
        row = MembershipRow(self.federation_id, coordinator.public_key, self.policy.as_dict(), self.now)
        with database.transaction() as connection:
            contributions.set_membership(connection, row, [])
        coordinator.admit(self.federation_id, name, identity.public, {})
        # Every look shows other projects, so that none is beyond its budget.
        turn = count()

        def fingerprints(_as_of: int) -> list[str]:
            look = next(turn)
            return [f"{look}-{index}" for index in range(len(projects))]

        return Participant(
            name,
            database=database,
            identity=identity,
            membership=Membership(self.federation_id, coordinator.public_key, self.policy, self.now),
            catalogue=CATALOGUE,
            look=lambda _as_of: projects,
            tools=Tools(lambda: self.now, os.urandom),
            fingerprints=fingerprints,
        )


ROUNDS = ("round-one", "other-two")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patch:
        home, empty = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("empty")
        patch.setenv("FEDLORE_HOME", str(home))
        patch.chdir(empty)
        yield Told(home, time.time())


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["budget", *arguments, "--format", "json"]) == 0
    table: dict[str, Any] = json.loads(capsys.readouterr().out)
    return table


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert run(["budget", *arguments]) == 0
    return capsys.readouterr().out


def _refused(capsys: pytest.CaptureFixture[str], code: int, word: str, *arguments: str) -> None:
    capsys.readouterr()
    assert run(["budget", *arguments]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert word in printed.err
    assert "Traceback" not in printed.err


def test_both_sides_say_the_same_and_show_both_ways_of_counting(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    own = _json(capsys, "status", "--as", "participant", "--organization", "org2")
    mirror = _json(capsys, "status", "--as", "coordinator")
    assert (own["as"], own["organization"], mirror["organization"]) == ("participant", "org2", None)
    federation, everything = own["scopes"]
    assert (federation["kind"], everything["kind"]) == ("federation", "all federations")
    for scope in (federation, everything, *mirror["scopes"]):
        assert scope["committed"]["epsilon"] == 4.0
        assert scope["reserved"] == {"epsilon": 0.0, "delta": 0.0}  # what was never opened expired when it was asked
        assert scope["total"]["naive_epsilon"] == 4.0 >= scope["total"]["tight_epsilon"] > 3.0
        assert scope["more_rounds_like_the_last"] >= 15
        assert scope["period"]["number"] == 1
    assert own["projects"] == {
        "cap": {"epsilon": 4.0, "delta": 1e-5},
        "period": federation["period"],
        "took_part": 40,
        "left_out_of_a_round_like_the_last": 40,
        "most_spent": own["projects"]["most_spent"],
    }
    words = _printed(capsys, "status", "--organization", "org2")
    for part in ("org2's own ledger", "naive total", "tight total", "more rounds like the last", "renews on"):
        assert part in words
    assert "the coordinator's mirror" in _printed(capsys, "status", "--as", "coordinator")


def test_history_tells_every_charge_and_what_became_of_it(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    told.machine.coordinator.give_up_overdue(told.federation_id)
    _json(capsys, "status", "--organization", "org0")
    for arguments in (("--organization", "org0"), ("--as", "coordinator")):
        rows = _json(capsys, "history", *arguments)["charges"]
        assert sorted((row["operation"], row["state"], row["epsilon"]) for row in rows) == [
            ("other-two", "expired", 4.0),
            ("round-one", "committed", 4.0),
        ]
        assert {row["mechanism"] for row in rows} <= {"discrete laplace", "discrete gaussian"}
    assert "expired" in _printed(capsys, "history", "--as", "coordinator")


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(
    told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with told.machine.database("org3").transaction() as connection:
        one = ledger.charges(connection)[0]
        ledger.reserve(
            connection, operation_id="x[b]", scope="other", charge=one.charge, caps=[], now=told.now + 9 * DAY
        )
    page = tmp_path / "budget.html"
    assert "x[b]" in _printed(capsys, "history", "--organization", "org3", "--plot", str(page))
    text = page.read_text("utf-8")
    assert text.count('<svg class="spending"') == 2
    assert "<script" not in text
    assert not re.search(r'(src|href)="', text)
    assert "default-src 'none'" in text
    shapes = re.findall(r'class="line (naive|tight)" d="M0 100((?:H[\d.]+V[\d.]+)*)H1000', text)
    assert [name for name, _ in shapes] == ["naive", "tight", "naive", "tight"]
    naive, tight = (re.findall(r"V([\d.]+)", path) for _, path in shapes[2:])
    assert len(naive) == len(tight) == 2
    assert float(naive[0]) > float(naive[1])  # spending grows upwards
    assert all(float(low) >= float(high) for low, high in zip(tight, naive, strict=True))
    _refused(capsys, 2, "no folder", "history", "--html", str(tmp_path / "nowhere" / "x.html"))


def test_an_explanation_says_what_a_round_asked_and_what_each_gate_said(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (("--organization", "org0"), ("--as", "coordinator")):
        (found,) = _json(capsys, "explain", "round", *arguments)["operations"]
        assert found["operation"] == "round-one"
        assert found["slots"]["count"] == 1
        assert found["noise"]["sensitivity"]["l1"] >= sum(found["slots"].values())
        assert found["delta_parts"]["mechanism"] >= 0
        assert all("sum" in one["tracks"] for one in found["admissions"])
        both = _json(capsys, "explain", "workflow.ci", *arguments)
        assert both["measure"] == "workflow.ci"
        assert {one["operation"] for one in both["operations"]} == set(ROUNDS)
        assert all(one["slots_of_the_measure"] >= 2 for one in both["operations"])
    words = _printed(capsys, "explain", "round-one", "--organization", "org0")
    for part in ("sensitivity", "one project moves", "admitted by", "honest"):
        assert part in words


def test_what_cannot_be_shown_is_refused_in_one_sentence(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    _refused(capsys, 2, "no budget is allocated", "explain", "nothing-here")
    _refused(capsys, 2, "no budget is allocated", "explain", "code.god_classes")
    _refused(capsys, 2, "2 operations begin with", "explain", "")
    _refused(capsys, 3, "has not joined", "status", "--organization", "nobody")
    _refused(capsys, 3, "no consortium", "history", "--consortium-id", "none")
    _refused(capsys, 2, "--as coordinator", "status", "--as", "coordinator", "--organization", "org0")
