"""H2: symbolic links in or in place of a git folder, a salt, a cache or an owner's file lead to nothing of others."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.owner.documents import DocumentError, read_document
from fedlore.observe.references import head_of
from fedlore.observe.salt import local_salt
from fedlore.observe.sqlite_file import SqliteFile
from tests.observe.histories import Commit, make_repository, run_git, subjects

LINKS = ("HEAD", "refs", "refs/heads", "refs/heads/main", "objects", "objects/pack", "objects/info")
TABLE = "CREATE TABLE IF NOT EXISTS kept (value TEXT)"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "secret", [Commit(b"Secret")], [("v9.9", 1)])


def refused(project: Path) -> None:
    with pytest.raises(RepositoryError, match=r"not read|not a git repository|is empty"), opened(project):
        pytest.fail("opened")
    with pytest.raises(RepositoryError, match=r"not read|not a git repository|is empty"):
        head_of(project)


def replaced(place: Path, target: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize("name", LINKS)
def test_no_part_of_a_git_folder_is_a_link_to_that_of_another(tmp_path: Path, secret: Path, name: str) -> None:
    project = tmp_path / "project"
    shutil.copytree(secret, project)
    head_of(project)
    replaced(project / name, secret / name)
    if name != "HEAD":
        assert run_git(project, "log", "--format=%s").strip() == b"Secret"  # the control: git follows it
    refused(project)


def test_packed_references_and_single_objects_are_no_links(tmp_path: Path, secret: Path) -> None:
    run_git(secret, "pack-refs", "--all")
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "project")
    project = tmp_path / "project"
    for file in (path for path in (secret / "objects").rglob("*") if path.is_file()):
        replaced(project / file.relative_to(secret), file)
    (project / "HEAD").write_bytes(run_git(secret, "rev-parse", "main"))
    assert run_git(project, "log", "--format=%s").strip() == b"Secret"
    refused(project)
    shutil.rmtree(project / "objects")
    shutil.copytree(secret / "objects", project / "objects")
    head_of(project)
    replaced(project / "packed-refs", secret / "packed-refs")
    refused(project)


def test_objects_of_an_alternate_in_the_project_are_no_links(tmp_path: Path, secret: Path) -> None:
    run_git(tmp_path, "init", "-q", "project")
    git_dir = tmp_path / "project" / ".git"
    (git_dir / "HEAD").write_bytes(run_git(secret, "rev-parse", "HEAD"))
    (git_dir / "objects" / "info").mkdir(exist_ok=True)
    (git_dir / "objects" / "info" / "alternates").write_text("../../inside\n")
    (tmp_path / "project" / "inside").mkdir()
    for entry in (secret / "objects").iterdir():
        (tmp_path / "project" / "inside" / entry.name).symlink_to(entry)
    assert run_git(tmp_path / "project", "log", "--format=%s").strip() == b"Secret"
    with pytest.raises(RepositoryError, match="borrows objects"), opened(tmp_path / "project"):
        pytest.fail("opened")


@pytest.mark.parametrize("place", [".git", "."])
def test_a_link_that_stays_inside_leads_to_no_link_out(tmp_path: Path, secret: Path, place: str) -> None:
    run_git(tmp_path, "init", "-q", "project")
    project, objects = tmp_path / "project", tmp_path / "project" / ".git" / "objects"
    (project / ".git" / "HEAD").write_bytes(run_git(secret, "rev-parse", "HEAD"))
    if place == ".":
        (objects / "info" / "alternates").write_text("../../inside\n")
        objects = project / "inside"
        objects.mkdir()
    for file in (path for path in (secret / "objects").rglob("*") if path.is_file()):
        replaced(project / place / "more" / file.relative_to(secret / "objects"), file)
    for folder in (project / place / "more").iterdir():
        replaced(objects / folder.name, folder)
    assert run_git(project, "log", "--format=%s").strip() == b"Secret"
    with pytest.raises(RepositoryError, match=r"link out of|borrows objects"), opened(project):
        pytest.fail("opened")


@pytest.mark.parametrize("kind", ["folder", "file of a worktree"])
def test_a_git_folder_that_is_a_link_is_refused(tmp_path: Path, secret: Path, kind: str) -> None:
    run_git(secret, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".git").symlink_to(secret if kind == "folder" else tmp_path / "linked" / ".git")
    with pytest.raises(RepositoryError, match="is a symbolic link"), opened(tmp_path / "project"):
        pytest.fail("opened")


def test_links_within_the_git_folder_and_to_the_work_tree_are_followed(tmp_path: Path, secret: Path) -> None:
    (secret / "objects").rename(secret / "elsewhere")
    (secret / "objects").symlink_to("elsewhere")
    (secret / "objects" / "round").symlink_to("round")
    (tmp_path / "other name").symlink_to(secret)
    with opened(tmp_path / "other name") as repository:
        assert subjects(repository.git_dir, read_history(repository)[0]) == [b"Secret"]


def test_an_owners_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("a = 1\n")
    for target in ("real.toml", "/dev/zero", "nowhere"):
        replaced(tmp_path / "outcomes.toml", Path(target))
        with pytest.raises(DocumentError, match="symbolic link"):
            read_document(tmp_path / "outcomes.toml")


def test_a_pipe_as_salt_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cache.salt")
    script = "import sys; from pathlib import Path; from fedlore.observe.salt import local_salt\n"
    script += "sys.exit(len(local_salt(Path(sys.argv[1]))) != 32)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "cache")], timeout=20, check=True)


def test_a_salt_is_closed_to_others_and_a_link_is_no_salt(tmp_path: Path) -> None:
    (tmp_path / "cache.salt").write_bytes(b"s" * 32)
    (tmp_path / "cache.salt").chmod(0o666)
    assert local_salt(tmp_path / "cache") == b"s" * 32
    assert stat.S_IMODE((tmp_path / "cache.salt").stat().st_mode) == 0o600
    (tmp_path / "next.salt").symlink_to("cache.salt")
    assert local_salt(tmp_path / "next") != b"s" * 32


def test_a_cache_is_closed_to_others_and_a_link_is_no_cache(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    path.touch()
    path.chmod(0o666)
    (tmp_path / "link").symlink_to(path)
    for name, lasts in (("cache", True), ("link", False)):
        file = SqliteFile(tmp_path / name, (TABLE,))
        file.change(("INSERT INTO kept VALUES (?)", [("x",)]))
        assert file.lasts is lasts
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.glob("cache*")}
        assert modes == {0o600}
        file.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser gives files away")
def test_the_salt_and_the_cache_of_another_user_are_not_used(tmp_path: Path) -> None:
    (tmp_path / "cache.salt").write_bytes(b"s" * 32)
    (tmp_path / "cache").touch()
    os.chown(tmp_path / "cache.salt", 12345, -1)
    os.chown(tmp_path / "cache", 12345, -1)
    assert local_salt(tmp_path / "cache") != b"s" * 32
    file = SqliteFile(tmp_path / "cache", (TABLE,))
    assert not file.lasts
    file.close()
