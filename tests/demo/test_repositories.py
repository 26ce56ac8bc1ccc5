"""A generated world is what its truth says: read back bit by bit from real repositories."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from fedlore.demo.population import OUTCOMES, PRACTICES, Truth, draw_truth
from fedlore.demo.repositories import World, generate
from fedlore.observe.project import Observed
from fedlore.observe.projects import observe_projects

pytestmark = pytest.mark.xdist_group("demo world")

AS_OF = 1_780_000_000
PROJECTS = 60


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def make(folder: Path, projects: int, seed: int, organisations: int = 3, workers: int = 2) -> World:
    rng = np.random.default_rng(seed)
    truth = draw_truth(rng)
    return generate(folder, truth, organisations, projects, as_of=AS_OF, rng=rng, workers=workers)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("world"), PROJECTS, seed=20)


@pytest.fixture(scope="module")
def observed(world: World) -> list[Observed]:
    return observe_projects(world.paths, as_of=AS_OF, jobs=1)


class TestReadBack:
    def test_every_bit_is_read_back_as_it_was_planted(self, world: World, observed: list[Observed]) -> None:
        assert [result.path for result in observed] == world.paths
        assert [result.error for result in observed] == [None] * PROJECTS
        names = (*PRACTICES, *OUTCOMES)
        read = np.array([[result.features[name] for name in names] for result in observed], dtype=object)
        wrong = [
            f"{world.paths[row].name}: {names[column]} is {read[row, column]}"
            for row, column in np.argwhere(read != world.bits)
        ]
        assert wrong == []

    def test_both_values_of_every_bit_occur(self, world: World) -> None:
        assert world.bits.shape == (PROJECTS, 19)
        shares = world.bits.mean(0)
        assert shares.min() > 0.2
        assert shares.max() < 0.8

    def test_projects_differ_in_age_size_languages_and_releases(self, world: World, observed: list[Observed]) -> None:
        assert len({result.commits for result in observed}) > 15
        assert len({result.months for result in observed}) > 15
        languages = {language for result in observed for language in result.languages}
        assert languages == {"python", "javascript", "typescript", "go", "java", "rust", "c"}
        assert all(2 <= len(result.languages) <= 4 for result in observed)
        bare = [result.features["code.bare_except"] for result in observed]
        assert 0.1 < np.mean(bare) < 0.7


def test_repositories_are_valid_with_several_authors_and_some_merges_and_bots(world: World) -> None:
    authors, merges, bots = [], 0, 0
    for path in world.paths[:12]:
        git(path, "fsck", "--strict", "--no-dangling")
        names = git(path, "log", "--format=%an").splitlines()
        authors.append(len({name for name in names if "bot" not in name}))
        bots += any("bot" in name for name in names)
        merges += bool(git(path, "log", "--merges", "--format=%h").strip())
    assert max(authors) >= 4
    assert len(set(authors)) >= 3
    assert 0 < merges < 12
    assert 0 < bots < 12


def test_organisations_and_projects_have_names_of_their_own(world: World, tmp_path: Path) -> None:
    assert len(world.organisations) == 3
    assert sum(map(len, world.organisations.values())) == len(set(world.paths)) == PROJECTS
    for name, paths in world.organisations.items():
        assert {path.parent.name for path in paths} == {name}


def test_the_truth_is_written_with_each_projects_bits(world: World) -> None:
    folder = world.paths[0].parent.parent
    table = json.loads((folder / "truth.json").read_text())
    assert Truth.from_dict(table) == world.truth
    assert table["as_of"] == AS_OF
    rows = [table["projects"][path.relative_to(folder).as_posix()] for path in world.paths]
    assert np.array_equal(np.array([[bit == "1" for bit in row] for row in rows]), world.bits)
    written = (folder / "truth.json").stat().st_mtime_ns
    assert all(written <= (path / ".git/HEAD").stat().st_mtime_ns for path in world.paths)


def test_a_world_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("another truth")
    with pytest.raises(FileExistsError):
        make(tmp_path, 3, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["truth.json"]
    assert (tmp_path / "truth.json").read_text() == "another truth"


def test_the_same_randomness_makes_the_same_world_by_any_number_of_workers(tmp_path: Path) -> None:
    one = make(tmp_path / "one", 6, seed=5, workers=1)
    two = make(tmp_path / "two", 6, seed=5, workers=3)
    other = make(tmp_path / "other", 6, seed=6)
    heads = [[git(path, "rev-parse", "HEAD") for path in world.paths] for world in (one, two, other)]
    assert heads[0] == heads[1]
    assert set(heads[0]).isdisjoint(heads[2])


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    told: list[tuple[int, int]] = []
    generate(
        tmp_path, draw_truth(rng), 2, 5, as_of=AS_OF, rng=rng, progress=lambda done, whole: told.append((done, whole))
    )
    assert told == [(number, 5) for number in range(1, 6)]


def test_a_truth_about_fewer_practices_leaves_the_others_to_chance(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = draw_truth(rng, PRACTICES[:4], OUTCOMES[:2], planted=2)
    world = generate(tmp_path, truth, 1, 4, as_of=AS_OF, rng=rng)
    results = observe_projects(world.paths, as_of=AS_OF, jobs=1)
    read = [[bool(result.features[name]) for name in (*truth.practices, *truth.outcomes)] for result in results]
    assert np.array_equal(np.array(read), world.bits)


def test_what_projects_cannot_show_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match=r"cannot show team\.mood"):
        generate(tmp_path, Truth(("team.mood",), OUTCOMES, {}), 1, 1, as_of=AS_OF, rng=rng)
    with pytest.raises(ValueError, match="at least one project"):
        generate(tmp_path, draw_truth(rng), 3, 2, as_of=AS_OF, rng=rng)
    assert list(tmp_path.iterdir()) == []
