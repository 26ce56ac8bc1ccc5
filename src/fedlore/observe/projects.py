"""Observe many repositories in several processes; how many changes nothing but the time it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from joblib import Parallel, cpu_count, delayed

from fedlore.observe.project import Observed, observe_together

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
) -> list[Observed]:
    """Observe each distinct repository once, in the order in which ``paths`` first names it.

    Two paths with the same real path are one repository and give one result, since a project counts once. ``jobs`` is
    the number of processes (default: one for each processor); ``progress`` is told how many are done, of how many. A
    repository that cannot be read has an ``error`` and no features.
    """
    distinct = list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
    results: list[Observed] = []
    for chunk in _chunks(distinct, as_of, cache, jobs or cpu_count()):
        results += chunk
        if progress is not None:
            progress(len(results), len(distinct))
    return results


def _chunks(paths: list[Path], as_of: int, cache: Path | None, jobs: int) -> Iterator[list[Observed]]:
    size = max(1, min(_MOST_TOGETHER, -(-len(paths) // (4 * jobs))))
    chunks = [paths[start : start + size] for start in range(0, len(paths), size)]
    if jobs == 1 or len(paths) <= _FEW:
        yield from (observe_together(chunk, as_of=as_of, cache=cache) for chunk in chunks)
        return
    work = delayed(observe_together)
    run = Parallel(n_jobs=jobs, backend="loky", return_as="generator")
    yield from run(work(chunk, as_of=as_of, cache=cache) for chunk in chunks)
