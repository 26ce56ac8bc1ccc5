"""Workflow patterns: how work is cut into commits, checked, merged and released."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Said
from fedlore.observe.features.answers import count, enough, mean_of, median_of, portion, share_of
from fedlore.observe.features.areas import folder_numbers
from fedlore.observe.features.branches import main_line, merged_branches
from fedlore.observe.features.commits import (
    DAY,
    changed_files,
    changed_lines,
    human_commits,
    last_year,
    newest,
    says,
    since_cut,
    sized_commits,
    source_paths,
)
from fedlore.observe.features.paths import at_head
from fedlore.observe.features.patterns import CHANGELOG, CI, DEPENDENCY_BOT, LINTER, LOCK_FILE
from fedlore.observe.features.releases import recent_releases, release_days
from fedlore.observe.features.tests_inside import may_hold_tests, with_left_out

_MOSTLY = Fraction(1, 2)
_WITH_TESTS = Fraction(1, 3)
_SOME_MERGES = Fraction(1, 20)
_BY_REQUEST = Fraction(1, 5)
_NEARLY_ALL = Fraction(4, 5)
_SMALL_FILES = 3
_LEAST_RELEASES, _RELEASE_YEARS = 3, 2
_WEEK = 7 * DAY
_WEEKS = 52


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of the domain ``workflow_patterns`` that the history and file names tell; `stories` tells others."""
    return {MeasureId(f"workflow.{name}"): answer for name, answer in _answers(evidence).items()}


def _answers(evidence: Evidence) -> dict[str, Answer]:
    history, paths = evidence.history, evidence.tree.paths
    asked = partial(enough, is_cut=bool(history.at_cut.any()))
    human, merges, files = human_commits(history), history.parents > 1, changed_files(history)
    source, tests = source_paths(history)
    changes_source, changes_tests = human & (changed_files(history, source) > 0), changed_files(history, tests) > 0
    hidden = may_hold_tests(evidence)
    clear = changes_source & ~hidden
    with_tests = "commits that also change a test", changes_tests, "human commits that change source", clear
    conventional = "commits that follow the convention", says(history, Said.CONVENTIONAL), "human commits", human
    sized = sized_commits(history)
    small = f"commits of at most {_SMALL_FILES} files", files <= _SMALL_FILES, "human commits", sized
    by_request = "commits of a request", says(history, Said.PULL_REQUEST), "commits of humans", ~history.is_bot
    days = release_days(history)
    line = main_line(history)
    branches = merged_branches(history, line)
    recent = last_year(history, line)[branches.merge]
    return {
        "ci": at_head(paths, CI),
        "conventional_commits": asked(_MOSTLY, *conventional),
        "dependency_bot": at_head(paths, DEPENDENCY_BOT),
        "lockfile": at_head(paths, LOCK_FILE),
        "linter": at_head(paths, LINTER),
        "tests_with_change": with_left_out(asked(_WITH_TESTS, *with_tests), hidden, changes_source),
        "small_commits": asked(_NEARLY_ALL, *small),
        "merge_commits": asked(_SOME_MERGES, "merges", merges, "commits", history.parents >= 0),
        "pull_requests": asked(_BY_REQUEST, *by_request),
        "release_tags": _releases_are_tagged(history),
        "changelog": at_head(paths, CHANGELOG),
        "commit_size": median_of(files[sized], "human commits", "median files"),
        "release_rhythm": median_of(np.diff(days), "intervals between releases", "median days"),
        "commit_lines": _commit_lines(evidence),
        "commit_folders": _commit_folders(history),
        "change_entropy": _change_entropy(evidence),
        "tests_share": with_left_out(share_of(*with_tests), hidden, changes_source),
        "feature_share": share_of(
            "commits of features", says(history, Said.FEATURE), "human commits of the last year", last_year(history)
        ),
        "merge_share": share_of("merges", merges, "commits of humans", ~history.is_bot),
        "squash_share": _squash_share(history),
        "branch_length": median_of(branches.days[recent], "branches merged in the last year", "median days"),
        "branch_commits": median_of(branches.commits[recent], "branches merged in the last year", "median commits"),
        "active_weeks": _active_weeks(history),
        "ci_services": _ci_services(paths),
        "request_checks": _request_checks(evidence),
    }


def _commit_lines(evidence: Evidence) -> Answer:
    added, deleted, counted = changed_lines(evidence)
    return median_of((added + deleted)[counted], "newest human commits that change text", "median lines")


def _commit_folders(history: History) -> Answer:
    """A folder counts once for each commit that changed files directly in it."""
    folder = folder_numbers(history.paths, whole=True)[history.changed_path]
    commit = np.unique(history.changed_commit.astype(np.int64) << 32 | folder) >> 32
    folders = np.bincount(commit, minlength=history.commits)
    changing = sized_commits(history) & (folders > 0)
    return median_of(folders[changing], "human commits that change files", "median folders")


def _change_entropy(evidence: Evidence) -> Answer:
    history, churn = evidence.history, evidence.churn
    if churn is None:
        return Answer(None)
    lines = np.maximum(churn.added, 0).astype(np.int64) + np.maximum(churn.deleted, 0)
    changed = lines > 0
    commit, lines = history.changed_commit[changed], lines[changed]
    files = np.bincount(commit, minlength=history.commits)
    portions = lines / np.bincount(commit, lines, history.commits)[commit]
    entropy = np.bincount(commit, -portions * np.log2(portions), history.commits)
    several = files > 1
    even = np.clip(entropy[several] / np.log2(files[several]), 0, 1)
    return mean_of(even, "newest human commits that change lines of several files", "mean entropy")


def _releases_are_tagged(history: History) -> Answer:
    """Three days with a release show a habit, and one in the last two years that it goes on.

    The tags of what lies before a shallow cut are not here.
    """
    days, recent = len(release_days(history)), len(recent_releases(history, _RELEASE_YEARS))
    because = {"days with a release": days, "of these in the last two years": recent}
    tagged = days >= _LEAST_RELEASES and recent > 0
    return Answer(tagged if tagged or not history.at_cut.any() else None, because)


def _squash_share(history: History) -> Answer:
    landed = says(history, Said.PULL_REQUEST | Said.TOOLED_MERGE) & ~history.is_bot
    return share_of("requests squashed into one commit", history.parents < 2, "requests that landed", landed)


def _active_weeks(history: History) -> Answer:
    """Weeks are counted back from the newest human commit, at most 52 and no more than the project is old.

    Or, in a shallow clone, no further than to its cut.
    """
    human = human_commits(history) & (history.commit_time >= (since_cut(history) or 0))
    end = newest(history, human)
    if end is None:
        return Answer(None)
    ago = (end - history.commit_time[human]) // _WEEK
    weeks = min(_WEEKS, int(ago.max()) + 1)
    return portion("weeks with a human commit", len(np.unique(ago[ago < weeks])), "weeks", weeks)


def _ci_services(paths: list[bytes]) -> Answer:
    """A service is known by the first part of its configuration's path."""
    services = len({path.partition(b"/")[0] for path in paths if CI.fullmatch(path)})
    return Answer(float(services), {"services configured": services})


def _request_checks(evidence: Evidence) -> Answer:
    triggered = [file.counts for file in evidence.tree.files if file.counts.get("triggers", 0) > 0]
    started = np.array([counts.get("request_triggers", 0) > 0 for counts in triggered], np.bool_)
    return portion("workflows that start on pull requests", count(started), "workflows with triggers", len(triggered))
