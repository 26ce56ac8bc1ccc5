"""Communication anti-patterns: silence, empty words, unseen merges, and knowledge that only one person has."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Said
from fedlore.observe.features.answers import bounded, enough, median_of, portion, share_of
from fedlore.observe.features.areas import areas_of, groups_of
from fedlore.observe.features.branches import main_line, merged_branches
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    Mask,
    commits_per_person,
    human_commits,
    is_held,
    last_year,
    newest,
    owners,
    says,
    since_cut,
    source_paths,
)

_SOME_EMPTY = Fraction(1, 20)
_SILENCE = 60 * DAY
_BOTTLENECK = Fraction(2, 3)
_HALF = Fraction(1, 2)
_LONGEST_SUBJECT = 72
_OWNED = Fraction(9, 10)
_MEMBER_COMMITS = 5


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of the domain ``communication_anti_patterns``."""
    return {MeasureId(f"communication.{name}"): answer for name, answer in _answers(evidence).items()}


def _answers(evidence: Evidence) -> dict[str, Answer]:
    history = evidence.history
    asked = partial(enough, is_cut=bool(history.at_cut.any()))
    human, recent = human_commits(history), last_year(history)
    silence, top = _longest_silence(history), _top_share(history)
    wolves, silos = _apart(history, recent)
    long_subjects = history.subject_length > _LONGEST_SUBJECT
    return {
        "empty_messages": asked(
            _SOME_EMPTY, "subjects of a word or none", says(history, Said.EMPTY), "human commits", human
        ),
        "radio_silence": _radio_silence(history, silence),
        "bottleneck": Answer(None if top.value is None and history.at_cut.any() else _is_most(top), top.because),
        "single_owner": _single_owner(evidence),
        "longest_silence": silence,
        "top_share": top,
        "message_length": median_of(history.subject_length[human], "human commits", "median characters"),
        "long_subjects": share_of(
            f"subjects of more than {_LONGEST_SUBJECT} characters", long_subjects, "human commits", human
        ),
        "issue_share": share_of(
            "subjects that name an issue", says(history, Said.ISSUE), "human commits of the last year", recent
        ),
        "single_owner_areas": _single_owner_areas(evidence),
        "unreviewed_merges": _unreviewed_merges(history),
        "lone_wolves": bounded(wolves, 0, 0.5),
        "silos": bounded(silos, 0, 0.5),
    }


def _radio_silence(history: History, silence: Answer) -> Answer:
    long = silence.value is not None and silence.value * DAY > _SILENCE
    is_known = long or is_held(history, (newest(history, human_commits(history)) or 0) - YEAR)
    return Answer(long if is_known else None, silence.because)


def _longest_silence(history: History) -> Answer:
    times = np.sort(history.commit_time[last_year(history)])
    times = times[times >= (since_cut(history) or 0)]  # before it others may lie between
    if len(times) < 2:
        return Answer(None, {"human commits of the last year": len(times)})
    days = float(np.diff(times).max() / DAY)
    return Answer(days, {"human commits of the last year": len(times), "days of the longest silence": days})


def _top_share(history: History) -> Answer:
    counts = commits_per_person(history, last_year(history))
    most, all_commits = int(counts[:1].sum()), int(counts.sum())
    return portion("commits of the most active author", most, "human commits of the last year", all_commits)


def _is_most(top: Answer) -> bool:
    most, all_commits = top.because.values()
    return all_commits > 0 and most >= _BOTTLENECK * all_commits


def _single_owner(evidence: Evidence) -> Answer:
    file, _ = owners(evidence.history, evidence.tree.paths)
    _, authors = np.unique(file, return_counts=True)
    found = enough(_HALF, "files changed by one author only", authors == 1, "files with human authors", authors > 0)
    # Others may have changed them before a shallow cut.
    return Answer(None, found.because) if evidence.history.at_cut.any() else found


def _single_owner_areas(evidence: Evidence) -> Answer:
    areas = areas_of(evidence.history, evidence.tree.paths)
    owned = areas.largest * _OWNED.denominator >= areas.changes * _OWNED.numerator
    return share_of("areas with nine tenths by one author", owned, "areas of source", areas.changes > 0)


def _unreviewed_merges(history: History) -> Answer:
    """Merges of branches by whoever wrote the branch's last commit, with no reviewer named in either commit."""
    line = main_line(history)
    branches = merged_branches(history, line)
    recent = last_year(history, line)[branches.merge]
    merge, tip = branches.merge[recent], branches.tip[recent]
    of_humans = ~history.is_bot[merge] & ~history.is_bot[tip]
    alone = (history.author[merge] == history.author[tip]) & ~history.reviewed[merge] & ~history.reviewed[tip]
    return share_of("merges by the author of the branch's last commit", alone, "merges of humans' branches", of_humans)


def _apart(history: History, recent: Mask) -> tuple[Answer, Answer]:
    """The share of the last year's members who share no source file with anybody, and of those in smaller groups."""
    source, tests = source_paths(history)
    groups = groups_of(history, recent & ~history.at_cut, source | tests)
    commits = np.bincount(history.author[recent], minlength=len(history.people))
    is_member = commits[groups.author] >= _MEMBER_COMMITS
    everybody, members = np.bincount(groups.group), np.bincount(groups.group[is_member])
    everybody = everybody[: len(members)]
    all_members = int(is_member.sum())
    if all_members < 2:
        return Answer(None, {"members": all_members}), Answer(None, {"members": all_members})
    alone = int(members[everybody == 1].sum())
    shared = members[everybody > 1]
    beyond = int(shared.sum() - shared.max(initial=0))
    return (
        portion("members who share no file with anybody", alone, "members", all_members),
        portion("members in other groups than the largest", beyond, "members", all_members),
    )
