"""Change coupling: files that change in the same commits, whether the code says why or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, triu

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Place
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import sized_commits
from fedlore.observe.features.sources import MOST_PLACES, production
from fedlore.observe.imports.graph import ModuleGraph, Numbers, module_name

MOST_FILES = 30
LEAST_REVISIONS = LEAST_SHARED = 5
LEAST_DEGREE_PERCENT = 30
"""The defaults of code-maat: max-changeset-size, min-revs, min-shared-revs, min-coupling."""

NEWEST_COMMITS = 20_000
"""How many commits are looked at: coupling of long ago says little of today."""

_LEAST_FILES = 10
_LEAST_PAIRS = 5
_REMOVED = ord("D")


@dataclass(frozen=True, slots=True)
class Coupling:
    """Pairs of files that change together (numbers of paths of a history, the lower first), their degree in percent,
    and the files with enough revisions to tell.
    """

    one: Numbers
    other: Numbers
    degree: np.ndarray[tuple[int], np.dtype[np.float64]]
    files: Numbers


def change_coupling(history: History, paths: frozenset[bytes]) -> Coupling:
    """Coupling among some paths in the newest 20,000 human commits that change 1 to 30 of them.

    As code-maat's analysis ``coupling`` with its defaults: the degree is the number of shared revisions divided by the
    mean of both files' revisions; pairs with fewer than 5 shared ones or a degree below 30 percent are left out
    (Tornhill, Your Code as a Crime Scene, 2015, chapter 8; Zimmermann et al., IEEE TSE 31, 2005).
    """
    wanted = np.array([path in paths for path in history.paths], np.bool_)
    change = sized_commits(history)[history.changed_commit] & (history.changed_status != _REMOVED)
    change &= wanted[history.changed_path]
    pairs = np.unique(history.changed_commit[change].astype(np.int64) << 32 | history.changed_path[change])
    commit, path = pairs >> 32, pairs & 0xFFFFFFFF
    _, number, size = np.unique(commit, return_inverse=True, return_counts=True)
    small = size[number] <= MOST_FILES
    # Commits are numbered from the newest.
    newest = np.cumsum(size <= MOST_FILES)[number] <= NEWEST_COMMITS
    commit, path = number[small & newest], path[small & newest]
    revisions = np.bincount(path, minlength=len(history.paths))
    often = revisions[path] >= LEAST_REVISIONS
    shape = (int(commit.max(initial=-1)) + 1, len(history.paths))
    table = coo_array((np.ones(int(often.sum()), np.int32), (commit[often], path[often])), shape).tocsr()
    together = triu(table.T @ table, 1).tocoo()
    one, other, shared = together.row.astype(np.int64), together.col.astype(np.int64), together.data.astype(np.int64)
    both = revisions[one] + revisions[other]
    coupled = (shared >= LEAST_SHARED) & (200 * shared >= LEAST_DEGREE_PERCENT * both)
    degree = 200 * shared[coupled] / both[coupled]
    return Coupling(one[coupled], other[coupled], degree, np.flatnonzero(revisions >= LEAST_REVISIONS))


def co_change(evidence: Evidence, graph: ModuleGraph) -> dict[MeasureId, Answer]:
    """How many files are coupled by change, and how many couplings no import explains."""
    files = {file.path: file for file in production(evidence.tree)}
    found = change_coupling(evidence.history, frozenset(files))
    paths = evidence.history.paths
    number = {name: index for index, name in enumerate(graph.names)}
    modules = np.array([number[module_name(files[path])] if path in files else -1 for path in paths], np.int64)
    one, other = modules[found.one], modules[found.other]
    apart = one != other
    coupled = np.unique(np.concatenate((found.one[apart], found.other[apart])))
    imports = np.concatenate((graph.source << 32 | graph.target, graph.target << 32 | graph.source))
    hidden = apart & ~np.isin(one << 32 | other, imports)
    pairs = int(apart.sum())
    order = sorted(
        zip((-found.degree[hidden]).tolist(), found.one[hidden].tolist(), found.other[hidden].tolist(), strict=True),
        key=lambda pair: (pair[0], paths[pair[1]], paths[pair[2]]),
    )
    places = tuple(Place(paths[path], 1) for _, *both in order[: MOST_PLACES // 2] for path in both)
    share = portion("coupled files", len(coupled), "files with at least 5 revisions", len(found.files))
    unexplained = portion("couplings without an import", int(hidden.sum()), "couplings of two modules", pairs)
    return {
        MeasureId("architecture.change_coupling"): share
        if len(found.files) >= _LEAST_FILES
        else Answer(None, share.because),
        MeasureId("architecture.hidden_coupling"): Answer(unexplained.value, unexplained.because, places)
        if pairs >= _LEAST_PAIRS and graph.dependencies
        else Answer(None, unexplained.because),
    }
