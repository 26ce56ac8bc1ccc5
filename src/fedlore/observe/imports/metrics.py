"""What the graph of modules tells of a design: cycles, reach, depth, stability, and how dependencies are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fedlore.observe.imports.graph import ModuleGraph, Numbers, components, condensed, folder_name

_MOST_TARGETS = 2048


@dataclass(frozen=True, slots=True)
class Cycles:
    """How many modules lie in cycles, how many in the largest group of these, and which the groups are (numbers of
    modules, the largest group first, then in order).
    """

    modules: int
    largest: int
    groups: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Pairs of modules of which the first depends on the second, directly or not, each module on itself too; the pairs
    that were looked at; and the modules of the longest chain, where a group that forms a cycle counts once.
    """

    reached: int
    pairs: int
    depth: int

    @property
    def propagation_cost(self) -> float | None:
        return self.reached / self.pairs if self.pairs else None


@dataclass(frozen=True, slots=True)
class Stability:
    """Martin's couplings of each folder, and its instability (nan where there is no coupling)."""

    afferent: Numbers
    efferent: Numbers

    @property
    def instability(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        both = self.afferent + self.efferent
        return np.where(both > 0, self.efferent / np.maximum(both, 1), np.nan)


def cycles(graph: ModuleGraph) -> Cycles:
    """The strongly connected components of more than one module (Acyclic Dependencies Principle, Martin, Agile Software
    Development, 2002, chapter 20).
    """
    label = components(graph)
    sizes = np.bincount(label, minlength=1)
    members: dict[int, list[int]] = {}
    for module in np.flatnonzero(sizes[label] > 1).tolist():
        members.setdefault(int(label[module]), []).append(module)
    groups = sorted((tuple(group) for group in members.values()), key=lambda group: (-len(group), group))
    return Cycles(sum(map(len, groups)), len(groups[0]) if groups else 0, tuple(groups))


def reach(graph: ModuleGraph) -> Reach:
    """The density of the visibility matrix (propagation cost: MacCormack, Rusnak and Baldwin, Exploring the structure
    of complex software designs, Management Science 52, 2006, section 3.2), and the depth of the layers.

    Of more than 2,048 modules every second, third ... in the order of names is looked at as one that is reached.
    """
    label = components(graph)
    count = int(label.max()) + 1 if len(label) else 0
    step = -(-graph.modules // _MOST_TARGETS) or 1
    reached_by = [0] * count
    for bit, module in enumerate(range(0, graph.modules, step)):
        reached_by[label[module]] |= 1 << bit
    depth = [1] * count
    source, target = condensed(graph, label)
    uses = _lists(count, source, target)
    for component in _lowest_first(count, source, target):
        for used in uses[component]:
            reached_by[component] |= reached_by[used]
            depth[component] = max(depth[component], depth[used] + 1)
    sizes = np.bincount(label, minlength=count).tolist()
    reached = sum(bits.bit_count() * size for bits, size in zip(reached_by, sizes, strict=True))
    targets = -(-graph.modules // step)
    return Reach(reached, graph.modules * targets, max(depth, default=0))


def stability(graph: ModuleGraph, folders: ModuleGraph) -> Stability:
    """Martin's metrics of each folder (Agile Software Development, 2002, chapter 20): afferent coupling, the modules
    outside that depend on one inside, and efferent coupling, the modules inside that depend on one outside.
    """
    number = {name: index for index, name in enumerate(folders.names)}
    folder = np.array([number[folder_name(name)] for name in graph.names], np.int64)
    source, target = folder[graph.source], folder[graph.target]
    across = source != target
    users = np.unique(target[across] << 32 | graph.source[across]) >> 32
    using = folder[np.unique(graph.source[across])]
    count = folders.modules
    return Stability(
        np.bincount(users, minlength=count).astype(np.int64), np.bincount(using, minlength=count).astype(np.int64)
    )


def gini(values: Sequence[int] | Numbers) -> float | None:
    """How unequal the values are: 0 if all are the same, towards 1 if one has all; None without any above zero."""
    ordered = np.sort(np.asarray(values, np.float64))
    total, count = ordered.sum(), len(ordered)
    if total == 0:
        return None
    return float(2 * (np.arange(1, count + 1) * ordered).sum() / (count * total) - (count + 1) / count)


def _lists(count: int, source: Numbers, target: Numbers) -> list[list[int]]:
    """The targets of each source."""
    sizes = np.bincount(source, minlength=count)
    ends = np.cumsum(sizes)
    order = target[np.argsort(source, kind="stable")].tolist()
    return [order[begin:end] for begin, end in zip((ends - sizes).tolist(), ends.tolist(), strict=True)]


def _lowest_first(count: int, source: Numbers, target: Numbers) -> list[int]:
    """Components in an order in which each comes after all that it uses (Kahn 1962)."""
    users = _lists(count, target, source)
    waiting = np.bincount(source, minlength=count).tolist()
    order = [component for component in range(count) if not waiting[component]]
    for component in order:
        for user in users[component]:
            waiting[user] -= 1
            if not waiting[user]:
                order.append(user)
    return order
