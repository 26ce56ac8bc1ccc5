"""Technology through time: each measure has the value that a project made for it must have, within its bounds."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, PackageSpan, SourceFile
from fedlore.observe.features import adoption, technology
from fedlore.observe.features.usage import users
from fedlore.observe.series import TechnologyQuarter, technology_series
from tests.observe.histories import BEGIN, DAY, Commit, make_evidence
from tests.observe.packages import evidence_of, span, spans
from tests.observe.test_history_bounds import evidences


def answers(evidence: Evidence) -> dict[MeasureId, Answer]:
    return {**adoption.features(evidence), **technology.features(evidence)}


def answer(name: str, evidence: Evidence) -> Answer:
    return answers(evidence)[MeasureId(name)]


def test_both_modules_compute_exactly_their_domains() -> None:
    evidence = make_evidence([Commit()])
    for module, domain in ((adoption, "technology_adoption_success"), (technology, "technology_trends")):
        wanted = [measure.id for measure in load_catalogue().of_domains([domain])]
        assert len(wanted) >= 8
        assert sorted(module.features(evidence)) == sorted(wanted)


A, B, C, D = (f"pkg:pypi/{name}" for name in "abcd")
ACTION = "pkg:githubactions/actions/checkout"
VALUES: list[tuple[str, list[PackageSpan], float | None]] = [
    # Declared for a year or still declared; c came too late to tell.
    ("adoption.packages_kept", [span(A), span(B, 1, 1.5), span(C, 9.5), span(D, 1, 3)], 2 / 3),
    ("adoption.packages_kept", [span(C, 9.5), span(ACTION)], None),
    ("adoption.new_packages", [span(A), span(B, 9.5), span(C, 9.2, 9.9), span(ACTION, 9.5)], 2.0),
    ("adoption.new_packages", [span(ACTION)], None),
    ("adoption.short_trials", [span(A), span(B, 1, 1.1), span(C, 1, 2), span(D, 5, 6)], 1 / 3),
    ("adoption.short_trials", [span(A, 0, 89.5 / 365), span(B, 0, 90.5 / 365)], 1 / 2),  # 89 and 90 whole days
    ("adoption.short_trials", [span(A)], None),
    ("adoption.returned", [span(A, returns=1), span(B, 1, 2), span(C, 1, 2, returns=2), span(D)], 2 / 3),
    ("adoption.returned", [span(A)], None),
    ("adoption.lifetime", [span(A), span(B, 1, 2), span(C, 1, 4), span(D, 1, 5)], 3 * 365 / 30),
    ("adoption.package_age", [span(A, 2), span(B, 5), span(C, 9), span(D, 1, 2)], 5.0),
    ("adoption.package_age", [span(D, 1, 2)], None),
    ("adoption.constraint_age", [span(A, 2, changed=9), span(B, changed=8), span(C, 1)], 2.0),
    ("adoption.constraint_changes", [span(A, 5, changes=10), span(B, 5, changes=5), span(C, 0, 1, changes=9)], 1.5),
    ("adoption.constraint_changes", [span(A, 9.5, changes=10)], None),
    ("technology.dependencies", [span(A), span(B, 1, 2), span(ACTION)], 1.0),
    ("technology.dependencies", [], 0.0),
    ("technology.ecosystems", [span(A), span("pkg:npm/a"), span("pkg:cargo/a", 1, 2), span(ACTION)], 2.0),
    ("technology.ecosystems", [], None),
    ("technology.other_share", [span(A), span("pkg:pypi/flask"), span(ACTION)], 0.5),
    ("technology.pinned_share", [span(A, pinned=True), span(B), span(C, 1, 2, pinned=True)], 0.5),
    ("technology.adoption_rate", [span(A), span(B), span(C, 9.5), span(D, 9.2, 9.5)], 0.5),
    ("technology.adoption_rate", [span(C, 9.5)], None),
    ("technology.drop_rate", [span(A), span(B, 1, 9.5), span(C, 1, 2), span(D, 9.2, 9.5)], 0.5),
    ("technology.dependency_growth", [span(A), span(B, 1, 9.5), span(C, 9.5), span(D, 9.5)], 1.5),
    ("technology.technologies", [span("pkg:pypi/flask"), span("pkg:npm/react"), span(A)], 2.0),
    ("technology.technologies", [span(A)], None),
    ("technology.infrastructure_share", [span("pkg:pypi/flask"), span("pkg:docker/alpine")], 0.5),
]


@pytest.mark.parametrize(("name", "packages", "expected"), VALUES)
def test_values_of_packages(name: str, packages: list[PackageSpan], expected: float | None) -> None:
    found = answer(name, evidence_of(packages))
    assert found.value == (None if expected is None else pytest.approx(expected))
    part, *whole = found.because.values() or (0,)
    if isinstance(found.value, float) and len(whole) == 1 and whole[0] >= part and found.value <= 1:
        assert found.value == pytest.approx(part / whole[0])


def test_without_a_manifest_the_number_of_packages_is_not_known() -> None:
    assert answer("technology.dependencies", evidence_of([], paths=(b"Dockerfile",))).value is None


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("technology.cloud", b"infra/main.tf", b"infra/main.txt"),
        ("technology.agents", b"AGENTS.md", b"vendor/AGENTS.md"),
    ],
)
def test_kinds_of_technologies(name: str, there: bytes, not_there: bytes) -> None:
    assert answer(name, evidence_of([], paths=[there])).value is True
    assert answer(name, evidence_of([], paths=[not_there])).value is False


def source(path: bytes, language: str, *imports: str, lines: int = 10) -> SourceFile:
    return SourceFile(path, "", language, 0, lines=lines, imports=imports)


def test_languages_by_lines() -> None:
    files = [
        source(b"a.py", "python", lines=500),
        source(b"b.tsx", "tsx", lines=300),
        source(b"b.ts", "typescript", lines=195),
        source(b"c.c", "c", lines=5),
    ]
    evidence = evidence_of([], files=files)
    assert answer("technology.languages", evidence).value == 2.0
    assert answer("technology.main_language_share", evidence).value == 0.5
    assert answer("technology.languages", evidence_of([])).value is None


def test_the_mix_of_languages_moves() -> None:
    """Four Python files; in the last year two of them go and two in Go come, one of these on two branches."""
    commits = [
        Commit(day=10, files={b"%d.py" % number: "A" for number in range(4)}),
        Commit(day=3500, files={b"0.py": "D", b"1.py": "D", b"a.go": "A"}),
        Commit(day=3510, files={b"a.go": "A", b"b.go": "A", b"vendor/c.go": "A", b"2.py": "M"}),
    ]
    found = answer("technology.language_shift", evidence_of([], commits=commits))
    assert found.value == 0.5
    assert found.because == {"source files a year ago": 4, "source files now": 4}
    assert answer("technology.language_shift", evidence_of([], commits=commits[1:])).value is None


def test_the_time_until_half_of_a_language_is_there() -> None:
    """Python is there from the begin; TypeScript has a file on day 300 and 6 of 12 on day 360: two months."""
    first = Commit(day=1, files={b"%d.py" % number: "A" for number in range(20)})
    steps = [(300, 0, 1), (330, 1, 5), (360, 5, 6), (900, 6, 12)]
    later = [Commit(day=day, files={b"%d.ts" % n: "A" for n in range(low, high)}) for day, low, high in steps]
    assert answer("adoption.time_to_half", evidence_of([], commits=[first, *later])).value == 2.0
    assert answer("adoption.time_to_half", evidence_of([], commits=[first, *later[:3]])).value is None


def test_a_project_cut_off_at_the_first_manifest_ages_from_there() -> None:
    assert answer("adoption.package_age", evidence_of([span(A, 10)])).value == 0.0


IMPORTS = [
    ("pkg:pypi/flask", "python", "from flask.json import x", "import flasky"),
    ("pkg:pypi/scikit-learn", "python", "import sklearn.svm as s, os", "import scikit_learn"),
    ("pkg:pypi/typing-extensions", "python", "import os, typing_extensions", "import typing"),
    ("pkg:npm/react", "tsx", "import React from 'react/jsx-runtime'", "import x from './react'"),
    ("pkg:npm/%40babel/core", "javascript", 'const b = require("@babel/core/lib")', "require('@babel/cli')"),
    (
        "pkg:golang/github.com/labstack/echo",
        "go",
        '"github.com/labstack/echo/v4/middleware"',
        '"github.com/labstack/x"',
    ),
    ("pkg:cargo/tokio-util", "rust", "pub use tokio_util::codec::{A, B};", "use tokio::io;"),
]


@pytest.mark.parametrize(("package", "language", "used", "unused"), IMPORTS)
def test_imports_of_packages(package: str, language: str, used: str, unused: str) -> None:
    files = [source(b"a", language, used, used), source(b"b", language, unused), source(b"c", "java", used)]
    assert users([package, "pkg:maven/a/b"], files) == {package: (1, 2)}


def test_the_median_package_is_used_by_a_third_of_the_files() -> None:
    files = [
        source(b"a.py", "python", "import a", "import b", "import c"),
        source(b"b.py", "python", "import a"),
        source(b"c.py", "python", "import a, os"),
    ]
    found = answer("adoption.spread", evidence_of(spans(A, B, C, D), files=files))
    assert found.value == pytest.approx(1 / 3)
    assert found.because["packages that a file imports"] == 3
    assert answer("adoption.spread", evidence_of(spans(D), files=files)).value is None


def test_a_series_by_quarter() -> None:
    """The history begins on 2020-09-13; day 30 is in the next quarter."""
    commits = [
        Commit(files={b"a.py": "A", b"b.go": "A"}),
        Commit(day=30, files={b"b.go": "D", b"c.tsx": "A"}),
        Commit(day=200),
    ]
    month = 30 / 365
    evidence = replace(make_evidence(commits), packages=(span(A, 0, 2 * month), span(B, month)))
    assert technology_series(evidence) == (
        TechnologyQuarter(2020, 3, {"python": 1, "go": 1}, (A,), ()),
        TechnologyQuarter(2020, 4, {"python": 1, "typescript": 1}, (B,), (A,)),
        TechnologyQuarter(2021, 1, {"python": 1, "typescript": 1}, (), ()),
        TechnologyQuarter(2021, 2, {"python": 1, "typescript": 1}, (), ()),
    )
    assert technology_series(make_evidence([])) == ()


packages = st.builds(
    lambda name, first, lasts, changed, changes, pinned, returns: PackageSpan(
        name,
        BEGIN + first * DAY,
        None if lasts is None else BEGIN + (first + lasts) * DAY,
        BEGIN + (first + changed) * DAY,
        changes,
        pinned,
        returns,
    ),
    st.sampled_from([A, B, "pkg:npm/react", ACTION, "pkg:docker/alpine"]),
    st.integers(-20_000, 1_000_000),
    st.none() | st.integers(0, 5_000),
    st.integers(0, 1_000),
    st.integers(0, 100),
    st.booleans(),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(evidences, st.lists(packages, max_size=8))
def test_values_are_of_their_measure(evidence: Evidence, some: list[PackageSpan]) -> None:
    catalogue = load_catalogue()
    evidence = replace(evidence, packages=tuple(some))
    for name, found in answers(evidence).items():
        measure = catalogue[name]
        if measure.kind == "yes-no":
            assert type(found.value) is bool, name
        elif found.value is not None:
            assert type(found.value) is float, name
            low, high = measure.bounds or (0, math.inf)
            assert low <= found.value <= high and math.isfinite(found.value), name
    series = technology_series(evidence)
    assert len(series) <= 200
    assert all(1 <= quarter.quarter <= 4 and min(quarter.files.values(), default=1) > 0 for quarter in series)
