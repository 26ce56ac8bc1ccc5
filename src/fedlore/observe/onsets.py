"""The day on which a practice or a tool began, found in the history.

A tool begins with the first commit that adds its configuration (Vasilescu et al., Quality and Productivity Outcomes
Relating to Continuous Integration in GitHub, FSE 2015, section 4). A habit begins where it first becomes one: with the
first commit that has the trait and from which on at least half of the commits have it, over 90 days and 20 commits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from fedlore.observe.artefacts.kinds import RETROSPECTIVE, SPRINT, artefact_kind
from fedlore.observe.evidence import Evidence, History, Planning, Said, Times
from fedlore.observe.features.commits import (
    DAY,
    Mask,
    changed_files,
    first_added,
    human_commits,
    says,
    source_paths,
)
from fedlore.observe.features.patterns import AGENT_INSTRUCTIONS, CI, CONTAINERS, DEPENDENCY_BOT, LINTER
from fedlore.observe.features.tests_inside import are_mostly, may_hold_tests
from fedlore.observe.naming import is_by_others, is_test, language_of
from fedlore.observe.once import once_each
from fedlore.observe.records import is_record

TYPE_CHECKER = re.compile(
    rb"(?:.*/)?(?:\.?mypy\.ini|pyrightconfig\.json|\.pyre_configuration|pyrefly\.toml|ty\.toml|tsconfig[^/]*\.json"
    rb"|\.flowconfig|phpstan\.neon(?:\.dist)?|psalm\.xml(?:\.dist)?|sorbet/config|Steepfile)",
    re.DOTALL,
)
_METHOD = re.compile(rb"(?:.*/)?(?:_bmad|_bmad-output|\.bmad|\.bmad-core|bmad-core)/.+", re.DOTALL)
_STORY_FILE = re.compile(
    rb"(?:.*/)?(?:stories|[a-z-]*-artifacts)/(?:[^/]*/)?(?:story-)?\d+[-.]\d+[-.][^/]*\.md", re.DOTALL | re.IGNORECASE
)
_BY_NAME: Mapping[str, re.Pattern[bytes]] = {
    "ci": CI,
    "linter": LINTER,
    "type_checker": TYPE_CHECKER,
    "dependency_bot": DEPENDENCY_BOT,
    "agent_instructions": AGENT_INSTRUCTIONS,
    "containers": CONTAINERS,
    "planning": _METHOD,
    "stories": _STORY_FILE,
}
_BY_KIND = {SPRINT: "sprint_file", RETROSPECTIVE: "retrospectives"}

PRACTICES: Mapping[str, str] = {
    "tests": "the first test file",
    "tests_with_change": "tests first became a habit of changes to the source",
    "ci": "the first configuration of continuous integration",
    "linter": "the first configuration of a linter or formatter",
    "type_checker": "the first configuration of a type checker",
    "dependency_bot": "the first configuration of a bot that raises dependencies",
    "review": "named reviewers or pull requests first became a habit",
    "conventional_commits": "Conventional Commits first became a habit",
    "releases": "the first release",
    "coding_agent": "the first commit by a coding agent",
    "agent_instructions": "the first instructions for coding agents",
    "containers": "the first container file",
    "decision_records": "the first decision record",
    "planning": "the first file of the BMAD method",
    "sprint_file": "the first sprint file",
    "stories": "the first story",
    "retrospectives": "the first retrospective",
}
"""Every practice that is looked for, and what its onset is, in words."""

HABIT, HABIT_DAYS = 20, 90
"""Half of so many commits in a row, and of all commits of so many days, make a habit."""
_REVIEWS = 5
_OTHERS = re.compile(
    rb"|".join(
        rb"(?:%s)" % pattern.pattern for pattern in (AGENT_INSTRUCTIONS, CI, DEPENDENCY_BOT, LINTER, TYPE_CHECKER)
    ),
    re.DOTALL,
)
_LOOSE = re.compile(
    rb"bmad|sprint[-_]?status|retro|docker|container|compose|adr|decision|stories|artifacts", re.IGNORECASE
)


@once_each
def onsets(evidence: Evidence) -> Mapping[str, int | None]:
    """When each of `PRACTICES` began (Unix seconds; None: it did not, or nothing tells).

    Nothing tells in a shallow clone: what seems to begin after its cut may have been there, and gone, before.

    By files: when one was first added, whoever did it. ``review`` begins with the first commit, merges included, that
    names a reviewer or a pull request and that four others follow within 90 days; ``coding_agent`` with the first
    commit whose author or co-author is one; ``releases`` with the first release.
    """
    history = evidence.history
    if history.at_cut.any():
        return dict.fromkeys(PRACTICES)
    human = human_commits(history)
    sources, tests = source_paths(history)
    found = {name: first_added(history, paths) for name, paths in _paths(history.paths).items()}
    changes_source = human & (changed_files(history, sources) > 0)
    hidden = may_hold_tests(evidence)
    reviewed = history.reviewed | says(history, Said.PULL_REQUEST | Said.TOOLED_MERGE)
    told = _of_planning(evidence.planning)
    found |= {
        "tests": first_added(history, tests),
        "tests_with_change": None
        if are_mostly(hidden, changes_source)
        else habit(history, changed_files(history, tests) > 0, changes_source & ~hidden),
        "conventional_commits": habit(history, says(history, Said.CONVENTIONAL), human),
        "review": _repeated(history.commit_time[reviewed], _REVIEWS, HABIT_DAYS * DAY),
        "coding_agent": _first(history.commit_time[history.by_agent].tolist()),
        "releases": _first(history.release_times.tolist()),
        "stories": _first([found["stories"], told["story"]]),
        "retrospectives": _first([found["retrospectives"], told["retrospective"]]),
    }
    return MappingProxyType({name: found[name] for name in PRACTICES})


def gone_at_head(evidence: Evidence) -> frozenset[str]:
    """The practices of `PRACTICES` that files or habits tell and that are not there at HEAD.

    No such file is there, or fewer than half of the newest 20 commits have the trait.
    """
    history = evidence.history
    human = human_commits(history)
    sources, tests = source_paths(history)
    there = {name for name, mask in _paths(evidence.tree.paths).items() if mask.any()}
    if any(is_test(path, language_of(path)) for path in evidence.tree.paths):
        there.add("tests")
    if "sprint_file" in there:  # it tells of stories and retrospectives too
        there |= {"stories", "retrospectives"}
    changes_source = human & (changed_files(history, sources) > 0) & ~may_hold_tests(evidence)
    if _is_habit_now(history, changed_files(history, tests) > 0, changes_source):
        there.add("tests_with_change")
    if _is_habit_now(history, says(history, Said.CONVENTIONAL), human):
        there.add("conventional_commits")
    return frozenset(PRACTICES) - there - {"review", "coding_agent", "releases"}


def _is_habit_now(history: History, trait: Mask, among: Mask) -> bool:
    rows = np.flatnonzero(among)
    newest = rows[np.argsort(-history.commit_time[rows], kind="stable")][:HABIT]
    return bool(2 * trait[newest].sum() >= len(newest))


def habit(history: History, trait: Mask, among: Mask) -> int | None:
    """When a trait became a habit (Unix seconds), among these commits in the order of time; None if it never did.

    With the first commit that has the trait and for which at least half have it of the 20 commits from this one on, or
    of all those within 90 days if these are more.
    """
    rows = np.flatnonzero(among)[::-1]
    rows = rows[np.argsort(history.commit_time[rows], kind="stable")]
    times = history.commit_time[rows]
    begin = np.arange(max(0, len(rows) - HABIT + 1))
    end = np.maximum(begin + HABIT, np.searchsorted(times, times[: len(begin)] + HABIT_DAYS * DAY))
    sums = np.concatenate([[0], np.cumsum(trait[rows])])
    enough = (2 * (sums[end] - sums[begin]) >= end - begin) & trait[rows[: len(begin)]]
    return int(times[int(enough.argmax())]) if enough.any() else None


def _paths(paths: Sequence[bytes]) -> Mapping[str, Mask]:
    """For each practice that files tell, which of the paths are such files."""
    names = (*_BY_NAME, *_BY_KIND.values(), "decision_records")
    masks = {name: np.zeros(len(paths), np.bool_) for name in names}
    for index, path in enumerate(paths):
        # Most paths are none of these; one look tells that. What came with vendored code is no practice of the project.
        if (_LOOSE.search(path) or _OTHERS.fullmatch(path)) and not is_by_others(path):
            for name, pattern in _BY_NAME.items():
                masks[name][index] = pattern.fullmatch(path) is not None
            masks["decision_records"][index] = is_record(path)
            if kind := _BY_KIND.get(artefact_kind(path)):
                masks[kind][index] = True
    return masks


def _repeated(times: Times, least: int, seconds: int) -> int | None:
    """The first of ``least`` times that lie within so many seconds; None if there are no such."""
    ordered = np.sort(times)
    if len(ordered) < least:
        return None
    close = ordered[least - 1 :] - ordered[: len(ordered) - least + 1] <= seconds
    return int(ordered[int(close.argmax())]) if close.any() else None


def _of_planning(planning: Planning) -> Mapping[str, int | None]:
    """When the sprint file first named a story, and when a retrospective was first held."""
    stories = [change.time for change in planning.changes if change.kind == "story"]
    held = [change.time for change in planning.changes if (change.kind, change.status) == ("retrospective", "done")]
    return {"story": _first(stories), "retrospective": _first(held)}


def _first(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)
