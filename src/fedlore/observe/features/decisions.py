"""Decision anti-patterns: debts that the authors admit, and decisions that did not last, by records and the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Place, Said, SourceFile
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import (
    DAY,
    YEAR,
    Mask,
    human_commits,
    is_held,
    last_year,
    newest,
    says,
    source_paths,
)
from fedlore.observe.features.declared import libraries
from fedlore.observe.features.sources import code_lines, production, total, written
from fedlore.observe.intervals import rate_interval
from fedlore.observe.naming import is_by_others

_LEAST_LINES = 50
_LEAST_FILES = 5
_MOST_PLACES = 20
_SOON = 90 * DAY
_LEAST_PACKAGES = 5
_LEAST_REWRITTEN = 10
_LEAST_COMMITS = 20
_DEBTS = "debt_comments"
_RIVALS = {
    name: ecosystem
    for ecosystem, names in (
        ("npm", b"package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb"),
        ("pypi", b"poetry.lock uv.lock pipfile.lock pdm.lock"),
    )
    for name in names.split()
}
_SAME_MANAGER = {b"npm-shrinkwrap.json": b"package-lock.json", b"bun.lockb": b"bun.lock"}


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure of the domain ``decision_anti_patterns``."""
    files = evidence.tree.files
    records, argued = total(files, "records"), total(files, "records_with_alternatives")
    superseded = total(files, "records_superseded")
    return {
        MeasureId("decisions.debt_comments"): _debts(evidence),
        MeasureId("decisions.superseded_records"): Answer(
            float(superseded > 0) if records else None, {"superseded records": superseded, "decision records": records}
        ),
        MeasureId("decisions.records_without_alternatives"): Answer(
            float(2 * argued <= records) if records else None,
            {"records without alternatives": records - argued, "decision records": records},
        ),
        MeasureId("decisions.rival_lock_files"): _rival_lock_files(evidence.tree.paths),
        MeasureId("decisions.old_debt_share"): _old_debts(evidence),
        MeasureId("decisions.debt_spread"): _debt_spread(evidence),
        MeasureId("decisions.records"): Answer(float(records) if files else None, {"decision records": records}),
        MeasureId("decisions.superseded_soon"): _superseded_soon(evidence),
        MeasureId("decisions.dependency_flip_flops"): _flip_flops(evidence),
        MeasureId("decisions.rewrites"): _rewrites(evidence.history),
        MeasureId("decisions.breaking_share"): _breaking(evidence.history),
    }


def _places(files: Sequence[SourceFile]) -> tuple[Place, ...]:
    ordered = sorted(files, key=lambda file: file.path)
    found = (Place(file.path, line) for file in ordered for line in file.places.get(_DEBTS, ()))
    return tuple(place for place, _ in zip(found, range(_MOST_PLACES), strict=False))


def _debts(evidence: Evidence) -> Answer:
    source = written(evidence.tree)
    lines, debts = code_lines(source), total(source, _DEBTS)
    because = {"comments that admit a debt": debts, "lines of code": lines}
    return Answer(1000 * debts / lines if lines >= _LEAST_LINES else None, because, _places(source))


def _last_changes(history: History, among: Mask) -> dict[bytes, int]:
    """When each path of the history was last changed by one of these commits (Unix seconds; -1: by none)."""
    times = np.full(len(history.paths), -1, np.int64)
    chosen = among[history.changed_commit]
    np.maximum.at(times, history.changed_path[chosen], history.commit_time[history.changed_commit[chosen]])
    return dict(zip(history.paths, times.tolist(), strict=True))


def _old_debts(evidence: Evidence) -> Answer:
    """Debts in files that nobody touched for a year are at least a year old; others may be, so this counts low.

    A file that is unchanged since a shallow cut of less than a year ago may be such a file or not.
    """
    history = evidence.history
    end = newest(history, history.parents >= 0)
    source = [file for file in written(evidence.tree) if file.counts.get(_DEBTS)]
    if end is not None and not is_held(history, end - YEAR):
        here = _last_changes(history, ~history.at_cut)
        if any(here.get(file.path, -1) <= end - YEAR for file in source):
            return Answer(None, {"comments that admit a debt": total(source, _DEBTS)})
    changed = _last_changes(history, history.parents >= 0)
    old = [file for file in source if end is not None and changed.get(file.path, end) <= end - YEAR]
    part = ("of them in files that were not changed for a year", total(old, _DEBTS))
    return portion(*part, "comments that admit a debt", total(source, _DEBTS), places=_places(old))


def _debt_spread(evidence: Evidence) -> Answer:
    source = production(evidence.tree)
    with_debt = sum(file.counts.get(_DEBTS, 0) > 0 for file in source)
    whole = ("source files but for tests", len(source))
    return portion("files with a comment that admits a debt", with_debt, *whole, least=_LEAST_FILES)


