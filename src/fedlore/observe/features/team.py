"""Team performance indicators: the DORA metrics as far as tags and commits tell them, a team's size and rhythm."""

from __future__ import annotations

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Said, Times
from fedlore.observe.features.answers import middle_of, portion
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    Mask,
    human_commits,
    is_held,
    last_year,
    newest,
    says,
    since_cut,
    source_paths,
)
from fedlore.observe.features.releases import recent_releases, release_days, waits_for_release
from fedlore.observe.features.stated import stated
from fedlore.observe.intervals import mean_interval

_SOON_DAYS = 3
_LEAST_RELEASES, _RELEASE_YEARS = 4, 2
_FAILURE_DAYS = 7
_REWORK_DAYS = 21
_MONTH = 30 * DAY
_MONTHS = 12
_LEAST_COMMITS = 20


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``team_performance_indicators``."""
    history = evidence.history
    releases = recent_releases(history, _RELEASE_YEARS)
    failed = _failed(history, releases)
    return {
        MeasureId("team.deployment_frequency"): _releases_in_last_year(history),
        MeasureId("team.change_lead_time"): _lead_days(history),
        MeasureId("team.revert_share"): _reverts(history),
        MeasureId("team.quick_release_share"): _quick_releases(history),
        MeasureId("team.change_fail_share"): _change_fail_share(evidence, releases, failed),
        MeasureId("team.recovery_time"): _recovery_days(evidence, releases, failed),
        MeasureId("team.unplanned_release_share"): _unplanned(history, releases),
        MeasureId("team.rework_share"): _rework(history),
        MeasureId("team.batch_size"): _batch_size(history, releases),
        MeasureId("team.size"): _size(evidence),
        MeasureId("team.pace"): _pace(history),
        MeasureId("team.satisfaction"): stated(evidence, "team_satisfaction", 1, 5),
    }


def _reverts(history: History) -> Answer:
    human = human_commits(history)
    reverts = int((says(history, Said.REVERT) & human).sum())
    return portion("commits that take another back", reverts, "human commits", int(human.sum()), largest=0.05)


def _releases_in_last_year(history: History) -> Answer:
    end = newest(history, human_commits(history))
    if end is None:
        return Answer(None, {"human commits": 0})
    if not is_held(history, end - YEAR):
        return Answer(None, {"releases after the cut": len(history.release_times)})
    count = float(len(recent_releases(history, 1)))
    return Answer(count, {"days with a release in the last year": count})


def _lead_days(history: History) -> Answer:
    """The median days from a commit of the last year to the next release after it; None if none came after any."""
    _, days = waits_for_release(history, last_year(history))
    return middle_of("released commits of the last year", days)


def _quick_releases(history: History) -> Answer:
    days = release_days(history)
    quick = int((np.diff(days) <= _SOON_DAYS).sum())
    whole = ("intervals between days with a release", max(0, len(days) - 1))
    return portion("of three days or less", quick, *whole, largest=0.5, least=_LEAST_RELEASES - 1)


def _failed(history: History, releases: Times) -> Mask:
    """After which of the releases, but before the next one, a hotfix or a revert landed within a week."""
    landed = history.commit_time[human_commits(history) & says(history, Said.HOTFIX | Said.REVERT)]
    last = np.searchsorted(releases, landed, side="right") - 1
    soon = (last >= 0) & (landed - releases[last] <= _FAILURE_DAYS * DAY) if len(releases) else last >= 0
    failed = np.zeros(len(releases), np.bool_)
    failed[last[soon]] = True
    return failed


def _change_fail_share(evidence: Evidence, releases: Times, failed: Mask) -> Answer:
    """What the owner states, else what hotfixes and reverts after releases tell."""
    labels = evidence.labels.values
    if labels.get("deployments") and "failed_deployments" in labels:
        part, whole = int(labels["failed_deployments"]), int(labels["deployments"])
        return portion("failed_deployments in outcomes.toml", part, "deployments in outcomes.toml", whole, largest=0.5)
    part_words = "releases followed by a hotfix or revert within a week"
    whole_words = "days with a release in two years"
    return portion(part_words, int(failed.sum()), whole_words, len(releases), largest=0.5, least=_LEAST_RELEASES)


def _recovery_days(evidence: Evidence, releases: Times, failed: Mask) -> Answer:
    if "recovery_hours" in evidence.labels.values:
        return stated(evidence, "recovery_hours", 0, 365, 24)
    days = np.diff(releases)[failed[:-1]] / DAY
    return middle_of("releases followed by a hotfix or revert, and then by another release", days)


def _unplanned(history: History, releases: Times) -> Answer:
    """Of the releases with commits since the one before, those of which at least half are corrections."""
    human = human_commits(history)
    commits = _since_the_one_before(history.commit_time[human], releases)
    corrections = _since_the_one_before(history.commit_time[human & says(history, Said.CORRECTIVE)], releases)
    part = int(((2 * corrections >= commits) & (commits > 0)).sum())
    whole = ("releases with human commits since the one before", int((commits > 0).sum()))
    return portion("releases made of corrections by half or more", part, *whole, least=_LEAST_RELEASES - 1)


def _since_the_one_before(times: Times, releases: Times) -> Times:
    """How many of these times lie between each release and the one before it (the first release has none)."""
    if len(releases) < 2:
        return np.zeros(0, np.int64)
    return np.diff(np.searchsorted(np.sort(times), releases, side="right")).astype(np.int64)


def _batch_size(history: History, releases: Times) -> Answer:
    commits = _since_the_one_before(history.commit_time[human_commits(history)], releases)
    return middle_of("intervals between releases with human commits", commits[commits > 0], least=_LEAST_RELEASES - 1)


def _rework(history: History) -> Answer:
    """Of the changes to source files in the last year, those that correct what was changed up to 21 days before."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None:
        return Answer(None, {"changes to source files in the last year": 0})
    seen = human & ~history.at_cut & (history.commit_time > end - YEAR - _REWORK_DAYS * DAY)
    sources, tests = source_paths(history)
    chosen = seen[history.changed_commit] & (sources | tests)[history.changed_path]
    commit, path = history.changed_commit[chosen], history.changed_path[chosen]
    time, corrects = history.commit_time[commit], says(history, Said.CORRECTIVE)[commit]
    order = np.lexsort((-commit, time, path))
    path, time, corrects = path[order], time[order], corrects[order]
    again = (path[1:] == path[:-1]) & (time[1:] - time[:-1] <= _REWORK_DAYS * DAY)
    rework = again & corrects[1:] & ~corrects[:-1] & (time[1:] > end - YEAR)
    whole = ("changes to source files in the last year", int((time > end - YEAR).sum()))
    part = ("corrections of what was changed up to three weeks before", int(rework.sum()))
    return portion(*part, *whole, largest=0.5, least=_LEAST_COMMITS)


