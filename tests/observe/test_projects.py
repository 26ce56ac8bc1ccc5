"""Many repositories: the same answers whatever the number of processes, and an answer for each."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedlore.catalogue.errors import ToolError
from fedlore.catalogue.load import load_catalogue
from fedlore.observe.command import RepositoryError
from fedlore.observe.project import observe_project
from fedlore.observe.projects import observe_projects
from fedlore.observe.references import head_of
from fedlore.observe.tree import Listing, list_files
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


def test_typescript_with_jsx_is_no_language_of_its_own(tmp_path: Path) -> None:
    content = {"a.ts": b"let x = 1\n" * 2, "b.tsx": b"let x = 1\n" * 2, "c.py": b"x = 1\n" * 3}
    assert observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF).languages == ("typescript", "python")


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


def test_one_history_by_several_copies_counts_once(projects: list[Path], tmp_path: Path) -> None:
    """Nine copies and a claim: enough for several processes, and the same answers from one."""
    original, other = projects[0], projects[1]
    copies = [Path(shutil.copytree(original, tmp_path / f"copy {number}")) for number in range(8)]
    for args in (
        ["clone", "-q", str(original), "clone"],
        ["-C", "clone", "worktree", "add", "-q", "--detach", "../tree"],
    ):
        subprocess.run(["git", *args], cwd=tmp_path, check=True)
    paths = [*copies[:4], other, original, *copies[4:], tmp_path / "clone", tmp_path / "tree", tmp_path / "none"]
    told: list[tuple[int, int]] = []
    alone = observe_projects(paths, as_of=AS_OF, jobs=1, progress=lambda done, of: told.append((done, of)))
    assert alone == observe_projects(paths, as_of=AS_OF, jobs=2)
    assert [found.path for found in alone] == paths
    assert [found.path for found in alone if found.features] == [copies[0], other]
    error = f"has the same HEAD as {copies[0]}: counted once"
    assert [found.error for found in alone] == [
        None,
        error,
        error,
        error,
        None,
        *[error] * 7,
        f"no such path: {paths[-1]}",
    ]
    assert [found.head for found in alone] == [head_of(path) for path in paths[:-1]] + [""]
    assert told == sorted(set(told))
    assert told[-1] == (len(paths), len(paths))


def test_a_claimed_head_takes_nobody_s_place(projects: list[Path], tmp_path: Path) -> None:
    """Repositories that name a commit which they have not, before and after the one that has it."""
    claims = [make_repository(tmp_path / f"claim {number}", SOURCES) for number in range(3)]
    for claim in claims:
        (claim / "HEAD").write_text(head_of(projects[0]) + "\n")
    first, second, honest, last = observe_projects([*claims[:2], projects[0], claims[2]], as_of=AS_OF)
    assert honest == observe_project(projects[0], as_of=AS_OF)
    assert honest.features
    for claim in (first, second):
        assert "absent or broken" in (claim.error or "")
    assert last.error == f"has the same HEAD as {projects[0]}: counted once"


def test_a_shallow_copy_takes_no_whole_one_s_place(projects: list[Path], tmp_path: Path) -> None:
    """A clone cut by git, and a copy that only claims to be cut, both named before the whole ones."""
    whole = projects[2]
    cut, forged, second = (tmp_path / name for name in ("cut", "forged", "second"))
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{whole}", str(cut)], check=True)
    for copy in (forged, second):
        shutil.copytree(whole, copy)
    (forged / "shallow").write_text(head_of(whole) + "\n")
    found = observe_projects([cut, forged, whole, second], as_of=AS_OF, jobs=1)
    assert found[2] == observe_project(whole, as_of=AS_OF)
    assert found[2].commits > 1
    assert [one.error for one in found] == [
        f"is shallow and has the same HEAD as {whole}: counted once",
        f"is shallow and has the same HEAD as {whole}: counted once",
        None,
        f"has the same HEAD as {whole}: counted once",
    ]
    first, again = observe_projects([cut, forged], as_of=AS_OF)
    assert (first.commits, again.error) == (1, f"is shallow and has the same HEAD as {cut}: counted once")


def test_sentences_can_be_printed(projects: list[Path], tmp_path: Path) -> None:
    nasty = "\x1b[31mred\x1b[0m \u202egnp\r\n\udc80"
    (tmp_path / nasty).mkdir()
    copy = Path(shutil.copytree(projects[0], tmp_path / f"copy {nasty}"))
    plain, gone, _, second = observe_projects(
        [tmp_path / nasty, tmp_path / f"gone{nasty}", copy, projects[0]], as_of=AS_OF, jobs=1
    )
    shown = "\ufffd[31mred\ufffd[0m \ufffdgnp\ufffd\ufffd\ufffd"
    assert plain.error == f"not a git repository: {tmp_path}/{shown}"
    assert gone.error == f"no such path: {tmp_path}/gone{shown}"
    assert second.error == f"has the same HEAD as {tmp_path}/copy {shown}: counted once"


def test_notes_can_be_printed(projects: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(*given: Any) -> Listing:
        return replace(list_files(*given), notes=("\x1b[2J was left out",))

    monkeypatch.setattr("fedlore.observe.project.list_files", listed)
    assert observe_project(projects[0], as_of=AS_OF).notes == ("\ufffd[2J was left out",)


def test_a_file_that_is_not_parsed_for_its_long_line_is_said(tmp_path: Path) -> None:
    content = {"a.js": b"f();\n" * 90 + b"f();" * 2000, "b.js": b"f();\n"}
    observed = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF)
    assert observed.notes == ("Not parsed: 1 source file that is written in very long lines, as if minified.",)


def test_a_tool_that_fails_is_no_missing_repository(projects: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlore.observe.sizes.scc_program", lambda: Path("/bin/false"))
    with pytest.raises(ToolError, match="scc failed") as caught:
        observe_projects(projects[:2], as_of=AS_OF, jobs=1)
    assert not isinstance(caught.value, RepositoryError)


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
