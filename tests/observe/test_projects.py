"""Many repositories: the same answers whatever the number of processes, and an answer for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.project import observe_project
from fedlore.observe.projects import observe_projects
from tests.observe.making import AS_OF, DAY, SYMLINK, make_repository

SOURCES = {
    "a.py": b"def f(x: int) -> int:\n    return x\n",
    "b.go": b"package b\n\nfunc f() { go f() }\n",
    "c.ts": b"interface P { x: number }\n",
}


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Nine repositories that differ, named against the order of the alphabet, and a folder that is none."""
    root = tmp_path_factory.mktemp("projects")
    names = sorted(SOURCES)
    made = []
    for number in range(9):
        content = {name: SOURCES[name] * (number + 1) for name in names[: 1 + number % 3]}
        later = {f"d{step}.py": b"x = %d\n" % step for step in range(number)}
        made.append(make_repository(root / f"r{9 - number}", content, *({name: text} for name, text in later.items())))
    (root / "none").mkdir()
    return [*made[:4], root / "none", *made[4:]]


def test_the_number_of_processes_changes_nothing(projects: list[Path], tmp_path: Path) -> None:
    alone = observe_projects(projects, as_of=AS_OF, jobs=1)
    together = observe_projects(projects, as_of=AS_OF, jobs=2, cache=tmp_path / "cache")
    assert alone == together
    assert [observed.path for observed in together] == projects
    assert len({repr(observed.features) for observed in together}) > 5


def test_progress_is_told(projects: list[Path]) -> None:
    told: list[tuple[int, int]] = []
    observe_projects(projects[:3], as_of=AS_OF, jobs=1, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_what_cannot_be_read_is_said_in_a_sentence(projects: list[Path]) -> None:
    empty, absent = projects[4], projects[0].parent / "absent"
    first, none, gone = observe_projects([projects[0], empty, absent], as_of=AS_OF)
    assert first.error is None
    assert first.features
    for observed in (none, gone):
        assert observed.features is None
        assert observed.error
        assert "Traceback" not in observed.error
    assert none.commits == none.months == 0


def test_one_repository_by_two_paths_counts_once(projects: list[Path], tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(projects[0], target_is_directory=True)
    relative = Path(os.path.relpath(projects[0]))
    observed = observe_projects([projects[1], projects[0], link, relative, projects[0]], as_of=AS_OF)
    assert [found.path for found in observed] == [projects[1], projects[0]]


def test_nothing_to_observe() -> None:
    assert observe_projects([], as_of=AS_OF) == []


def test_commits_months_and_languages(tmp_path: Path) -> None:
    content = {"a.py": SOURCES["a.py"], "b.go": SOURCES["b.go"] * 5, "README.md": b"x", "link.rs": (SYMLINK, b"a.py")}
    path = make_repository(tmp_path / "r", content, {"x": b"1"}, times=[AS_OF - 61 * DAY, AS_OF])
    observed = observe_project(path, as_of=AS_OF)
    assert (observed.commits, observed.months, observed.languages) == (2, 3, ("go", "python"))
    assert observed.notes == ()


def test_every_measure_has_a_value_of_its_kind(projects: list[Path]) -> None:
    measures = load_catalogue().measures
    found = [observed.features for observed in observe_projects(projects, as_of=AS_OF, jobs=1) if observed.features]
    assert len(found) == 9
    for features in found:
        assert features.keys() == measures.keys()
        for name, value in features.items():
            if measures[name].kind == "yes-no":
                assert type(value) is bool, name
            else:
                assert value is None or type(value) is float, name


def test_an_unusual_object_leaves_the_neighbours_alone(projects: list[Path], tmp_path: Path) -> None:
    broken = make_repository(tmp_path / "broken", SOURCES)
    for folder in (broken / "objects").iterdir():
        for file in folder.iterdir():
            file.chmod(0o600)
            file.write_bytes(b"\x00" * 20)
    bad, good = observe_projects([broken, projects[0]], as_of=AS_OF)
    assert bad.error
    assert good.error is None
