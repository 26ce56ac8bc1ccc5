"""The main line and the merged branches are those that git itself tells."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Churn, Evidence, History
from fedlore.observe.features import communication, process
from fedlore.observe.features.branches import forward_merges, main_line, merged_branches
from fedlore.observe.history.git import read_history
from fedlore.observe.history.until import until
from fedlore.observe.opening import opened
from tests.observe.answering import with_parents
from tests.observe.histories import BEGIN, DAY, SALT, Commit, make_evidence, run_git


def random_repository(folder: Path, seed: int, commits: int = 60) -> None:
    """Commits with up to three parents among the eight before them; some begin a history of their own."""
    generator = Random(seed)
    stream = []
    for number in range(1, commits + 1):
        earlier = list(range(max(1, number - 8), number))
        count = min(len(earlier), 2 if number == commits else generator.choice([0] + [1] * 12 + [2] * 10 + [3]))
        parents = sorted(generator.sample(earlier, count), key=lambda parent: generator.random() * (number - parent))
        when = BEGIN + number * DAY
        stream.append(b"reset refs/heads/b%d\ncommit refs/heads/b%d\nmark :%d\n" % (number, number, number))
        stream.append(b"committer A <a@example.org> %d +0000\ndata 0\n" % when)
        stream += [b"%s :%d\n" % (b"merge" if place else b"from", parent) for place, parent in enumerate(parents)]
    folder.mkdir()
    run_git(folder, "init", "-q", "--bare", "-b", "main")
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream) + b"reset refs/heads/main\nfrom :%d\n" % commits)


def git_lines(folder: Path, *arguments: str) -> list[str]:
    return run_git(folder, *arguments).decode().split()


@pytest.mark.parametrize("seed", range(6))
def test_main_line_and_branches_are_those_of_git(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "r"
    random_repository(folder, seed)
    with opened(folder) as repository:
        history = read_history(repository)[0]
    names = [bytes(commit).hex() for commit in history.commit]
    on_line = main_line(history)
    line = git_lines(folder, "rev-list", "--first-parent", "main")
    assert {name for name, here in zip(names, on_line, strict=True) if here} == set(line)
    expected = {}
    merges = set(git_lines(folder, "rev-list", "--merges", "main"))
    firsts = [words.split() for words in run_git(folder, "log", "--format=%P", "main").decode().splitlines()]
    alive = merges & {parents[0] for parents in firsts if parents}
    for merge in git_lines(folder, "rev-list", "--first-parent", "--min-parents=2", "main"):
        chain = git_lines(folder, "rev-list", "--first-parent", f"{merge}^2")
        branch = [name for name in chain if name not in line]
        # A chain that never meets the line was joined to it, and is no branch of it.
        if branch and len(branch) < len(chain) and chain[0] not in alive:
            written = git_lines(folder, "show", "-s", "--format=%ct", merge, branch[-1])
            expected[merge] = chain[0], len(branch), (int(written[0]) - int(written[1])) / DAY
    branches = merged_branches(history, on_line)
    rows = zip(branches.merge, branches.tip, branches.commits, branches.days, strict=True)
    assert {names[merge]: (names[tip], commits, days) for merge, tip, commits, days in rows} == expected


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


def test_the_random_repositories_have_branches_of_several_commits_and_joined_histories(tmp_path: Path) -> None:
    sizes = set()
    roots = 0
    for seed in range(6):
        folder = tmp_path / str(seed)
        random_repository(folder, seed)
        roots = max(roots, len(git_lines(folder, "rev-list", "--max-parents=0", "main")))
        with opened(folder) as repository:
            history = read_history(repository)[0]
        sizes |= set(merged_branches(history, main_line(history)).commits.tolist())
    assert roots > 1
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


@pytest.mark.parametrize(("merged", "goes_on", "known"), [(1, 1, False), (1, 0, True), (0, 1, True), (0, 0, True)])
def test_a_line_of_releases_that_is_merged_forward_is_no_branch(merged: int, goes_on: int, known: bool) -> None:
    """Neither long-lived nor merged by its own author; a branch whose author went on after a plain commit still is."""
    evidence = released(merged=bool(merged), goes_on=bool(goes_on))
    first = evidence.history.commits - 5
    assert forward_merges(evidence.history)[first] == (not known)
    branches = merged_branches(evidence.history, main_line(evidence.history))
    assert (first in branches.merge.tolist()) == known
    counted = known + bool(goes_on)
    for domain, name in ((process, "process.long_branches"), (communication, "communication.unreviewed_merges")):
        assert list(domain.features(evidence)[MeasureId(name)].because.values()) == [counted, counted]


def test_an_empty_history_has_neither() -> None:
    history = make_evidence([]).history
    on_line = main_line(history)
    assert len(on_line) == len(merged_branches(history, on_line).merge) == 0
