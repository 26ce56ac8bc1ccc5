"""H3: huge and slow repositories cost no more than the limits, and the owner is told what was not read."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.stream import GitOutput, Limits
from tests.observe.histories import BEGIN, Commit, make_repository, run_git, subjects


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
