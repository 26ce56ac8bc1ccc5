"""Observe many repositories in several processes; how many changes nothing but the time it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from joblib import cpu_count, delayed

from fedlore.observe.command import RepositoryError
from fedlore.observe.evidence import Labels
from fedlore.observe.owner.capacity import Capacity, within_capacity
from fedlore.observe.owner.labels import labels_of, strangers
from fedlore.observe.owner.organisation import organisation_of
from fedlore.observe.project import Observed, Told, observe_together
from fedlore.observe.references import Claim, claim_of, printable
from fedlore.observe.stream import Limits
from fedlore.observe.workers import Backend, workers

_FEW = 4
"""Up to this many repositories, starting a process costs more than it saves."""

_MOST_TOGETHER = 32
_Work = Callable[[list[Path]], list[Observed]]


def observe_projects(
    paths: Sequence[Path],
    *,
    as_of: int,
    cache: Path | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    capacity: Capacity | None = None,
    backend: Backend = "processes",
) -> list[Observed]:
    """Observe each distinct repository once, in the order in which ``paths`` first names it.

    Two paths with the same real path are one repository and give one result, since a project counts once. Of several
    with the same commit at HEAD (clones, worktrees) the first that can be read is observed, a shallow one only if all
    are shallow; each of the others has an ``error`` that names it. ``jobs`` is the number of processes (default: one
    for each processor); ``progress`` is told how many are done, of how many. A repository that cannot be read has an
    ``error`` and no features, and so has one that a ``capacity`` leaves out; the history of the others is read no
    longer than it allows. ``backend`` changes nothing in the result; ``ray`` needs the extra of that name (`ToolError`
    without it), and every machine of the cluster the same paths.

    The folder in which a repository lies is its organisation's: ``fedlore.toml`` and ``outcomes.toml`` are read there.
    The first result of a folder has a note on each project in ``outcomes.toml`` that has no folder there.
    Raises `DocumentError` for a mistake in one of them.
    """
    distinct = list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
    chosen_few, left_out = within_capacity(distinct, capacity)
    results = {path: Observed(path, None, f"left out ({capacity.words})") for path in left_out if capacity}
    limits = Limits() if capacity is None else replace(Limits(), seconds=min(Limits().seconds, capacity.seconds_each))
    told = _told(chosen_few)
    # Read before the work: a file that is broken meanwhile costs nobody the results.
    notes = {folder: strangers(folder) for folder in {path.parent for path in chosen_few}}
    work = partial(observe_together, as_of=as_of, cache=cache, limits=limits, told=told)
    waiting = {path: _claim(path) for path in chosen_few}
    # A repository may claim a HEAD whose commit it has not: as long as none of a group can be read, the next is tried.
    while chosen := _first_of_each(waiting):
        for chunk in _chunks(chosen, jobs or cpu_count(), backend, work):
            results |= {found.path: found for found in chunk}
            if progress is not None:
                progress(len(results), len(distinct))
        claims = {path: waiting.pop(path) for path in chosen}
        read = {claim.head: path for path, claim in claims.items() if claim.head and results[path].features is not None}
        copies = [path for path, claim in waiting.items() if claim.head in read]
        for path in copies:
            claim = waiting.pop(path)
            results[path] = Observed(path, None, _left_out(claim, read[claim.head]), head=claim.head)
        if progress is not None and copies:
            progress(len(results), len(distinct))
    return _with_strangers([results[path] for path in distinct], notes)


def _claim(path: Path) -> Claim:
    try:
        return claim_of(path)
    except RepositoryError:
        return Claim()


def _first_of_each(claims: Mapping[Path, Claim]) -> list[Path]:
    """One path of each HEAD (the first, of those that are not shallow if any is not), and every path without one.

    They are in the order of ``claims``.
    """
    first: dict[str, Path] = {}
    for path, claim in sorted(claims.items(), key=lambda item: item[1].shallow):
        first.setdefault(claim.head, path)
    return [path for path, claim in claims.items() if not claim.head or first[claim.head] == path]


def _left_out(claim: Claim, read: Path) -> str:
    return printable(f"{'is shallow and ' if claim.shallow else ''}has the same HEAD as {read}: counted once")


def _with_strangers(results: list[Observed], notes: Mapping[Path, Sequence[str]]) -> list[Observed]:
    """The same, and with the first of each folder that was read its notes on labelled projects that are not there."""
    told: dict[Path, Path] = {}
    for found in results:
        if found.features is not None:
            told.setdefault(found.path.parent, found.path)
    return [
        replace(found, notes=(*found.notes, *map(printable, notes[found.path.parent])))
        if told.get(found.path.parent) == found.path
        else found
        for found in results
    ]


def _told(paths: Sequence[Path]) -> dict[Path, Told]:
    """What the organisation's files say of each repository."""
    folders = dict.fromkeys(path.parent for path in paths)
    said = {folder: (organisation_of(folder), labels_of(folder)) for folder in folders}
    return {
        path: Told(organisation, labels.get(path.name, Labels()))
        for path in paths
        for organisation, labels in (said[path.parent],)
    }


def _chunks(
    paths: list[Path], jobs: int, backend: Backend, work: Callable[[Sequence[Path]], list[Observed]]
) -> Iterator[list[Observed]]:
    size = max(1, min(_MOST_TOGETHER, -(-len(paths) // (4 * jobs))))
    chunks = [paths[start : start + size] for start in range(0, len(paths), size)]
    if backend == "processes" and (jobs == 1 or len(paths) <= _FEW):
        yield from map(work, chunks)
        return
    with workers(backend, jobs) as run:
        yield from run(delayed(work)(chunk) for chunk in chunks)
