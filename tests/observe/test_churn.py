"""Churn: what git's own comparison counts, whatever the repository says of its files, and only once for two blobs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Churn, Evidence, History, Tree
from fedlore.observe.features.commits import changed_lines
from fedlore.observe.history import churn
from fedlore.observe.history.churn import count_churn
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.stream import GitOutput, Limits
from tests.observe.histories import BEGIN, DEPENDABOT, Commit, make_repository, run_git

PERSON = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def count(
    path: Path, cache_path: Path | None = None, limits: Limits | None = None
) -> tuple[History, Churn, tuple[str, ...]]:
    with opened(path) as repository, fact_cache(cache_path, "1") as cache:
        history, _ = read_history(repository, None, cache)
        return history, *count_churn(repository, history, cache, limits)


def lines(history: History, counted: Churn) -> dict[tuple[int, bytes], tuple[int, int]]:
    """Lines added and deleted by the commit's number, the oldest first, and the path."""
    keys = zip(history.changed_commit.tolist(), history.changed_path.tolist(), strict=True)
    values = zip(counted.added.tolist(), counted.deleted.tolist(), strict=True)
    return {
        (history.commits - 1 - row, history.paths[path]): value for (row, path), value in zip(keys, values, strict=True)
    }


def record(work: Path, when: int, **files: bytes | None) -> None:
    """Commit these files of a work tree; None removes one, ``-> target`` makes a symbolic link."""
    for name, content in files.items():
        file = work / name.replace("_", ".", 1)
        file.unlink(missing_ok=True)
        if content is not None and content.startswith(b"-> "):
            file.symlink_to(content[3:].decode())
        elif content is not None:
            file.write_bytes(content)
    run_git(work, "add", "-A")
    commit(work, when)


