"""Histories kept between runs: a run reads only what came since, and tells what a run without a cache tells."""

from __future__ import annotations

import sqlite3
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import History
from fedlore.observe.history import git
from fedlore.observe.history.git import read_history
from fedlore.observe.history.order import canonical, joined, part_of
from fedlore.observe.opening import opened
from fedlore.observe.stream import Limits
from tests.observe.histories import BEGIN, DAY, PEOPLE, SALT, Commit, make_evidence, make_repository, run_git

MAILMAPS = (b"Alice Ash <alice@example.org> <bob@example.org>\n", b"Carol <carol@example.org> <alice@example.org>\n")
KINDS = ("add", "add", "add", "amend", "merge", "mailmap", "tag", "shallow", "deepen", "rewind", "nothing")

steps = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(-30, 30), st.integers(0, 3), st.sampled_from(PEOPLE)),
    min_size=2,
    max_size=6,
)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commit that each pass over a log began behind; empty for a whole one."""
    seen: list[str] = []
    whole = git.read_log

    def watched(*arguments: object, since: str = "") -> object:
        seen.append(since)
        return whole(*arguments, since=since)  # type: ignore[arg-type]

    monkeypatch.setattr(git, "read_log", watched)
    return seen


def read(folder: Path, cache_path: Path | None, limits: Limits | None = None) -> tuple[History, tuple[str, ...]]:
    with opened(folder) as repository, fact_cache(cache_path, "1", SALT) as cache:
        return read_history(repository, limits, cache)


def assert_same(one: History, other: History) -> None:
    for item in fields(History):
        left, right = getattr(one, item.name), getattr(other, item.name)
        if isinstance(left, np.ndarray):
            assert (left.dtype, left.shape) == (right.dtype, right.shape), item.name
            assert left.tobytes() == right.tobytes(), item.name
        else:
            assert left == right, item.name


def commit(folder: Path, parents: list[str], number: int, day: int, file: int, who: tuple[bytes, bytes]) -> str:
    """One commit on top of others, and HEAD on top of it; its file is new, changed, or now another's."""
    stamp = BEGIN + day * DAY
    content = b"%d\n" % number
    path = b".mailmap" if file < 0 else b"d%d/f%d" % (file % 2, file)
    content = MAILMAPS[number % 2] if file < 0 else content
    head = b"commit refs/heads/main\nauthor %s <%s> %d +0100\n" % (*who, stamp)
    head += b"committer %s <%s> %d +0000\ndata 9\nfix: it\n\n" % (*who, stamp)
    lines = [b"%s %s\n" % (b"merge" if place else b"from", name.encode()) for place, name in enumerate(parents)]
    change = b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content)
    run_git(folder, "fast-import", "--quiet", "--force", stdin=head + b"".join(lines) + change)
    return rev(folder, "HEAD")


def rev(folder: Path, name: str) -> str:
    return run_git(folder, "rev-parse", name).decode().strip()


def take(folder: Path, kind: str, number: int, day: int, file: int, who: tuple[bytes, bytes]) -> None:
    """Do to the repository what its owner might do between two runs."""
    commits = run_git(folder, "rev-list", "HEAD").decode().split()
    head, before = commits[0], commits[min(len(commits) - 1, 1 + file)]
    if kind == "add":
        commit(folder, [head], number, day, file, who)
    elif kind == "mailmap":
        commit(folder, [head], number, day, -1, who)
    elif kind == "amend" and len(commits) > 1:
        commit(folder, [commits[1]], number, day, file, who)
    elif kind == "merge":
        side = commit(folder, [before], number, day, file, who)
        commit(folder, [head, side], number, day + 1, file, who)
    elif kind == "tag":
        run_git(folder, "tag", "-f", f"v1.{number}", before)
    elif kind == "shallow" and not (folder / "shallow").exists():
        (folder / "shallow").write_text(f"{before}\n")
    elif kind == "deepen":
        (folder / "shallow").unlink(missing_ok=True)
    elif kind == "rewind" and len(commits) > 1:
        run_git(folder, "update-ref", "refs/heads/main", commits[1])