def _people_by_month(history: History) -> tuple[list[int], list[int]]:
    """People with a human commit in each of the last 12 months of 30 days that had one, and the commits of each of
    these people in each of these months.

    Of a shallow clone, in those of the months that lie entirely after its cut.
    """
    human = human_commits(history)
    end = newest(history, human)
    if end is None:
        return [], []
    cut = since_cut(history)
    months = _MONTHS if cut is None else min(_MONTHS, (end - cut) // _MONTH)
    recent = human & (history.commit_time > end - months * _MONTH)
    month = (end - history.commit_time[recent]) // _MONTH
    authors = history.author[recent].astype(np.int64)
    pairs, commits = np.unique(np.stack([month, authors]), axis=1, return_counts=True)
    _, people = np.unique(pairs[0], return_counts=True)
    return people.tolist(), commits.tolist()


def _size(evidence: Evidence) -> Answer:
    if "team_size" in evidence.labels.values:
        return stated(evidence, "team_size", 0, 10_000)
    people, _ = _people_by_month(evidence.history)
    return middle_of("months with a human commit, of the last 12", people)


def _pace(history: History) -> Answer:
    _, commits = _people_by_month(history)
    total, months = sum(commits), len(commits)
    because = {"human commits in 12 months": float(total), "months of one person with a commit": float(months)}
    return Answer(total / months if months else None, because, interval=mean_interval(commits, least=0))
