"""Reading a history: the columns are what git holds, whoever wrote it, and what is missing is said."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import History
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.references import is_release
from fedlore.observe.stream import Limits
from tests.observe.histories import (
    ALICE,
    BEGIN,
    BOB,
    CAROL,
    DAY,
    DEPENDABOT,
    SALT,
    Commit,
    make_evidence,
    make_repository,
    run_git,
    subjects,
)


def read(path: Path, limits: Limits | None = None) -> tuple[History, tuple[str, ...]]:
    with opened(path) as repository, fact_cache(None, "1", SALT) as cache:
        return read_history(repository, limits, cache)


def changes(history: History) -> list[tuple[int, bytes, str]]:
    paths = [history.paths[index] for index in history.changed_path]
    status = [chr(code) for code in history.changed_status]
    return list(zip(history.changed_commit.tolist(), paths, status, strict=True))


def test_every_column_is_what_was_committed(tmp_path: Path) -> None:
    commits = [
        Commit(b"First", 0, ALICE, {b"a.py": "A", b"docs/b.md": "A"}, zone="+0530"),
        Commit(b"Second", 2, BOB, {b"a.py": "M"}, zone="-0330", written_day=1),
        Commit(b"Bump", 3, DEPENDABOT, {b"c.lock": "A"}),
        Commit(b"Third", 4, ALICE, {b"a.py": "D"}),
        Commit(b"Empty", 5, CAROL),
        Commit(b"Merge it", 6, ALICE, {b"merged.py": "A"}, merges=2),
    ]
    repository = make_repository(tmp_path / "r", commits, [("v1.0", 1), ("v1.1", 4), ("nightly", 5)])
    history, notes = read(repository)
    expected = make_evidence(commits).history
    assert notes == ()
    assert subjects(repository, history) == [commit.subject for commit in reversed(commits)]
    differ = {"commit", "changed_old", "changed_new", "offset_minutes", "release_times"}
    for name in {item.name for item in fields(History)} - differ:
        assert np.array_equal(getattr(history, name), getattr(expected, name)), name
    assert history.offset_minutes.tolist() == [0, 0, 0, 0, -210, 330]
    assert [history.author[0] == author for author in history.author] == [True, False, True, False, False, True]
    assert changes(history) == [
        (2, b"a.py", "D"),
        (3, b"c.lock", "A"),
        (4, b"a.py", "M"),
        (5, b"a.py", "A"),
        (5, b"docs/b.md", "A"),
    ]
    assert history.release_times.tolist() == [BEGIN, BEGIN + 4 * DAY]


def test_a_long_history_is_read_whole_across_blocks(tmp_path: Path) -> None:
    commits = [
        Commit(b"Change %d" % number, number / 10, files={b"f%d" % (number % 50): "A" if number < 50 else "M"})
        for number in range(1500)
    ]
    commits.append(Commit(b"Many", 151, files={b"wide/%d" % number: "A" for number in range(3000)}))
    repository = make_repository(tmp_path / "r", commits)
    history, notes = read(repository)
    assert notes == ()
    assert subjects(repository, history) == [commit.subject for commit in reversed(commits)]
    assert len(history.changed_path) == 1500 + 3000
    assert changes(history)[3000:3003] == [(1, b"f49", "M"), (2, b"f48", "M"), (3, b"f47", "M")]


def test_the_mailmap_at_head_unites_people(tmp_path: Path) -> None:
    other = (b"al", b"al@home.example")
    commits = [Commit(who=ALICE), Commit(who=other, day=1), Commit(who=(ALICE[0], b"ALICE@example.org"), day=2)]
    apart, _ = read(make_repository(tmp_path / "apart", commits))
    assert len(set(apart.author.tolist())) == 2
    repository = make_repository(tmp_path / "r", commits)
    content = b"Alice Ash <alice@example.org> <al@home.example>\n"
    blob = run_git(repository, "hash-object", "-w", "--stdin", stdin=content).strip()
    tree = run_git(repository, "mktree", stdin=b"100644 blob %s\t.mailmap\n" % blob).decode().strip()
    author = ["-c", "user.name=Alice Ash", "-c", "user.email=alice@example.org"]
    head = run_git(repository, *author, "commit-tree", tree, "-p", "HEAD", stdin=b"Map\n").decode().strip()
    run_git(repository, "update-ref", "HEAD", head)
    united, _ = read(repository)
    assert set(united.author.tolist()) == {0}


def test_trailers_tell_humans_from_agents_and_the_author(tmp_path: Path) -> None:
    body = b"Why.\n\nCo-authored-by: Bob Birch <bob@example.org>\nco-authored-by: Alice Ash <other@example.org>\n"
    agent = b"Co-Authored-By: Claude <noreply@anthropic.com>\nReviewed-by: Carol <carol@example.org>\n"
    commits = [
        Commit(body=body),
        Commit(day=1, body=body + b"Co-authored-by: BOB <Bob@example.org>\n" + agent),
        Commit(day=2, body=b"Co-authored-by: dependabot[bot] <x@example.org>\n"),
        Commit(day=3, who=(b"Claude", b"noreply@anthropic.com")),
        Commit(day=4, body=b"Co-authored-by: Al <Alice@example.org>\nAcked-by: Al <alice@example.org>\n"),
    ]
    history, _ = read(make_repository(tmp_path / "r", commits))
    assert history.coauthors.tolist() == [0, 0, 0, 1, 1]
    assert history.by_agent.tolist() == [False, True, False, True, False]
    assert history.reviewed.tolist() == [False, False, False, True, False]
    assert history.is_bot.tolist() == [False, True, False, False, False]


@pytest.mark.parametrize(
    ("tag", "release"),
    [
        (b"refs/tags/v1.2.3", True),
        (b"refs/tags/1.0", True),
        (b"refs/tags/v7", True),
        (b"refs/tags/axum-core-v0.3.4", True),
        (b"refs/tags/release_1_2", True),
        (b"refs/tags/pkg/2.0.0-rc.1", True),
        (b"refs/tags/nightly", False),
        (b"refs/tags/build-77", False),
        (b"refs/tags/2.3.x", False),
        (b"refs/tags/1.2.3.x", False),
        (b"refs/tags/v2.X", False),
        (b"refs/tags/before-python3", False),
    ],
)
def test_releases_are_tags_with_a_version_number(tag: bytes, release: bool) -> None:
    assert is_release(tag) is release


MANY = [Commit(b"Number %d" % number, number, files={b"f": "A" if number == 0 else "M"}) for number in range(300)]


@pytest.mark.parametrize(
    ("limits", "words", "most"),
    [
        (Limits(commits=7), "limit of 7 commits", 7),
        (Limits(bytes=20_000), "limit of 20000 bytes", 120),
        (Limits(seconds=0), "limit of 0 seconds", 0),
    ],
)
def test_a_limit_ends_the_pass_and_is_said(tmp_path: Path, limits: Limits, words: str, most: int) -> None:
    repository = make_repository(tmp_path / "r", MANY)
    history, notes = read(repository, limits)
    assert any(words in note for note in notes)
    kept = history.commits
    assert kept <= most
    assert (kept > 0) == (most > 0)
    assert subjects(repository, history) == [b"Number %d" % number for number in range(299, 299 - kept, -1)]
    assert len(history.changed_path) == kept


def test_as_many_commits_as_the_limit_are_all_of_them(tmp_path: Path) -> None:
    history, notes = read(make_repository(tmp_path / "r", MANY[:20]), Limits(commits=20))
    assert (history.commits, notes) == (20, ())


def test_absent_objects_are_said(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", MANY[:20])
    tree = run_git(repository, "rev-parse", "HEAD~8^{tree}").decode().strip()
    (repository / "objects" / tree[:2] / tree[2:]).unlink()
    history, notes = read(repository)
    assert any("could not read every object" in note for note in notes)
    # Number 11 has no tree, so 12 cannot be compared; the last record that git wrote may be cut short and is left out.
    assert subjects(repository, history) == [b"Number %d" % number for number in range(19, 13, -1)]
