"""A shallow clone tells what the commits tell that it holds, or nothing: never what the whole history contradicts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Answer, Churn, Evidence, History, SourceFile, Tree, Value
from fedlore.observe.features import (
    adoption,
    collaboration,
    communication,
    decisions,
    methodology,
    process,
    skills,
    success,
    team,
    technology,
    timeline,
    tools,
    workflow,
)
from fedlore.observe.features.commits import Mask, since_cut
from fedlore.observe.history.churn import count_churn
from fedlore.observe.history.git import read_history
from fedlore.observe.history.order import PLAIN
from fedlore.observe.naming import language_of
from fedlore.observe.onsets import onsets
from fedlore.observe.opening import opened
from fedlore.observe.project import observe_project
from fedlore.observe.report.series import BEGAN, NEWCOMERS
from tests.observe.answering import answer, with_parents
from tests.observe.histories import ALICE, BEGIN, BOB, CAROL, DAY, DEPENDABOT, SALT, Commit, make_evidence, run_git

MODULES = (
    adoption,
    collaboration,
    communication,
    decisions,
    methodology,
    process,
    skills,
    success,
    team,
    technology,
    timeline,
    tools,
    workflow,
)
COMMITS, DAYS = 150, 1500
AS_OF = BEGIN + (DAYS + 20) * DAY
SUBJECTS = (b"Add it", b"Fix it", b"feat: add it", b"fix: mend it", b"Revert it", b"Change it (#12)", b"WIP", b"x")
PEOPLE = (ALICE, BOB, CAROL, DEPENDABOT)
PATHS = (
    *(b"src/m%d.py" % number for number in range(12)),
    *(b"web/w%d.ts" % number for number in range(4)),
    *(b"tests/test_m%d.py" % number for number in range(4)),
    *(b".github/workflows/ci.yml", b"ruff.toml", b"mypy.ini", b"Dockerfile", b"README.md", b"CLAUDE.md"),
)


def random_repository(folder: Path, seed: int) -> Path:
    """Four years of work on a line and on branches that are merged: files come, change, go and come back."""
    generator = Random(seed)
    stream: list[bytes] = []
    tagged: list[int] = []
    line, topic = 0, 0
    files: dict[int, frozenset[bytes]] = {0: frozenset()}
    for mark in range(1, COMMITS + 1):
        when = BEGIN + mark * DAYS * DAY // COMMITS + generator.randrange(DAY)
        merges = topic if topic and generator.random() < 0.35 else 0
        on_topic = not merges and line and generator.random() < 0.4
        parent = topic if on_topic and topic else line
        name, address = generator.choice(PEOPLE[: 2 + mark // 40])
        subject = b"Merge pull request #1 from a/b" if merges else generator.choice(SUBJECTS)
        stream += [
            b"commit refs/heads/main\nmark :%d\n" % mark,
            b"author %s <%s> %d +0000\n" % (name, address, when - generator.randrange(9) * DAY),
            b"committer %s <%s> %d +0000\ndata %d\n%s\n" % (name, address, when, len(subject), subject),
            b"from :%d\n" % parent if parent else b"",
            b"merge :%d\n" % merges if merges else b"",
        ]
        there = files[parent]
        if merges:
            stream += [_written(path, mark) for path in sorted(files[merges] - there)]
            there |= files[merges]
        for path in () if merges else generator.sample(PATHS, generator.randint(1, 3)):
            gone = path in there and generator.random() < 0.3
            stream.append(b"D %s\n" % path if gone else _written(path, mark))
            there = there - {path} if gone else there | {path}
        files[mark] = there
        tagged += [] if on_topic else [mark]
        line, topic = (line, mark) if on_topic else (mark, 0 if merges else topic)
    stream.append(b"reset refs/heads/main\nfrom :%d\n\n" % line)
    for number, mark in enumerate(sorted(generator.sample(tagged, 12))):
        stream.append(b"reset refs/tags/v1.%d\nfrom :%d\n\n" % (number, mark))
    run_git(folder.parent, "init", "-q", "--bare", "-b", "main", str(folder))
    run_git(folder, "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    return folder


def _written(path: bytes, mark: int) -> bytes:
    content = b"line\n" * (mark % 7) + b"%d\n" % mark
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content)


def evidence_of(folder: Path) -> Evidence:
    with opened(folder) as repository, fact_cache(None, "1", SALT) as known:
        history, _ = read_history(repository, None, known)
        churn, _ = count_churn(repository, history, known)
    paths = run_git(folder, "ls-tree", "-r", "-z", "--name-only", "main").split(b"\0")[:-1]
    files = [SourceFile(path, "", language_of(path), 9, lines=3) for path in paths]
    return Evidence(history, Tree(files), AS_OF, churn=churn)


def part_of(whole: Evidence, kept: Mask, changing: Mask) -> Evidence:
    """The whole evidence with some of its commits alone, and the changes of those among them that are ``changing``."""
    history = whole.history
    row = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1).astype(np.int32)
    changes = (kept & changing)[history.changed_commit]
    names = ("changed_path", "changed_status", "changed_old", "changed_new")
    assert whole.churn is not None
    part = replace(
        history,
        **{name: getattr(history, name)[kept] for name in (*PLAIN, "commit", "author")},
        **{name: row[getattr(history, name)[kept]] for name in ("first_parent", "second_parent")},
        **{name: getattr(history, name)[changes] for name in names},
        changed_commit=row[history.changed_commit[changes]],
        head=int(row[history.head]),
    )
    return replace(whole, history=part, churn=Churn(whole.churn.added[changes], whole.churn.deleted[changes]))


def values_of(evidence: Evidence) -> dict[MeasureId, Value]:
    answers = {key: answer for module in MODULES for key, answer in module.features(evidence).items()}
    return {key: answer.value if isinstance(answer, Answer) else answer for key, answer in answers.items()}


# Others tell of the commits that are here, or of the part of them that lies after the cut.
OF_THE_WHOLE = {
    "adoption.kept",
    *(f"collaboration.{name}" for name in ("code_owners", "newcomers", "newcomer_share", "truck_factor")),
    *(f"communication.{name}" for name in ("radio_silence", "single_owner")),
    *(f"methodology.{name}" for name in ("early_ci", "early_tests", "practices_begun", "review_onset")),
    "methodology.review_contributors_ratio",
    *(f"methodology.{name}_corrective_difference" for name in ("ci", "review")),
    *(f"skill.{name}" for name in ("newcomers_stay", "orphaned_files", "ramp_up", "tenure")),
    *(f"success.{name}" for name in ("activity_slope", "age", "contributor_growth")),
    *(f"success.{name}" for name in ("release_recency", "release_regularity", "survival")),
    "team.deployment_frequency",
    *(f"technology.{name}" for name in ("docker", "languages", "language_shift", "technologies")),
    "timeline.release_overdue",
    *(f"tools.{name}" for name in ("ci_kept", "ci_lead_ratio", "in_use", "kept_share", "linter_kept")),
    *(f"workflow.{name}" for name in ("changelog", "ci", "linter", "release_tags")),
}
"""Measures of which a shallow clone says what the whole history says, or nothing."""

BRANCHES = {"communication.unreviewed_merges", "process.long_branches", "workflow.branch_length"} | {
    "workflow.branch_commits"
}
"""What is said of branches is tested where they are."""


@cache
def whole_of(folder: Path, seed: int) -> tuple[Path, Evidence]:
    path = random_repository(folder / f"whole{seed}", seed)
    return path, evidence_of(path)


def cut_at(whole: Path, depth: int) -> Path:
    run_git(whole.parent, "clone", "-q", "--bare", "--depth", str(depth), whole.as_uri(), f"{whole.name}-{depth}")
    return whole.parent / f"{whole.name}-{depth}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shallow")


def parts_of(whole: Evidence, shallow: History) -> list[Evidence]:
    """What a history holds that is cut: its commits, those after the cut, and those of the whole months after it."""
    here = {bytes(commit): bool(cut) for commit, cut in zip(shallow.commit, shallow.at_cut, strict=True)}
    ids = [bytes(commit) for commit in whole.history.commit]
    kept, changing = np.array([name in here for name in ids]), np.array([not here.get(name, True) for name in ids])
    times, cut = whole.history.commit_time, since_cut(shallow)
    assert cut is not None
    end = int(times[~whole.history.is_bot & (whole.history.parents < 2)].max())
    months = times > end - (end - cut) // (30 * DAY) * 30 * DAY
    found = [part_of(whole, chosen, changing) for chosen in (kept, kept & (times >= cut), kept & months)]
    released = shallow.release_times
    return [
        replace(one, history=replace(one.history, release_times=times))
        for one, times in zip(found, (released, *[released[released >= cut]] * 2), strict=True)
    ]


@pytest.mark.parametrize("depth", [1, 2, 6, 14, 30, 55])
@pytest.mark.parametrize("seed", range(4))
def test_each_measure_tells_of_the_commits_that_are_here_or_nothing(folder: Path, seed: int, depth: int) -> None:
    path, whole = whole_of(folder, seed)
    shallow = evidence_of(cut_at(path, depth))
    assert shallow.history.at_cut.any()
    assert set(onsets(shallow).values()) == {None}
    told, of_whole = values_of(shallow), values_of(whole)
    parts = [values_of(part) for part in parts_of(whole, shallow.history)]
    for measure, value in told.items():
        if value is None or measure in BRANCHES:
            continue
        allowed = [of_whole[measure], *(part[measure] for part in parts if measure not in OF_THE_WHOLE)]
        assert any(one is not None and value == pytest.approx(one) for one in allowed), measure


def test_these_repositories_have_what_a_cut_may_hide(folder: Path) -> None:
    """Otherwise the test above would not fail if a measure told too much."""
    values = [values_of(whole_of(folder, seed)[1]) for seed in range(4)]
    for measure in OF_THE_WHOLE:
        assert any(one[MeasureId(measure)] is not None for one in values), measure
    whole = [onsets(whole_of(folder, seed)[1]) for seed in range(4)]
    for practice in ("tests", "ci", "linter", "containers", "releases", "review"):
        assert any(one[practice] is not None for one in whole), practice


def test_a_deep_clone_tells_most_of_what_the_whole_tells(folder: Path) -> None:
    """Two years and more are here: what looks back so far is told, and equals what the whole history tells."""
    path, whole = whole_of(folder, 0)
    told, of_whole = values_of(evidence_of(cut_at(path, 60))), values_of(whole)
    for name in (
        "success.contributor_growth",
        "success.activity_slope",
        "success.survival",
        "success.contributor_retention",
        "collaboration.absence_factor",
        "team.deployment_frequency",
        "team.size",
        "skill.turnover",
        "tools.ci_kept",
        "workflow.release_tags",
    ):
        assert told[MeasureId(name)] == of_whole[MeasureId(name)] is not None, name


SPRINT = b"development_status:\n  epic-1: in-progress\n"
EPIC = b"  epic-2: in-progress\n"


def planned_repository(folder: Path) -> Path:
    """A hundred days, one commit each: packages and stories that came before day 60, and others that came after."""
    stream: list[bytes] = []

    def commit(day: int, path: bytes, content: bytes) -> None:
        stream.append(b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (BEGIN + day * DAY))
        stream.append(b"data 1\nx\nM 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content))

    manifest, sprint = b"requirements.txt", b"_bmad-output/implementation-artifacts/sprint-status.yaml"
    commit(0, manifest, b"flask\n")
    commit(10, sprint, SPRINT + b"  1-1-a: in-progress\n")
    for day in range(11, 70):
        commit(day, b"src/a%d.py" % (day % 5), b"%d\n" % day)
    commit(70, manifest, b"flask\nnumpy\n")
    commit(71, sprint, SPRINT + b"  1-1-a: review\n" + EPIC + b"  2-1-b: backlog\n")
    commit(80, sprint, SPRINT + b"  1-1-a: done\n" + EPIC + b"  2-1-b: in-progress\n")
    commit(99, sprint, SPRINT + b"  1-1-a: done\n  1-2-c: done\n" + EPIC + b"  2-1-b: done\n")
    run_git(folder.parent, "init", "-q", "--bare", "-b", "main", str(folder))
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    return folder


def test_stories_and_packages_that_were_there_at_the_cut_have_no_begin(tmp_path: Path) -> None:
    whole = planned_repository(tmp_path / "whole")
    one, other = (observe_project(path, as_of=BEGIN + 120 * DAY) for path in (whole, cut_at(whole, 15)))
    assert one.answers[MeasureId("stories.cycle_time")].because["stories seen in work and then done"] == 2
    assert other.answers[MeasureId("stories.cycle_time")].because["stories seen in work and then done"] == 1
    assert one.answers[MeasureId("adoption.package_age")].value is not None
    for name in ("package_age", "constraint_age", "new_packages", "kept", "packages_kept", "lifetime"):
        assert other.answers[MeasureId(f"adoption.{name}")].value is None, name
    assert one.answers[MeasureId("technology.dependencies")] == other.answers[MeasureId("technology.dependencies")]
    assert any(name.startswith(BEGAN) for name in one.series) and one.around and one.series[NEWCOMERS]
    assert not any(name.startswith(BEGAN) for name in other.series) and not other.around
    assert not other.series[NEWCOMERS] and len(one.origins) == 1
    assert other.origins[-1] == str(other.path) and one.origins[0] not in other.origins[:-1] != ()
    assert sum("before the cut is not known" in note for note in other.notes) == 1
    assert sum("before the cut is not known" in note for note in one.notes) == 0


def test_a_tool_that_was_there_at_a_cut_of_more_than_a_year_ago_was_kept(tmp_path: Path) -> None:
    lines = []
    for day in range(40):
        lines.append(b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (BEGIN + 20 * day * DAY))
        lines.append(b"data 1\nx\nM 100644 inline %s\ndata 1\n%d\n" % (b"f" if day else b"ruff.toml", day % 10))
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "whole")
    run_git(tmp_path / "whole", "fast-import", "--quiet", stdin=b"".join(lines))
    for depth, kept in ((30, True), (5, None)):
        evidence = replace(evidence_of(cut_at(tmp_path / "whole", depth)), as_of=BEGIN + 800 * DAY)
        assert values_of(evidence)[MeasureId("tools.linter_kept")] is kept


def cut_off(commits: list[Commit], *places: int) -> Evidence:
    """The evidence of these commits (oldest first, one after the other) where a clone is cut at some of them."""
    evidence = make_evidence(commits)
    at_cut = np.zeros(len(commits), np.bool_)
    at_cut[[len(commits) - 1 - place for place in places]] = True
    return replace(evidence, history=replace(evidence.history, at_cut=at_cut))


def test_no_silence_is_heard_before_the_newest_cut() -> None:
    """One branch is older than the other's cut at day 300: what else there was between is not here."""
    commits = [Commit(day=day) for day in (0, 300, 301, 305)]
    assert answer("communication.longest_silence", cut_off(commits, 0, 1)).value == 4
    assert answer("communication.radio_silence", cut_off(commits, 0, 1)).value is None
    assert answer("communication.radio_silence", cut_off([*commits, Commit(day=366)], 0, 1)).value is True
    quiet = [Commit(day=300 + 50 * number) for number in range(9)]
    assert answer("communication.radio_silence", cut_off(quiet, 0)).value is False


