"""The graph of a project's modules: which depends on which, and its parts that depend on themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fedlore.observe.evidence import SourceFile

Numbers = npt.NDArray[np.int64]

_FOLDER_IS_MODULE = frozenset({"go", "java", "kotlin", "csharp"})
_HEADER_AND_SOURCE = frozenset({"c", "cpp"})


@dataclass(frozen=True, slots=True)
class ModuleGraph:
    """Modules in the order of their names, the first file of each in the order of paths, and the distinct dependencies
    between two of them (numbers of modules).
    """

    names: tuple[bytes, ...]
    files: tuple[bytes, ...]
    source: Numbers
    target: Numbers

    @property
    def modules(self) -> int:
        return len(self.names)

    @property
    def dependencies(self) -> int:
        return len(self.source)


def module_name(file: SourceFile) -> bytes:
    """The module that a file belongs to.

    It is the file itself, but for languages whose files see all of their folder without an import (Go, Java, Kotlin,
    C#) the folder, and for C and C++ the component of a header and its source, which differ by the extension alone
    (Lakos, Large-Scale C++ Software Design, 1996, section 3.1).
    """
    if file.language in _FOLDER_IS_MODULE:
        return file.path.rpartition(b"/")[0] + b"/"
    return file.path.rpartition(b".")[0] if file.language in _HEADER_AND_SOURCE else file.path


def folder_name(module: bytes) -> bytes:
    """The folder that a module lies in; one that is a folder is its own."""
    return module.rpartition(b"/")[0]


def module_graph(
    files: Sequence[SourceFile], edges: Iterable[tuple[int, int]], chosen: Callable[[SourceFile], bool]
) -> ModuleGraph:
    """The graph of the chosen files' modules; ``edges`` are pairs of numbers of all ``files``."""
    names = [module_name(file) if chosen(file) else None for file in files]
    return _contracted(names, [file.path for file in files], np.array(list(edges), np.int64).reshape(-1, 2))


def folder_graph(graph: ModuleGraph) -> ModuleGraph:
    """The graph of the folders that modules lie in."""
    names = [folder_name(name) for name in graph.names]
    return _contracted(names, graph.files, np.column_stack((graph.source, graph.target)))


def components(graph: ModuleGraph) -> Numbers:
    """The number of the strongly connected component of each module, by scipy (Pearce 2005)."""
    shape = (graph.modules, graph.modules)
    ones = np.ones(graph.dependencies, np.int8)
    _, labels = connected_components(
        coo_array((ones, (graph.source, graph.target)), shape).tocsr(), connection="strong"
    )
    return np.asarray(labels, np.int64)


def condensed(graph: ModuleGraph, label: Numbers) -> tuple[Numbers, Numbers]:
    """The distinct dependencies between components; they have no cycle."""
    return _distinct(label[graph.source], label[graph.target])


def _contracted(names: Sequence[bytes | None], files: Sequence[bytes], edges: Numbers) -> ModuleGraph:
    first: dict[bytes, bytes] = {}
    for name, file in zip(names, files, strict=True):
        if name is not None:
            first[name] = min(file, first.get(name, file))
    ordered = sorted(first)
    numbers = {name: number for number, name in enumerate(ordered)}
    of_row = np.array([-1 if name is None else numbers[name] for name in names], np.int64)
    source, target = of_row[edges[:, 0]], of_row[edges[:, 1]]
    known = (source >= 0) & (target >= 0)
    source, target = _distinct(source[known], target[known])
    return ModuleGraph(tuple(ordered), tuple(first[name] for name in ordered), source, target)


def _distinct(source: Numbers, target: Numbers) -> tuple[Numbers, Numbers]:
    """Each pair once and in order, without pairs of a number with itself."""
    apart = source != target
    pairs = np.unique(source[apart] << 32 | target[apart])
    return pairs >> 32, pairs & 0xFFFFFFFF
