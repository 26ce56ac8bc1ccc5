"""H2: a project cannot make its reader read what lies outside it by the names in its git folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.references import head_of
from tests.observe.histories import Commit, make_repository, run_git, subjects


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "secret", [Commit(b"Secret")], [("v9.9", 1)])


def test_a_git_file_cannot_name_a_repository_elsewhere(tmp_path: Path, secret: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for target in (str(secret), "../secret", "sub/../../secret"):
        (project / ".git").write_text(f"gitdir: {target}\n")
        with pytest.raises(RepositoryError, match="does not belong to it"), opened(project):
            pytest.fail(f"{target} was opened")


def test_a_worktree_that_was_copied_is_not_taken_for_the_original(tmp_path: Path, secret: Path) -> None:
    run_git(secret, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / ".git").write_bytes((tmp_path / "linked" / ".git").read_bytes())
    with opened(tmp_path / "linked") as repository:
        assert subjects(repository.git_dir, read_history(repository)[0]) == [b"Secret"]
    with pytest.raises(RepositoryError, match="does not belong to it"), opened(tmp_path / "copy"):
        pytest.fail("opened")


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path, secret: Path) -> None:
    run_git(tmp_path, "init", "-q", "outer")
    run_git(tmp_path / "outer", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(secret), "inner")
    assert (tmp_path / "outer" / "inner" / ".git").is_file()
    with opened(tmp_path / "outer" / "inner") as repository:
        assert subjects(repository.git_dir, read_history(repository)[0]) == [b"Secret"]


@pytest.mark.parametrize("name", ["refs/heads/../../../secret/HEAD", "../secret/refs/heads/main", "/etc/passwd"])
def test_head_cannot_name_a_file_outside(tmp_path: Path, secret: Path, name: str) -> None:
    project = make_repository(tmp_path / "project", [Commit(b"Own")])
    (project / "HEAD").write_text(f"ref: {name}\n")
    with pytest.raises(RepositoryError, match="names no reference"), opened(project):
        pytest.fail("opened")


def test_tags_cannot_come_from_a_folder_outside(tmp_path: Path, secret: Path) -> None:
    project = make_repository(tmp_path / "project", [Commit(b"Own")])
    run_git(project, "fetch", "-q", str(secret))
    (project / "refs" / "tags").rmdir()
    (project / "refs" / "tags").symlink_to(secret / "refs" / "tags")
    with opened(project) as repository:
        assert repository.tags == ()


def borrower(tmp_path: Path, secret: Path) -> Path:
    """A project that holds no object, and whose HEAD is the commit of the secret one."""
    run_git(tmp_path, "init", "-q", "project")
    (tmp_path / "project" / ".git" / "HEAD").write_bytes(run_git(secret, "rev-parse", "HEAD"))
    (tmp_path / "project" / ".git" / "objects" / "info").mkdir(exist_ok=True)
    return tmp_path / "project"


@pytest.mark.parametrize(
    "line",
    ["{secret}/objects", "../../../secret/objects", "# none\n\n{secret}/objects", "{inside}/../../secret/objects"],
)
def test_a_project_cannot_be_made_of_the_objects_of_another(tmp_path: Path, secret: Path, line: str) -> None:
    project = borrower(tmp_path, secret)
    (project / "inside").mkdir()
    names = line.format(secret=secret, inside=project / "inside")
    (project / ".git" / "objects" / "info" / "alternates").write_text(f"{names}\n")
    assert run_git(project, "log", "--format=%s").strip() == b"Secret"
    for read in (opened(project), opened(project / ".git")):
        with pytest.raises(RepositoryError, match="borrows objects from another folder"), read:
            pytest.fail("opened")
    with pytest.raises(RepositoryError, match="borrows objects"):
        head_of(project)


def test_no_reading_of_an_alternate_leads_outside(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where readers of alternates differ: names without a dot, in quotes, past a link, or in a file that is a pipe."""
    project = borrower(tmp_path, secret)
    alternates = project / ".git" / "objects" / "info" / "alternates"
    (project / "a" / "b").mkdir(parents=True)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (project / "link").symlink_to(secret, target_is_directory=True)
    (project / "a" / "far").symlink_to(tmp_path / "deep" / "er", target_is_directory=True)
    (project / "near").symlink_to(project / "a" / "b", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for line in (
        "secret/objects",
        f'"{secret}/objects"',
        f"{project}/link/objects",
        f"{project}/a/far/../../secret/objects",
        f"{project}/a/b/../../../secret/objects",
        f"{project}/near/../../secret/objects",
    ):
        alternates.write_text(f"{line}\n")
        with pytest.raises(RepositoryError, match="borrows objects"), opened(project):
            pytest.fail(f"{line} was followed")
    alternates.unlink()
    os.mkfifo(alternates)
    script = "import sys; from fedlore.observe.references import head_of; head_of(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", script, project], capture_output=True, timeout=20, check=False)
    assert b"borrows objects" in done.stderr


def test_objects_that_lie_in_the_project_are_read_and_theirs_are_not_borrowed(tmp_path: Path, secret: Path) -> None:
    project = borrower(tmp_path, secret)
    run_git(project, "clone", "-q", "--bare", str(secret), "inner")
    alternates = project / ".git" / "objects" / "info" / "alternates"
    for line in ("../../inner/objects", str(project / "inner" / "objects")):
        alternates.write_text(f"{line}\n")
        with opened(project) as repository:
            assert subjects(repository.git_dir, read_history(repository)[0]) == [b"Secret"]
    (project / "inner" / "objects" / "info" / "alternates").write_text(f"{secret / 'objects'}\n")
    with pytest.raises(RepositoryError, match="borrows objects"), opened(project):
        pytest.fail("opened")


def test_a_shared_clone_is_refused_and_its_worktree_too(tmp_path: Path, secret: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--shared", str(secret), "shared")
    run_git(tmp_path / "shared", "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    for name in ("shared", "linked"):
        with pytest.raises(RepositoryError, match="clone it without --shared or --reference"), opened(tmp_path / name):
            pytest.fail(f"{name} was opened")


def test_a_git_folder_cannot_take_the_objects_of_another_for_its_own(tmp_path: Path, secret: Path) -> None:
    project = borrower(tmp_path, secret)
    for target in (str(secret), "../../secret"):
        (project / ".git" / "commondir").write_text(f"{target}\n")
        assert run_git(project, "log", "--format=%s").strip() == b"Secret"
        with pytest.raises(RepositoryError, match="does not belong to it"), opened(project):
            pytest.fail(f"{target} was opened")


@pytest.mark.parametrize("name", [".git", ".git/commondir", ".git/HEAD", ".git/objects/info/alternates"])
def test_a_zero_byte_in_a_name_is_a_refusal(tmp_path: Path, secret: Path, name: str) -> None:
    project = borrower(tmp_path, secret)
    if name == ".git":
        (project / ".git").rename(project / "moved")
    (project / name).write_bytes({".git": b"gitdir: a\0b", ".git/HEAD": b"ref: refs/a\0b"}.get(name, b"a\0b"))
    with pytest.raises(RepositoryError, match="not a git repository"), opened(project):
        pytest.fail("opened")
