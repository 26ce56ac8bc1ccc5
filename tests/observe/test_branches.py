"""The main line and the merged branches are those that git itself tells."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from random import Random

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Churn, Evidence, History
from fedlore.observe.features import communication, process
from fedlore.observe.features.branches import main_line, merged_branches
from fedlore.observe.history.git import read_history
from fedlore.observe.history.until import until
from fedlore.observe.opening import opened
from tests.observe.answering import with_parents
from tests.observe.histories import BEGIN, DAY, SALT, Commit, make_evidence, run_git


def random_repository(folder: Path, seed: int, commits: int = 60) -> None:
    """Commits with up to three parents among the eight before them; some begin a history of their own.

    The days on which they were written are in another order than those on which they landed.
    """
    generator = Random(seed)
    stream = []
    for number in range(1, commits + 1):
        earlier = list(range(max(1, number - 8), number))
        count = min(len(earlier), 2 if number == commits else generator.choice([0] + [1] * 12 + [2] * 10 + [3]))
        parents = sorted(generator.sample(earlier, count), key=lambda parent: generator.random() * (number - parent))
        when = BEGIN + number * DAY
        stream.append(b"reset refs/heads/b%d\ncommit refs/heads/b%d\nmark :%d\n" % (number, number, number))
        stream.append(b"author A <a@example.org> %d +0000\n" % (when - generator.randrange(9) * DAY))
        stream.append(b"committer A <a@example.org> %d +0000\ndata 0\n" % when)
        stream += [b"%s :%d\n" % (b"merge" if place else b"from", parent) for place, parent in enumerate(parents)]
    folder.mkdir()
    run_git(folder, "init", "-q", "--bare", "-b", "main")
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream) + b"reset refs/heads/main\nfrom :%d\n" % commits)


def git_lines(folder: Path, *arguments: str) -> list[str]:
    return run_git(folder, *arguments).decode().split()


def git_branches(folder: Path) -> tuple[dict[str, tuple[str, int, float]], int]:
    """The branches by their merge as git tells them: tip, commits and days; and how many merges brought a line again.

    Of a merge's parents the first two count, so that git is told to forget the others.
    """
    for line in run_git(folder, "rev-list", "--parents", "--min-parents=3", "main").decode().splitlines():
        run_git(folder, "replace", "--graft", *line.split()[:3])
    main = set(git_lines(folder, "rev-list", "--first-parent", "main"))
    found, merge_of, living = {}, {}, set()
    for merge in git_lines(folder, "rev-list", "--first-parent", "--reverse", "--min-parents=2", "main"):
        brought = git_lines(folder, "rev-list", f"{merge}^2", "--not", f"{merge}^1")
        whole_chain = git_lines(folder, "rev-list", "--first-parent", f"{merge}^2")
        chain = [name for name in whole_chain if name in brought]
        if not chain:
            continue
        earlier = [name for name in takewhile(lambda name: name not in main, whole_chain) if name in merge_of]
        if earlier:
            living |= {merge, *(merge_of[name] for name in earlier)}
        merge_of[chain[0]] = merge
        if len(chain) < len(whole_chain):
            landed = int(git_lines(folder, "show", "-s", "--format=%ct", merge)[0])
            written = min(map(int, git_lines(folder, "show", "-s", "--format=%at", *chain)))
            found[merge] = chain[0], len(brought), max(landed - written, 0) / DAY
    return {merge: branch for merge, branch in found.items() if merge not in living}, len(living)


@pytest.mark.parametrize("seed", range(12))
def test_main_line_and_branches_are_those_of_git(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "r"
    random_repository(folder, seed)
    with opened(folder) as repository:
        history = read_history(repository)[0]
    names = [bytes(commit).hex() for commit in history.commit]
    on_line = main_line(history)
    line = git_lines(folder, "rev-list", "--first-parent", "main")
    assert {name for name, here in zip(names, on_line, strict=True) if here} == set(line)
    branches = merged_branches(history, on_line)
    rows = zip(branches.merge, branches.tip, branches.commits, branches.days, strict=True)
    assert {names[merge]: (names[tip], commits, days) for merge, tip, commits, days in rows} == git_branches(folder)[0]


def octopus_repository(folder: Path) -> list[int]:
    """Five merges of three parents, of which the third is dated ahead of HEAD; the days of the main line, from HEAD."""
    line = [(0, 1)]
    stream, mark = commit_lines(1, 0, []), 1
    for number in range(1, 6):
        before = line[0][1]
        stream += commit_lines(mark + 1, 10 * number + 1, [before])
        stream += commit_lines(mark + 2, 1000 + number, [before])
        stream += commit_lines(mark + 3, 10 * number + 2, [before, mark + 1, mark + 2])
        mark += 3
        line.insert(0, (10 * number + 2, mark))
    run_git(folder.parent, "init", "-q", "--bare", "-b", "main", str(folder))
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream) + b"reset refs/heads/main\nfrom :%d\n" % mark)
    return [day for day, _ in line]


def commit_lines(mark: int, day: int, parents: list[int]) -> list[bytes]:
    begin = b"reset refs/heads/b%d\ncommit refs/heads/b%d\nmark :%d\n" % (mark, mark, mark)
    person = b"committer A <a@example.org> %d +0000\ndata 0\n" % (BEGIN + day * DAY)
    named = [b"%s :%d\n" % (b"merge" if place else b"from", parent) for place, parent in enumerate(parents)]
    return [begin, person, *named]


def test_the_third_parent_of_a_merge_is_not_taken_for_head_however_it_is_dated(tmp_path: Path) -> None:
    """Also where the history was kept, or is cut at a day in the past."""
    days = octopus_repository(tmp_path / "r")
    for _ in range(2):
        with opened(tmp_path / "r") as repository, fact_cache(tmp_path / "cache", "1", SALT) as cache:
            history = read_history(repository, None, cache)[0]
        assert days_of(history) == days
        assert history.head == 5
    churn = Churn(*(np.full(len(history.changed_commit), -1, np.int32) for _ in range(2)))
    for day in (2000, 1003, 60, 41, 13, 11, -1):
        cut, _, later = until(history, churn, BEGIN + day * DAY)
        assert days_of(cut) == [landed for landed in days if landed <= day]
    assert later == history.commits


def days_of(history: History) -> list[int]:
    return [(time - BEGIN) // DAY for time in history.commit_time[main_line(history)].tolist()]


def test_the_random_repositories_have_long_branches_living_lines_and_joined_histories(tmp_path: Path) -> None:
    sizes, roots, living = set(), 0, 0
    for seed in range(12):
        folder = tmp_path / str(seed)
        random_repository(folder, seed)
        branches, again = git_branches(folder)
        sizes |= {commits for _, commits, _ in branches.values()}
        living += again
        roots = max(roots, len(git_lines(folder, "rev-list", "--max-parents=0", "main")))
    assert roots > 1
    assert living > 3
    assert len(sizes) > 3


def test_a_branch_is_as_old_as_the_writing_of_its_first_commit() -> None:
    commits = [Commit(day=0), Commit(day=5, written_day=2), Commit(day=6), Commit(day=8)]
    evidence = with_parents(make_evidence(commits), [(), (0,), (1,), (0, 2)])
    branches = merged_branches(evidence.history, main_line(evidence.history))
    assert (branches.commits.tolist(), branches.days.tolist()) == ([2], [6.0])


def released(*, merged: bool, goes_on: bool) -> Evidence:
    """A line of releases (fork 1, work 2 or a merge of work 2) that is merged into the main line at 4 by its author."""
    work = [(), (0,), (1,), (1, 2) if merged else (2,), (0, 3)]
    days = [Commit(day=day) for day in (0, 1, 2, 3, 100)]
    later = ([Commit(day=101), Commit(day=102)], [(3,), (4, 5)]) if goes_on else ([], [])
    return with_parents(make_evidence([*days, *later[0]]), [*work, *later[1]])


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_line_that_is_merged_again_is_no_branch(merged: bool, goes_on: bool) -> None:
    """Neither a long one nor one that nobody else saw, whether its last commit is itself a merge or not."""
    evidence = released(merged=merged, goes_on=goes_on)
    branches = merged_branches(evidence.history, main_line(evidence.history))
    assert branches.commits.tolist() == ([] if goes_on else [3])
    for domain, name in ((process, "process.long_branches"), (communication, "communication.unreviewed_merges")):
        counted = int(not goes_on)
        assert list(domain.features(evidence)[MeasureId(name)].because.values()) == [counted, counted]


def test_a_topic_of_a_release_line_begins_where_that_line_was_merged_forward() -> None:
    """What the main line has already (1, 2) is no part of it: neither of its age nor of its commits."""
    days = [Commit(day=day) for day in (0, 1, 2, 100, 101, 102)]
    # 1 and 2 are a line of releases that 3 merges with one commit of its own, 4; 5 merges a fork of 2, made on day 4.
    evidence = with_parents(make_evidence(days), [(), (0,), (1,), (0, 2), (1,), (3, 4)])
    branches = merged_branches(evidence.history, main_line(evidence.history))
    assert (branches.commits.tolist(), branches.days.tolist()) == ([2, 1], [99.0, 1.0])


def test_a_branch_counts_what_was_merged_into_it_but_not_what_it_took_from_the_main_line() -> None:
    # The line is 0, 3, 6; the branch 1, its own side branch 2, 4 takes in 3, and 5 merges 2.
    days = [Commit(day=day) for day in range(7)]
    parents = [(), (0,), (1,), (0,), (1, 3), (4, 2), (3, 5)]
    evidence = with_parents(make_evidence(days), parents)
    branches = merged_branches(evidence.history, main_line(evidence.history))
    assert (branches.commits.tolist(), branches.days.tolist()) == ([4], [5.0])


@pytest.mark.parametrize("seed", range(6))
def test_a_shallow_clone_tells_no_branch_that_the_whole_history_does_not(tmp_path: Path, seed: int) -> None:
    """It may tell fewer: what came before its cut is not known."""
    random_repository(tmp_path / "whole", seed)
    found = 0
    for depth in range(2, 10):
        folder = tmp_path / str(depth)
        run_git(tmp_path, "clone", "-q", "--bare", "--depth", str(depth), (tmp_path / "whole").as_uri(), str(depth))
        with opened(folder) as repository:
            history = read_history(repository)[0]
        branches = merged_branches(history, main_line(history))
        names = [bytes(commit).hex() for commit in history.commit]
        rows = zip(branches.merge, branches.tip, branches.commits, branches.days, strict=True)
        told = {(names[merge], (names[tip], commits, days)) for merge, tip, commits, days in rows}
        assert told <= set(git_branches(tmp_path / "whole")[0].items())
        found += len(told)
    assert found


def test_a_million_commits_are_looked_at_once_each() -> None:
    """200,000 merges of three commits each; looking at all that came before each merge would take hours."""
    merges = 200_000
    rows = np.arange(5 * merges + 1)
    place = rows % 5  # the newest first: a merge, three commits of the branch, and one of the line
    first = rows + np.select([place == 0, place == 3], [4, 2], 1)
    second = np.where(place == 0, rows + 1, -1)
    first[-1] = second[-1] = -1
    times = (BEGIN + DAY * rows[::-1]).astype(np.int64)
    history = replace(
        make_evidence([]).history,
        author_time=times,
        commit_time=times,
        first_parent=first.astype(np.int32),
        second_parent=second.astype(np.int32),
        parents=(first >= 0).astype(np.int32) + (second >= 0),
        at_cut=np.zeros(len(rows), np.bool_),
        head=0,
    )
    begun = time.monotonic()
    branches = merged_branches(history, main_line(history))
    assert time.monotonic() - begun < 20
    assert (len(branches.merge), set(branches.commits.tolist()), set(branches.days.tolist())) == (merges, {3}, {3.0})


def test_an_empty_history_has_neither() -> None:
    history = make_evidence([]).history
    on_line = main_line(history)
    assert len(on_line) == len(merged_branches(history, on_line).merge) == 0
