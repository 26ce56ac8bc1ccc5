"""Collaboration patterns: how many carry the work, how it is shared and reviewed, and who joins."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History
from fedlore.observe.features.answers import enough, mean_of, portion, share_of
from fedlore.observe.features.areas import Areas, areas_of
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    Counts,
    commits_per_person,
    human_commits,
    last_year,
    newest,
    owners,
)
from fedlore.observe.features.paths import at_head
from fedlore.observe.features.patterns import CODE_OWNERS, CONTRIBUTING
from fedlore.observe.features.truck_factor import truck_factor

_A_TENTH = Fraction(1, 10)
_SHARED = 2
_ZONE_SHARE = 1 / 20
_QUARTER = 90 * DAY


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of the domain ``collaboration_patterns``."""
    return {MeasureId(f"collaboration.{name}"): answer for name, answer in _answers(evidence).items()}


def _answers(evidence: Evidence) -> dict[str, Answer]:
    history, paths = evidence.history, evidence.tree.paths
    asked = partial(enough, is_cut=bool(history.at_cut.any()))
    human, recent = human_commits(history), last_year(history)
    counts = commits_per_person(history, recent)
    absence_factor, areas = _absence_factor(counts), areas_of(history, paths)
    newcomers, authors = _newcomers(history)
    came = {"authors new in the last year": newcomers, "its authors": authors}
    is_cut = bool(history.at_cut.any())
    paired, reviewed = history.coauthors > 0, history.reviewed
    this_year = "human commits of the last year", recent
    return {
        "code_owners": at_head(paths, CODE_OWNERS),
        "contributing": at_head(paths, CONTRIBUTING),
        "coauthored": asked(_A_TENTH, "commits with a co-author", paired, "human commits", human),
        "review_trailers": asked(_A_TENTH, "commits with a reviewer", reviewed, "human commits", human),
        "shared_work": Answer(
            None
            if is_cut and absence_factor.value is None
            else absence_factor.value is not None and absence_factor.value >= _SHARED,
            absence_factor.because,
        ),
        "newcomers": Answer(None) if is_cut else Answer(newcomers > 0, came),
        "absence_factor": absence_factor,
        "time_zones": _time_zones(history),
        "ownership_entropy": _ownership_entropy(history, paths),
        "truck_factor": _truck_factor(history, paths),
        "top_owner": _top_owner(areas),
        "minor_contributors": _minor_contributors(areas),
        "commit_gini": _gini(counts),
        "pair_share": share_of("commits with a co-author", paired, *this_year),
        "review_share": share_of("commits with a reviewer", reviewed, *this_year),
        "newcomer_share": Answer(None)
        if is_cut
        else portion("authors new in the last year", newcomers, "its authors", authors),
        "occasional_share": portion(
            "authors with a single commit", int((counts == 1).sum()), "authors of the last year", len(counts)
        ),
        "active_authors": _active_authors(history),
    }


def _absence_factor(counts: Counts) -> Answer:
    """The fewest authors who together made at least half of the last year's human commits."""
    if not len(counts):
        return Answer(None)
    fewest = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2) + 1)
    because = {"commits of the most active": int(counts[:fewest].sum()), "human commits of the last year": counts.sum()}
    return Answer(float(fewest), {"authors": fewest, **because})


def _newcomers(history: History) -> tuple[int, int]:
    """The last year's authors without an earlier commit, and all of them; none where the project is not older."""
    human = human_commits(history)
    end = newest(history, human)
    if end is None or int(history.commit_time[human].min()) > end - YEAR:
        return 0, 0
    earlier = human & (history.commit_time <= end - YEAR)
    authors = np.unique(history.author[human & ~earlier])
    return len(np.setdiff1d(authors, history.author[earlier])), len(authors)


def _time_zones(history: History) -> Answer:
    recent = history.offset_minutes[last_year(history)]
    if not len(recent):
        return Answer(None)
    _, counts = np.unique(recent, return_counts=True)
    zones = int((counts >= _ZONE_SHARE * len(recent)).sum())
    return Answer(float(zones), {"offsets with a twentieth of the commits": zones, "offsets in all": len(counts)})


def _ownership_entropy(history: History, paths: list[bytes]) -> Answer:
    file, changes = owners(history, paths)
    if not len(file):
        return Answer(None, {"files with human authors": 0})
    _, index, authors = np.unique(file, return_inverse=True, return_counts=True)
    portions = changes / np.bincount(index, weights=changes)[index]
    entropy = np.bincount(index, weights=-portions * np.log2(portions))
    # The largest entropy is that of equal portions; a single author has none, whatever it is divided by.
    normalised = entropy / np.log2(np.maximum(authors, 2))
    return mean_of(np.clip(normalised, 0, 1), "files with human authors", "mean entropy")


def _truck_factor(history: History, paths: list[bytes]) -> Answer:
    # Without a file's first change its first author is not known.
    found = None if history.at_cut.any() else truck_factor(history, paths)
    if found is None:
        return Answer(None)
    because = {
        "people who leave": found.people,
        "source files": found.files,
        "files with an author": found.with_author,
        "files with an author left": found.left_with_author,
    }
    return Answer(float(found.people), because)


def _top_owner(areas: Areas) -> Answer:
    return mean_of(areas.largest / areas.changes, "areas of source", "mean share of the most active author")


def _minor_contributors(areas: Areas) -> Answer:
    return mean_of(areas.minor / areas.authors, "areas of source", "mean share of authors below a twentieth")


def _gini(counts: Counts) -> Answer:
    """Gini's coefficient of the commits of each author, largest first; nothing is concentrated in one."""
    if len(counts) < 2:
        return Answer(None, {"authors of the last year": len(counts)})
    ranks = np.arange(len(counts), 0, -1)
    gini = float((2 * ranks - len(counts) - 1) @ counts / (len(counts) * counts.sum()))
    return Answer(min(max(gini, 0.0), 1.0), {"authors of the last year": len(counts), "Gini's coefficient": gini})


def _active_authors(history: History) -> Answer:
    human = human_commits(history)
    end = newest(history, human)
    if end is None:
        return Answer(None)
    authors = len(np.unique(history.author[human & (history.commit_time > end - _QUARTER)]))
    return Answer(float(authors), {"authors of the last 90 days": authors})
