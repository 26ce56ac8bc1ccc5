"""H3: huge and slow repositories cost no more than the limits, and the owner is told what was not read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pygit2
import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.stream import GitOutput, Limits
from tests.observe.histories import BEGIN, Commit, make_repository, run_git, subjects
from tests.observe.making import AS_OF, FILE, FOLDER, write_tree


def commit_object(repository: Path, *lines: str, message: str = "x") -> str:
    tree = run_git(repository, "rev-parse", "HEAD^{tree}").decode().strip()
    who = f"A <a@example.org> {BEGIN} +0000"
    text = "\n".join([f"tree {tree}", *lines, f"author {who}", f"committer {who}", "", message])
    return run_git(repository, "hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode()).decode().strip()


def test_a_silent_program_is_ended_in_time(tmp_path: Path) -> None:
    output = GitOutput(["/bin/sleep", "60"], tmp_path, Limits(seconds=0.3))
    begun = time.monotonic()
    assert b"".join(output) == b""
    assert time.monotonic() - begun < 20
    assert "0.3 seconds" in output.shortfall


def test_an_endless_program_is_ended_by_bytes(tmp_path: Path) -> None:
    output = GitOutput([sys.executable, "-c", "while True: print('y' * 999)"], tmp_path, Limits(bytes=3_000_000))
    assert sum(len(block) for block in output) == 3_000_000
    assert "3000000 bytes" in output.shortfall


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited by prlimit")
def test_a_greedy_program_is_refused_memory(tmp_path: Path) -> None:
    # The pause lets the limit, which is set from outside, come first.
    script = "import time; time.sleep(.3); print(len(bytearray(400_000_000)))"
    greedy = GitOutput([sys.executable, "-c", script], tmp_path, Limits(memory=200_000_000))
    assert b"".join(greedy) == b""
    assert greedy.shortfall
    modest = GitOutput([sys.executable, "-c", script], tmp_path, Limits(memory=900_000_000))
    assert b"".join(modest) == b"400000000\n"
    assert not modest.shortfall


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_does_not_outlive_its_reader(tmp_path: Path) -> None:
    output = GitOutput([sys.executable, "-c", "while True: print('y' * 999)"], tmp_path, Limits())
    blocks = iter(output)
    next(blocks)
    assert _running_in(tmp_path)
    blocks.close()  # type: ignore[attr-defined]
    assert not _running_in(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="processor time is limited by prlimit")
def test_a_program_whose_reader_was_killed_has_an_end(tmp_path: Path) -> None:
    script = "import resource, time; time.sleep(.3); print(resource.getrlimit(resource.RLIMIT_CPU)[0])"
    assert b"".join(GitOutput([sys.executable, "-c", script], tmp_path, Limits(seconds=77))) == b"78\n"


def nested(path: Path, files: int, folders: int, rounds: int) -> Path:
    """A repository that makes many files deep in folders of long names and removes them, again and again."""
    repository = pygit2.init_repository(str(path), bare=True)
    blob = repository.create_blob(b"x\n")
    empty = deep = write_tree(repository, [])
    if files:
        deep = write_tree(repository, [(FILE, b"%08d.py" % number, blob) for number in range(files)])
    for _ in range(folders):
        deep = write_tree(repository, [(FOLDER, b"d" * 240, deep)])
    person = pygit2.Signature("Ada", "ada@example.org", AS_OF, 0)
    parents: list[pygit2.Oid] = []
    for tree in (deep, empty) * rounds:
        parents = [repository.create_commit("HEAD", person, person, "x", tree, parents)]
    repository.free()
    return path


def test_long_paths_of_many_files_are_not_held(tmp_path: Path) -> None:
    """git writes 10 MB for either of the two commits; of it no more is held than the limit and what is made of that."""
    with opened(nested(tmp_path / "r", files=5_000, folders=8, rounds=1)) as found:
        tracemalloc.start()
        history, notes = read_history(found, Limits(commit_bytes=1_000_000))
        _, held = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        whole, _ = read_history(found)
        _, held_whole = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert notes == (
        "Not all commits were counted, only the newest 0: the limit of 1000000 bytes of one commit was reached.",
    )
    assert len(history.paths) == 0 and len(whole.changed_path) == 10_000
    assert held < 5_000_000 < 20_000_000 < held_whole


def test_no_more_distinct_paths_and_names_are_held_than_the_limit(tmp_path: Path) -> None:
    deep = b"/".join([b"d" * 240] * 8)
    commits = [Commit(b"Number %d" % at, at, files={b"%d/%s" % (at, deep): "A"}) for at in range(600)]
    with opened(make_repository(tmp_path / "r", commits)) as found:
        history, notes = read_history(found, Limits(name_bytes=400_000))
        ends = subjects(found.git_dir, history)
    assert notes[0].endswith(": the limit of 400000 bytes of paths and names was reached.")
    # One block of what git writes, 256 KiB, is taken whole.
    assert 0 < sum(map(len, history.paths)) < 400_000 + 300_000
    assert ends == [b"Number %d" % at for at in range(599, 599 - len(ends), -1)]


def test_no_more_people_are_held_than_the_limit(tmp_path: Path) -> None:
    people = [(b"%d " % at + b"n" * 5_000, b"%d@example.org" % at) for at in range(300)]
    commits = [Commit(b"x", at, who, body=b"Reviewed-by: R%s <r%s>" % who) for at, who in enumerate(people)]
    with opened(make_repository(tmp_path / "r", commits)) as found:
        history, notes = read_history(found, Limits(name_bytes=200_000))
        reviewed, _ = read_history(found, Limits(name_bytes=2_000_000))
    assert notes[0].endswith("the limit of 200000 bytes of paths and names was reached.")
    assert 0 < history.commits < 100 < reviewed.commits < 250


def test_a_history_of_too_many_changes_ends(tmp_path: Path) -> None:
    with opened(nested(tmp_path / "r", files=2_000, folders=0, rounds=4)) as found:
        history, notes = read_history(found, Limits(changes=5_000))
        assert len(read_history(found)[0].changed_path) == 16_000
    assert notes[0].endswith("the limit of 5000 changes was reached.")
    assert 0 < history.commits < 8


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_command_that_is_told_to_end_leaves_neither_git_nor_folder(tmp_path: Path) -> None:
    # git takes seconds for it: 4,000 changes of each of 1,000 commits.
    repository = nested(tmp_path / "r", files=4_000, folders=1, rounds=500)
    own = tmp_path / "own"
    own.mkdir()
    script = "import sys; from fedlore.cli.main import main; sys.argv[0] = 'fedlore'; main()"
    command = [sys.executable, "-c", script, "observe", "--no-cache", str(repository)]
    process = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(own)}, stdout=subprocess.DEVNULL)
    folders: list[Path] = []
    while process.poll() is None and not (folders and _running_in(folders[0])):
        folders = list(own.glob("fedlore-*"))
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 128 + signal.SIGTERM
    assert list(own.glob("fedlore-*")) == []
    assert not any(_running_in(folder) for folder in folders)


def _running_in(folder: Path) -> list[str]:
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve() == folder:
                found.append(link.parent.name)
        except OSError:
            continue
    return found


def test_an_octopus_of_thousands_of_parents(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", [Commit(b"Begin", files={b"a": "A"})])
    root = run_git(repository, "rev-parse", "HEAD").decode().strip()
    head = commit_object(repository, *[f"parent {root}"] * 5000)
    (repository / "HEAD").write_text(head + "\n")
    with opened(repository) as found:
        history, notes = read_history(found)
    assert notes == ()
    assert history.parents[0] >= 1
    assert len(history.changed_path) == 1


def test_folders_a_thousand_deep(tmp_path: Path) -> None:
    path = b"/".join([b"d"] * 1000) + b"/file"
    repository = make_repository(tmp_path / "r", [Commit(b"Deep", files={path: "A"}), Commit(b"Again", 1)])
    with opened(repository) as found:
        history, notes = read_history(found)
        assert subjects(repository, history) == [b"Again", b"Deep"]
    assert (history.paths, notes) == ([path], ())


def test_an_enormous_head_or_tag_is_not_loaded(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", [Commit(b"Begin")])
    root = run_git(repository, "rev-parse", "HEAD").decode().strip()
    text = f"object {root}\ntype commit\ntag v1.0\ntagger A <a@example.org> {BEGIN} +0000\n\n" + "x" * 2_000_000
    tag = run_git(repository, "hash-object", "-t", "tag", "-w", "--stdin", stdin=text.encode()).decode().strip()
    run_git(repository, "update-ref", "refs/tags/v1.0", tag)
    with opened(repository) as found:
        assert found.tags == ()
    (repository / "HEAD").write_text(commit_object(repository, message="x" * 2_000_000) + "\n")
    with pytest.raises(RepositoryError, match="absent or broken"), opened(repository):
        pytest.fail("opened")


def test_enormous_lists_of_references_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fedlore.observe.references._LARGE", 1000)
    repository = make_repository(tmp_path / "r", [Commit(b"Begin")])
    (repository / "packed-refs").write_bytes(b"# \n" * 400)
    with pytest.raises(RepositoryError, match="longer than 1000 bytes"), opened(repository):
        pytest.fail("opened")
