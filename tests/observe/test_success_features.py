"""Success, teams, decisions, methods and tools: each measure has the value that a hand would count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, Labels, PackageSpan, Planning, SourceFile, StatusChange, Tree
from fedlore.observe.features import decisions, methodology, success, team, tools
from fedlore.observe.intervals import mean_interval
from fedlore.observe.owner.labels import KEYS, SATISFACTION
from tests.observe.histories import ALICE, BEGIN, BOB, CAROL, DAY, DEPENDABOT, Commit, make_evidence
from tests.observe.test_history_bounds import DAYS, evidences

MODULES = (success, team, decisions, methodology, tools)


def answers(evidence: Evidence) -> dict[MeasureId, Answer]:
    return {key: answer for module in MODULES for key, answer in module.features(evidence).items()}


def answer(name: str, evidence: Evidence) -> Answer:
    return answers(evidence)[MeasureId(name)]


def value(name: str, evidence: Evidence) -> bool | float | None:
    return answer(name, evidence).value


def of_labels(**values: float) -> Evidence:
    return replace(make_evidence([Commit()]), labels=Labels(values))


def on_days(days: Sequence[float], who: tuple[bytes, bytes] = ALICE, subject: bytes = b"Change it") -> list[Commit]:
    return [Commit(subject, day, who) for day in days]


def with_files(evidence: Evidence, *files: SourceFile) -> Evidence:
    return replace(evidence, tree=Tree(list(files)))


def test_active_months_are_those_with_a_human_commit() -> None:
    evidence = make_evidence([*on_days([0, 10, 100, 300]), Commit(day=150, who=DEPENDABOT)])
    # Ten whole months back from day 300: three of them hold days 300, 100 and 10; day 0 is where they end.
    assert answer("success.active_months", evidence).because == {"months with a human commit": 3, "whole months": 10}
    assert value("success.active_months", make_evidence(on_days([0, 89]))) is None


def test_retention_is_the_share_of_last_years_people_who_are_still_there() -> None:
    years = make_evidence([*on_days([200], ALICE), *on_days([210, 700], BOB), *on_days([701], CAROL)])
    assert value("success.contributor_retention", years) == 0.5
    assert value("success.contributor_retention", make_evidence(on_days([0, 10]))) is None


def test_release_recency_counts_to_as_of_and_age_to_the_newest_commit() -> None:
    evidence = make_evidence(on_days([0, 730]), release_days=[100, 900.4], as_of_day=1000)
    assert value("success.release_recency", evidence) == 100
    assert value("success.age", evidence) == 2
    assert value("success.release_recency", make_evidence(on_days([0]), release_days=[1000.4], as_of_day=1000)) == 0
    assert value("success.release_recency", make_evidence(on_days([0]))) is None


@pytest.mark.parametrize(
    ("measure", "key", "given", "wanted"),
    [
        ("success.on_time", "on_time", 1, 1),
        ("success.customer_satisfaction", "customer_satisfaction", 4.5, 4.5),
        ("success.revenue_growth", "revenue_growth", 0.2, 0.2),
        ("success.revenue_growth", "revenue_growth", -0.9, -0.5),
        ("success.revenue_growth", "revenue_growth", 30, 1),
        ("success.incidents", "incidents_per_month", 3, 3),
        ("team.satisfaction", "team_satisfaction", 2, 2),
        ("team.size", "team_size", 12.5, 12.5),
        ("team.recovery_time", "recovery_hours", 36, 1.5),
        ("tools.agent_satisfaction", "satisfaction.agent", 5, 5),
        ("tools.ci_satisfaction", "satisfaction.ci", 1, 1),
        ("tools.linter_satisfaction", "satisfaction.linter", 3, 3),
    ],
)
def test_what_the_owner_states_is_taken_within_the_bounds(measure: str, key: str, given: float, wanted: float) -> None:
    found = answer(measure, of_labels(**{key: given}))
    assert found == Answer(wanted, {f"{key} in outcomes.toml": given})
    assert value(measure, make_evidence([])) is None


def test_satisfaction_is_the_mean_of_what_is_stated() -> None:
    labels = {"satisfaction.ci": 2, "satisfaction.linter": 5, "satisfaction.review": 4, "satisfaction.tests": 3}
    evidence = of_labels(**labels)
    assert (value("tools.satisfaction", evidence), value("methodology.satisfaction", evidence)) == (3.5, 3.5)


RELEASES = [100, 130, 160, 190, 220]


def test_releases_fail_that_a_hotfix_or_revert_follows_within_a_week() -> None:
    commits = [
        *on_days([90, 110, 140, 170, 200, 250]),
        Commit(b"hotfix: it", 103),
        Commit(b'Revert "it"', 104),
        Commit(b'Revert "it"', 168),  # eight days after the release
        Commit(b"Emergency change", 195),
        Commit(b"hotfix: it", 221, DEPENDABOT),
    ]
    evidence = make_evidence(commits, release_days=RELEASES)
    assert value("team.change_fail_share", evidence) == 0.4
    assert value("team.recovery_time", evidence) == 30
    stated = replace(evidence, labels=Labels({"deployments": 50, "failed_deployments": 5, "recovery_hours": 12}))
    assert (value("team.change_fail_share", stated), value("team.recovery_time", stated)) == (0.1, 0.5)
    nothing = replace(evidence, labels=Labels({"deployments": 0, "failed_deployments": 0}))
    assert value("team.change_fail_share", nothing) == 0.4
    assert value("team.change_fail_share", make_evidence(commits, release_days=RELEASES[:3])) is None
    assert value("team.recovery_time", make_evidence(commits, release_days=RELEASES[:1])) is None


def test_releases_are_unplanned_that_hold_mostly_corrections() -> None:
    commits = [
        *on_days([50, 60], subject=b"Fix it"),  # before the first release, which has none before it
        *on_days([110, 111], subject=b"Fix it"),
        *on_days([112, 113]),
        *on_days([140], subject=b"Fix it"),
        *on_days([141, 142]),
        *on_days([170], subject=b"Fix it"),
        *on_days([230]),
    ]
    evidence = make_evidence(commits, release_days=RELEASES)
    assert answer("team.unplanned_release_share", evidence).because == {
        "releases made of corrections by half or more": 2,
        "releases with human commits since the one before": 3,
    }
    assert answer("team.batch_size", evidence).value == 3


def test_rework_corrects_what_was_changed_within_three_weeks() -> None:
    def change(day: float, subject: bytes = b"Add it", path: bytes = b"a.py") -> Commit:
        return Commit(subject, day, files={path: "M"})

    padding = [change(day, path=b"p%d.py" % day) for day in range(16)]
    commits = [
        *padding,
        change(20),
        change(41, b"Fix it"),  # rework: 21 days later
        change(42, b"Fix it"),  # a correction of a correction
        change(50, path=b"b.py"),
        change(72, b"Fix it", b"b.py"),  # 22 days later
        change(73, b"Fix it", b"README"),
    ]
    evidence = make_evidence(commits)
    assert answer("team.rework_share", evidence).because == {
        "corrections of what was changed up to three weeks before": 1,
        "changes to source files in the last year": 21,
    }
    assert value("team.rework_share", make_evidence(commits[2:])) is None


def test_size_and_pace_are_of_the_months_with_commits() -> None:
    commits = [*on_days([359, 358, 357], ALICE), *on_days([350], BOB), *on_days([320, 321], CAROL), *on_days([10], BOB)]
    evidence = make_evidence([*commits, Commit(day=340, who=DEPENDABOT)])
    # Months back from day 359: Alice and Bob, Carol, and Bob in the last of twelve.
    assert value("team.size", evidence) == 1
    pace = answer("team.pace", evidence)
    assert pace.value == 7 / 4
    assert pace.because == {"human commits in 12 months": 7, "months of one person with a commit": 4}
    assert pace.interval == mean_interval([3, 1, 2, 1])


def debts(path: bytes, count: int, *lines: int) -> SourceFile:
    return SourceFile(path, "", "python", 100, 100, counts={"debt_comments": count}, places={"debt_comments": lines})


def test_old_debts_are_in_files_that_nobody_touched_for_a_year() -> None:
    commits = [
        Commit(day=0, files={b"old.py": "A", b"new.py": "A", b"tests/test_a.py": "A"}),
        Commit(day=100, files={b"new.py": "M"}),
        Commit(day=400, files={b"x.py": "A"}),
    ]
    files = [debts(b"old.py", 3, 7, 9), debts(b"new.py", 1, 2), debts(b"tests/test_a.py", 2), debts(b"x.py", 0)]
    evidence = with_files(make_evidence(commits), *files)
    found = answer("decisions.old_debt_share", evidence)
    assert found.value == 5 / 6
    assert found.places == ((b"old.py", 7), (b"old.py", 9))
    assert answer("decisions.debt_comments", evidence).value == 15
    assert answer("decisions.debt_comments", evidence).places == ((b"new.py", 2), (b"old.py", 7), (b"old.py", 9))
    assert value("decisions.old_debt_share", with_files(make_evidence(commits), debts(b"x.py", 0))) is None
    # Three files but for tests are too few to say how far it spreads.
    assert value("decisions.debt_spread", evidence) is None
    more = [debts(b"y%d.py" % number, number % 2) for number in range(2)]
    assert value("decisions.debt_spread", with_files(make_evidence(commits), *files, *more)) == 0.6


def test_records_that_were_soon_superseded() -> None:
    def record(path: bytes, *counts: str) -> SourceFile:
        return SourceFile(path, "", "", 10, counts=dict.fromkeys(("records", *counts), 1))

    commits = [
        Commit(day=0, files={b"adr/1.md": "A", b"adr/2.md": "A", b"adr/3.md": "A"}),
        Commit(day=90, files={b"adr/1.md": "M", b"adr/3.md": "M"}),
        Commit(day=91, files={b"adr/2.md": "M"}),
    ]
    over = "records_superseded"
    files = [record(b"adr/1.md", over), record(b"adr/2.md", over), record(b"adr/3.md"), record(b"adr/4.md", over)]
    evidence = with_files(make_evidence(commits), *files)
    assert value("decisions.superseded_soon", evidence) == 0.5
    assert (value("decisions.records", evidence), value("decisions.superseded_records", evidence)) == (4, 1.0)
    assert value("decisions.superseded_soon", with_files(make_evidence(commits), files[2])) is None


def test_flip_flops_are_returns_and_short_trials_of_libraries() -> None:
    def span(name: str, first: int, last: int | None, returns: int = 0, kind: str = "pypi") -> PackageSpan:
        end = None if last is None else last * DAY
        return PackageSpan(f"pkg:{kind}/{name}", first * DAY, end, 0, 0, False, returns)

    spans = (
        span("a", 0, None, 2),
        span("b", 0, 89),
        span("c", 0, 90),
        span("d", 0, 20, 1),
        span("e", 0, None),
        span("image", 0, 5, 3, "docker"),
    )
    evidence = replace(make_evidence([Commit()]), packages=spans)
    assert value("decisions.dependency_flip_flops", evidence) == 80
    assert value("decisions.dependency_flip_flops", replace(evidence, packages=spans[1:])) is None


def test_rewrites_remove_much_at_once_and_moves_are_none() -> None:
    first = {b"src/a%d.py" % number: "A" for number in range(40)}
    removed = {b"src/a%d.py" % number: "D" for number in range(12)}
    moved = removed | {b"lib/a%d.py" % number: "A" for number in range(3)}
    assert value("decisions.rewrites", make_evidence([Commit(day=0, files=first), Commit(day=1, files=removed)])) == 1
    assert value("decisions.rewrites", make_evidence([Commit(day=0, files=first), Commit(day=1, files=moved)])) == 0
    more = first | {b"src/b.py": "A"}
    assert value("decisions.rewrites", make_evidence([Commit(day=0, files=more), Commit(day=1, files=removed)])) == 0
    few = {b"src/a%d.py" % number: "D" for number in range(11)}
    assert value("decisions.rewrites", make_evidence([Commit(day=0, files=first), Commit(day=1, files=few)])) == 0
    assert value("decisions.rewrites", make_evidence([])) is None


def test_breaking_changes_are_counted_over_a_year() -> None:
    commits = [*on_days(range(19)), Commit(b"feat!: Drop it", 30), Commit(b"feat!: Drop it", -400)]
    assert value("decisions.breaking_share", make_evidence(commits)) == 0.05
    assert value("decisions.breaking_share", make_evidence(commits[1:])) is None


def test_practices_are_counted_and_placed_in_the_projects_life() -> None:
    commits = [
        Commit(day=0),
        Commit(day=25, files={b".travis.yml": "A", b"tests/test_a.py": "A"}),
        *[Commit(b"Add it (#%d)" % number, 50 + number) for number in range(5)],
        Commit(day=100),
    ]
    evidence = make_evidence(commits, paths=[b".travis.yml", b"a.py"])
    assert answer("methodology.practices_begun", evidence).because == {
        "practices that began": 3,
        "practices looked for": 17,
    }
    assert value("methodology.review_onset", evidence) == 0.5
    assert value("methodology.tests_habit_onset", evidence) is None
    assert value("methodology.practices_begun", make_evidence([])) is None


def test_tools_in_use_and_kept() -> None:
    commits = [Commit(day=0, files={b".travis.yml": "A", b".flake8": "A", b"mypy.ini": "A", b"Dockerfile": "A"})]
    evidence = make_evidence(commits, paths=[b".travis.yml", b"Dockerfile", b"AGENTS.md"])
    assert (value("tools.in_use", evidence), value("tools.kept_share", evidence)) == (3, 0.5)
    vendored = make_evidence(commits, paths=[b"vendor/Dockerfile", b"app.Dockerfile.md"])
    assert value("tools.in_use", vendored) == 0
    assert value("tools.in_use", make_evidence(commits)) is None
    assert value("tools.kept_share", make_evidence([Commit()])) is None


def test_bots_and_agents_are_told_apart() -> None:
    commits = [
        *on_days([1, 2]),
        Commit(day=3, by_agent=True),
        Commit(day=4, who=DEPENDABOT),
        Commit(day=5, merges=1, by_agent=True),
    ]
    evidence = make_evidence(commits)
    assert (value("tools.agent_share", evidence), value("tools.bot_share", evidence)) == (0.25, 0.25)
    # An agent that commits under a bot's name is an agent.
    evidence = make_evidence([*commits, Commit(day=6, who=DEPENDABOT, by_agent=True)])
    assert (value("tools.agent_share", evidence), value("tools.bot_share", evidence)) == (0.4, 0.2)


@pytest.mark.parametrize(
    ("measure", "wanted"),
    [
        ("methodology.review_corrective_difference", -0.3),
        ("methodology.review_contributors_ratio", 1),
        ("tools.ci_lead_ratio", 2),
        ("tools.ci_revert_difference", 0),
        ("tools.dependency_bot_pace_ratio", 1),
        ("tools.agent_corrective_difference", -0.3),
        ("tools.agent_pace_ratio", 1),
        ("tools.agent_size_ratio", 0),
        ("tools.containers_lead_ratio", 2),
        ("tools.type_checker_corrective_difference", -0.3),
        ("methodology.planning_pace_ratio", 1),
        ("methodology.stories_corrective_difference", -0.3),
    ],
)
def test_what_differs_after_an_onset(measure: str, wanted: float) -> None:
    begun = {
        b".travis.yml": "A",
        b".github/dependabot.yml": "A",
        b"Dockerfile": "A",
        b"mypy.ini": "A",
        b"_bmad/x": "A",
        b"docs/stories/1.1.x.md": "A",
    }
    before = [Commit((b"Fix it", b"Add it")[day % 4 // 2], day, files={b"a": "M"}) for day in range(0, 360, 2)]
    after = [
        Commit(b"Add it (#1)", day, (ALICE, BOB)[day % 2], begun if day == 360 else {b"a": "M"}, by_agent=day == 360)
        for day in range(360, 721)
    ]
    quick = [day + 0.5 for day in range(0, 360, 2)]
    evidence = make_evidence([*before, *after], release_days=[*quick, 800])
    assert value(measure, evidence) == wanted
    # The same without anything before it says nothing.
    assert value(measure, make_evidence(after, release_days=[800])) is None


labels = st.fixed_dictionaries(
    {},
    optional={
        **{key.name: st.floats(key.low, key.high) for key in KEYS if key.high},
        **{f"satisfaction.{key.name}": st.floats(1, 5) for key in SATISFACTION},
        "on_time": st.sampled_from([0.0, 1.0]),
        "slip_days": st.floats(-400, 400),
    },
)
spans = st.builds(
    PackageSpan,
    st.sampled_from([f"pkg:pypi/p{number}" for number in range(9)]),
    st.integers(0, 10**9),
    st.one_of(st.none(), st.integers(0, 10**10)),
    st.integers(0, 10**9),
    st.integers(0, 9),
    st.booleans(),
    st.integers(0, 9),
)
files = st.builds(
    SourceFile,
    st.sampled_from([b"src/a.py", b"src/b.go", b"tests/test_a.py", b"docs/adr/1.md", b"never.py"]),
    st.just(""),
    st.sampled_from(["python", "go", ""]),
    st.integers(0, 10**6),
    st.integers(0, 10**5),
    counts=st.dictionaries(st.sampled_from(["debt_comments", "records", "records_superseded"]), st.integers(0, 9)),
)
changes = st.builds(
    StatusChange,
    st.sampled_from(["1-1", "1"]),
    st.sampled_from(["story", "epic", "retrospective"]),
    DAYS.map(lambda day: BEGIN + int(day * DAY)),
    st.sampled_from(["backlog", "done", ""]),
)


@settings(max_examples=40)
@given(evidences, labels, st.lists(spans, max_size=8), st.lists(files, max_size=8), st.lists(changes, max_size=8))
def test_values_are_of_their_measure_whatever_is_known(
    evidence: Evidence,
    known: Mapping[str, float],
    packages: list[PackageSpan],
    at_head: list[SourceFile],
    planned: list[StatusChange],
) -> None:
    more = replace(
        evidence,
        labels=Labels(known),
        packages=tuple(packages),
        tree=Tree(at_head or evidence.tree.files),
        planning=Planning(tuple(planned)),
    )
    catalogue = load_catalogue()
    found = answers(more)
    for name, told in found.items():
        measure = catalogue[name]
        assert all(isinstance(number, int | float) for number in told.because.values()), name
        if measure.kind == "yes-no":
            assert type(told.value) is bool, name
        elif told.value is not None:
            low, high = measure.bounds or (0.0, float("inf"))
            assert type(told.value) is float and low <= told.value <= high, name
    assert found == answers(replace(more, tree=Tree(more.tree.files[::-1])))