def _superseded_soon(evidence: Evidence) -> Answer:
    """A record that is superseded has no reason to change after that, so its last change dates it.

    In a shallow clone its begin is not known.
    """
    history = evidence.history
    names = {file.path for file in evidence.tree.files if file.counts.get("records_superseded")}
    if history.at_cut.any():
        return Answer(None, {"superseded records": len(names)})
    chosen = np.array([path in names for path in history.paths], np.bool_)[history.changed_path]
    spans: dict[int, tuple[int, int]] = {}
    times = history.commit_time[history.changed_commit[chosen]].tolist()
    for path, time in zip(history.changed_path[chosen].tolist(), times, strict=True):
        first, last = spans.get(path, (time, time))
        spans[path] = min(first, time), max(last, time)
    soon = sum(last - first <= _SOON for first, last in spans.values())
    return portion("superseded within 90 days", soon, "superseded records", len(spans))


def _flip_flops(evidence: Evidence) -> Answer:
    """Changes of mind for every 100 packages: each return, and each package dropped within 90 days for good."""
    spans = libraries(evidence)
    returns = sum(span.returns for span in spans)
    dropped = sum(span.last is not None and span.last - span.first < _SOON and not span.returns for span in spans)
    because = {
        "packages that came back": returns,
        "packages dropped within 90 days": dropped,
        "packages ever declared": len(spans),
    }
    is_known = len(spans) >= _LEAST_PACKAGES and not evidence.history.at_cut.any()
    if not is_known:
        return Answer(None, because)
    minds = returns + dropped
    return Answer(100 * minds / len(spans), because, interval=rate_interval(minds, len(spans) / 100))


def _rewrites(history: History) -> Answer:
    """Commits that removed at least three in ten of the source files that were there, and moved none of these."""
    if not history.commits:
        return Answer(None)
    sources, _ = source_paths(history)
    chosen = sources[history.changed_path] & _once(history)
    kind = history.changed_status
    added, removed = (
        np.bincount(history.changed_commit[chosen & (kind == ord(letter))], minlength=history.commits)
        for letter in "AD"
    )
    oldest_first = np.lexsort((-np.arange(history.commits), history.commit_time))
    there = np.zeros(history.commits, np.int64)
    there[oldest_first] = np.concatenate([[0], np.cumsum((added - removed)[oldest_first])[:-1]])
    candidates = np.flatnonzero((removed >= _LEAST_REWRITTEN) & (10 * removed >= 3 * there))
    count = sum(
        gone >= _LEAST_REWRITTEN and 10 * gone >= 3 * int(there[commit])
        for commit, gone in _removed_for_good(history, candidates.tolist())
    )
    return Answer(float(count), {"rewrites": count, "files of source now": float(max(0, (added - removed).sum()))})


def _once(history: History) -> Mask:
    """All changes but those by which a second shallow cut adds the files of the first again."""
    at_cut = np.flatnonzero(history.at_cut[history.changed_commit])[::-1]
    once = np.ones(len(history.changed_commit), np.bool_)
    once[at_cut] = False
    once[at_cut[np.unique(history.changed_path[at_cut], return_index=True)[1]]] = True
    return once


def _removed_for_good(history: History, commits: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each commit, and how many source files it removed that it added nowhere else, by content or by name."""
    sources, _ = source_paths(history)
    for commit in commits:
        begin, end = np.searchsorted(history.changed_commit, [commit, commit + 1])
        rows = [row for row in range(begin, end) if sources[history.changed_path[row]]]
        added = [row for row in rows if history.changed_status[row] == ord("A")]
        blobs = {history.changed_new[row].tobytes() for row in added}
        names = {_name(history, row) for row in added}
        removed = [row for row in rows if history.changed_status[row] == ord("D")]
        gone = [row for row in removed if history.changed_old[row].tobytes() not in blobs]
        yield commit, sum(_name(history, row) not in names for row in gone)


def _name(history: History, row: int) -> bytes:
    path: bytes = history.paths[history.changed_path[row]]
    return path.rpartition(b"/")[2]


def _breaking(history: History) -> Answer:
    recent = last_year(history) & human_commits(history)
    part = ("commits that announce a breaking change", int((says(history, Said.BREAKING) & recent).sum()))
    return portion(*part, "human commits of the last year", int(recent.sum()), largest=0.1, least=_LEAST_COMMITS)


def _rival_lock_files(paths: list[bytes]) -> Answer:
    """Whether one folder holds the lock files of two package managers for the same ecosystem."""
    managers: defaultdict[tuple[bytes, str], set[bytes]] = defaultdict(set)
    for path in paths:
        folder, _, name = path.lower().rpartition(b"/")
        if name in _RIVALS and not is_by_others(path):
            managers[folder, _RIVALS[name]].add(_SAME_MANAGER.get(name, name))
    rivals = sum(len(names) > 1 for names in managers.values())
    return Answer(rivals > 0, {"folders with rival lock files": rivals, "folders with lock files": len(managers)})
