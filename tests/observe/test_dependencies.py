"""Packages through time: adopted, moved, dropped, back again, under which constraints, on which branches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pygit2
import pytest

from fedlore.observe import dependencies
from fedlore.observe.blobs import examine
from fedlore.observe.dependencies import manifest_revisions, package_spans, revision_notes
from fedlore.observe.evidence import History, PackageSpan, SourceFile
from fedlore.observe.facts import Facts
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.stream import Limits
from fedlore.observe.tree import TreeLimits, list_files
from tests.observe.making import AS_OF, DAY, Content, make_repository


def read(path: Path) -> tuple[History, dict[tuple[str, str], Facts], list[SourceFile]]:
    """The history, the facts of every version of a manifest that is asked for, and the files at HEAD."""
    with opened(path) as repository:
        history, _ = read_history(repository)
        wanted = manifest_revisions(history)
        facts = {(blob, kind): examine(kind, repository.repository[blob].read_raw()) for blob, kind in wanted}
        return history, facts, list_files(repository.repository, repository.head, TreeLimits()).files


def spans(path: Path, *commits: Mapping[str, Content | None], days: tuple[float, ...]) -> dict[str, PackageSpan]:
    times = [AS_OF + int(day * DAY) for day in days]
    history, facts, files = read(make_repository(path, *commits, times=times))
    found = package_spans(history, facts)
    assert found == package_spans(history, facts, files)
    assert [one.package for one in found] == sorted({one.package for one in found})
    return {one.package: one for one in found}


def day(number: float) -> int:
    return AS_OF + int(number * DAY)


def test_a_package_is_adopted_constrained_and_dropped(tmp_path: Path) -> None:
    found = spans(
        tmp_path / "r",
        {"requirements.txt": b"flask>=1\n"},
        {"requirements.txt": b"flask>=1\nclick==8.1\n"},
        {"requirements.txt": b"flask>=2\nclick==8.1\n"},
        {"requirements.txt": b"flask>=2\n"},
        {"a.py": b""},
        days=(0, 10, 20, 30, 99),
    )
    assert found == {
        "pkg:pypi/flask": PackageSpan("pkg:pypi/flask", day(0), None, day(20), 1, False, 0),
        "pkg:pypi/click": PackageSpan("pkg:pypi/click", day(10), day(30), day(10), 0, True, 0),
    }


def test_a_package_is_declared_as_long_as_one_manifest_does(tmp_path: Path) -> None:
    found = spans(
        tmp_path / "r",
        {"requirements.txt": b"flask\n", "setup.py": b"setup(install_requires=['flask'])\n"},
        {"requirements.txt": None},
        {"setup.py": b"setup()\n"},
        days=(0, 10, 20),
    )
    assert found["pkg:pypi/flask"].last == day(20)


def test_a_move_is_no_drop_and_a_return_after_a_month_is_one(tmp_path: Path) -> None:
    found = spans(
        tmp_path / "r",
        {"requirements.txt": b"flask\nrich\n"},
        {"requirements.txt": b"rich\n"},
        {"pyproject.toml": b"[project]\ndependencies = ['flask']\n", "requirements.txt": None},
        {"pyproject.toml": b"[project]\ndependencies = ['flask', 'rich']\n"},
        days=(0, 10, 12, 50),
    )
    assert (found["pkg:pypi/flask"].last, found["pkg:pypi/flask"].returns) == (None, 0)
    assert (found["pkg:pypi/rich"].last, found["pkg:pypi/rich"].returns) == (None, 1)


def test_versions_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    found = spans(
        tmp_path / "r",
        {"package.json": b'{"dependencies": {"react": "^17"}}'},
        {"package.json": b'{"dependencies": {"react": '},
        {"package.json": b'{"dependencies": {"react": "^18"}}'},
        days=(0, 10, 20),
    )
    assert found["pkg:npm/react"] == PackageSpan("pkg:npm/react", day(0), None, day(20), 1, False, 0)


@pytest.mark.parametrize("step", [0, 1])
def test_a_series_applied_within_one_second_is_in_its_own_order(tmp_path: Path, step: int) -> None:
    """Commits of one second are sorted by their ids, in which there is no order."""
    commits = [{"requirements.txt": b"flask>=%d\n" % number} for number in range(12)]
    times = tuple(number * step / DAY for number in range(12))
    found = spans(tmp_path / "r", *commits, {"requirements.txt": b"flask==99\n"}, days=(*times, times[-1]))
    assert (found["pkg:pypi/flask"].changes, found["pkg:pypi/flask"].pinned) == (12, True)


def commit(repository: pygit2.Repository, data: bytes, when: int, parents: list[pygit2.Oid], ref: str) -> pygit2.Oid:
    builder = repository.TreeBuilder()
    builder.insert("requirements.txt", repository.create_blob(data), pygit2.enums.FileMode.BLOB)
    person = pygit2.Signature("Ada Example", "ada@example.org", when, 0)
    return repository.create_commit(ref, person, person, "Change it", builder.write(), parents)


def branched(path: Path, merged: bytes) -> tuple[PackageSpan, ...]:
    """`main` adds click while a branch, begun before, adds rich; then they are merged with this result."""
    repository = pygit2.init_repository(str(path), bare=True, initial_head="main")
    main = "refs/heads/main"
    base = commit(repository, b"flask\n", day(0), [], main)
    side = commit(repository, b"flask\nrich\n", day(20), [base], "refs/heads/side")
    ours = commit(repository, b"click\nflask\n", day(10), [base], main)
    ours = commit(repository, b"click>=8\nflask\n", day(30), [ours], main)
    commit(repository, merged, day(40), [ours, side], main)
    return package_spans(*read(path))


def test_branches_do_not_undo_each_other(tmp_path: Path) -> None:
    click, flask, rich = branched(tmp_path / "r", b"click>=8\nflask\nrich\n")
    assert click == PackageSpan("pkg:pypi/click", day(10), None, day(30), 1, False, 0)
    assert flask == PackageSpan("pkg:pypi/flask", day(0), None, day(0), 0, False, 0)
    assert rich == PackageSpan("pkg:pypi/rich", day(20), None, day(20), 0, False, 0)


def test_what_a_merge_left_out_is_not_declared(tmp_path: Path) -> None:
    *_, rich = branched(tmp_path / "r", b"click>=8\nflask\n")
    assert rich == PackageSpan("pkg:pypi/rich", day(20), day(20), day(20), 0, False, 0)


def test_a_branch_that_keeps_what_another_removed_does_not_bring_it_back(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True, initial_head="main")
    main = "refs/heads/main"
    base = commit(repository, b"flask>=1\n", day(0), [], main)
    next_major = commit(repository, b"", day(10), [base], "refs/heads/next")
    ours = commit(repository, b"flask>=2\n", day(90), [base], main)
    commit(repository, b"", day(100), [ours, next_major], main)
    (flask,) = package_spans(*read(tmp_path / "r"))
    assert flask == PackageSpan("pkg:pypi/flask", day(0), day(10), day(0), 0, False, 0)


def test_two_branches_that_add_the_same_manifest_declare_both(tmp_path: Path) -> None:
    """Joining two projects: their manifests of one name are merged, and neither undoes the other before that."""
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True, initial_head="main")
    main = "refs/heads/main"
    other = commit(repository, b"rich\n", day(10), [], "refs/heads/other")
    ours = commit(repository, b"flask\n", day(0), [], main)
    commit(repository, b"flask\nrich\n", day(20), [ours, other], main)
    flask, rich = package_spans(*read(tmp_path / "r"))
    assert flask == PackageSpan("pkg:pypi/flask", day(0), None, day(0), 0, False, 0)
    assert rich == PackageSpan("pkg:pypi/rich", day(10), None, day(10), 0, False, 0)


def test_a_history_that_begins_later_counts_from_there(tmp_path: Path) -> None:
    """The oldest commit is not in the history, as where a limit ends the pass: its packages are found all the same."""
    commits = [{"requirements.txt": text} for text in (b"flask\nrich\n", b"flask\nrich>=2\nattrs\n", b"flask\nattrs\n")]
    path = make_repository(tmp_path / "r", *commits, times=[day(0), day(10), day(20)])
    with opened(path) as repository:
        history, _ = read_history(repository, Limits(commits=2))
    _, facts, files = read(path)
    assert history.commits == 2
    found = {one.package: one for one in package_spans(history, facts, files)}
    assert {package: (one.first, one.last) for package, one in found.items()} == {
        "pkg:pypi/attrs": (day(10), None),
        "pkg:pypi/flask": (day(10), None),
        "pkg:pypi/rich": (day(10), day(20)),
    }


def test_vendored_manifests_declare_nothing(tmp_path: Path) -> None:
    assert spans(tmp_path / "r", {"node_modules/a/package.json": b'{"dependencies": {"b": "1"}}'}, days=(0,)) == {}


def test_a_history_without_manifests_has_no_spans(tmp_path: Path) -> None:
    assert spans(tmp_path / "r", {"a.py": b""}, days=(0,)) == {}


def test_older_versions_are_sampled_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty versions, ten days apart; the newest ten are read, and before them the last of each quarter."""
    commits = [{"requirements.txt": b"flask>=%d\na%d\n" % (number, number // 10)} for number in range(40)]
    path = make_repository(tmp_path / "r", *commits, times=[day(10 * number) for number in range(40)])
    complete, facts, _ = read(path)
    assert len(manifest_revisions(complete)) == 40
    assert revision_notes(complete) == ()
    monkeypatch.setattr(dependencies, "MOST_REVISIONS", 10)
    history, few, files = read(path)
    assert 13 <= len(few) <= 15
    assert few.items() < facts.items()
    left_out = 40 - len(few)
    assert revision_notes(history) == (
        f"Not read: {left_out} older versions of manifests, all but one for each quarter of a year.",
    )
    found = {one.package: one for one in package_spans(history, few, files)}
    assert found["pkg:pypi/flask"].last is None
    assert found["pkg:pypi/a3"].last is None
    assert found["pkg:pypi/a0"].last is not None
    monkeypatch.setattr(dependencies, "MOST_SAMPLES", 2)
    assert len(manifest_revisions(history)) == 12
    monkeypatch.setattr(dependencies, "MOST_CHANGES", 5)
    assert len(manifest_revisions(history)) == 6
    assert revision_notes(history) == ("Only the newest 5 changes of manifests were looked at.",)
