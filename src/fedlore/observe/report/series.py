"""What a repository did in each quarter: small series of counts and shares, in which nobody can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fedlore.observe.evidence import Evidence, Said, Times
from fedlore.observe.features.commits import DAY, human_commits, since_cut
from fedlore.observe.features.releases import release_days
from fedlore.observe.onsets import gone_at_head, onsets
from fedlore.observe.report.quarters import numbered, per_quarter, quarter_of, start_of
from fedlore.observe.series import technology_series

Series = tuple[tuple[int, float], ...]
"""The Unix time at which each quarter begins, in order, and its number."""

COMMITS: Final = "commits"
CONTRIBUTORS: Final = "contributors"
NEWCOMERS: Final = "newcomers"
CORRECTIVE: Final = "corrective share"
RELEASES: Final = "releases"
LINES: Final = "lines changed"
LANGUAGE: Final = "language:"
"""Before the name of a language, the name of the series of its share."""

BEGAN: Final = "began:"
"""Before the name of a practice of `onsets.PRACTICES`, a series of the one time at which it began.

Its number is 0 if the practice is gone at HEAD, else 1.
"""

_MOST_QUARTERS = 80
_MOST_LANGUAGES = 6


def series_of(evidence: Evidence) -> Mapping[str, Series]:
    """The activity of a repository in each quarter up to the one of ``evidence.as_of``, at most twenty years of them.

    ``commits`` are those of humans, ``contributors`` the people who made them, ``newcomers`` those among them who had
    made none before, ``corrective share`` the share of the commits whose subject tells of a correction (a quarter
    without commits has none), ``releases`` the days with a release, and ``lines changed`` those added and deleted, from
    the first quarter on that was counted in full. ``language:NAME`` is the share of the source files at a quarter's end
    that are of the language, for the most used ones. ``began:NAME`` holds the day on which a practice began. Commits
    dated after the day of ``as_of`` are left out. A shallow clone tells the quarters after its cut, and nothing of who
    is new or what began.
    """
    history = evidence.history
    human = human_commits(history) & (history.commit_time < evidence.as_of + DAY)
    if not human.any():
        return {}
    quarters = quarter_of(history.commit_time)
    last = max(quarter_of(evidence.as_of), int(quarters[human].max()))
    cut = since_cut(history)
    begin = int(quarters[human].min()) if cut is None else int(quarter_of(cut)) + 1
    span = range(min(max(begin, last + 1 - _MOST_QUARTERS), last + 1), last + 1)
    commits = per_quarter(quarters[human], span)
    pairs = np.unique(np.stack([history.author[human].astype(np.int64), quarters[human]]), axis=1)
    _, first = np.unique(pairs[0], return_index=True)
    corrective = per_quarter(quarters[human & (history.said & Said.CORRECTIVE != 0)], span)
    releases = release_days(history) * DAY
    return {
        COMMITS: _series(commits, span),
        CONTRIBUTORS: _series(per_quarter(pairs[1], span), span),
        NEWCOMERS: _series(per_quarter(pairs[1][first], span), span) if cut is None else (),
        CORRECTIVE: tuple(
            (start_of(quarter), float(part / whole))
            for quarter, part, whole in zip(span, corrective, commits, strict=True)
            if whole
        ),
        RELEASES: _series(per_quarter(quarter_of(releases), span), span) if len(releases) else (),
        LINES: _lines_changed(evidence, quarters, span),
        **_languages(evidence, span),
        **_began(evidence),
    }


def _began(evidence: Evidence) -> dict[str, Series]:
    gone = gone_at_head(evidence)
    began = onsets(evidence)
    return {BEGAN + name: ((time, float(name not in gone)),) for name, time in began.items() if time is not None}


def _series(counts: Times, span: range) -> Series:
    return tuple((start_of(quarter), float(count)) for quarter, count in zip(span, counts, strict=True))


def _lines_changed(evidence: Evidence, quarters: Times, span: range) -> Series:
    """Lines added and deleted by human commits; churn is counted for the newest commits only, so the oldest counted
    quarter may be a part of one, unless the history begins in it.
    """
    history, churn = evidence.history, evidence.churn
    if churn is None:
        return ()
    counted = (churn.added >= 0) & human_commits(history)[history.changed_commit]
    if not counted.any():
        return ()
    when = quarters[history.changed_commit]
    first = int(when[counted].min())
    whole = range(max(span.start, first if first == int(quarters.min()) else first + 1), span.stop)
    inside = counted & (when >= whole.start) & (when < whole.stop)
    lines = np.bincount(when[inside] - whole.start, weights=(churn.added + churn.deleted)[inside], minlength=len(whole))
    return tuple((start_of(quarter), float(count)) for quarter, count in zip(whole, lines, strict=True))


def _languages(evidence: Evidence, span: range) -> dict[str, Series]:
    told = [(numbered(quarter.year, quarter.quarter), quarter.files) for quarter in technology_series(evidence)]
    told = [(number, files) for number, files in told if number in span]
    if not told:
        return {}
    newest = told[-1][1]
    most = sorted(newest, key=lambda language: (-newest[language], language))[:_MOST_LANGUAGES]
    return {
        LANGUAGE + language: tuple(
            (start_of(number), files.get(language, 0) / sum(files.values())) for number, files in told if files
        )
        for language in most
        if newest[language]
    }
