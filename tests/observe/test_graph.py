"""Measures of module graphs: on graphs whose numbers were worked out by hand, and against a plain computation."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.evidence import SourceFile
from fedlore.observe.imports.graph import ModuleGraph, folder_graph, module_graph
from fedlore.observe.imports.metrics import cycles, gini, reach, stability
from fedlore.observe.naming import language_of


def graph_of(paths: list[str], edges: list[tuple[str, str]]) -> ModuleGraph:
    files = [SourceFile(path.encode(), "", language_of(path.encode()), 0) for path in paths]
    rows = {path: row for row, path in enumerate(paths)}
    return module_graph(files, [(rows[one], rows[other]) for one, other in edges], lambda file: True)


PATHS = ["a/x.py", "a/y.py", "b/x.py", "b/y.py", "c/x.py", "d.py"]
# x and y of b use one another and c; both of a use b; nobody uses d.
EDGES = [
    ("a/x.py", "b/x.py"),
    ("a/y.py", "b/x.py"),
    ("a/y.py", "b/y.py"),
    ("b/x.py", "b/y.py"),
    ("b/y.py", "b/x.py"),
    ("b/y.py", "c/x.py"),
]


def test_a_graph_by_hand() -> None:
    graph = graph_of(PATHS, EDGES)
    found = cycles(graph)
    assert (found.modules, found.largest) == (2, 2)
    assert [[graph.names[module] for module in group] for group in found.groups] == [[b"b/x.py", b"b/y.py"]]
    seen = reach(graph)
    # Reached with oneself: 4 from each of a, 3 from each of b, 1 from c and from d.
    assert (seen.reached, seen.pairs, seen.depth) == (4 + 4 + 3 + 3 + 1 + 1, 36, 3)
    folders = folder_graph(graph)
    assert folders.names == (b"", b"a", b"b", b"c")
    couplings = stability(graph, folders)
    assert couplings.afferent.tolist() == [0, 0, 2, 1]
    assert couplings.efferent.tolist() == [0, 2, 1, 0]
    instability = couplings.instability.tolist()
    assert np.isnan(instability[0])
    assert instability[1:] == pytest.approx([1, 1 / 3, 0])


def test_modules_are_folders_or_components_where_the_language_says_so() -> None:
    paths = ["p/a.go", "p/b.go", "q/c.go", "s/x.c", "s/x.h", "s/y.h", "k/A.java", "k/B.kt"]
    graph = graph_of(paths, [("p/a.go", "q/c.go"), ("s/x.c", "s/x.h"), ("s/x.h", "s/y.h"), ("k/A.java", "k/B.kt")])
    assert graph.names == (b"k/", b"p/", b"q/", b"s/x", b"s/y")
    assert graph.files == (b"k/A.java", b"p/a.go", b"q/c.go", b"s/x.c", b"s/y.h")
    assert list(zip(graph.source.tolist(), graph.target.tolist(), strict=True)) == [(1, 2), (3, 4)]
    assert folder_graph(graph).names == (b"k", b"p", b"q", b"s")


def test_gini() -> None:
    assert gini([3, 3, 3]) == pytest.approx(0)
    assert gini([0, 0, 0, 8]) == pytest.approx(3 / 4)
    assert gini([1, 3]) == pytest.approx(1 / 4)
    assert gini([0, 0]) is gini([]) is None


numbers = st.integers(0, 9)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(numbers, numbers), max_size=30))
def test_cycles_and_reach_are_those_of_the_closure(pairs: list[tuple[int, int]]) -> None:
    """The closure by Warshall's algorithm tells who reaches whom; in a cycle is who reaches another and is reached."""
    paths = [f"m{number}.py" for number in range(10)]
    graph = graph_of(paths, [(paths[one], paths[other]) for one, other in pairs])
    closure = np.eye(10, dtype=bool)
    for one, other in pairs:
        closure[one, other] = True
    for middle in range(10):
        closure |= np.outer(closure[:, middle], closure[middle])
    mutual = closure & closure.T
    assert reach(graph).reached == closure.sum()
    assert reach(graph).propagation_cost == closure.sum() / 100
    assert cycles(graph).modules == (mutual.sum(axis=1) > 1).sum()
    assert cycles(graph).largest == (0 if mutual.sum() == 10 else mutual.sum(axis=1).max())
    assert 1 <= reach(graph).depth <= 10


def test_a_chain_and_a_ring() -> None:
    paths = [f"m{number:03}.py" for number in range(200)]
    chain = graph_of(paths, list(pairwise(paths)))
    assert (reach(chain).depth, cycles(chain).modules) == (200, 0)
    assert reach(chain).reached == 200 * 201 // 2
    ring = graph_of(paths, list(zip(paths, paths[1:] + paths[:1], strict=True)))
    assert (reach(ring).depth, cycles(ring).largest, reach(ring).propagation_cost) == (1, 200, 1.0)


def test_a_million_dependencies_take_seconds_and_sampling_is_near_the_truth() -> None:
    """Module n uses the next hundred: it reaches all that come later, half of the pairs."""
    count = 10_000
    files = [SourceFile(b"m%05d.py" % number, "", "python", 0) for number in range(count)]
    edges = [(one, one + step) for one in range(count) for step in range(1, 101) if one + step < count]
    begun = time.process_time()
    graph = module_graph(files, edges, lambda file: True)
    seen = reach(graph)
    assert graph.dependencies == len(edges) > 990_000
    assert seen.pairs == count * 2000
    assert seen.propagation_cost == pytest.approx(0.5, abs=0.01)
    assert seen.depth == count
    assert cycles(graph).modules == 0
    assert time.process_time() - begun < 20


def test_nothing() -> None:
    empty = graph_of([], [])
    assert (reach(empty).propagation_cost, reach(empty).depth) == (None, 0)
    assert (cycles(empty).modules, cycles(empty).groups) == (0, ())
    assert folder_graph(empty).modules == 0
