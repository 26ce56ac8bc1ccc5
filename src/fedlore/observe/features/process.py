"""Process anti-patterns: changes that are too large, taken back, untested, late, or checked by nothing."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Place, Said
from fedlore.observe.features.answers import bounded, count, enough, portion, share_of
from fedlore.observe.features.branches import main_line, merged_branches
from fedlore.observe.features.commits import (
    DAY,
    Mask,
    changed_files,
    changed_lines,
    human_commits,
    last_year,
    says,
    since_cut,
    sized_commits,
    source_paths,
)
from fedlore.observe.features.paths import at_head
from fedlore.observe.features.patterns import BUILD_OUTPUT
from fedlore.observe.features.tests_inside import may_hold_tests, with_left_out
from fedlore.observe.intervals import quantile_ends

_GIANT_FILES = 20
_GIANT_LINES = 400
_SOME_GIANTS = Fraction(1, 100)
_SOME_REVERTS = Fraction(1, 200)
_MOST_UNTESTED = Fraction(3, 4)
_LATE = 7 * DAY
_SOME_LATE = Fraction(1, 20)
_LONG_LIVED_DAYS = 30
_SLOW_TENTH = 90
_HOUR = 3600
_NIGHT_BEGINS, _NIGHT_ENDS = 22, 6
_MONDAY = 4
"""The first Monday of 1970 was four days after its first day."""

_FIVE_DAYS = 5
_MOST_PLACES = 20
_LEAST_COMMITS = 20


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of the domain ``process_anti_patterns`` that history and workflows tell; `stories` tells others."""
    return {MeasureId(f"process.{name}"): answer for name, answer in _answers(evidence).items()}


def _answers(evidence: Evidence) -> dict[str, Answer]:
    history = evidence.history
    asked = partial(enough, is_cut=bool(history.at_cut.any()))
    human, recent, line = human_commits(history), last_year(history), main_line(history)
    source, tests = source_paths(history)
    changes_source, untested = human & (changed_files(history, source) > 0), changed_files(history, tests) == 0
    giants = changed_files(history) >= _GIANT_FILES
    late = history.commit_time - history.author_time > _LATE
    hidden = may_hold_tests(evidence)
    clear, fixes = changes_source & ~hidden, changes_source & says(history, Said.CORRECTIVE)
    weekend, night = _free_time(history)
    return {
        "giant_commits": asked(
            _SOME_GIANTS, f"commits of {_GIANT_FILES} files or more", giants, "human commits", sized_commits(history)
        ),
        "reverts": asked(_SOME_REVERTS, "reverts", says(history, Said.REVERT), "human commits", human),
        "source_without_tests": with_left_out(
            asked(_MOST_UNTESTED, "commits that change no test", untested, "human commits that change source", clear),
            hidden,
            changes_source,
        ),
        "late_landing": asked(_SOME_LATE, "commits that landed after more than 7 days", late, "human commits", human),
        "committed_output": at_head(evidence.tree.paths, BUILD_OUTPUT, by_others=True),
        "giant_lines": _giant_lines(evidence, source | tests),
        "untested_fixes": with_left_out(
            share_of("corrections that change no test", untested, "corrections of source", fixes & ~hidden),
            hidden,
            fixes,
        ),
        "long_branches": _long_branches(history, line),
        "back_merges": _back_merges(history, line),
        "direct_to_main": _direct_to_main(history, line),
        "landing_delay": _landing_delay(history, recent),
        "work_in_progress": share_of(
            "commits of unfinished work", says(history, Said.WORK_IN_PROGRESS), "human commits", human
        ),
        "weekend_share": portion(
            "commits on a weekend",
            count(weekend & recent),
            "human commits of the last year",
            count(recent),
            largest=0.5,
            least=_LEAST_COMMITS,
        ),
        "night_share": bounded(share_of("commits at night", night, "human commits of the last year", recent), 0, 0.5),
        "unpinned_actions": _unpinned_actions(evidence),
        "ignored_failures": _ignored_failures(evidence),
    }


def _giant_lines(evidence: Evidence, chosen: Mask) -> Answer:
    added, deleted, counted = changed_lines(evidence, chosen)
    giants = added + deleted > _GIANT_LINES
    share = share_of(f"commits of more than {_GIANT_LINES} lines", giants, "newest commits that change source", counted)
    return bounded(share, 0, 0.5)


def _long_branches(history: History, line: Mask) -> Answer:
    branches = merged_branches(history, line)
    recent = last_year(history, line)[branches.merge]
    long_lived = branches.days > _LONG_LIVED_DAYS
    return share_of(
        f"branches older than {_LONG_LIVED_DAYS} days", long_lived, "branches merged in the last year", recent
    )


def _back_merges(history: History, line: Mask) -> Answer:
    """Merges whose second parent stands on the main line brought that line into a branch."""
    second = history.second_parent
    backwards = (second >= 0) & np.append(line, False)[second]
    # What is older than a shallow cut may be on the line behind it.
    is_known = backwards | (history.commit_time[second] > (since_cut(history) or -1))
    return share_of("merges of the main line into a branch", backwards, "merges by humans", _merges(history) & is_known)


def _direct_to_main(history: History, line: Mask) -> Answer:
    """A request that was landed by a rebase leaves no trace, and counts as direct."""
    direct = (history.parents < 2) & ~says(history, Said.PULL_REQUEST)
    landed = last_year(history, line & ~history.is_bot)
    return share_of("commits without a request or a merge", direct, "commits of humans on the main line", landed)


def _merges(history: History) -> Mask:
    return ~history.is_bot & (history.parents > 1)


def _landing_delay(history: History, recent: Mask) -> Answer:
    if not recent.any():
        return Answer(None)
    waited = np.maximum(history.commit_time - history.author_time, 0)[recent] / DAY
    days = float(np.percentile(waited, _SLOW_TENTH))
    because = {"human commits of the last year": len(waited), "days until nine tenths had landed": days}
    return Answer(days, because, interval=quantile_ends(waited, _SLOW_TENTH / 100))


def _free_time(history: History) -> tuple[Mask, Mask]:
    """Which commits were written on a Saturday or Sunday, and which at night, by the clock of their author."""
    local = history.author_time + history.offset_minutes.astype(np.int64) * 60
    weekend = (local // DAY - _MONDAY) % 7 >= _FIVE_DAYS
    hour = local % DAY // _HOUR
    return weekend, (hour >= _NIGHT_BEGINS) | (hour < _NIGHT_ENDS)


def _unpinned_actions(evidence: Evidence) -> Answer:
    files = [file for file in evidence.tree.files if file.counts.get("uses")]
    uses = sum(file.counts["uses"] for file in files)
    unpinned = uses - sum(file.counts.get("uses_pinned", 0) for file in files)
    places = [Place(file.path, line) for file in files for line in file.places.get("unpinned", ())]
    answer = portion("uses without a full hash", unpinned, "uses of actions and workflows of others", uses)
    return Answer(answer.value, answer.because, tuple(places[:_MOST_PLACES]))


def _ignored_failures(evidence: Evidence) -> Answer:
    files = [file for file in evidence.tree.files if "or_true" in file.counts]
    ignoring = [file for file in files if file.counts["or_true"] or file.counts.get("continue_on_error")]
    places = [Place(file.path, line) for file in ignoring for line in file.places.get("ignored_failure", ())]
    answer = portion("configurations that pass over a failure", len(ignoring), "configurations of CI", len(files))
    return Answer(answer.value, answer.because, tuple(places[:_MOST_PLACES]))
