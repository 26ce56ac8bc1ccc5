"""Versions keep their order, merges join what branched off, and git reads back what was written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from fedlore.demo.chance import Chance
from fedlore.demo.drafts import Draft
from fedlore.demo.fastimport import ImportFailed, write_repository
from fedlore.demo.history import Commit, History, Step, Tag, spread, weave
from fedlore.demo.messages import Person

FERN = Person("Fern", "fern@meadow.example", "+0530")
BOT = Person("renovate[bot]", "renovate[bot]@meadow.example")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def steps(number: int) -> list[Step]:
    return [
        Step(
            1_700_000_000 + 90_000 * place,
            BOT if place % 5 == 4 else FERN,
            f"Add part {place}\n",
            {f"part-{place % 7}.txt": f"{place}\n"},
            human=place % 5 != 4,
        )
        for place in range(number)
    ]


@pytest.mark.parametrize("number", [2, 9, 13])
def test_spread_keeps_each_files_versions_in_order_and_ends_with_the_last(number: int) -> None:
    first = [Draft.about("one", "one.md", ["1", "2", "3"])]
    later = [
        Draft.about("two", "two.md", [str(version) for version in range(9)]),
        Draft.about("three", "three.md", ["gone"]).dropped(),
    ]
    commits = spread(Chance(np.random.default_rng(2)), first, later, number)
    assert len(commits) == number
    assert commits[0][1] == {"one.md": "1"}
    for draft in (*first, *later):
        seen = [changes[draft.path] for _, changes in commits if draft.path in changes]
        contents = [version.content for version in draft.versions]
        assert [content for content in contents if content in seen] == seen
        assert seen[-1] == contents[-1]
    topics = {"one", "two", "three"}
    assert {topic for topic, _ in commits[1:]} <= topics


def test_spread_refuses_more_commits_than_there_are_versions() -> None:
    with pytest.raises(ValueError, match="too few"):
        spread(Chance(np.random.default_rng(2)), [Draft.about("one", "one.md", ["1"])], [], 3)


def test_woven_history_has_one_newest_commit_and_every_step_once() -> None:
    made = steps(60)
    commits, main = weave(Chance(np.random.default_rng(3)), made, 0.4)
    merges = [commit for commit in commits if len(commit.parents) == 2]
    assert len(merges) > 5
    assert [commit.step for commit in commits if len(commit.parents) < 2] == made
    assert not any(commit.step.human for commit in merges)
    times = [commit.step.time for commit in commits]
    assert times == sorted(times)
    assert main[-1] == len(commits) - 1
    reached, waiting = set(), [len(commits) - 1]
    while waiting:
        place = waiting.pop()
        reached.add(place)
        waiting += [parent for parent in commits[place].parents if parent not in reached]
        assert all(parent < place for parent in commits[place].parents)
    assert reached == set(range(len(commits)))


def test_git_reads_back_authors_times_merges_files_and_tags(tmp_path: Path) -> None:
    commits, main = weave(Chance(np.random.default_rng(4)), steps(30), 0.4)
    tags = [Tag("v1.0.0", main[3], 1_750_000_000, FERN), Tag("archive/old", main[1], 0, None)]
    write_repository(tmp_path / "made", History(commits, tags))
    folder = tmp_path / "made"
    git(folder, "fsck", "--strict", "--no-dangling")
    log = git(folder, "log", "--reverse", "--topo-order", "--format=%an|%at %ct|%s|%P").splitlines()
    assert len(log) == len(commits)
    assert sorted(line.rsplit("|", 1)[0] for line in log) == sorted(
        f"{c.step.author.name}|{c.step.time} {c.step.time}|{c.step.message.strip()}" for c in commits
    )
    assert sum(len(line.rsplit("|", 1)[1].split()) == 2 for line in log) == sum(len(c.parents) == 2 for c in commits)
    assert git(folder, "log", "-1", "--format=%ad", "--date=format:%z", "--author=Fern").strip() == "+0530"
    expected: dict[str, str | None] = {}
    for commit in commits:
        expected |= commit.step.changes
    assert {
        name: git(folder, "show", f"HEAD:{name}") for name in git(folder, "ls-tree", "--name-only", "HEAD").split()
    } == expected
    dates = git(folder, "for-each-ref", "refs/tags", "--format=%(refname:short) %(creatordate:unix) %(objecttype)")
    assert dates.splitlines() == [f"archive/old {commits[main[1]].step.time} commit", "v1.0.0 1750000000 tag"]
    assert not list((folder / ".git/objects").glob("??"))


def test_a_removed_file_is_gone(tmp_path: Path) -> None:
    begin = Step(1_700_000_000, FERN, "Add\n", {"a.txt": "a\n", "b/c.txt": "c\n"})
    end = Step(1_700_009_000, FERN, "Remove\n", {"b/c.txt": None})
    write_repository(tmp_path, History([Commit(begin, ()), Commit(end, (0,))], []))
    assert git(tmp_path, "ls-tree", "-r", "--name-only", "HEAD").split() == ["a.txt"]


def test_what_git_does_not_accept_is_said(tmp_path: Path) -> None:
    begin = Step(1_700_000_000, FERN, "Add\n", {"a.txt": "a\n"})
    with pytest.raises(ImportFailed, match="fatal"):
        write_repository(tmp_path, History([Commit(begin, ())], [Tag("no such", 5, 0, None)]))


def test_an_existing_repository_is_left_alone(tmp_path: Path) -> None:
    history = History([Commit(Step(1_700_000_000, FERN, "Add\n", {"a.txt": "a\n"}), ())], [])
    write_repository(tmp_path, history)
    before = git(tmp_path, "rev-parse", "HEAD")
    with pytest.raises(FileExistsError):
        write_repository(tmp_path, history)
    assert git(tmp_path, "rev-parse", "HEAD") == before
