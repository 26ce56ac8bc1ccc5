"""Architectural patterns: what files, folders, imports and shared changes tell of the structure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, Place, SourceFile, Tree
from fedlore.observe.features.answers import portion
from fedlore.observe.features.co_change import co_change
from fedlore.observe.features.patterns import CONTAINERS
from fedlore.observe.features.sources import MOST_PLACES, production, written
from fedlore.observe.features.structure import import_graph, structure
from fedlore.observe.naming import is_by_others, is_test, language_of

_API = re.compile(
    rb"(?:^|/)(?:(?:openapi|swagger|asyncapi)[^/]*\.(?:ya?ml|json)|[^/]+\.(?:proto|graphqls?|gql|wsdl|raml|thrift|avdl))$",
    re.IGNORECASE,
)
_CONTAINER_FILE = re.compile(rb"(?:^|/)(?:(?:docker|container)file(?:\.[^/]*)?|[^/]*\.(?:docker|container)file)$", re.I)
_PROCEDURES = re.compile(rb"\.(?:proto|thrift|avdl)$", re.IGNORECASE)
_GRAPHS = re.compile(rb"\.(?:graphqls?|gql)$", re.IGNORECASE)
_ENTRANCE = re.compile(
    rb"(?:^|/)(?:__main__\.py|manage\.py|src/main\.rs|src/bin/[^/]+\.rs|cmd/[^/]+/[^/]+\.go|main\.(?:go|c|cc|cpp|cxx)"
    rb"|Main\.(?:java|kt)|\w*Application\.(?:java|kt)|Program\.cs|bin/[^/]+\.[cm]?[jt]s|public/index\.php|config\.ru)$"
)
_WORKSPACE = re.compile(
    rb"^(?:pnpm-workspace\.yaml|lerna\.json|nx\.json|turbo\.json|rush\.json|go\.work|workspace|module\.bazel|pants\.toml)$",
    re.IGNORECASE,
)
_PACKAGE = re.compile(
    rb"(?:^|/)(?:pyproject\.toml|setup\.py|package\.json|go\.mod|cargo\.toml|pom\.xml|composer\.json|[^/]+\.(?:gemspec|csproj))$",
    re.IGNORECASE,
)
_NOT_PACKAGES = frozenset(b"docs doc examples example test tests fixtures testdata benchmarks bench".split())
_LAYERS = (
    frozenset(b"presentation ui web views view controllers controller handlers routes api".split()),
    frozenset(b"application services service usecases use_cases use-cases".split()),
    frozenset(b"domain model models entities core".split()),
    frozenset(b"infrastructure persistence repositories repository adapters dao storage store".split()),
)
_LEAST_LAYERS = 3
_LEAST_PACKAGES = 3
_LEAST_COMMITS = 20


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of `measures/architectural_patterns.toml` for one project."""
    graph = import_graph(evidence)
    return {
        **_files(evidence),
        MeasureId("architecture.layers"): _has_layers(evidence.tree),
        MeasureId("architecture.cross_module_changes"): _cross_module_changes(evidence.history),
        MeasureId("architecture.folder_depth"): _folder_depth(production(evidence.tree)),
        **structure(graph),
        **co_change(evidence, graph),
    }


def _files(evidence: Evidence) -> dict[MeasureId, Answer]:
    """What the names of files tell; numbers of files are absent where there is none."""
    own = sorted(path for path in evidence.tree.paths if not is_by_others(path))
    records = sorted(file.path for file in evidence.tree.files if file.counts.get("records"))
    interfaces, procedures, graphs = (
        [path for path in own if pattern.search(path)] for pattern in (_API, _PROCEDURES, _GRAPHS)
    )
    containers = [path for path in own if CONTAINERS.fullmatch(path)]
    packages = [folder for folder in _package_folders(own) if not _is_aside(folder)]
    workspaces = [path for path in own if _WORKSPACE.match(path)]
    services = sorted({path.rpartition(b"/")[0] for path in containers if _CONTAINER_FILE.search(path)})
    entrances = [file.path for file in written(evidence.tree) if _ENTRANCE.search(file.path)]
    entrances = sorted(path for path in entrances if not _is_aside(path.rpartition(b"/")[0]))
    return {
        MeasureId("architecture.containers"): _some(containers, "container and compose files"),
        MeasureId("architecture.decision_records"): _some(records, "decision records"),
        MeasureId("architecture.api_description"): _some(interfaces, "descriptions of interfaces"),
        MeasureId("architecture.remote_procedures"): _some(procedures, "descriptions of remote procedures"),
        MeasureId("architecture.graphql"): _some(graphs, "GraphQL schemas and queries"),
        MeasureId("architecture.monorepo"): Answer(
            bool(workspaces) or len(packages) >= _LEAST_PACKAGES,
            {"workspace files": len(workspaces), "folders with a package manifest": len(packages)},
            _places(workspaces),
        ),
        MeasureId("architecture.packages"): Answer(
            float(len(packages)) if packages else None, {"folders with a package manifest": len(packages)}
        ),
        MeasureId("architecture.services"): Answer(
            float(len(services)) if services else None, {"folders with a container file": len(services)}
        ),
        MeasureId("architecture.entry_points"): Answer(
            float(len(entrances)) if entrances else None, {"programs": len(entrances)}, _places(entrances)
        ),
    }


def _some(paths: Sequence[bytes], words: str) -> Answer:
    return Answer(bool(paths), {words: len(paths)}, _places(paths))


def _places(paths: Sequence[bytes]) -> tuple[Place, ...]:
    return tuple(Place(path, 1) for path in paths[:MOST_PLACES])


def _package_folders(paths: Sequence[bytes]) -> set[bytes]:
    return {path.rpartition(b"/")[0] for path in paths if _PACKAGE.search(path)}


def _is_aside(folder: bytes) -> bool:
    """Whether a folder is for tests, examples, benchmarks or documentation."""
    return not _NOT_PACKAGES.isdisjoint(folder.lower().split(b"/"))


def _has_layers(tree: Tree) -> Answer:
    above = {
        folder.lower()
        for file in tree.files
        if file.language and not is_test(file.path, file.language)
        for folder in file.path.split(b"/")[:-1]
    }
    found = sum(not layer.isdisjoint(above) for layer in _LAYERS)
    return Answer(found >= _LEAST_LAYERS, {"layers that folders name": found, "layers looked for": len(_LAYERS)})


def _folder_depth(files: Sequence[SourceFile]) -> Answer:
    return portion("folders above source files", sum(file.path.count(b"/") for file in files), "files", len(files))


def _cross_module_changes(history: History) -> Answer:
    """The share of commits with changes to source files outside of tests that touch more than one module."""
    numbers: dict[bytes, int] = {}
    module_of_path = np.full(len(history.paths), -1, dtype=np.int64)
    for index, path in enumerate(history.paths):
        language = language_of(path)
        if language and not is_test(path, language):
            folder = b"/".join(path.split(b"/")[:-1][:2])
            module_of_path[index] = numbers.setdefault(folder, len(numbers))
    module = module_of_path[history.changed_path]
    known = module >= 0
    touched = np.unique(history.changed_commit[known].astype(np.int64) * len(numbers) + module[known])
    _, modules = np.unique(touched // max(len(numbers), 1), return_counts=True)
    several = int((modules > 1).sum())
    return Answer(
        several / len(modules) if len(modules) >= _LEAST_COMMITS else None,
        {"commits that change several modules": several, "commits that change source files": len(modules)},
    )