def test_a_team_is_counted_in_whole_months_after_the_cut() -> None:
    """Of the days 100 to 145 the last thirty are one."""
    commits = [Commit(day=100), Commit(day=101, who=BOB), *(Commit(day=day) for day in (114, 116, 120, 145))]
    values = values_of(cut_off(commits, 0))
    assert (values[MeasureId("team.size")], values[MeasureId("team.pace")]) == (1, 3)
    assert values_of(cut_off(commits, 3))[MeasureId("team.size")] is None
    assert values_of(make_evidence(commits))[MeasureId("team.pace")] == 2


def test_what_a_cut_adds_is_nobody_s_breadth() -> None:
    commits = [Commit(day=day, files={b"src/a.py": "M"}) for day in range(1, 10)]
    first = Commit(day=0, files=dict.fromkeys((b"src/a.py", b"web/b.ts", b"docs/c.rb"), "A"))
    assert answer("skill.module_breadth", cut_off([first, *commits], 0)).value == 1
    assert answer("skill.module_breadth", make_evidence([first, *commits])).value == 3


def test_whether_an_old_commit_was_on_the_main_line_is_not_known_behind_the_cut() -> None:
    # The line is 1 (cut) and 4; the branch 2 took in 0, which may have been on the line before 1.
    evidence = cut_off([Commit(day=day) for day in (10, 50, 55, 56, 60)], 0, 1)
    graph = with_parents(evidence, [(), (), (1,), (2, 0), (1, 3)])
    assert list(answer("process.back_merges", graph).because.values()) == [0, 1]
