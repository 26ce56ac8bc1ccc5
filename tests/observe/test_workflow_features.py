"""Workflow patterns: each measure has the value that a hand would count."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import pytest

from fedlore.observe.evidence import Evidence, SourceFile
from tests.observe.answering import answer, value, with_files, with_lines, with_parents
from tests.observe.histories import ALICE, DEPENDABOT, Commit, make_evidence

REQUEST = b"Merge pull request #7 from x/y"


def of_paths(*paths: bytes) -> Evidence:
    return make_evidence([Commit()], paths=paths)


def subjects(*texts: bytes, who: tuple[bytes, bytes] = ALICE) -> list[Commit]:
    return [Commit(text, day, who) for day, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        ("ci", b".github/workflows/test.yaml", b"docs/.github/workflows/test.yaml"),
        ("ci", b".gitlab-ci.yml", b"gitlab-ci.yml"),
        ("ci", b".buildkite/pipeline.yml", b".github/workflows/README.md"),
        ("dependency_bot", b".github/dependabot.yml", b"dependabot.yml"),
        ("dependency_bot", b"renovate.json5", b"docs/renovate.json"),
        ("dependency_bot", b".renovaterc", b".renovaterc.bak"),
        ("lockfile", b"web/package-lock.json", b"package.json"),
        ("lockfile", b"uv.lock", b"my-uv.lock"),
        ("linter", b".eslintrc.json", b".editorconfig"),
        ("linter", b"eslint.config.mjs", b"pyproject.toml"),
        ("linter", b"core/.clang-format", b"clang-format.md"),
        ("changelog", b"CHANGES.rst", b"src/CHANGES.rst"),
    ],
)
def test_files_at_head_stand_for_a_practice(name: str, there: bytes, not_there: bytes) -> None:
    found = answer(f"workflow.{name}", of_paths(b"README.md", there))
    assert (found.value, found.because, found.places) == (True, {"files found": 1}, ((there, 1),))
    assert value(f"workflow.{name}", of_paths(b"README.md", not_there)) is False


@pytest.mark.parametrize(
    ("subject", "follows"),
    [
        (b"feat: x", True),
        (b"fix(parser)!: x", True),
        (b"Docs: x", True),
        (b"chore(deps): bump", True),
        (b"feat:x", False),
        (b"feature: x", False),
        (b"net: x", False),
        (b"fix(: x", False),
        (b"Fix: ", False),
    ],
)
def test_conventional_commits_have_a_type_of_the_convention(subject: bytes, follows: bool) -> None:
    name = "workflow.conventional_commits"
    assert value(name, make_evidence(subjects(subject, b"Other"))) is follows
    assert value(name, make_evidence(subjects(subject, b"Other", b"Another"))) is False


def test_bots_and_merges_are_no_human_commits() -> None:
    human = subjects(b"feat: a", b"feat: b", b"feat: c")
    others = subjects(*[b"Bump it"] * 9, who=DEPENDABOT) + [Commit(b"Merge", 9, merges=1)] * 4
    found = answer("workflow.conventional_commits", make_evidence([*human, *others]))
    assert (found.value, list(found.because.values())) == (True, [3, 3])


def test_tests_come_with_changes_or_do_not() -> None:
    both = Commit(files={b"src/a.py": "M", b"tests/test_a.py": "M"})
    alone, docs = Commit(files={b"src/a.py": "M"}), Commit(files={b"README.md": "M"})
    third = make_evidence([both, alone, alone, docs, docs, docs])
    assert value("workflow.tests_with_change", third) is True
    assert value("workflow.tests_share", third) == pytest.approx(1 / 3)
    quarter = make_evidence([both, alone, alone, alone, docs])
    assert value("workflow.tests_with_change", quarter) is False
    found = answer("workflow.tests_share", quarter)
    assert (found.value, list(found.because.values())) == (0.25, [1, 4])
    assert value("workflow.tests_share", make_evidence([docs])) is None


def sized(*sizes: int) -> Evidence:
    return make_evidence([Commit(files={b"f%d" % index: "M" for index in range(size)}) for size in sizes])


def test_sizes_of_commits() -> None:
    assert value("workflow.commit_size", sized(1, 2, 9)) == 2
    assert value("workflow.small_commits", sized(3, 3, 1, 0, 4)) is True
    assert value("workflow.small_commits", sized(3, 3, 1, 4)) is False
    assert value("workflow.commit_folders", sized(0, 1, 9)) == 1
    wide = make_evidence([Commit(files={b"a/b/c": "M", b"a/b/d": "M", b"a/e": "M", b"f": "M"}), Commit()])
    assert value("workflow.commit_folders", wide) == 3
    assert value("workflow.commit_folders", sized(0)) is None


def test_lines_of_commits_and_how_evenly_they_are_spread() -> None:
    a, b, c = b"a.py", b"b.py", b"c.png"
    commits = [Commit(files={a: "M"}), Commit(files={a: "M", b: "M", c: "M"}), Commit(files={c: "M"}), Commit()]
    evidence = with_lines(make_evidence(commits), {a: (6, 2), b: (20, 4)})
    found = answer("workflow.commit_lines", evidence)
    # One commit changes 8 lines, one 32; of the others nothing was counted.
    assert (found.value, list(found.because.values())[:2]) == (20, [2, 20])
    even = -(0.25 * log2(0.25) + 0.75 * log2(0.75))
    assert value("workflow.change_entropy", evidence) == pytest.approx(even)
    assert value("workflow.change_entropy", with_lines(make_evidence(commits), {a: (6, 2)})) is None
    for name in ("commit_lines", "change_entropy"):
        assert value(f"workflow.{name}", make_evidence(commits)) is None


def test_merges_and_requests() -> None:
    merged = [*[Commit()] * 19, Commit(REQUEST, merges=1)]
    assert value("workflow.merge_commits", make_evidence(merged)) is True
    assert value("workflow.merge_commits", make_evidence([*merged, Commit()])) is False
    assert value("workflow.pull_requests", make_evidence(merged)) is False
    assert value("workflow.pull_requests", make_evidence(subjects(b"Add it (#12)", *[b"Add"] * 4))) is True
    assert value("workflow.pull_requests", make_evidence(subjects(b"Add it #12", *[b"Add"] * 4))) is False
    bump = Commit(b"Merge", who=DEPENDABOT, merges=1)
    assert value("workflow.merge_share", make_evidence([*merged, bump])) == 0.05
    assert value("workflow.merge_share", make_evidence([bump])) is None


def test_squashed_requests_are_one_commit_each() -> None:
    mixed = [Commit(b"Add it (#1)"), Commit(b"Add (#2)"), Commit(b"Other"), Commit(REQUEST, merges=1)]
    assert value("workflow.squash_share", make_evidence(mixed)) == pytest.approx(2 / 3)
    assert value("workflow.squash_share", make_evidence(subjects(b"Other"))) is None


def branched(*branches: tuple[float, float, int]) -> Evidence:
    """A main line with one merge for each branch: the day its first commit was written and landed, and its commits."""
    commits, parents = [Commit(day=-1000)], [()]
    line = 0
    for written, merged, count in branches:
        fork = line
        for number in range(count):
            parents.append((fork if number == 0 else len(commits) - 1,))
            commits.append(Commit(day=merged - 0.5 + number / 100, written_day=written + number / 100))
        parents.append((line, len(commits) - 1))
        line = len(commits)
        commits.append(Commit(REQUEST, day=merged))
    return with_parents(make_evidence(commits), parents)


def test_branches_are_as_long_as_their_oldest_commit_waited() -> None:
    evidence = branched((0, 4, 3), (10, 12, 1), (20, 30, 2))
    assert value("workflow.branch_length", evidence) == 4
    assert value("workflow.branch_commits", evidence) == 2
    # Only what was merged in the last year counts.
    assert value("workflow.branch_length", branched((-500, -400, 3), (10, 12, 1))) == 2
    assert value("workflow.branch_length", make_evidence([Commit()])) is None


def released(*days: float, commits: list[Commit] | None = None) -> Evidence:
    return make_evidence(commits or [Commit(day=400)], release_days=days)


def test_releases_have_a_rhythm() -> None:
    assert value("workflow.release_tags", released(1, 2, 3)) is True
    assert value("workflow.release_tags", released(1, 2, 2.3)) is False
    # Releases that ended more than two years before the newest commit are a habit no more.
    later = [Commit(day=0), Commit(day=1000)]
    assert value("workflow.release_tags", released(1, 2, 270, commits=later)) is False
    assert value("workflow.release_tags", released(1, 2, 271, commits=later)) is True
    assert value("workflow.release_rhythm", released(1, 11, 31, 61)) == 20
    assert value("workflow.release_rhythm", released(1)) is None


def test_weeks_with_commits_are_counted_back_from_the_newest() -> None:
    weekly = [Commit(day=7 * week) for week in range(10)]
    assert value("workflow.active_weeks", make_evidence(weekly)) == 1
    assert value("workflow.active_weeks", make_evidence([*weekly[:4], *weekly[5:]])) == 0.9
    found = answer("workflow.active_weeks", make_evidence([Commit(day=-900), *weekly]))
    assert list(found.because.values()) == [10, 52]
    assert value("workflow.active_weeks", make_evidence(subjects(b"Bump", who=DEPENDABOT))) is None


def test_features_are_told_by_their_subjects() -> None:
    texts = subjects(b"feat: a", b"Add b", b"parser: implement c", b"fix: add d", b"Rework e")
    assert value("workflow.feature_share", make_evidence(texts)) == 0.6
    assert value("workflow.feature_share", make_evidence([replace(texts[0], day=-400), texts[4]])) == 0


def test_services_and_triggers_of_continuous_integration() -> None:
    paths = [b".github/workflows/a.yml", b".github/workflows/b.yml", b".gitlab-ci.yml", b"README"]
    assert value("workflow.ci_services", of_paths(*paths)) == 2
    assert value("workflow.ci_services", of_paths(b"README")) == 0
    counts = [{"triggers": 2, "request_triggers": 1}, {"triggers": 1, "request_triggers": 0}, {"triggers": 0}, {}]
    files = [SourceFile(path, "", "", 0, counts=count) for path, count in zip(paths, counts, strict=True)]
    assert value("workflow.request_checks", with_files(make_evidence([]), *files)) == 0.5
    assert value("workflow.request_checks", with_files(make_evidence([]), *files[2:])) is None
