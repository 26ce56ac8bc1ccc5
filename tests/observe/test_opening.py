"""Opening: every form of repository is found, what is none is refused in one sentence, and nothing is waited for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fedlore.catalogue.errors import ToolError
from fedlore.observe.command import git_program
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.references import head_of
from tests.observe.histories import BEGIN, Commit, make_repository, run_git, subjects

THREE = [Commit(b"One", 0, files={b"a": "A"}), Commit(b"Two", 1, files={b"a": "M"}), Commit(b"Three", 2)]


def subjects_at(path: Path) -> list[bytes]:
    with opened(path) as repository:
        return subjects(repository.git_dir, read_history(repository)[0])


def test_a_bare_repository_a_work_tree_and_a_worktree_tell_the_same(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare", THREE)
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", str(bare), str(clone))
    run_git(clone, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"), "HEAD~1")
    assert subjects_at(bare) == subjects_at(clone) == subjects_at(clone / ".git") == [b"Three", b"Two", b"One"]
    assert head_of(bare) == head_of(clone) == head_of(str(clone / ".git")) != head_of(tmp_path / "linked")
    assert head_of(bare) == run_git(bare, "rev-parse", "HEAD").decode().strip()
    assert subjects_at(tmp_path / "linked") == subjects_at(tmp_path / "linked" / ".git") == [b"Two", b"One"]


def test_references_are_read_loose_and_packed(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare", THREE, [("v1.0", 1), ("v1.1", 2)])
    run_git(bare, "pack-refs", "--all")
    run_git(bare, "update-ref", "refs/heads/main", "HEAD~1")
    run_git(bare, "tag", "-f", "v1.0", "HEAD")
    assert subjects_at(bare) == [b"Two", b"One"]
    with opened(bare) as repository:
        assert {tag.name: tag.time for tag in repository.tags} == {
            b"refs/tags/v1.0": BEGIN + 86_400,
            b"refs/tags/v1.1": BEGIN + 86_400,
        }


def test_only_tags_that_stand_for_a_commit_are_kept(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare", THREE, [("v1.0", 1)])
    run_git(bare, "-c", "user.name=a", "-c", "user.email=a@example.org", "tag", "-a", "-m", "x", "v2.0", "HEAD")
    run_git(bare, "tag", "tree", "HEAD^{tree}")
    (bare / "refs" / "tags" / "broken").write_text("0" * 40 + "\n")
    (bare / "refs" / "tags" / "words").write_text("no object\n")
    with opened(bare) as repository:
        assert sorted(tag.name for tag in repository.tags) == [b"refs/tags/v1.0", b"refs/tags/v2.0"]
        assert run_git(repository.git_dir, "tag").split() == [b"v1.0", b"v2.0"]


def test_the_own_repository_borrows_objects_and_ends_with_the_block(tmp_path: Path) -> None:
    folder = tmp_path / "a folder\nof two lines"
    bare = make_repository(folder, THREE)
    with opened(bare) as repository:
        own = repository.git_dir
        assert repository.head == run_git(bare, "rev-parse", "HEAD").decode().strip()
        assert repository.repository[repository.head].message == "Three\n"
        assert run_git(own, "config", "--local", "--list").split() == [
            b"core.repositoryformatversion=0",
            b"core.bare=true",
        ]
    assert not own.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name]


def test_a_shallow_clone_says_so(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "bare", THREE)
    run_git(tmp_path, "clone", "-q", "--depth", "2", f"file://{bare}", "cut")
    with opened(tmp_path / "cut") as repository:
        history, notes = read_history(repository)
        assert subjects(repository.git_dir, history) == [b"Three", b"Two"]
    assert any("shallow" in note for note in notes)


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("gitdir: nowhere\n")
    run_git(tmp_path, "init", "-q", "empty")
    loop = make_repository(tmp_path / "loop", THREE)
    (loop / "HEAD").write_text("ref: refs/heads/loop\n")
    (loop / "refs" / "heads" / "loop").write_text("ref: refs/heads/loop\n")
    outside = make_repository(tmp_path / "outside", THREE)
    (outside / "HEAD").write_text("ref: refs/../../plain/secret\n")
    absent = make_repository(tmp_path / "absent", THREE)
    (absent / "HEAD").write_text("1" * 40 + "\n")
    for name, words in {
        "nowhere": "no such path",
        "plain": "not a git repository",
        "file": "does not belong to it",
        "empty": "is empty",
        "loop": "names itself",
        "outside": "names no reference",
        "absent": "is absent",
    }.items():
        with pytest.raises(RepositoryError, match=words), opened(tmp_path / name):
            pytest.fail(f"{name} was opened")
        if name != "absent":
            with pytest.raises(RepositoryError, match=words):
                head_of(tmp_path / name)


def test_sha256_is_refused_clearly(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--object-format=sha256", "long")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    run_git(tmp_path / "long", *author, "commit", "-q", "--allow-empty", "-m", "x")
    with pytest.raises(RepositoryError, match="SHA-256"), opened(tmp_path / "long"):
        pytest.fail("opened")


@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "shallow", "refs/tags/v1"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    bare = make_repository(tmp_path / "bare", THREE)
    (bare / name).unlink(missing_ok=True)
    os.mkfifo(bare / name)
    script = (
        "import sys; from pathlib import Path; from fedlore.observe.opening import RepositoryError, opened\n"
        "try:\n    with opened(Path(sys.argv[1])) as found: print(found.head)\n"
        "except RepositoryError as error: print(error)"
    )
    python = Path(__file__).parents[2] / ".venv" / "bin" / "python"
    done = subprocess.run([python, "-c", script, str(bare)], capture_output=True, timeout=20, check=True, text=True)
    assert done.stdout.startswith("not a git repository") == (name == "HEAD"), done.stdout


def test_a_missing_git_is_not_a_missing_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlore.observe.command._FOLDERS", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolError, match="git is not installed") as caught:
        git_program.__wrapped__()
    assert not isinstance(caught.value, RepositoryError)


def test_a_name_that_is_too_long_has_no_head(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="cannot be read"):
        head_of(tmp_path / ("x" * 300))
