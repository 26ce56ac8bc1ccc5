"""Commits and stories as rows: each column says what the record says, and every record counts once."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np

from fedlore.observe.evidence import Story
from fedlore.observe.record_reading import read_histories, read_stories
from fedlore.observe.record_tables import commit_table, story_table
from fedlore.privacy.synthetic.table import Table
from tests.repositories import Project, make_repository

STORY = """# Story 1.2: Words

Status: review

## Acceptance Criteria

1. It works

## Tasks

- [x] one
- [ ] two
"""


def _column(table: Table, name: str) -> Counter[str]:
    number = [column.name for column in table.columns].index(name)
    return Counter(table.columns[number].labels[code] for code in table.codes[:, number])


def _git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    told = subprocess.run(["git", "-C", str(folder), *author, *arguments], capture_output=True, text=True, check=True)
    return told.stdout


def test_rows_of_commits_say_what_git_says(tmp_path: Path) -> None:
    project = tmp_path / "project"
    make_repository(project, Project(True, True, True, False, 1_700_000_000), "word", random.Random(1))
    _git(project, "reset", "-q", "--hard")
    _git(project, "checkout", "-q", "-b", "side", "HEAD~2")
    _git(project, "commit", "-q", "--allow-empty", "-m", "fix: the crash of #12\n\nCo-authored-by: B <b@example.org>")
    _git(project, "checkout", "-q", "main")
    _git(project, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    told = [line.split("\t") for line in _git(project, "log", "--format=%at\t%s").splitlines()]
    table = commit_table(list(read_histories([project])))
    assert table.rows == len(told) == 12
    assert _column(table, "merge") == {"yes": 1, "no": 11}
    assert _column(table, "corrective")["yes"] == 1
    assert _column(table, "issue")["yes"] == 1
    assert _column(table, "conventional") == {"yes": 11, "no": 1}
    assert _column(table, "coauthors") == {"0": 11, "1": 1}
    assert _column(table, "files")["0"] == 2  # the empty one and the merge
    length = Counter("1 to 24" if len(subject) < 25 else "25 to 49" for _, subject in told)
    assert _column(table, "subject_characters") == length
    bands = ("0 to 5", "6 to 11", "12 to 17", "18 to 23")
    offset = _git(project, "log", "--format=%ad", "--date=format:%H").split()
    assert _column(table, "local_hour") == Counter(bands[int(hour) // 6] for hour in offset)


def test_a_commit_of_two_clones_counts_once(tmp_path: Path) -> None:
    project, clone = tmp_path / "project", tmp_path / "clone"
    make_repository(project, Project(False, False, False, False, 1_700_000_000), "word", random.Random(2))
    subprocess.run(["git", "clone", "-q", str(project), str(clone)], check=True)
    once, twice = (commit_table(list(read_histories(paths))) for paths in ([project], [project, clone]))
    assert np.array_equal(once.codes, twice.codes)


def test_rows_of_stories_say_what_the_files_say(tmp_path: Path) -> None:
    project = tmp_path / "project"
    make_repository(project, Project(False, False, False, False, 1_700_000_000), "word", random.Random(3))
    _git(project, "reset", "-q", "--hard")
    stories = project / "_bmad-output" / "stories"
    stories.mkdir(parents=True)
    (stories / "1-2-words.md").write_text(STORY)
    _git(project, "add", ".")
    _git(project, "commit", "-q", "-m", "story")
    found = list(read_stories([project]))
    assert [(one.item, one.status, one.tasks_done, one.tasks) for one in found] == [("1-2", "review", 1, 2)]
    table = story_table(found)
    assert [next(iter(_column(table, column.name))) for column in table.columns] == [
        "review",
        "yes",
        "absent",
        "1 to 4",
        "some",
    ]


def test_every_story_has_a_row_and_no_row_shows_more_than_its_bands() -> None:
    stories = [
        Story("1-1", b"a", "done", 5.0, True, 4, 4),
        Story("1-2", b"b", "no such word", 0.5, False, 0, 0),
        Story("1-3", b"c", "", 1e9, False, 9, 5),
    ]
    table = story_table(stories)
    assert _column(table, "status") == {"done": 1, "other": 2}
    assert _column(table, "points") == {"5 to 7": 1, "below 2": 1, "13 or more": 1}
    assert _column(table, "tasks_done") == {"all": 2, "none": 1}
    assert _column(table, "tasks") == {"1 to 4": 1, "0": 1, "5 to 9": 1}
    assert story_table([]).columns == table.columns
    assert commit_table([]).rows == 0
