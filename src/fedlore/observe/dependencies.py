"""The packages that a project declared through its history: since when, until when, and under which constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from fedlore.counting import counted
from fedlore.observe.cache import Key
from fedlore.observe.evidence import History, PackageSpan, SourceFile
from fedlore.observe.facts import Facts
from fedlore.observe.history.ages import ages
from fedlore.observe.manifests.constraints import is_pinned
from fedlore.observe.manifests.kinds import manifest_kind
from fedlore.observe.manifests.reading import MANIFEST_KINDS
from fedlore.observe.manifests.replay import Replay, Said, Track

MOST_REVISIONS = 3_000
"""So many versions of manifests are read, the newest first; of older ones, one a path and quarter of a year."""

MOST_SAMPLES = 1_000
"""So many of those older ones are read, the newest first."""

MOST_CHANGES = 200_000
"""So many changes of manifests are looked at, the newest first."""

_QUARTER_SECONDS = 365 * 86_400 // 4


class _Revision(NamedTuple):
    """One change of a manifest: its commit's row and time, its path's number, the version before and the one after."""

    commit: int
    time: int
    path: int
    old: Key | None
    new: Key | None


def manifest_revisions(history: History) -> frozenset[Key]:
    """The versions of manifests that `package_spans` compares: those that changes made, and those that they replaced.

    The newest `MOST_REVISIONS` are complete. Of what is older there is the last version of each path in each quarter of
    a year, up to `MOST_SAMPLES`; `revision_notes` says how many were left out.
    """
    return frozenset(_wanted(_revisions(history))[0])


def revision_notes(history: History) -> tuple[str, ...]:
    """Sentences for the owner if older versions of manifests were sampled, or even older ones not looked at."""
    revisions = _revisions(history)
    _, left_out = _wanted(revisions)
    notes = []
    if left_out:
        versions = counted(left_out, "older versions of manifests")
        notes.append(f"Not read: {versions}, all but one for each quarter of a year.")
    if len(revisions) == MOST_CHANGES:
        notes.append(f"Only the newest {MOST_CHANGES:,} changes of manifests were looked at.")
    return tuple(notes)


def package_spans(
    history: History, facts: Mapping[Key, Facts], files: Sequence[SourceFile] | None = None
) -> tuple[PackageSpan, ...]:
    """Every package that a manifest declared at some time, in the order of their names.

    A change on any branch counts when it was committed, as the difference between the version that it replaced and the
    one that it made, so that branches which run side by side do not undo each other: what one of them removed is gone
    until somebody adds it again. The project declares the union over its manifests. Versions that could not be read
    change nothing. ``files``, if given, are those at HEAD: what they declare is how it ended, whatever a merge did.
    """
    said = {key: _said(fact) for key, fact in facts.items() if key[1] in MANIFEST_KINDS and _is_whole(fact)}
    replay = Replay()
    for _, commit in groupby(reversed(_revisions(history)), lambda revision: revision.commit):
        revisions = list(commit)
        touched = [package for revision in revisions for package in _apply(replay, revision, said)]
        replay.note(touched, revisions[0].time)
    if files is not None:
        _end_as_at_head(replay, history, said, files)
    return tuple(_span(package, track) for package, track in sorted(replay.tracks.items()))


def _revisions(history: History) -> list[_Revision]:
    """The newest changes of manifests, newest first; of one second, children before their parents."""
    kinds = [manifest_kind(path) for path in history.paths]
    is_manifest = np.array([bool(kind) for kind in kinds], np.bool_)
    rows = np.flatnonzero(is_manifest[history.changed_path])[:MOST_CHANGES] if kinds else np.zeros(0, np.int64)
    commits = history.changed_commit[rows]
    columns = (
        commits.tolist(),
        history.commit_time[commits].tolist(),
        history.changed_path[rows].tolist(),
        (bytes(blob) for blob in history.changed_old[rows]),
        (bytes(blob) for blob in history.changed_new[rows]),
    )
    revisions = [
        _Revision(
            commit,
            time,
            path,
            (old.hex(), kinds[path]) if any(old) else None,
            (new.hex(), kinds[path]) if any(new) else None,
        )
        for commit, time, path, old, new in zip(*columns, strict=True)
    ]
    age = ages(history, commits.tolist())
    return sorted(revisions, key=lambda revision: (-revision.time, -age[revision.commit], revision.commit))


def _wanted(revisions: Sequence[_Revision]) -> tuple[set[Key], int]:
    """The versions to be read, and how many were left out."""
    wanted: set[Key] = set()
    older: set[Key] = set()
    sampled: set[Key] = set()
    quarters: set[tuple[int, int]] = set()
    for revision in revisions:
        keys = {key for key in (revision.new, revision.old) if key is not None}
        if not older and len(wanted | keys) <= MOST_REVISIONS:
            wanted |= keys
            continue
        older |= keys
        quarter = (revision.path, revision.time // _QUARTER_SECONDS)
        if revision.new is not None and quarter not in quarters and len(sampled) < MOST_SAMPLES:
            quarters.add(quarter)
            sampled |= {revision.new} - wanted
    return wanted | sampled, len(older - wanted - sampled)


def _is_whole(fact: Facts) -> bool:
    return not fact.warning and "unread" not in fact.counts


def _said(fact: Facts) -> Said:
    said: dict[str, frozenset[str]] = {}
    for package, constraint in fact.packages:
        said[package] = said.get(package, frozenset()) | {constraint}
    return said


def _apply(replay: Replay, revision: _Revision, said: Mapping[Key, Said]) -> set[str]:
    """What a revision changes; against what the manifest says by now where the version before is not known."""
    before = {} if revision.old is None else said.get(revision.old)
    if before and not replay.has(revision.path):
        # The history begins later than the manifest: what it said before counts from here.
        replay.note(replay.change(revision.path, {}, before), revision.time)
    if revision.new is None:
        return replay.change(revision.path, replay.says(revision.path), {})
    if revision.new not in said:
        return set()
    return replay.change(revision.path, replay.says(revision.path) if before is None else before, said[revision.new])


def _end_as_at_head(replay: Replay, history: History, said: Mapping[Key, Said], files: Sequence[SourceFile]) -> None:
    """Let what the manifests at HEAD declare be how it ended; one that could not be read says what it last did."""
    numbers = {path: number for number, path in enumerate(history.paths)}
    oldest = int(history.commit_time.min()) if history.commits else 0
    at_head: dict[str, frozenset[str]] = {}
    for file in files:
        if kind := manifest_kind(file.path):
            declared = said.get((file.blob, kind))
            if declared is None:
                declared = replay.says(numbers[file.path]) if file.path in numbers else {}
            for package, constraints in declared.items():
                at_head[package] = at_head.get(package, frozenset()) | constraints
    for package, track in replay.tracks.items():
        if package not in at_head and track.last is None:
            track.last = track.touched
    for package, constraints in at_head.items():
        given = frozenset(one for one in constraints if one)
        track = replay.tracks.setdefault(package, Track(oldest, oldest, oldest, given))
        track.last, track.constraints = None, given


def _span(package: str, track: Track) -> PackageSpan:
    pinned = is_pinned(package, track.constraints)
    return PackageSpan(package, track.first, track.last, track.changed, track.changes, pinned, track.returns)
