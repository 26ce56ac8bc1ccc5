"""A contribution capacity caps what is read for a round, by paths alone, and never in silence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fedlore import FederatedLearningEngine
from fedlore.cli.main import run
from fedlore.federation.home import Home
from fedlore.federation.machine import Machine
from fedlore.federation.policy import Policy, policy_of
from fedlore.federation.running import Ask, Rounds
from fedlore.federation.terms import Terms
from fedlore.observe.owner.capacity import CAPACITIES, DEFAULT, Capacity, within_capacity
from fedlore.observe.projects import observe_projects
from tests.observe.histories import Commit
from tests.observe.histories import make_repository as make_history
from tests.repositories import make_organisations

TERMS = Terms("test", 160_000_000, 160_000_000, 10**9, 10**11, 3)
AS_OF = 1_700_000_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organisation with two repositories more than a small capacity reads."""
    return make_organisations(tmp_path_factory.mktemp("large"), 1, 12, "qvz", seed=3, now=int(time.time()))[0]


def repositories(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def test_capacities_rise() -> None:
    small, medium, big = CAPACITIES.values()
    assert list(CAPACITIES) == ["small", "medium", "large"]
    assert small.repositories < medium.repositories < big.repositories
    assert small.seconds_each < medium.seconds_each < big.seconds_each
    assert Policy().contribution_capacity == DEFAULT


def test_who_is_left_out_follows_from_the_paths_alone() -> None:
    paths = [Path("/o/c"), Path("/o/a"), Path("/o/d"), Path("/o/b")]
    two = Capacity("two", 2, 60)
    assert within_capacity(paths, two) == ([Path("/o/a"), Path("/o/b")], [Path("/o/c"), Path("/o/d")])
    assert within_capacity(paths[::-1], two) == ([Path("/o/b"), Path("/o/a")], [Path("/o/d"), Path("/o/c")])
    assert within_capacity(paths, None) == within_capacity(paths, Capacity("four", 4, 60)) == (paths, [])


def test_what_is_left_out_is_not_read_and_the_rest_is_what_it_is_alone(large: Path) -> None:
    paths = repositories(large)
    capacity = Capacity("three", 3, 900)
    observed = observe_projects(paths[::-1], as_of=AS_OF, jobs=1, capacity=capacity)
    assert [item.path for item in observed] == paths[::-1]
    assert {item.path for item in observed if item.features is None} == set(paths[3:])
    assert {item.error for item in observed if item.features is None} == {
        "left out (contribution capacity three: 3 repositories and 300 seconds for the history of each)"
    }
    alone = observe_projects(paths[:3], as_of=AS_OF, jobs=1)
    assert alone == [item for item in reversed(observed) if item.features is not None]


def test_a_history_that_takes_longer_is_its_newest_part_and_a_note_says_so(tmp_path: Path) -> None:
    commits = [Commit(day=number / 100, files={b"a%d" % number: "A"}) for number in range(1500)]
    path = make_history(tmp_path / "r", commits)
    capacity = Capacity("short", 1000, 1)
    (item,) = observe_projects([path], as_of=AS_OF, jobs=1, capacity=capacity)
    assert item.commits < 1500
    assert any("were counted" in note for note in item.notes)
    assert observe_projects([path], as_of=AS_OF, jobs=1)[0].commits == 1500


def test_a_member_that_reaches_its_capacity_says_so_and_takes_part_with_the_rest(
    large: Path, organisations: list[Path], tmp_path: Path
) -> None:
    machine = Machine(Home(tmp_path / "home"), jobs=1)
    federation = machine.create(TERMS, [])
    for folder in organisations[:2]:
        made = machine.join(federation, folder.name, repositories(folder), policy=policy_of(TERMS))
        assert (made.left_out, made.notes) == ("", ())
    paths = repositories(large)
    joining = machine.join(
        federation, "big", [*paths[::-1], paths[0]], policy=policy_of(TERMS, contribution_capacity="small")
    )
    sentence = (
        "2 repositories are left out, last in the order of paths "
        "(contribution capacity small: 10 repositories and 60 seconds for the history of each)"
    )
    assert (joining.projects, joining.left_out, joining.notes) == (10, sentence, (sentence,))
    assert machine.paths(federation, "big") == paths[:10]

    # Another process, at another time, reads the same ones and still says what it leaves out.
    machine = Machine(Home(tmp_path / "home"), jobs=1)
    assert [item.path for item in machine.observed(federation, ["big"])] == paths[:10]
    planned = Rounds(machine).plan(federation, Ask("workflow_patterns", 16.0, 1e-6))
    shown = machine.link(federation, "big").participant.preview(planned.plan)
    assert shown.left_out == sentence
    assert shown.projects == 10
    assert shown.words.endswith(f" {sentence}.")
    other = machine.link(federation, organisations[0].name).participant.preview(planned.plan)
    assert (other.left_out, "left out" in other.words) == ("", False)


async def test_the_engine_follows_the_capacity_of_a_configuration(large: Path, tmp_path: Path) -> None:
    engine = FederatedLearningEngine(home=tmp_path, jobs=1)
    config = {"organization": "big", "repositories": repositories(large), "contribution_capacity": "small"}
    joined = await engine.register_participant("big", config)
    assert joined["contribution_capacity"] == "small"
    assert joined["data_characteristics"]["repositories"] == 10
    assert joined["left_out"].startswith("2 repositories are left out")


def test_the_command_takes_the_capacity_from_the_organisations_file(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    settings = large / "fedlore.toml"
    settings.write_text('contribution_capacity = "small"\n')
    try:
        federation = Machine().create(TERMS, ["big"])
        arguments = ["federation", "join", "--consortium-id", federation, "--organization", "big"]
        assert run([*arguments, "--repositories", str(large)]) == 0
        printed = capsys.readouterr()
        assert "joined with 10 repositories" in printed.out
        assert "note: 2 repositories are left out" in printed.err
    finally:
        settings.unlink()
