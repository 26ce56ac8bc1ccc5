"""What the BMAD method's artefacts tell of a project: from real repositories, and from forms found in public ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.dates import date_in
from fedlore.observe.artefacts.items import epic_of, item_of
from fedlore.observe.artefacts.journeys import Journey, count_journeys, dwell_seconds, journeys
from fedlore.observe.artefacts.kinds import artefact_kind
from fedlore.observe.artefacts.placing import is_placed
from fedlore.observe.artefacts.reading import read_artefact
from fedlore.observe.artefacts.states import state_in, state_of, verdict_of
from fedlore.observe.evidence import StatusChange
from tests.observe.plans import BEGIN, HOUR, SPRINT, commit_all, read_planning, sprint


def hours(way: Journey) -> list[tuple[float, str]]:
    return [((time - BEGIN) / HOUR, state) for time, state in zip(way.times, way.states, strict=True)]


def test_states_come_from_the_sprint_files_own_history(tmp_path: Path) -> None:
    folder = commit_all(
        tmp_path / "it",
        [
            (0, {SPRINT: sprint(e1="backlog", s1_1="backlog", s1_2="backlog", r1="optional")}),
            (2, {SPRINT: sprint(e1="in-progress", s1_1="ready-for-dev", s1_2="backlog", r1="optional")}),
            (3, {SPRINT: sprint(e1="in-progress", s1_1="in-progress", s1_2="backlog", r1="optional"), "code.py": "1"}),
            (9, {SPRINT: sprint(e1="in-progress", s1_1="review", s1_2="done", r1="optional")}),
            (10, {SPRINT: sprint(e1="in-progress", s1_1="in-progress", s1_2="done", r1="optional")}),
            (11, {"code.py": "2"}),
            (12, {SPRINT: sprint(e1="done", s1_1="done", s1_2="done", r1="done")}),
        ],
    )
    planning, _, notes = read_planning(folder)
    assert notes == ()
    first, second = ways = journeys(planning.changes)
    assert hours(first) == [
        (0, "backlog"),
        (2, "ready-for-dev"),
        (3, "in-progress"),
        (9, "review"),
        (10, "in-progress"),
        (12, "done"),
    ]
    assert first.went_back and not first.is_straight and first.cycle_seconds == 9 * HOUR
    assert hours(second) == [(0, "backlog"), (9, "done")]
    assert second.is_straight and second.is_witnessed and not second.went_back and second.cycle_seconds is None
    counted = count_journeys(ways)
    assert (counted.items, counted.done, counted.worked, counted.straight, counted.back) == (2, 2, 1, 1, 1)
    assert dwell_seconds(ways, "in-progress") == [6 * HOUR, 2 * HOUR]
    assert planning.states["retrospective", "1"] == planning.states["epic", "1"] == "done"


def test_a_sprint_file_that_moves_goes_on_and_one_that_is_gone_has_been(tmp_path: Path) -> None:
    old, new = "docs/sprint-status.yaml", SPRINT
    folder = commit_all(
        tmp_path / "it",
        [
            (0, {old: sprint(s1_1="backlog")}),
            (1, {old: sprint(s1_1="review")}),
            (2, {old: None, new: sprint(s1_1="review", s1_2="backlog")}),
            (3, {new: sprint(s1_1="done", s1_2="backlog")}),
            (4, {new: None, "README.md": "no more of this"}),
        ],
    )
    planning, _, _ = read_planning(folder)
    assert [hours(way) for way in journeys(planning.changes)] == [
        [(0, "backlog"), (1, "review"), (3, "done")],
        [(2, "backlog")],
    ]
    assert planning.states == {}


def test_commits_of_one_second_are_taken_parents_first(tmp_path: Path) -> None:
    states = ["backlog", "ready-for-dev", "in-progress", "review", "done"]
    folder = commit_all(tmp_path / "it", [(5, {SPRINT: sprint(s1_1=state)}) for state in states])
    (way,) = journeys(read_planning(folder)[0].changes)
    assert way.states == tuple(states)


def test_several_boards_keep_their_items_apart(tmp_path: Path) -> None:
    folder = commit_all(
        tmp_path / "it",
        [
            (
                0,
                {
                    "api/docs/sprint-status.yaml": sprint(s1_1="done", s1_2="done"),
                    "web/docs/sprint-status.yaml": sprint(e1="done", s1_1="review"),
                    "web/docs/stories/1-1-a.md": "# Story 1.1\n\nStatus: done\n",
                    "_bmad/bmm/config.yaml": 'implementation_artifacts: "{project-root}/web/docs"\n',
                    "web/docs/epic-1-retro-2026-01-02.md": "---\nverdict: rejected\n---\n",
                },
            )
        ],
    )
    planning, _, _ = read_planning(folder)
    stories = {item: state for (kind, item), state in planning.states.items() if kind == "story"}
    assert stories == {"1-1": "review", "api/docs: 1-1": "done", "api/docs: 1-2": "done"}
    assert [(story.item, story.status) for story in planning.stories] == [("1-1", "done")]
    assert planning.verdicts == {"1": "rejected"}
    assert epic_of("api/docs: 1-1", {"1", "api/docs: 1"}) == "api/docs: 1"


def test_artefacts_are_read_where_the_configuration_says(tmp_path: Path) -> None:
    story = {"plans/mine/1-1-a.md": "Status: done\n", "other/1-2-b.md": "Status: done\n"}
    configured = {"_bmad/config.toml": '[modules.bmm]\nimplementation_artifacts = "{project-root}/plans/mine"\n'}
    with_it, _, _ = read_planning(commit_all(tmp_path / "with", [(0, story | configured)]))
    without, _, _ = read_planning(commit_all(tmp_path / "without", [(0, story)]))
    assert [one.item for one in with_it.stories] == ["1-1"]
    assert without.stories == ()


def test_documents_verdicts_and_specifications(tmp_path: Path) -> None:
    out = "_bmad-output/planning-artifacts/"
    folder = commit_all(
        tmp_path / "it",
        [
            (
                0,
                {
                    out + "prd.md": "# PRD\n- FR1: a\n- FR2: b (as FR1)\n- NFR1: c\n",
                    out + "architecture.md": "# A\n### Decision 1: a\nAlternatives: b\n### Decision 2: c\nNone.\n",
                    out
                    + "epics.md": "## Epic 1: A\n### Story 1.1: a\n### Story 1.2: b\n## Epic 2: B\n### Story 2.1: c\n",
                    "_bmad-output/implementation-artifacts/epic-1-retro-2026-01-02.md": "---\nverdict: accepted\n---\n",
                    "_bmad-output/implementation-artifacts/epic-1-retro-2026-03-02.md": "---\n"
                    "date: 03-02-2026 14:30\nverdict: rejected\n---\n",
                    "_bmad-output/specs/spec-alpha/stories.yaml": '- id: "1"\n  title: T\n- id: "2"\n  title: U\n',
                    "_bmad-output/specs/spec-alpha/stories/1-first.md": "---\nstatus: 'in-review'\n---\n"
                    "- [x] a\n- [ ] b\n",
                },
            )
        ],
    )
    planning, _, _ = read_planning(folder)
    assert planning.verdicts == {"1": "rejected"}
    assert planning.documents == {
        "prd": 1,
        "functional requirements": 2,
        "architecture": 1,
        "decisions": 2,
        "decisions with alternatives": 1,
        "epics": 1,
        "planned epics": 2,
        "planned stories": 3,
        "retrospectives": 2,
        "specification": 1,
        "specified stories": 2,
    }
    (story,) = planning.stories
    assert (story.item, story.status, story.tasks_done, story.tasks) == ("spec-alpha/1", "review", 1, 2)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("# Story 1.1: A\n\nStatus: done\n", "done"),
        ("# Story\n\n**Status:** Ready for Review\n", "review"),
        ("# Story\n\n## Status: drafted\n", "ready-for-dev"),
        ("# Story\n\n## Status\n\nDone\n", "done"),
        ("---\nstatus: in-progress\n---\n# Story\nStatus: done\n", "in-progress"),
        ("| **Status** | ✅ Complete (2/2) |\n", "done"),
        ("- **Status**: [x] Complete\n", "done"),
        ("Status: blocked by 13.5\n", "blocked"),
        ("Status: done partially\n", "other"),
        ("```\nStatus: done\n```\n<!-- Status: done -->\n", ""),
        ("**State:** a machine with three\n**Status:** review\n", "review"),
    ],
)
def test_the_forms_of_a_storys_status(text: str, status: str) -> None:
    artefact, warning = read_artefact(kinds.STORY, text.encode())
    assert (artefact["status"], warning) == (status, "")


def test_what_else_a_story_file_holds() -> None:
    text = """# Story 2.3: It
