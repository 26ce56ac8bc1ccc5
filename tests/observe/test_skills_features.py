"""Skill development: each measure has the value that a hand would count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log2

import pytest

from fedlore.observe.evidence import SourceFile
from tests.observe.answering import answer, value, with_files
from tests.observe.histories import ALICE, BOB, CAROL, DEPENDABOT, Commit, make_evidence


def series(*files: Sequence[bytes], who: tuple[bytes, bytes] = ALICE, subject: bytes = b"Rework it") -> list[Commit]:
    """One commit a day that changes these files."""
    return [Commit(subject, day, who, dict.fromkeys(paths, "M")) for day, paths in enumerate(files)]


def test_tenure_is_the_time_since_an_authors_first_commit() -> None:
    veteran = [Commit(day=day, who=ALICE) for day in (0, 100, 200)]
    assert value("skill.tenure", make_evidence(veteran)) == 100
    assert value("skill.tenure", make_evidence([])) is None


def test_newcomers_stay_or_go() -> None:
    came = [Commit(day=10, who=BOB), Commit(day=100, who=BOB), Commit(day=20, who=CAROL), Commit(day=600, who=ALICE)]
    found = answer("skill.newcomers_stay", make_evidence([Commit(day=0), *came]))
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    assert value("skill.newcomers_stay", make_evidence([Commit(day=0), Commit(day=600)])) is None


def test_breadth_of_regular_contributors() -> None:
    wide = series(*[[b"part%d/f" % (day % 4), b"README"] for day in range(10)])
    assert value("skill.module_breadth", make_evidence(wide)) == 5
    assert value("skill.module_breadth", make_evidence(wide[1:])) is None
    assert value("skill.language_breadth", make_evidence(wide)) == 0
    languages = series(*[[b"a.py"], [b"b.go"], [b"vendor/c.rs"], [b"d.ts", b"e.tsx", b"f.txt"]] * 3)
    assert value("skill.language_breadth", make_evidence(languages)) == 3
    # Five commits in one folder, then five in three.
    wider = series(*[[b"a/f"]] * 5, *[[b"a/f", b"b/f"]] * 4, [b"f"])
    assert value("skill.breadth_trend", make_evidence(wider)) == 2
    # The commit between two halves is in neither, and nobody counts for more than three.
    middle = series(*[[b"a/f"]] * 5, [b"z/f"], *[[b"%d/f" % part for part in range(9)]] * 5)
    assert value("skill.breadth_trend", make_evidence(middle)) == 3


def test_corrections_and_features_over_time() -> None:
    texts = [b"Fix"] + [b"Rework"] * 9 + [b"Fix"] * 2 + [b"Rework"] * 8
    trend = [Commit(text, day) for day, text in enumerate(texts)]
    assert value("skill.corrective_trend", make_evidence(trend)) == pytest.approx(0.1)
    # Carol's nine commits are too few to count.
    others = [Commit(b"Fix", day, CAROL) for day in range(9)]
    found = answer("skill.corrective_trend", make_evidence([*trend, *others]))
    assert (found.value, found.because["regular authors with both halves"]) == (pytest.approx(0.1), 1)
    mixed = [
        Commit(text, day)
        for day, text in enumerate([b"Fix", b"Add", b"Add", b"Add", b"x"] + [b"Fix", b"Add"] * 2 + [b"x"])
    ]
    # A quarter of the earlier half's corrections and features, a half of the later's; three of eight in all.
    assert value("skill.fix_to_feature_trend", make_evidence(mixed)) == pytest.approx(0.25)
    assert value("skill.fix_to_feature", make_evidence(mixed)) == pytest.approx(3 / 8)
    assert value("skill.fix_to_feature", make_evidence([Commit()])) is None
    assert value("skill.fix_to_feature_trend", make_evidence(trend[1:11])) is None


def test_tests_and_sizes_over_time() -> None:
    a, both = [b"a.py"], [b"a.py", b"test_a.py"]
    growing = series(a, a, a, a, both, *[both] * 2, *[a] * 2, [b"README"])
    # One of five changes of source with a test, then two of four.
    assert value("skill.tests_trend", make_evidence(growing)) == pytest.approx(0.5 - 0.2)
    assert value("skill.size_trend", make_evidence(growing)) == pytest.approx(0.4 - 0.2)
    assert value("skill.size_trend", make_evidence(series(*[[]] * 20))) is None
    assert value("skill.tests_trend", make_evidence(series(*[[b"README"]] * 20))) is None


def test_complexity_of_what_people_work_on() -> None:
    files = [
        SourceFile(path, "", language, 0, complexity=n)
        for path, language, n in (
            (b"a.py", "python", 4),
            (b"b.py", "python", 64),
            (b"c.py", "python", 0),
            (b"d.json", "", 999),
        )
    ]
    work = series(*[[b"a.py", b"c.py"]] * 4, [b"c.py"], *[[b"a.py", b"b.py", b"d.json"]] * 4, [b"gone.py"])
    evidence = with_files(make_evidence(work), *files)
    found = answer("skill.complexity_handled", evidence)
    assert (found.value, list(found.because.values())[:2]) == (34, [8, 34])
    assert value("skill.complexity_trend", evidence) == 2
    files[1] = replace(files[1], complexity=12)
    assert value("skill.complexity_trend", with_files(evidence, *files)) == pytest.approx(log2(3))
    assert value("skill.complexity_handled", with_files(evidence, files[2])) is None
    assert value("skill.complexity_trend", make_evidence(work)) is None


def test_how_long_it_takes_to_become_regular() -> None:
    slow = [Commit(day=3 * number, who=BOB) for number in range(12)]
    found = answer("skill.ramp_up", make_evidence([*[Commit(day=day) for day in range(10)], *slow]))
    assert (found.value, list(found.because.values())[:2]) == (18, [2, 18])
    assert value("skill.ramp_up", make_evidence(slow[:9])) is None


def test_who_left_and_what_they_left_behind() -> None:
    a, b, c = {b"a": "M"}, {b"b": "M"}, {b"c": "M"}
    commits = [
        *[Commit(day=day, who=who, files=b) for day in (0, 10) for who in (ALICE, BOB)],
        Commit(day=10, who=CAROL, files=c),
        Commit(day=20, who=DEPENDABOT, files=b),
        Commit(day=400, who=ALICE, files=a),
    ]
    # Of Alice and Bob, who made two commits in the year before the last, Bob left; Carol made one only.
    found = answer("skill.turnover", make_evidence(commits))
    assert (found.value, list(found.because.values())) == (0.5, [1, 2])
    assert value("skill.turnover", make_evidence(commits[4:])) is None
    orphaned = answer("skill.orphaned_files", make_evidence(commits, paths=[b"a", b"b", b"c", b"unknown"]))
    assert (orphaned.value, list(orphaned.because.values())) == (pytest.approx(1 / 3), [1, 3])
    assert value("skill.orphaned_files", make_evidence(commits, paths=[b"unknown"])) is None
