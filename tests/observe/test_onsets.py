"""Practices begin where the history first shows them, and the months around that day are counted as they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.around import OUTCOMES, WINDOW, Around, all_around, difference_after
from fedlore.observe.evidence import Evidence, Planning, StatusChange, Tree
from fedlore.observe.history.git import read_history
from fedlore.observe.intervals import mean_ratio_interval, median_ratio_interval, share_difference_interval
from fedlore.observe.onsets import PRACTICES, gone_at_head, onsets
from fedlore.observe.opening import opened
from fedlore.observe.report.series import series_of
from tests.observe.histories import ALICE, BEGIN, BOB, CAROL, DAY, DEPENDABOT, Commit, make_evidence, make_repository
from tests.observe.test_history_bounds import evidences


def day_of(name: str, evidence: Evidence) -> float | None:
    began = onsets(evidence)[name]
    return None if began is None else (began - BEGIN) / DAY


def on_days(days: Sequence[float], **more: object) -> list[Commit]:
    return [Commit(day=day, **more) for day in days]  # type: ignore[arg-type]


def series_around(evidence: Evidence, practice: str) -> Around | None:
    """The outcomes around one practice; None where it has no onset."""
    return next(iter(all_around(evidence, {practice: onsets(evidence)[practice]})), None)


@pytest.mark.parametrize(
    ("name", "path", "other"),
    [
        ("tests", b"tests/test_a.py", b"tests/data.txt"),
        ("ci", b".github/workflows/ci.yml", b"x/.github/workflows/ci.yml"),
        ("linter", b"web/.eslintrc.json", b"web/eslintrc.json"),
        ("linter", b".eslintrc.json", b"web/node_modules/left-pad/.eslintrc.json"),
        ("type_checker", b"mypy.ini", b"mypy.ini.bak"),
        ("type_checker", b"tsconfig.json", b"third_party/lib/tsconfig.json"),
        ("type_checker", b"web/tsconfig.build.json", b"web/jsconfig.json"),
        ("type_checker", b"sorbet/config", b"sorbet/config.rb"),
        ("dependency_bot", b"renovate.json", b"web/renovate.json"),
        ("agent_instructions", b"web/AGENTS.md", b"web/agents.md"),
        ("containers", b"deploy/Dockerfile", b"deploy/myDockerfile"),
        ("containers", b"app.Dockerfile", b"vendor/Dockerfile"),
        ("containers", b"docker-compose.test.yml", b"docker-compose.md"),
        ("decision_records", b"docs/adr/0001-x.md", b"docs/adr/0001-x.txt"),
        ("planning", b"_bmad-output/planning-artifacts/prd.md", b"x_bmad-output/planning-artifacts/prd.md"),
        ("sprint_file", b"_bmad-output/implementation-artifacts/sprint-status.yaml", b"sprint-status.md"),
        ("stories", b"docs/stories/1.2.login.md", b"docs/stories/login.md"),
        ("stories", b"_bmad-output/implementation-artifacts/1-2-login.md", b"docs/1-2-login.md"),
        ("retrospectives", b"_bmad-output/implementation-artifacts/epic-1-retro-2025-01-01.md", b"retro/epic-1.md"),
    ],
)
def test_a_tool_begins_when_its_file_is_first_added(name: str, path: bytes, other: bytes) -> None:
    none = [Commit(day=0, files={b"a.py": "A"}), Commit(day=9, files={other: "A", path: "M"})]
    assert day_of(name, make_evidence(none)) is None
    added = [*none, Commit(day=20, files={path: "A"}), Commit(day=30, files={path: "D"})]
    assert day_of(name, make_evidence([*added, Commit(day=40, files={path: "A"})])) == 20


def test_a_habit_begins_with_the_first_commit_from_which_half_have_it() -> None:
    plain, conventional = b"Change it", b"feat: it"
    # Ten in a row among thirty others are a third of ninety days, not half of them.
    burst = [Commit(conventional, day) for day in range(10)] + [Commit(plain, day) for day in range(10, 40)]
    later = [Commit((plain, conventional)[number % 2], 200 + 10 * number) for number in range(30)]
    assert day_of("conventional_commits", make_evidence(burst)) is None
    assert day_of("conventional_commits", make_evidence(burst + later)) == 210
    # With fewer than twenty commits there is no telling.
    assert day_of("conventional_commits", make_evidence([Commit(conventional, day) for day in range(19)])) is None
    assert day_of("conventional_commits", make_evidence([Commit(conventional, day) for day in range(20)])) == 0


def test_tests_with_the_change_are_a_habit_of_changes_to_the_source() -> None:
    without = [Commit(day=day, files={b"src/a.py": "M"}) for day in range(30)]
    words = [Commit(day=100 + day, files={b"README": "M"}) for day in range(50)]
    both = [Commit(day=200 + day, files={b"src/a.py": "M", b"tests/test_a.py": "M"}) for day in range(30)]
    assert day_of("tests_with_change", make_evidence(without + words)) is None
    assert day_of("tests_with_change", make_evidence(without + words + both)) == 200


def test_review_begins_with_the_first_of_five_within_ninety_days() -> None:
    once = [Commit(day=0, reviewed=True), *on_days([100, 101, 102, 103])]
    assert day_of("review", make_evidence(once)) is None
    many = [Commit(b"Merge pull request #1 from x", day, merges=1) for day in (300, 320, 340, 360)]
    assert day_of("review", make_evidence([*once, *many])) is None
    assert day_of("review", make_evidence([*once, *many, Commit(b"Add it (#7)", 390)])) == 300
    assert day_of("review", make_evidence([*once, *many, Commit(b"Add it (#7)", 391)])) is None


def test_agents_and_releases_begin_with_their_first() -> None:
    evidence = make_evidence(
        [Commit(day=0), Commit(day=5, by_agent=True), Commit(day=9, by_agent=True)], release_days=[30, 7, 90]
    )
    assert (day_of("coding_agent", evidence), day_of("releases", evidence)) == (5, 7)


def test_stories_begin_with_the_sprint_file_or_a_story_file_whichever_is_first() -> None:
    evidence = make_evidence([Commit(day=0), Commit(day=50, files={b"docs/stories/1.1.x.md": "A"})])
    changes = (
        StatusChange("1-1", "story", BEGIN + 40 * DAY, "backlog"),
        StatusChange("1", "retrospective", BEGIN + 41 * DAY, "optional"),
        StatusChange("1", "retrospective", BEGIN + 60 * DAY, "done"),
    )
    told = replace(evidence, planning=Planning(changes))
    assert (day_of("stories", evidence), day_of("stories", told)) == (50, 40)
    assert (day_of("retrospectives", evidence), day_of("retrospectives", told)) == (None, 60)


def test_an_empty_history_has_no_onset() -> None:
    evidence = make_evidence([])
    assert onsets(evidence) == dict.fromkeys(PRACTICES)
    assert all(series_around(evidence, practice) is None for practice in PRACTICES)


def test_a_real_repository_shows_its_onsets(tmp_path: Path) -> None:
    commits = [
        Commit(day=0, files={b"a.py": "A"}),
        Commit(day=10, files={b".github/workflows/ci.yml": "A"}),
        Commit(day=20, who=DEPENDABOT, files={b"mypy.ini": "A"}),
    ]
    with opened(make_repository(tmp_path / "r", commits, [("v1.0", 2)])) as repository:
        history, _ = read_history(repository)
    found = onsets(Evidence(history, Tree([]), BEGIN))
    days = {name: (time - BEGIN) / DAY for name, time in found.items() if time is not None}
    assert days == {"ci": 10, "type_checker": 20, "releases": 10}


def four_months_each() -> Evidence:
    """Before CI: one person, a commit every third day, every other a fix; after it: two people, daily, no fix."""
    before = [Commit((b"Fix it", b"Add it")[day // 3 % 2], day, ALICE, {b"a": "M"}) for day in range(0, 120, 3)]
    after = [
        Commit(
            b"Add it",
            day,
            (ALICE, BOB)[day % 2],
            {b"a": "M", b"b": "M"} | ({b".travis.yml": "A"} if day == 120 else {}),
        )
        for day in range(120, 242)
    ]
    return make_evidence([*before, *after], release_days=[120, 241])


def test_a_practice_that_is_gone_at_head_is_told_from_one_that_is_there() -> None:
    config = [Commit(day=0, files={b".travis.yml": "A", b".flake8": "A", b"t/test_a.py": "A"})]
    tested = [Commit(b"feat: it", day, files={b"a.py": "M", b"t/test_a.py": "M"}) for day in range(1, 31)]
    later = [Commit(b"feat: it", day, files={b"a.py": "M"}) for day in range(31, 60)]
    there = {"ci", "linter", "tests", "tests_with_change", "conventional_commits"}
    now = make_evidence([*config, *tested], paths=[b".travis.yml", b"web/.flake8", b"t/test_a.py"])
    assert not gone_at_head(now) & there
    then = make_evidence([*config, *tested, *later], paths=[b"vendor/.flake8", b"a.py"])
    assert gone_at_head(then) & there == {"ci", "linter", "tests", "tests_with_change"}
    assert series_of(then)["began:ci"] == ((BEGIN, 0.0),)
    assert series_of(now)["began:ci"] == ((BEGIN, 1.0),)


def test_all_practices_that_began_have_their_months_the_earliest_first() -> None:
    evidence = four_months_each()
    began = onsets(evidence)
    around = all_around(evidence, began)
    assert [(one.practice, one.onset) for one in around] == sorted(
        ((name, time) for name, time in began.items() if time is not None), key=lambda pair: (pair[1], pair[0])
    )
    assert len(around) >= 2
    assert series_around(evidence, "ci") in around


def test_the_months_around_an_onset_are_counted_by_hand() -> None:
    evidence = four_months_each()
    around = series_around(evidence, "ci")
    assert around is not None
    assert (around.onset, around.months) == (BEGIN + 120 * DAY, tuple(range(-4, 4)))
    values = {series.outcome: series.values for series in around.series}
    assert values["commits"] == (10, 10, 10, 10, 30, 30, 30, 30)
    assert values["contributors"] == (1, 1, 1, 1, 2, 2, 2, 2)
    assert values["corrective_share"] == (0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0)
    assert values["commit_files"] == (1, 1, 1, 1, 2, 2, 2, 2)
    # The days from the middle of each month to the release; the very commit of the first one waits for nothing.
    assert values["lead_days"] == (106.5, 76.5, 46.5, 16.5, 105.5, 76.5, 46.5, 16.5)
    assert "stories_done" not in values


def test_differences_are_those_of_the_sides() -> None:
    evidence = four_months_each()
    began = BEGIN + 120 * DAY
    found = {outcome: difference_after(evidence, began, outcome, 9.0).value for outcome in OUTCOMES}
    assert found == {
        "corrective_share": -0.5,
        "revert_share": 0,
        "commits": pytest.approx(math.log2(3)),
        "contributors": 1,
        "lead_days": pytest.approx(0, abs=0.1),
        "commit_files": 1,
        "stories_done": None,
    }
    assert difference_after(evidence, began, "commits", 0.25).value == 0.25
    answer = difference_after(evidence, began, "commits", 2.0)
    assert list(answer.because.values()) == [10, 30, 4, 4]


def test_differences_have_the_interval_of_what_they_are_made_of() -> None:
    evidence = four_months_each()
    began = BEGIN + 120 * DAY
    intervals = {outcome: difference_after(evidence, began, outcome, 9.0).interval for outcome in OUTCOMES}
    assert intervals["corrective_share"] == share_difference_interval((20, 40), (0, 120))
    assert intervals["commit_files"] == median_ratio_interval([1] * 40, [2] * 120)
    # Each month before had as many commits and people as the others, and so had each month after.
    assert (intervals["commits"], intervals["contributors"]) == (None, None)
    uneven = make_evidence(on_days([*range(0, 90, 9), *range(90, 120, 3), *range(120, 242)]))
    assert difference_after(uneven, began, "commits", 2.0).interval == mean_ratio_interval(
        [4, 3, 3, 10], [30, 30, 30, 30]
    )


def test_stories_are_counted_by_the_month_in_which_they_were_done() -> None:
    evidence = four_months_each()
    days = [10, 20, *range(121, 241, 10)]
    changes = tuple(StatusChange(f"1-{day}", "story", BEGIN + day * DAY, "done") for day in days)
    others = (StatusChange("9-9", "story", BEGIN + 130 * DAY, "review"), StatusChange("1", "epic", BEGIN, "done"))
    told = replace(evidence, planning=Planning((*changes, *others)))
    around = series_around(told, "ci")
    assert around is not None
    assert {series.outcome: series.values for series in around.series}["stories_done"] == (2, 0, 0, 0, 3, 3, 3, 3)
    assert difference_after(told, around.onset, "stories_done", 9.0).value == pytest.approx(math.log2(3 / 0.5))


def test_thin_sides_tell_nothing() -> None:
    evidence = four_months_each()
    assert difference_after(evidence, None, "commits", 2.0).value is None
    # 89 days after the first commit there are two whole months before, at 91 there are three.
    assert difference_after(evidence, BEGIN + 89 * DAY, "commits", 2.0).value is None
    assert difference_after(evidence, BEGIN + 91 * DAY, "commits", 2.0).value is not None
    few = make_evidence(on_days([*range(0, 120, 8), *range(120, 242)]))
    assert difference_after(few, BEGIN + 120 * DAY, "corrective_share", 0.3).value is None
    assert difference_after(few, BEGIN + 120 * DAY, "commits", 2.0).value is not None


def test_no_more_than_twelve_months_on_either_side_count() -> None:
    early = [Commit(b"Fix it", day) for day in range(0, 600)]
    calm = [Commit(b"Add it", day) for day in range(600, 960)]
    late = [Commit(b"Add it", day, CAROL) for day in range(960, 1400)]
    evidence = make_evidence([*early, *calm, *late])
    answer = difference_after(evidence, BEGIN + 960 * DAY, "corrective_share", 0.3)
    assert (answer.value, answer.because["months before"], answer.because["months after"]) == (0, WINDOW, WINDOW)


@settings(max_examples=60)
@given(evidences, st.sampled_from(sorted(PRACTICES)))
def test_whatever_a_history_holds_series_and_differences_are_sound(evidence: Evidence, practice: str) -> None:
    began = onsets(evidence)[practice]
    around = series_around(evidence, practice)
    assert (around is None) == (began is None)
    if around is None:
        return
    assert len(around.months) <= 2 * WINDOW
    for series in around.series:
        assert len(series.values) == len(around.months)
        assert all(value is None or (math.isfinite(value) and value >= 0) for value in series.values)
    for outcome in OUTCOMES:
        value = difference_after(evidence, began, outcome, 1.5).value
        assert value is None or -1.5 <= value <= 1.5
        far = difference_after(evidence, began, outcome, math.inf)
        if far.value is not None and far.interval is not None:
            assert far.interval.low <= far.value <= far.interval.high
