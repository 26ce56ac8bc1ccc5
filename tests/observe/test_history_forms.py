"""Every form in which a repository comes is read: what is there is counted, and what is not there is said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Churn, History
from fedlore.observe.history.churn import count_churn
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import RepositoryError, opened
from fedlore.observe.project import observe_project
from tests.observe.histories import ALICE, BEGIN, BOB, DAY, SALT, Commit, make_repository, run_git

COMMITS = [
    Commit(b"Begin", 0, ALICE, {b"a.py": "A", b"b.py": "A"}),
    Commit(b"Change", 1, BOB, {b"a.py": "M"}),
    Commit(b"Change", 2, ALICE, {b"b.py": "M"}),
    Commit(b"Merge", 3, BOB, merges=2),
]


def read(path: Path) -> tuple[History, Churn, tuple[str, ...]]:
    with opened(path) as repository, fact_cache(None, "1", SALT) as cache:
        history, notes = read_history(repository, None, cache)
        churn, more = count_churn(repository, history, cache)
    return history, churn, notes + more


def rev(folder: Path, name: str) -> str:
    return run_git(folder, "rev-parse", name).decode().strip()


def set_head(folder: Path, stream: bytes) -> None:
    run_git(folder, "fast-import", "--quiet", "--force", stdin=stream)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    folder = make_repository(tmp_path / "bare", COMMITS)
    run_git(folder, "config", "uploadpack.allowFilter", "true")
    return folder


def test_a_clone_without_blobs_has_a_whole_history_and_says_what_was_not_counted(tmp_path: Path, bare: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", f"file://{bare}", "partial")
    whole, counted, notes = read(bare)
    history, churn, said = read(tmp_path / "partial")
    assert (counted.added.tolist(), notes) == ([1, 1, 1, 1], ())
    assert np.array_equal(history.changed_new, whole.changed_new) and history.people == whole.people
    assert churn.added.tolist() == [-1] * 4
    assert said == ("Not all changed lines were counted: 3 commits changed files that are not in this copy.",)


def test_a_clone_without_trees_says_so(tmp_path: Path, bare: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--bare", "--filter=tree:0", f"file://{bare}", "partial")
    history, churn, said = read(tmp_path / "partial")
    assert history.commits < 4 and len(churn.added) == 0
    assert any("a partial clone" in note for note in said)


def test_a_shallow_clone_begins_at_its_cut(tmp_path: Path, bare: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--bare", "--depth", "2", f"file://{bare}", "cut")
    history, churn, said = read(tmp_path / "cut")
    assert history.parents.tolist()[-1] == 1
    assert history.first_parent.tolist()[-1] == history.second_parent.tolist()[-1] == -1
    assert history.at_cut.tolist() == [False, True, True]
    at_cut = history.at_cut[history.changed_commit]
    assert ((churn.added >= 0) == ~at_cut).all() and at_cut.any() and len(churn.added) == len(history.changed_path)
    assert any("shallow" in note for note in said)
    assert "What 2 commits at the cut changed is in no size and nobody's: it seems to be every file." in said
    assert not read(bare)[0].at_cut.any()


def test_a_cut_at_the_first_commit_leaves_nothing_out(tmp_path: Path, bare: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--bare", "--depth", "3", f"file://{bare}", "all")
    assert rev(bare, "HEAD~3").encode() in (tmp_path / "all" / "shallow").read_bytes()
    history, churn, _ = read(tmp_path / "all")
    whole, lines, _ = read(bare)
    assert not history.at_cut.any()
    assert (history.parents.tolist(), churn.added.tolist()) == (whole.parents.tolist(), lines.added.tolist())


def test_the_commit_at_a_cut_is_no_giant_and_nobody_s_work(tmp_path: Path) -> None:
    """Two hundred small commits by two people; in a clone that is cut, the oldest seems to add all that came before."""
    commits = [Commit(b"%d" % day, day, (ALICE, BOB)[day % 2], {b"src/f%d.py" % day: "A"}) for day in range(200)]
    whole = make_repository(tmp_path / "whole", commits)
    run_git(tmp_path, "clone", "-q", "--bare", "--depth", "19", f"file://{whole}", "cut")
    one, other = (observe_project(path, as_of=BEGIN + 200 * DAY).answers for path in (whole, tmp_path / "cut"))
    for name in ("process.giant_commits", "workflow.commit_size", "workflow.commit_lines", "workflow.small_commits"):
        assert other[MeasureId(name)].value == one[MeasureId(name)].value, name
    assert other[MeasureId("process.giant_commits")].because["human commits"] == 18
    assert other[MeasureId("communication.single_owner")].because["files with human authors"] == 18


def test_paths_beyond_the_limit_are_left_out_and_said(tmp_path: Path, bare: Path) -> None:
    """Those of 4,096 bytes stay, the first of 4,097 goes, whether the history was kept or not."""
    long = [b"/".join([b"x" * 200] * 20) + b"/" + b"y" * (4096 - 4020 + more) for more in (0, 1, 300)]
    files = dict.fromkeys((b"first", *long, b"last"), "A")
    path = make_repository(tmp_path / "long", [Commit(b"Add", 0, files=files), Commit(b"Go", 1, files={b"last": "M"})])
    for _ in range(2):
        with opened(path) as repository, fact_cache(tmp_path / "cache", "1", SALT) as cache:
            history, notes = read_history(repository, None, cache)
            churn, _ = count_churn(repository, history, cache)
        assert [history.paths[number] for number in history.changed_path] == [b"last", b"first", b"last", long[0]]
        assert sorted(history.paths) == sorted([b"first", b"last", long[0]])
        assert churn.added.tolist() == [1, 1, 1, 1]
        assert notes == ("Left out of the history were changes of 2 paths of more than 4,096 bytes.",)


def test_a_submodule_is_a_change_without_a_blob(tmp_path: Path, bare: Path) -> None:
    module = rev(bare, "HEAD~1")
    set_head(
        bare,
        b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\nfrom %s\nM 160000 %s lib/sub\n"
        % (BEGIN + 9 * DAY, rev(bare, "HEAD").encode(), module.encode()),
    )
    run_git(tmp_path, "clone", "-q", str(bare), "work")
    for folder in (bare, tmp_path / "work"):
        history, churn, said = read(folder)
        assert history.paths[history.changed_path[0]] == b"lib/sub"
        assert not history.changed_new[0].any() and history.changed_new[1:].any(axis=1).all()
        assert (churn.added.tolist(), said) == ([-1, 1, 1, 1, 1], ())


def test_a_worktree_and_a_bare_repository_have_the_same_people_and_lines(tmp_path: Path, bare: Path) -> None:
    run_git(tmp_path, "clone", "-q", str(bare), "work")
    run_git(tmp_path / "work", "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    one, lines, _ = read(bare)
    other, same_lines, _ = read(tmp_path / "linked")
    assert one.people == other.people and one.commit.tobytes() == other.commit.tobytes()
    assert lines.added.tolist() == same_lines.added.tolist() == [1, 1, 1, 1]


def test_an_empty_repository_is_refused_and_an_empty_commit_read(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "empty")
    with pytest.raises(RepositoryError, match="is empty"):
        read(tmp_path / "empty")
    history, churn, notes = read(make_repository(tmp_path / "one", [Commit()]))
    assert (history.commits, history.paths, len(churn.added), notes) == (1, [], 0, ())
    assert (history.changed_old.shape, history.commit.shape) == ((0, 20), (1, 20))


def test_parents_are_the_rows_of_the_commits(tmp_path: Path) -> None:
    # The root is dated after its children: rows follow the dates, parents the graph.
    commits = [Commit(b"Root", 50), Commit(b"Left", 1), Commit(b"Right", 2, merges=1), Commit(b"Top", 60, merges=2)]
    folder = make_repository(tmp_path / "r", commits)
    history, _, _ = read(folder)
    ids = [commit.tobytes().hex() for commit in history.commit]
    found = {
        ids[row]: [ids[place] for place in parents if place >= 0]
        for row, parents in enumerate(zip(history.first_parent, history.second_parent, strict=True))
    }
    lines = run_git(folder, "rev-list", "--parents", "HEAD").decode().splitlines()
    assert found == {line.split()[0]: line.split()[1:] for line in lines}
    assert ids[1] == rev(folder, "HEAD~3")


def test_an_octopus_of_many_parents(tmp_path: Path) -> None:
    stream, marks = [], 3000
    for mark in range(1, marks + 1):
        stream.append(b"commit refs/heads/s\nmark :%d\ncommitter A <a@example.org> %d +0000\n" % (mark, BEGIN + mark))
        stream.append(b"data 1\nx\n" + (b"from :%d\n" % (mark - 1) if mark > 1 else b""))
    stream.append(
        b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\nfrom :1\n" % (BEGIN + 9**6)
    )
    stream += [b"merge :%d\n" % mark for mark in range(2, marks + 1)]
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "r")
    set_head(tmp_path / "r", b"".join(stream))
    history, _, notes = read(tmp_path / "r")
    assert (history.commits, history.parents[0], notes) == (marks + 1, marks, ())
    assert (history.first_parent[0], history.second_parent[0]) == (marks, marks - 1)


HOSTILE_MAILMAPS = {
    "binary": bytes(range(256)) * 40,
    "unfinished": b"Alice <alice@example.org> <" * 999,
    "endless line": b"A" * 500_000 + b" <a@example.org> <alice@example.org>",
    "a circle": b"A <bob@example.org> <alice@example.org>\nB <alice@example.org> <bob@example.org>\n",
    "names of options": b"--all <-x> <alice@example.org>\n%H <%s> <bob@example.org>\n",
    "everyone is nobody": b" <> <alice@example.org>\n<> <bob@example.org>\n",
}


@pytest.mark.parametrize("name", HOSTILE_MAILMAPS)
def test_a_hostile_mailmap_shifts_no_column(bare: Path, name: str) -> None:
    content = HOSTILE_MAILMAPS[name]
    head = b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\nfrom %s\n"
    change = b"M 100644 inline .mailmap\ndata %d\n%s\n" % (len(content), content)
    set_head(bare, head % (BEGIN + 9 * DAY, rev(bare, "HEAD").encode()) + change)
    history, _, notes = read(bare)
    assert (history.commits, notes) == (5, ())
    assert history.commit_time.tolist() == [BEGIN + day * DAY for day in (9, 3, 2, 1, 0)]
    assert {len(person) for person in history.people} == {16}
    assert not history.is_bot.any()


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_an_enormous_mailmap_is_not_used_and_that_is_said(bare: Path, size: int) -> None:
    content = b"Alice Ash <alice@example.org> <bob@example.org>\n".ljust(size, b"\n")
    head = b"commit refs/heads/main\ncommitter %s <%s> %d +0000\ndata 1\nx\nfrom %s\n"
    change = b"M 100644 inline .mailmap\ndata %d\n%s\n" % (len(content), content)
    set_head(bare, head % (*ALICE, BEGIN + 9 * DAY, rev(bare, "HEAD").encode()) + change)
    history, _, notes = read(bare)
    used = size <= 1 << 20
    assert len(history.people) == (1 if used else 2)
    assert any(".mailmap is larger" in note for note in notes) is not used


def test_an_absent_mailmap_is_said_and_a_folder_of_that_name_is_none(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "r", [Commit(files={b".mailmap": "A"})])
    blob = rev(folder, "HEAD:.mailmap")
    (folder / "objects" / blob[:2] / blob[2:]).unlink()
    history, _, notes = read(folder)
    assert history.commits == 1
    assert any(".mailmap is broken" in note for note in notes)
    history, _, notes = read(make_repository(tmp_path / "s", [Commit(files={b".mailmap/f": "A"})]))
    assert (history.paths, notes) == ([b".mailmap/f"], ())


def test_dates_beyond_the_range_keep_the_order(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "r", [Commit(b"Begin")])
    tree, head = rev(folder, "HEAD^{tree}"), rev(folder, "HEAD")
    for stamp in ("-1 +0000", "9" * 30 + " +0000", "1e9 -0000", f"{2**63 - 1} +9999", "+5 +0000", " +0000"):
        text = f"tree {tree}\nparent {head}\nauthor A <a@b> {stamp}\ncommitter A <a@b> {stamp}\n\nx\n".encode()
        head = (
            run_git(folder, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text).decode().strip()
        )
    (folder / "HEAD").write_text(head + "\n")
    history, _, notes = read(folder)
    assert (history.commits, notes) == (7, ())
    assert (np.diff(history.commit_time) <= 0).all()
    assert history.commit_time.min() >= 0 and history.commit_time.max() < 2**38
    ties = np.flatnonzero(np.diff(history.commit_time) == 0).tolist()
    assert ties and all(bytes(history.commit[row]) < bytes(history.commit[row + 1]) for row in ties)
    assert sorted([*history.first_parent.tolist()]) == [-1, *sorted(set(history.first_parent.tolist()) - {-1})]


def long_chain(commits: int) -> Iterator[bytes]:
    for number in range(commits):
        who = b"P%d <p%d@example.org> %d +0000" % (number % 50, number % 50, BEGIN + number * 60)
        yield b"commit refs/heads/main\ncommitter %s\ndata 9\nfix: it\n\n\nM 100644 inline f%d\ndata 4\n%04d\n" % (
            who,
            number % 100,
            number % 9999,
        )


@pytest.mark.slow
def test_a_hundred_thousand_commits(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "r")
    set_head(tmp_path / "r", b"".join(long_chain(100_000)))
    begun = time.monotonic()
    history, churn, notes = read(tmp_path / "r")
    assert time.monotonic() - begun < 60
    assert (history.commits, len(history.people), len(history.paths), notes) == (100_000, 50, 100, ())
    assert history.first_parent.tolist() == [*range(1, 100_000), -1]
    assert int((churn.added >= 0).sum()) == 2000
