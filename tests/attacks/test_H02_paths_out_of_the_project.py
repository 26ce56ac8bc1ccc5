"""H2: a project cannot make its reader read what lies outside it by the names in its git folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.observe.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from tests.observe.histories import Commit, make_repository, run_git


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
        assert read_history(repository)[0].subject == [b"Secret"]
    with pytest.raises(RepositoryError, match="does not belong to it"), opened(tmp_path / "copy"):
        pytest.fail("opened")


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path, secret: Path) -> None:
    run_git(tmp_path, "init", "-q", "outer")
    run_git(tmp_path / "outer", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(secret), "inner")
    assert (tmp_path / "outer" / "inner" / ".git").is_file()
    with opened(tmp_path / "outer" / "inner") as repository:
        assert read_history(repository)[0].subject == [b"Secret"]


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