Status: review
**Story Points:** 5
## Acceptance Criteria
1. [ ] no task
## Tasks / Subtasks
- [x] One
  - [ ] below it
- [ ] Two
* [X] Three
## Definition of Done
- [ ] no task either
"""
    artefact, _ = read_artefact(kinds.STORY, text.encode())
    assert artefact == {
        "item": "2-3",
        "status": "review",
        "points": 5.0,
        "criteria": True,
        "tasks_done": 2,
        "tasks": 3,
    }
    for line in ("Estimate: 3 days", "Effort: 2-3 hours", "Points: 0", "Story Points: L (Large)", "Points: 5000"):
        assert read_artefact(kinds.STORY, line.encode())[0]["points"] is None, line


@pytest.mark.parametrize(
    "text",
    [
        "development_status:\n  epic-1: contexted\n  1-1-a: done # why\n  1-2-b: drafted\n",
        "development_status:\n  epic-1: {status: contexted}\n  1-1-a: {status: done}\n  1-2-b:\n    status: drafted\n",
        "epics:\n  - id: epic-1\n    status: contexted\n    stories:\n      - {id: 1-1-a, status: Done}\n"
        "      - {id: 1-2-b, status: drafted}\n",
        "stories:\n  - id: epic-1\n    status: in progress\n  - {id: 1-1-a, status: COMPLETE}\n"
        "  - {id: 1.2, status: ready}\n",
    ],
)
def test_the_forms_of_a_sprint_file(text: str) -> None:
    artefact, warning = read_artefact(kinds.SPRINT, text.encode())
    assert warning == ""
    assert artefact["items"] == [
        ["epic", "1", "in-progress"],
        ["story", "1-1", "done"],
        ["story", "1-2", "ready-for-dev"],
    ]


@pytest.mark.parametrize(
    ("key", "kind", "name"),
    [
        ("1-2-user-auth", "story", "1-2"),
        ("01-12-a", "story", "1-12"),
        ("1a-1-split", "story", "1a-1"),
        ("1-6b-x", "story", "1-6b"),
        ("3-5-1-directory-manager", "story", "3-5-1"),
        ("1-12-404-page", "story", "1-12"),
        ("story-1.2-x", "story", "1-2"),
        ("TD-15-3-Debt", "story", "td-15-3-debt"),
        ("epic-00", "epic", "0"),
        ("epic-3-5", "epic", "3-5"),
        ("epic-npd-1", "epic", "npd-1"),
        ("epic-3-5-retrospective", "retrospective", "3-5"),
        ("sprint-0-retrospective", "retrospective", "sprint-0"),
    ],
)
def test_items(key: str, kind: str, name: str) -> None:
    assert item_of(key) == (kind, name)


def test_the_epic_of_a_story() -> None:
    assert epic_of("3-5-1", {"3", "3-5"}) == "3-5"
    assert epic_of("3-5-1", {"3"}) == "3"
    assert epic_of("7-1", frozenset()) == "7"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"docs/sprint-artifacts/sprint-status.yaml", kinds.SPRINT),
        (b"sprint_status_epics1to13.yml", kinds.SPRINT),
        (b"_bmad/bmm/workflows/4-implementation/sprint-planning/sprint-status-template.yaml", ""),
        (b"test/fixtures/docs/sprint-status.yaml", ""),
        (b".claude/commands/sprint-status.md", ""),
        (b"_bmad-output/implementation-artifacts/1-2-user-auth.md", kinds.STORY),
        (b"docs/stories/1.2.story.md", kinds.STORY),
        (b"docs/stories/1.2.user-auth.md", kinds.STORY),
        (b"docs/stories/story-1.2.md", kinds.STORY),
        (b"x/TD-15-3-debt.md", kinds.STORY),
        (b"_bmad-output/specs/spec-a/stories/3-a-slug.md", kinds.STORY),
        (b"docs/2026-01-02-notes.md", ""),
        (b"a/epic-3.5-retro-2026-01-02.md", kinds.RETROSPECTIVE),
        (b"a/retrospective-epic-3.md", kinds.RETROSPECTIVE),
        (b"docs/epics.md", kinds.EPICS),
        (b"docs/prd/epic-3-a.md", kinds.EPICS),
        (b"docs/PRD.md", kinds.REQUIREMENTS),
        (b"docs/my-architecture.md", kinds.ARCHITECTURE),
        (b"_bmad-output/specs/a/stories.yaml", kinds.SPECIFICATION),
        (b"_bmad/config.toml", kinds.CONFIGURATION),
        (b"_bmad/bmm/config.yaml", kinds.CONFIGURATION),
        (b".bmad-core/core-config.yaml", kinds.CONFIGURATION),
        (b"x/_bmad/config.toml", ""),
        (b"README.md", ""),
        (b"\xff/\n1-2-a.md", ""),
    ],
)
def test_kinds_are_told_by_paths(path: bytes, kind: str) -> None:
    assert artefact_kind(path) == kind


def test_places() -> None:
    assert is_placed(b"architecture.md", kinds.ARCHITECTURE)
    assert not is_placed(b"src/architecture.md", kinds.ARCHITECTURE)
    assert is_placed(b"src/docs/architecture.md", kinds.ARCHITECTURE)
    assert is_placed(b"anywhere/sprint-status.yaml", kinds.SPRINT)
    assert is_placed(b"plans/1-1-a.md", kinds.STORY, ["plans"])
    assert not is_placed(b"plans-of-others/1-1-a.md", kinds.STORY, ["plans"])


def test_words_for_states_and_verdicts() -> None:
    assert [state_of(word) for word in ("Done", "in_progress", "post-mvp", "superseded", "docs/x.yaml", "", "#")] == [
        "done",
        "in-progress",
        "deferred",
        "dropped",
        "other",
        "",
        "",
    ]
    assert [state_in(text) for text in ("ready for development", "Complete — all green", "not done", "…")] == [
        "ready-for-dev",
        "done",
        "other",
        "",
    ]
    words = ("Accepted", "accepted with open items", "REJECTED", "fine")
    assert [verdict_of(word) for word in words] == ["accepted", "accepted-with-open-items", "rejected", ""]


def test_dates() -> None:
    texts = (
        "2026-01-05T10:00:00Z",
        "01-05-2026 14:30",
        "13-05-2026",
        "2026/1/5",
        "2026-02-30",
        "5 May",
        "99-99-2026",
        "",
    )
    assert [date_in(text) for text in texts] == ["2026-01-05", "2026-01-05", "2026-05-13", "2026-01-05", "", "", "", ""]


def test_journeys_do_not_depend_on_the_order_of_items() -> None:
    changes = [StatusChange(f"1-{n % 3}", "story", n // 2, ("backlog", "review", "done")[n // 4]) for n in range(12)]
    by_item = sorted(changes, key=lambda change: change.item)
    assert journeys(changes) == journeys(by_item)
    assert journeys([StatusChange("1", "story", 5, "done"), StatusChange("1", "story", 3, "review")])[0].states == (
        "review",
        "done",
    )
