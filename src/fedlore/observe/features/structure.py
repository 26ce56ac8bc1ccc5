"""Architectural patterns in the imports of the source files at HEAD: cycles, reach, depth, stability."""

from __future__ import annotations

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, Place
from fedlore.observe.features.answers import portion
from fedlore.observe.features.sources import MOST_PLACES, production
from fedlore.observe.imports.graph import ModuleGraph, folder_graph, module_graph
from fedlore.observe.imports.metrics import Stability, cycles, gini, reach, stability

_LEAST_MODULES = 10
_LEAST_FOLDERS = 3
_ENTRANCES = (b"__init__.py", b"__main__.py", b"setup.py", b"conf.py", b"build.rs")
"""Modules that tools or packages reach without an import."""


def import_graph(evidence: Evidence) -> ModuleGraph:
    """The graph of the modules outside of tests."""
    chosen = {id(file) for file in production(evidence.tree)}
    return module_graph(evidence.tree.files, evidence.imports, lambda file: id(file) in chosen)


def structure(graph: ModuleGraph) -> dict[MeasureId, Answer]:
    """The measures that ask for the graph: absent below ten modules (three folders), or where nothing imports."""
    return {**_modules(graph), **_folders(graph)}


def _modules(graph: ModuleGraph) -> dict[MeasureId, Answer]:
    known = graph.modules >= _LEAST_MODULES and graph.dependencies > 0
    found, seen = cycles(graph), reach(graph)
    fan_in = np.bincount(graph.target, minlength=graph.modules)
    in_cycles = tuple(Place(graph.files[module], 1) for group in found.groups for module in group)[:MOST_PLACES]
    modules = {"modules": graph.modules}
    inequality = gini(fan_in)
    answers = {
        "import_cycles": Answer(
            found.modules / max(graph.modules, 1), {"modules in cycles": found.modules} | modules, in_cycles
        ),
        "largest_cycle": Answer(
            found.largest / max(graph.modules, 1), {"modules in the largest group": found.largest} | modules, in_cycles
        ),
        "propagation_cost": Answer(
            seen.propagation_cost, {"pairs that reach": seen.reached, "pairs of modules looked at": seen.pairs}
        ),
        "dependency_depth": Answer(float(seen.depth), {"modules of the longest chain": seen.depth} | modules),
        "fan_in_inequality": Answer(
            None if inequality is None else max(inequality, 0.0), {"dependencies": graph.dependencies} | modules
        ),
        "dependencies_per_module": portion("dependencies", graph.dependencies, "modules", graph.modules),
        "unconnected_modules": _unconnected(graph),
    }
    return {MeasureId(f"architecture.{name}"): _if(known, answer) for name, answer in answers.items()}


def _unconnected(graph: ModuleGraph) -> Answer:
    connected = np.zeros(graph.modules, np.bool_)
    connected[graph.source] = connected[graph.target] = True
    alone = [
        path
        for path, is_connected in zip(graph.files, connected.tolist(), strict=True)
        if not is_connected and path.rpartition(b"/")[2] not in _ENTRANCES
    ]
    because = {"modules without a dependency either way": len(alone), "modules": graph.modules}
    return Answer(len(alone) / max(graph.modules, 1), because, tuple(Place(path, 1) for path in alone[:MOST_PLACES]))


def _folders(graph: ModuleGraph) -> dict[MeasureId, Answer]:
    folders = folder_graph(graph)
    known = folders.modules >= _LEAST_FOLDERS and folders.dependencies > 0
    couplings, found = stability(graph, folders), cycles(folders)
    instability = couplings.instability
    coupled = instability[~np.isnan(instability)]
    against = _against_stability(folders, couplings)
    answers = {
        "folder_cycles": Answer(
            found.modules / max(folders.modules, 1), {"folders in cycles": found.modules, "folders": folders.modules}
        ),
        "instability": Answer(
            float(coupled.mean()) if len(coupled) else None,
            {"folders with couplings": len(coupled), "sum of their instabilities": round(float(coupled.sum()), 3)},
        ),
        "unstable_dependencies": portion(
            "dependencies of folders on less stable ones", against, "dependencies of folders", folders.dependencies
        ),
    }
    return {MeasureId(f"architecture.{name}"): _if(known, answer) for name, answer in answers.items()}


def _against_stability(folders: ModuleGraph, couplings: Stability) -> int:
    """Dependencies on a folder of higher instability; compared as whole numbers, so that equal ones are equal."""
    afferent, efferent = couplings.afferent, couplings.efferent
    both = afferent + efferent
    source, target = folders.source, folders.target
    return int((efferent[source] * both[target] < efferent[target] * both[source]).sum())


def _if(known: bool, answer: Answer) -> Answer:
    return answer if known else Answer(None, answer.because)
