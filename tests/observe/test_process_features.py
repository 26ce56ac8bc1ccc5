"""Process anti-patterns: each measure has the value that a hand would count."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.observe.evidence import Evidence, SourceFile
from fedlore.observe.project import observe_project
from tests.observe.answering import answer, value, with_files, with_lines, with_parents
from tests.observe.histories import DEPENDABOT, Commit, make_evidence
from tests.observe.making import AS_OF, make_repository

REQUEST = b"Merge pull request #7 from x/y"
SOURCE, TEST = b"src/a.py", b"tests/test_a.py"


def subjects(*texts: bytes) -> list[Commit]:
    return [Commit(text, day) for day, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("there", "not_there"),
    [(b"lib/a/__pycache__/b.pyc", b"gradle/wrapper/gradle-wrapper.jar"), (b"node_modules/x/index.js", b"src/o.js")],
)
def test_committed_output_is_shown_by_its_path(there: bytes, not_there: bytes) -> None:
    found = answer("process.committed_output", make_evidence([Commit()], paths=[there, not_there]))
    assert (found.value, found.places) == (True, ((there, 1),))
    assert value("process.committed_output", make_evidence([Commit()], paths=[not_there])) is False


def sized(*sizes: int) -> Evidence:
    return make_evidence([Commit(files={b"f%d" % index: "M" for index in range(size)}) for size in sizes])


def test_giant_commits() -> None:
    assert value("process.giant_commits", sized(*[1] * 99, 20)) is True
    found = answer("process.giant_commits", sized(*[1] * 100, 20))
    assert (found.value, list(found.because.values())) == (False, [1, 101])
    assert value("process.giant_commits", sized(19)) is False


def test_giant_changes_of_source_lines() -> None:
    commits = [Commit(files={SOURCE: "M", TEST: "M"}), Commit(files={SOURCE: "M"}), Commit(files={b"uv.lock": "M"})]
    evidence = make_evidence(commits)
    found = answer(
        "process.giant_lines", with_lines(evidence, {SOURCE: (200, 200), TEST: (1, 0), b"uv.lock": (999, 0)})
    )
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    every = with_lines(evidence, {SOURCE: (401, 0)})
    assert (value("process.giant_lines", every), list(answer("process.giant_lines", every).because.values())) == (
        0.5,
        [2, 2],
    )
    assert value("process.giant_lines", evidence) is None


def test_reverts() -> None:
    assert value("process.reverts", make_evidence(subjects(b'Revert "Add it"', *[b"Add it"] * 199))) is True
    assert value("process.reverts", make_evidence(subjects(b'Revert "Add it"', *[b"Add it"] * 200))) is False
    assert value("process.reverts", make_evidence(subjects(*[b"Revert to the old way"] * 3))) is False


def test_changes_and_corrections_without_tests() -> None:
    both, alone, docs = Commit(files={SOURCE: "M", TEST: "M"}), Commit(files={SOURCE: "M"}), Commit(files={b"x": "M"})
    assert value("process.source_without_tests", make_evidence([both, alone, alone, docs, docs])) is False
    assert value("process.source_without_tests", make_evidence([both, alone, alone, alone, docs])) is True
    assert value("process.source_without_tests", make_evidence([docs])) is False
    fixes = [Commit(b"Fix it", files=files) for files in (both.files, alone.files, alone.files, docs.files)]
    found = answer("process.untested_fixes", make_evidence([*fixes, alone, alone]))
    assert (found.value, list(found.because.values())) == (pytest.approx(2 / 3), [2, 3])
    assert value("process.untested_fixes", make_evidence([alone])) is None


def test_late_landing() -> None:
    late = Commit(day=8.1, written_day=1)
    assert value("process.late_landing", make_evidence([late, *[Commit(day=8)] * 19])) is True
    assert value("process.late_landing", make_evidence([late, *[Commit(day=8)] * 20])) is False
    assert value("process.late_landing", make_evidence([Commit(day=8, written_day=1)])) is False


def test_the_slowest_tenth() -> None:
    waits = [Commit(day=100, written_day=100 - wait) for wait in range(11)]
    assert value("process.landing_delay", make_evidence(waits)) == pytest.approx(9)
    # A clock that runs ahead did not wait; an older year does not count.
    ahead = [Commit(day=100, written_day=101), Commit(day=-300, written_day=-400)]
    assert value("process.landing_delay", make_evidence(ahead)) == 0
    assert value("process.landing_delay", make_evidence([])) is None


def test_branches_that_live_for_months() -> None:
    # Two branches of one commit each, 31 and 30 days before their merge.
    commits = [Commit(), Commit(day=40, written_day=10), Commit(day=41), Commit(day=50, written_day=21), Commit(day=51)]
    evidence = with_parents(make_evidence(commits), [(), (0,), (0, 1), (2,), (2, 3)])
    found = answer("process.long_branches", evidence)
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    assert value("process.long_branches", make_evidence(commits)) is None


def test_merges_of_the_main_line_into_a_branch() -> None:
    # 0 and 2 are the main line; 3 brings 2 into the branch of 1, and 4 merges the branch.
    commits = [Commit(day=day) for day in range(5)]
    evidence = with_parents(make_evidence(commits), [(), (0,), (0,), (1, 2), (2, 3)])
    found = answer("process.back_merges", evidence)
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    assert value("process.back_merges", make_evidence(commits)) is None


def test_work_that_reaches_the_main_line_directly() -> None:
    commits = [Commit(day=0), Commit(day=1), Commit(day=2, who=DEPENDABOT), Commit(b"Add (#2)", 3), Commit(REQUEST, 4)]
    evidence = with_parents(make_evidence(commits), [(), (0,), (0,), (2,), (3, 1)])
    # On the line are 0, 2, 3 and 4: 2 is a bot's, 3 and 4 are requests.
    found = answer("process.direct_to_main", evidence)
    assert (found.value, list(found.because.values())) == (pytest.approx(1 / 3), [1, 3])


def test_unfinished_work() -> None:
    some = subjects(b"WIP: parser", b"fixup! Add it", *[b"Add it"] * 38)
    assert value("process.work_in_progress", make_evidence(some)) == 0.05
    assert value("process.work_in_progress", make_evidence(some[:4])) == 0.5
    assert value("process.work_in_progress", make_evidence([])) is None


@pytest.mark.parametrize(
    ("hours", "zone", "weekend", "night"),
    [
        # The begin is a Sunday, 12:26:40 in UTC.
        (0, "+0000", True, False),
        (11, "+0000", True, True),
        (12, "+0000", False, True),
        (12, "-0300", True, False),
        (17, "+0000", False, True),
        (18, "+0000", False, False),
        (24 * 5, "+0000", False, False),
        (24 * 6, "+0000", True, False),
        (24 * 5, "+1200", True, True),
    ],
)
def test_weekends_and_nights_are_those_of_the_author(hours: int, zone: str, weekend: bool, night: bool) -> None:
    commits = [*[Commit(day=10, written_day=hours / 24, zone=zone)] * 5, *[Commit(day=10, written_day=5)] * 15]
    evidence = make_evidence(commits)
    assert value("process.weekend_share", evidence) == weekend / 4
    assert value("process.night_share", evidence) == night / 4
    assert value("process.weekend_share", make_evidence(commits[1:])) is None


def test_actions_without_a_hash_and_failures_that_pass() -> None:
    def file(path: bytes, places: dict[str, tuple[int, ...]], **counts: int) -> SourceFile:
        return SourceFile(path, "", "", 0, counts={"or_true": 0, **counts}, places=places)

    files = [
        file(b"a.yml", {"unpinned": (3, 9)}, uses=4, uses_pinned=2),
        file(b"b.yml", {"ignored_failure": (5,)}, uses=0, continue_on_error=1),
        file(b"c.yml", {"unpinned": (1,), "ignored_failure": (2,)}, uses=1, uses_pinned=0, or_true=1),
        SourceFile(b"d.py", "", "python", 0, counts={"functions": 3}),
    ]
    evidence = with_files(make_evidence([]), *files)
    unpinned = answer("process.unpinned_actions", evidence)
    assert (unpinned.value, list(unpinned.because.values())) == (0.6, [3, 5])
    assert unpinned.places == ((b"a.yml", 3), (b"a.yml", 9), (b"c.yml", 1))
    ignored = answer("process.ignored_failures", evidence)
    assert (ignored.value, list(ignored.because.values())) == (pytest.approx(2 / 3), [2, 3])
    assert ignored.places == ((b"b.yml", 5), (b"c.yml", 2))
    for name in ("unpinned_actions", "ignored_failures"):
        assert value(f"process.{name}", with_files(make_evidence([]), files[3])) is None


def test_changes_to_files_that_hold_their_own_tests_are_left_out() -> None:
    inside, bare, test = b"src/inside.rs", b"src/bare.rs", b"tests/it.rs"
    files = [
        SourceFile(inside, "", "rust", 0, counts={"test_functions": 2}),
        SourceFile(bare, "", "rust", 0, counts={"test_functions": 0}),
        SourceFile(test, "", "rust", 0, counts={"test_functions": 9}),
    ]
    hidden = [Commit(b"Fix it", files={inside: "M"}), Commit(b"Fix it", files={inside: "M", bare: "M", test: "M"})]
    clear = [Commit(b"Fix it", files={bare: "M"}), Commit(b"Fix it", files={bare: "M", test: "M"})]
    evidence = with_files(make_evidence([*hidden, *clear]), *files)
    shares = {"process.source_without_tests": False, "process.untested_fixes": 0.5, "workflow.tests_share": 0.5}
    for name, share in shares.items():
        found = answer(name, evidence)
        assert (found.value, list(found.because.values())) == (share, [1, 2, 2]), name
    # More than half of the commits cannot be told.
    mostly = with_files(make_evidence([*hidden, hidden[0], *clear]), *files)
    for name in (*shares, "workflow.tests_with_change"):
        assert answer(name, mostly).value is None, name
    # A method that is called test_client is no test.
    flask = SourceFile(b"app.py", "", "python", 0, counts={"test_functions": 2})
    called = with_files(make_evidence([Commit(files={b"app.py": "M"})]), flask)
    assert value("process.source_without_tests", called) is True


def test_a_repository_in_rust_whose_tests_stand_in_the_sources_is_not_said_to_be_without(tmp_path: Path) -> None:
    tested = b"fn one() -> i32 { 1 }\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn holds() {}\n}\n"
    bare = b"fn two() -> i32 { 2 }\n"
    commits = [{"src/lib.rs": tested + b"// %d\n" % number} for number in range(4)]
    mostly = observe_project(make_repository(tmp_path / "mostly", *commits, {"src/two.rs": bare}), as_of=AS_OF)
    assert mostly.features is not None
    assert mostly.features["process.source_without_tests"] is None
    assert mostly.features["workflow.tests_share"] is None
    others = [{"src/two.rs": bare + b"// %d\n" % number} for number in range(4)]
    partly = observe_project(make_repository(tmp_path / "partly", *commits, *others), as_of=AS_OF)
    assert partly.features is not None
    assert partly.features["process.source_without_tests"] is True
    assert partly.features["workflow.tests_share"] == 0
