"""Features of the history: each has the value that a history made for it must have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, SourceFile, Tree, Value
from fedlore.observe.features import (
    collaboration,
    communication,
    methodology,
    process,
    skills,
    success,
    team,
    timeline,
    tools,
    workflow,
)
from fedlore.observe.history.git import read_history
from fedlore.observe.intervals import ORDER, jackknife_interval
from fedlore.observe.opening import opened
from tests.observe.histories import ALICE, BOB, CAROL, DEPENDABOT, Commit, make_evidence, make_repository

MODULES = (workflow, collaboration, success, team, timeline, process, communication, methodology, tools, skills)


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    found = {key: value for module in MODULES for key, value in module.features(evidence).items()}
    return {key: value.value if isinstance(value, Answer) else value for key, value in found.items()}


def value(name: str, evidence: Evidence) -> Value:
    return features(evidence)[MeasureId(name)]


def of_paths(*paths: bytes) -> Evidence:
    return make_evidence([Commit()], paths=paths)


def subjects(*texts: bytes, who: tuple[bytes, bytes] = ALICE) -> list[Commit]:
    return [Commit(text, day, who) for day, text in enumerate(texts)]


def test_agent_instructions_are_shown_by_their_path() -> None:
    assert value("tools.agent_instructions", of_paths(b"README.md", b"AGENTS.md")) is True
    assert value("tools.agent_instructions", of_paths(b"README.md", b"agents/README.md")) is False


def test_what_came_with_vendored_code_is_no_practice_of_the_project() -> None:
    vendored = of_paths(b"vendor/a/.golangci.yml", b"web/node_modules/b/tsconfig.json", b"third_party/c/AGENTS.md")
    assert value("workflow.linter", vendored) is False
    assert value("tools.agent_instructions", vendored) is False
    assert value("tools.in_use", vendored) == 0
    assert value("tools.in_use", of_paths(b".golangci.yml", b"web/tsconfig.json", b"AGENTS.md")) == 3


def test_bots_keep_no_project_alive() -> None:
    bumps = subjects(*[b"Bump"] * 900, who=DEPENDABOT)
    assert value("success.survival", make_evidence([Commit(day=0), *bumps])) is False


def released(*days: float, as_of_day: float = 1000, commits: Sequence[Commit] = ()) -> Evidence:
    return make_evidence(commits or [Commit(day=400)], release_days=days, as_of_day=as_of_day)


def test_rhythm_of_deliveries() -> None:
    assert value("team.deployment_frequency", released(35, 36, 100, 400.4, 401)) == 3
    assert value("team.quick_release_share", released(0, 3, 40, 80, 120)) == 0.25
    assert value("team.quick_release_share", released(0, 3, 40)) is None


def test_regular_releases() -> None:
    name = "success.release_regularity"
    assert value(name, released(0, 30, 60, 90)) is True
    assert value(name, released(0, 30, 60)) is False
    # Intervals 10, 10, 40: mean 20, standard deviation sqrt(200); as days at random, sqrt(2 / 4) of the mean.
    assert value(name, released(0, 10, 20, 60)) is True
    assert value(name, released(0, 10, 20, 61)) is False
    # Among four intervals the limit is sqrt(3 / 5): 10, 10, 10 and 39 vary by .73, with 43 by .79.
    assert value(name, released(0, 10, 20, 30, 69)) is True
    assert value(name, released(0, 10, 20, 30, 73)) is False
    assert value(name, make_evidence([], release_days=[0, 30, 60, 90])) is False


def test_only_the_releases_of_the_last_two_years_are_held_to_be_regular() -> None:
    name = "success.release_regularity"
    recent = [1271, 1400, 1600, 1800]
    commits = [Commit(day=0), Commit(day=2000)]
    assert value(name, released(1, 2, 3, 4, *recent, as_of_day=2100, commits=commits)) is True
    # The day before the last two years no longer counts; nor does one after that of the newest commit, which does.
    assert value(name, released(1, 2, 3, 4, 1270, *recent[1:], as_of_day=2100, commits=commits)) is False
    assert value(name, released(1, 2, 3, 4, *recent[1:], 2000.4, as_of_day=2100, commits=commits)) is True
    assert value(name, released(1, 2, 3, 4, *recent[1:], 2001, as_of_day=2100, commits=commits)) is False


def test_forecasts_of_releases() -> None:
    assert value("timeline.release_pred25", released(0, 10, 20, 30, 40)) is None
    assert value("timeline.release_pred25", released(0, 10, 20, 30, 40, 60)) == 0.5
    # The forecasts are 10, 10 and 10 for 20, 10 and 40 days: one of three is close.
    evidence = released(0, 10, 20, 40, 50, 90)
    assert value("timeline.release_pred25", evidence) == pytest.approx(1 / 3)
    # Errors 10, 0, 30 (mean 40/3); guessing errs by |20-10|, |20-40|, |10-40| (mean 20).
    assert value("timeline.standardised_accuracy", evidence) == pytest.approx(1 - 40 / 60)
    assert value("timeline.standardised_accuracy", released(0, 10, 20, 30, 40, 50)) is None
    assert value("timeline.release_overdue", released(0, 10, 20, 30, as_of_day=50)) == 0.0
    assert value("timeline.release_overdue", released(0, 10, 20, 30, as_of_day=51)) == 1.0
    assert value("timeline.release_overdue", released(0, 10, 20, as_of_day=99)) is None


def test_the_accuracy_of_forecasts_has_the_interval_of_leaving_each_out() -> None:
    days = np.cumsum([0, 10, 12, 40, 8, 15, 15, 33, 21])
    evidence = released(*days.tolist())
    actual = np.diff(days)
    forecast = np.array([np.median(actual[:index]) for index in range(2, len(actual))])
    errors, actual = np.abs(actual[2:] - forecast), actual[2:]

    def accuracy(kept: list[int]) -> float:
        guessing = np.mean([abs(actual[one] - actual[other]) for one, other in permutations(kept, 2)])
        return float(1 - errors[kept].mean() / guessing)

    every = list(range(len(actual)))
    without_one = [accuracy([other for other in every if other != one]) for one in every]
    expected = jackknife_interval(accuracy(every), without_one)
    found = timeline.features(evidence)[MeasureId("timeline.standardised_accuracy")].interval
    assert expected is not None
    assert found is not None
    assert found[:2] == pytest.approx(expected[:2])


def test_whether_a_release_is_overdue_is_told_by_the_last_two_years() -> None:
    commits = [Commit(day=0), Commit(day=1100)]
    often = range(0, 300, 10)
    seldom = released(*often, 400, 600, 800, 1000, as_of_day=1200, commits=commits)
    assert value("timeline.release_overdue", seldom) == 0
    assert value("timeline.release_overdue", released(*often, 400, as_of_day=1200, commits=commits)) is None
    intervals = [10, 20, 30, 40, 50, 60]
    days = [700 + sum(intervals[:count]) for count in range(7)]
    late = timeline.features(released(*days, as_of_day=980, commits=commits))[MeasureId("timeline.release_overdue")]
    # 70 days since the last release; the median, 35 days, lies between the least interval and the largest.
    assert late.value == 0
    assert late.interval == (70 / 60, 70 / 10, ORDER)


def test_lead_time_is_counted_to_the_next_release() -> None:
    commits = [Commit(day=day) for day in (100, 101, 105, 120)]
    assert value("team.change_lead_time", released(50, 110, commits=commits)) == 9
    assert value("team.change_lead_time", released(50, commits=commits)) is None


def test_reverts() -> None:
    one = subjects(b'Revert "Add it"', *[b"Add it"] * 99)
    assert value("team.revert_share", make_evidence(one)) == 0.01
    assert value("team.revert_share", make_evidence(subjects(b"revert: it"))) == 0.05


def test_survival_looks_back_from_the_day_of_the_round() -> None:
    evidence = make_evidence([Commit(day=0), Commit(day=100)], as_of_day=280)
    assert value("success.survival", evidence) is True
    assert value("success.survival", replace(evidence, as_of=evidence.as_of + 1)) is False


def monthly(*counts: int) -> Evidence:
    """Commits per 30-day month, oldest month first; the newest commit ends the last month."""
    last = 30 * len(counts)
    begin = [Commit(day=0)]
    ages = [(len(counts) - 1 - month, number) for month, count in enumerate(counts) for number in range(count)]
    return make_evidence(
        begin + [Commit(day=last - 30 * age - number / 100) for age, number in sorted(ages, reverse=True)]
    )


@pytest.mark.parametrize(
    ("counts", "holds"),
    [
        ((5, 5, 5, 5), True),
        ((5, 5, 5, 4), False),
        ((1, 2, 3), True),
        ((9, 9), False),
        ((90, *[1] * 24), True),
        ((90, *[1] * 23), False),
        ((*[1] * 24, 90), True),
        ((*[3] * 23, 2), False),
    ],
)
def test_activity_slope(counts: tuple[int, ...], holds: bool) -> None:
    assert value("success.activity_slope", monthly(*counts)) is holds


@pytest.mark.parametrize(
    ("subject", "corrective"),
    [
        (b"Fix the parser", True),
        (b"fixes #12", True),
        (b"fix: it", True),
        (b"Bugfix", True),
        (b"Handle an error", True),
        (b"Add prefix", False),
        (b"Debug output", False),
        (b"Fixture for tests", False),
        (b"Terror", False),
    ],
)
def test_corrective_words(subject: bytes, corrective: bool) -> None:
    name = "success.corrective_share"
    assert value(name, make_evidence(subjects(subject, *[b"Add"] * 3))) is not corrective
    assert value(name, make_evidence(subjects(subject, *[b"Add"] * 4))) is True


def test_contributors_grow_in_number() -> None:
    grown = [Commit(day=10, who=ALICE), *[Commit(day=400, who=who) for who in (ALICE, BOB)]]
    assert value("success.contributor_growth", make_evidence(grown)) is True
    assert value("success.contributor_growth", make_evidence(grown[1:])) is False


CI = b".github/workflows/ci.yml"


def test_early_and_kept() -> None:
    def begun(day: float, path: bytes = CI) -> Evidence:
        return make_evidence([Commit(day=0), Commit(day=day, files={path: "A"}), Commit(day=400)], paths=[path])

    assert value("methodology.early_ci", begun(100)) is True
    assert value("methodology.early_ci", begun(101)) is False
    assert value("methodology.early_ci", make_evidence([Commit()], paths=[CI])) is False
    assert value("methodology.early_tests", begun(100, b"tests/test_a.py")) is True
    assert value("methodology.early_tests", begun(101, b"tests/test_a.py")) is False
    # From the first configuration to the newest commit, on day 400; how long ago that is does not matter.
    assert value("tools.ci_kept", begun(35)) is True
    assert value("tools.ci_kept", begun(36)) is None
    kept = begun(10, b".flake8")
    assert value("tools.linter_kept", kept) is True
    assert value("tools.linter_kept", replace(kept, tree=Tree([SourceFile(b"a", "", "", 0)]))) is False
    months = make_evidence([Commit(day=10, files={CI: "A"}), Commit(day=160)], paths=[CI], as_of_day=2000)
    assert value("tools.ci_kept", months) is None
    by_a_bot = [Commit(day=0), Commit(day=10, who=DEPENDABOT, files={CI: "A"}), Commit(day=500, who=DEPENDABOT)]
    assert value("tools.ci_kept", make_evidence(by_a_bot, paths=[CI])) is None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("methodology.ci_corrective_difference", CI),
        ("methodology.tests_corrective_difference", b"tests/test_a.py"),
        ("tools.linter_corrective_difference", b".flake8"),
    ],
)
def test_corrections_before_and_after(name: str, path: bytes) -> None:
    """Corrections more than a year before count no more."""
    long_ago = [Commit(b"Fix it", 0)] * 20
    before = [Commit(b"Fix it", 400)] * 5 + [Commit(b"Add it", 401)] * 15
    onset = Commit(b"Add a tool", 500, files={path: "A"})
    after = [Commit(b"Fix it", 510)] * 2 + [Commit(b"Add it", 520)] * 17
    end = Commit(b"Add it", 600)
    assert value(name, make_evidence([*long_ago, *before, onset, *after, end])) == pytest.approx(0.1 - 0.25)
    assert value(name, make_evidence([*long_ago, *before, onset, *after[2:], end])) is None
    assert value(name, make_evidence([*long_ago, *before, *after, end])) is None


def test_coding_agents() -> None:
    name = "tools.coding_agent"
    helped = Commit(by_agent=True)
    assert value(name, make_evidence([helped, *[Commit()] * 99])) is True
    assert value(name, make_evidence([helped, *[Commit()] * 100])) is False
    assert value(name, make_evidence([replace(helped, day=-366), Commit()])) is False
    assert value(name, make_evidence([replace(helped, who=DEPENDABOT), *[Commit()] * 99])) is True


def test_the_features_of_a_repository_are_those_of_its_commits(tmp_path: Path) -> None:
    commits = [
        Commit(b"feat: begin", 0, ALICE, {b"src/a.py": "A", CI: "A"}, zone="+0200"),
        Commit(b"fix: it", 40, BOB, {b"src/a.py": "M", b"tests/test_a.py": "A"}),
        Commit(b"Bump", 50, DEPENDABOT, {b"uv.lock": "A"}),
        Commit(b"Rework", 430, CAROL, {b"src/b.py": "A", b"src/a.py": "D"}),
        Commit(b"feat: more", 440, ALICE, {b"src/b.py": "M"}, written_day=420),
    ]
    head = [b"src/b.py", CI, b"tests/test_a.py", b"uv.lock"]
    tags = [("v1.0", 1), ("v1.1", 2), ("v1.2", 4), ("v1.3", 5)]
    expected = make_evidence(commits, paths=head, release_days=[0, 40, 430, 440])
    with opened(make_repository(tmp_path / "r", commits, tags)) as repository:
        history, _ = read_history(repository)
    assert features(replace(expected, history=history)) == features(expected)
