"""Observe many repositories in several processes; how many changes nothing but the time it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, cpu_count, delayed

from fedlore.observe.capacity import Capacity, within_capacity
from fedlore.observe.command import RepositoryError
from fedlore.observe.project import Observed, observe_together
from fedlore.observe.references import head_of, printable
from fedlore.observe.stream import Limits

_FEW = 4
"""Up to this many repositories, starting a process costs more than it saves."""

_MOST_TOGETHER = 32


def observe_projects(
    paths: Sequence[Path],
    *,
    as_of: int,
    cache: Path | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    capacity: Capacity | None = None,
) -> list[Observed]:
    """Observe each distinct repository once, in the order in which ``paths`` first names it.

    Two paths with the same real path are one repository and give one result, since a project counts once. Of several
    with the same commit at HEAD (clones, worktrees) the first that can be read is observed; each of the others has an
    ``error`` that names it. ``jobs`` is the number of processes (default: one for each processor); ``progress`` is told
    how many are done, of how many. A repository that cannot be read has an ``error`` and no features, and so has one
    that a ``capacity`` leaves out; the history of the others is read no longer than it allows.
    """
    distinct = list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
    chosen_few, left_out = within_capacity(distinct, capacity)
    results = {path: Observed(path, None, f"left out ({capacity.words})") for path in left_out if capacity}
    limits = Limits() if capacity is None else replace(Limits(), seconds=min(Limits().seconds, capacity.seconds_each))
    waiting = {path: _head(path) for path in chosen_few}
    # A repository may claim a HEAD whose commit it has not: as long as none of a group can be read, the next is tried.
    while chosen := _first_of_each(waiting):
        for chunk in _chunks(chosen, as_of, cache, limits, jobs or cpu_count()):
            results |= {found.path: found for found in chunk}
            if progress is not None:
                progress(len(results), len(distinct))
        heads = {waiting.pop(path): path for path in chosen}
        read = {head: path for head, path in heads.items() if head and results[path].features is not None}
        copies = [path for path, head in waiting.items() if head in read]
        for path in copies:
            head = waiting.pop(path)
            results[path] = Observed(path, None, _same_history(read[head]), head=head)
        if progress is not None and copies:
            progress(len(results), len(distinct))
    return [results[path] for path in distinct]


def _head(path: Path) -> str:
    try:
        return head_of(path)
    except RepositoryError:
        return ""


def _first_of_each(heads: dict[Path, str]) -> list[Path]:
    """The first path of each HEAD, and every path without one, in their order."""
    first: dict[str, Path] = {}
    return [path for path, head in heads.items() if not head or first.setdefault(head, path) == path]


def _same_history(path: Path) -> str:
    return printable(f"the same history as {path}: counted once")


def _chunks(paths: list[Path], as_of: int, cache: Path | None, limits: Limits, jobs: int) -> Iterator[list[Observed]]:
    size = max(1, min(_MOST_TOGETHER, -(-len(paths) // (4 * jobs))))
    chunks = [paths[start : start + size] for start in range(0, len(paths), size)]
    if jobs == 1 or len(paths) <= _FEW:
        yield from (observe_together(chunk, as_of=as_of, cache=cache, limits=limits) for chunk in chunks)
        return
    work = delayed(observe_together)
    run = Parallel(n_jobs=jobs, backend="loky", return_as="generator")
    yield from run(work(chunk, as_of=as_of, cache=cache, limits=limits) for chunk in chunks)