def commit(work: Path, when: int) -> None:
    """Commit the index, ``when`` thousand seconds after the begin."""
    date = f"{BEGIN + when * 1000} +0000"
    command = ["git", "-C", str(work), *PERSON, "commit", "-q", "--allow-empty", "-m", "x", f"--date={date}"]
    subprocess.run(command, env={**os.environ, "GIT_COMMITTER_DATE": date}, check=True)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A work tree with one commit for each kind of change."""
    run_git(tmp_path, "init", "-q", "-b", "main", "work")
    folder = tmp_path / "work"
    for number, files in enumerate(
        (
            {"a_txt": b"1\n2\n3\n", "b_bin": b"\0" * 9},
            {"a_txt": b"1\n2\nthree\nfour\n", "b_bin": b"\0" * 8},
            {"_gitattributes": b"*.txt binary diff=noisy -text\n*.bin text diff\n", "a_txt": b"1\n"},
            {"a_txt": None, "c_txt": b"1\n"},
            {"l": b"-> c.txt", "big": b"line\n" * 300_000},
            {},
        )
    ):
        record(folder, number, **files)
    return folder


EXPECTED = {
    (0, b"a.txt"): (3, 0),
    (0, b"b.bin"): (-1, -1),
    (1, b"a.txt"): (2, 1),
    (1, b"b.bin"): (-1, -1),
    (2, b".gitattributes"): (2, 0),
    (2, b"a.txt"): (0, 3),
    (3, b"a.txt"): (0, 1),
    (3, b"c.txt"): (1, 0),
    (4, b"l"): (1, 0),
    (4, b"big"): (-1, -1),
}


def test_lines_are_those_of_texts_whatever_attributes_say(tmp_path: Path, work: Path) -> None:
    canary = tmp_path / "canary"
    (work / ".git" / "info" / "attributes").write_text("* diff=noisy\n")
    for key in ("diff.noisy.textconv", "diff.noisy.command", "diff.external"):
        run_git(work, "config", key, f"touch {canary}; cat")
    run_git(work, "log", "-p", "--textconv")
    assert canary.exists()
    canary.unlink()
    history, counted, notes = count(work)
    assert (lines(history, counted), notes) == (EXPECTED, ())
    assert not canary.exists()


def test_submodules_have_no_lines_and_hide_none(work: Path) -> None:
    head = run_git(work, "rev-parse", "HEAD").decode().strip()
    (work / "d").write_bytes(b"1\n2\n")
    run_git(work, "add", "d")
    for when, (module, name) in enumerate((("1" * 40, "sub"), (head, "sub"), (head, "c.txt")), 6):
        run_git(work, "update-index", "--add", "--cacheinfo", f"160000,{module},{name}")
        commit(work, when)
    history, counted, notes = count(work)
    added = {key: value for key, value in lines(history, counted).items() if key[0] > 5}
    assert added == {(6, b"d"): (2, 0), (6, b"sub"): (-1, -1), (7, b"sub"): (-1, -1), (8, b"c.txt"): (0, 1)}
    assert notes == ()


def test_only_human_commits_are_counted_and_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = [Commit(day=day, files={b"f": "M"}, who=DEPENDABOT if day == 7 else Commit().who) for day in range(9)]
    commits.append(Commit(day=9, merges=3))
    repository = make_repository(tmp_path / "r", commits)
    monkeypatch.setattr(churn, "NEWEST_COMMITS", 4)
    history, counted, notes = count(repository)
    known = sorted(commit for (commit, _), (added, _) in lines(history, counted).items() if added >= 0)
    assert (known, notes) == ([4, 5, 6, 8], ())
    monkeypatch.setattr(churn, "MOST_CHANGES", 2)
    history, counted, notes = count(repository)
    assert (int((counted.added >= 0).sum()), len(notes)) == (2, 1)
    assert "limit of 2 files" in notes[0]


def test_a_second_run_compares_only_new_pairs(tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bytes] = []

    class Recorded(GitOutput):
        def __init__(
            self, command: list[str], folder: Path, limits: Limits, given_ids: bytes, *, begun: float | None
        ) -> None:
            super().__init__(command, folder, limits, given_ids, begun=begun)
            given.append(given_ids)

    monkeypatch.setattr(churn, "GitOutput", Recorded)
    cache = tmp_path / "kept" / "cache"
    history, first, _ = count(work, cache)
    assert lines(history, first) == lines(*count(work, cache)[:2]) == EXPECTED
    assert len(given) == 1
    record(work, 9, c_txt=b"1\n2\n")
    history, counted, _ = count(work, cache)
    assert given[1:] == [run_git(work, "rev-parse", "HEAD")]
    assert lines(history, counted) == EXPECTED | {(6, b"c.txt"): (1, 0)} == lines(*count(work)[:2])
    connection = sqlite3.connect(cache)
    assert connection.execute("SELECT count(*) FROM lines").fetchone()[0] == len(set(EXPECTED)) + 1
    connection.close()


def test_absent_blobs_are_said_and_the_rest_is_counted(work: Path) -> None:
    blob = run_git(work, "rev-parse", "HEAD~4:a.txt").decode().strip()
    (work / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    history, counted, notes = count(work)
    found = lines(history, counted)
    assert [key for key in EXPECTED if found[key] != EXPECTED[key]] == [
        (1, b"a.txt"),
        (2, b".gitattributes"),
        (2, b"a.txt"),
    ]
    assert notes == ("Not all changed lines were counted: 2 commits changed files that are not in this copy.",)


def test_an_absent_blob_whose_lines_are_known_stops_nothing(tmp_path: Path, work: Path) -> None:
    cache = tmp_path / "kept" / "cache"
    count(work, cache)
    connection = sqlite3.connect(cache)
    with connection:
        connection.execute("DELETE FROM lines WHERE added = 2 AND deleted = 0")
    connection.close()
    blob = run_git(work, "rev-parse", "HEAD~4:a.txt").decode().strip()
    (work / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = lines(*count(work, cache)[:2])
    assert {key for key in EXPECTED if found[key] != EXPECTED[key]} == {(2, b".gitattributes")}


def test_a_broken_blob_and_a_limit_are_said(tmp_path: Path, work: Path) -> None:
    blob = run_git(work, "rev-parse", "HEAD~4:a.txt").decode().strip()
    file = work / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"broken")
    history, counted, notes = count(work, tmp_path / "kept" / "cache")
    found = lines(history, counted)
    assert {found[key] for key in EXPECTED if key[0] > 2} == {EXPECTED[key] for key in EXPECTED if key[0] > 2}
    assert len(notes) == 1
    assert "could not read every object" in notes[0]
    _, counted, notes = count(work, None, Limits(seconds=0))
    assert (counted.added.max(), len(notes)) == (-1, 1)


def test_what_the_comparison_may_write_and_take_is_bounded(work: Path) -> None:
    """Its seconds are those of the whole history, since both have one project's time."""
    with opened(work) as repository:
        history, _ = read_history(repository)
        _, few = count_churn(repository, history, None, Limits(lines_bytes=300))
        _, late = count_churn(repository, history, None, Limits(seconds=60), time.monotonic() - 61)
        _, early = count_churn(repository, history, None, Limits(seconds=60), time.monotonic())
    assert few == ("Not all changed lines were counted: the limit of 300 bytes was reached.",)
    assert late == ("Not all changed lines were counted: the limit of 60 seconds was reached.",)
    assert early == ()


def test_what_git_writes_is_cut_off_between_commits() -> None:
    raw = b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M"
    tokens = [b"c" * 40, raw, b":path", raw.replace(b"2", b"3"), b"b", b"1\t2\t:path", b"3\t4\tb", b"d" * 40, raw, b"p"]
    whole = {(b"\x11" * 20, b"\x22" * 20): (1, 2), (b"\x11" * 20, b"\x33" * 20): (3, 4)}
    assert dict(churn._counted([*tokens[:7], b""])) == dict(churn._counted([*tokens, b""])) == whole
    for end in range(1, 7):
        assert not list(churn._counted(tokens[:end])), end


def test_lines_of_each_commit(work: Path) -> None:
    history, counted, _ = count(work)
    evidence = Evidence(history, Tree([]), BEGIN, churn=counted)
    added, deleted, known = changed_lines(evidence)
    assert added[::-1].tolist() == [3, 2, 2, 1, 1, 0]
    assert deleted[::-1].tolist() == [0, 1, 3, 1, 0, 0]
    assert known[::-1].tolist() == [True] * 5 + [False]
    assert not changed_lines(evidence, np.zeros(len(history.paths), np.bool_))[2].any()
    assert not changed_lines(Evidence(history, Tree([]), BEGIN))[2].any()
    assert added.dtype == deleted.dtype == np.int64