def test_cache_and_no_cache_agree(passes: list[str]) -> None:
    numbers = count()

    @settings(max_examples=30, deadline=None, derandomize=True, database=None)
    @given(steps)
    def agree(taken: list[tuple[str, int, int, tuple[bytes, bytes]]]) -> None:
        with TemporaryDirectory() as name:
            folder, cache = Path(name) / "r", Path(name) / "cache"
            make_repository(folder, [Commit(b"A", 0, files={b"d0/f0": "A"}), Commit(b"B", 1, files={b"d0/f0": "M"})])
            read(folder, cache)
            for kind, day, file, who in taken:
                take(folder, kind, next(numbers), day, file, who)
                remembered, notes = read(folder, cache)
                anew, the_same_notes = read(folder, None)
                assert_same(remembered, anew)
                assert notes == the_same_notes

    agree()
    assert sum(map(bool, passes)) > 20


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", [Commit(b"%d" % day, day, files={b"a": "M"}) for day in range(9)])


def test_a_second_run_reads_only_what_came_since(tmp_path: Path, repository: Path, passes: list[str]) -> None:
    old = rev(repository, "HEAD")
    for _ in range(2):
        read(repository, tmp_path / "cache")
    assert passes == [""]
    commit(repository, [old], 1, 20, 1, PEOPLE[0])
    assert read(repository, tmp_path / "cache")[0].commits == 10
    assert passes == ["", old]
    run_git(repository, "update-ref", "refs/heads/main", f"{old}~1")
    assert read(repository, tmp_path / "cache")[0].commits == 8
    assert passes == ["", old, ""]


def test_only_the_newest_head_is_kept(tmp_path: Path, repository: Path) -> None:
    for number in range(3):
        read(repository, tmp_path / "cache")
        commit(repository, [rev(repository, "HEAD")], number, 20, 1, PEOPLE[0])
    read(repository, tmp_path / "cache")
    connection = sqlite3.connect(tmp_path / "cache")
    assert connection.execute("SELECT head FROM histories").fetchall() == [(rev(repository, "HEAD"),)]
    connection.close()


def test_a_history_cut_by_a_limit_is_not_kept(tmp_path: Path, repository: Path, passes: list[str]) -> None:
    few = Limits(commits=4)
    for _ in range(2):
        assert_same(read(repository, tmp_path / "cache", few)[0], read(repository, None, few)[0])
    read(repository, tmp_path / "cache")
    cut, notes = read(repository, tmp_path / "cache", few)
    assert cut.commits == 4
    assert "limit of 4 commits" in notes[-1]
    assert set(passes) == {""}


def test_other_places_salts_and_code_have_nothing_in_common(
    tmp_path: Path, repository: Path, passes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    read(repository, cache)
    repository.rename(tmp_path / "elsewhere")
    read(tmp_path / "elsewhere", cache)
    with opened(tmp_path / "elsewhere") as found, fact_cache(cache, "1", b"another salt") as file:
        read_history(found, None, file)
    monkeypatch.setattr("fedlore.observe.history.history_cache._code", lambda: "another version")
    read(tmp_path / "elsewhere", cache)
    assert passes == [""] * 4


@pytest.mark.parametrize("value", [b"", b"PK\x03\x04", b"x" * 999, None])
def test_a_damaged_history_is_read_anew(tmp_path: Path, repository: Path, passes: list[str], value: bytes) -> None:
    expected, _ = read(repository, tmp_path / "cache")
    connection = sqlite3.connect(tmp_path / "cache")
    with connection:
        half = "substr(value, 1, length(value) / 2)"
        connection.execute(f"UPDATE histories SET value = coalesce(?, {half})", (value,))  # noqa: S608 - both fixed
    connection.close()
    for _ in range(2):
        assert_same(read(repository, tmp_path / "cache")[0], expected)
    assert passes == ["", ""]


def test_a_head_that_is_gone_is_read_anew(tmp_path: Path, repository: Path, passes: list[str]) -> None:
    read(repository, tmp_path / "cache")
    connection = sqlite3.connect(tmp_path / "cache")
    with connection:
        connection.execute("UPDATE histories SET head = ?", ("1" * 40,))
    connection.close()
    assert_same(read(repository, tmp_path / "cache")[0], read(repository, None)[0])
    assert set(passes) == {""}


def test_the_order_is_one_whatever_was_joined() -> None:
    commits = [Commit(b"%d" % day, day % 5, PEOPLE[day % 3], {b"f%d" % (day % 7): "M"}) for day in range(40)]
    commits.append(Commit(b"Two files", 50, files={b"f1": "M", b"new": "A"}))
    # The order says nothing of HEAD.
    whole = replace(make_evidence(commits).history, head=-1)
    assert_same(canonical(part_of(whole)), whole)
    assert whole.first_parent.max() == 40 and (np.diff(whole.commit_time) <= 0).all()
    empty = make_evidence([]).history
    assert_same(canonical(joined(part_of(empty), part_of(whole))), whole)
    assert_same(canonical(joined(part_of(whole), part_of(empty))), whole)
