"""Architectural patterns: what files, folders and the changes that they share tell of the structure."""

from __future__ import annotations

import re

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, History, Tree, Value
from fedlore.observe.naming import is_by_others, is_test, language_of

_CONTAINERS = re.compile(
    rb"(?:^|/)(?:(?:docker|container)file(?:\.[^/]*)?|[^/]*\.(?:docker|container)file"
    rb"|(?:docker-|podman-)?compose(?:[.-][^/]*)?\.ya?ml)$",
    re.IGNORECASE,
)
_API = re.compile(
    rb"(?:^|/)(?:(?:openapi|swagger|asyncapi)[^/]*\.(?:ya?ml|json)|[^/]+\.(?:proto|graphqls?|gql|wsdl|raml|thrift|avdl))$",
    re.IGNORECASE,
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


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/architectural_patterns.toml` for one project."""
    own = [path for path in evidence.tree.paths if not is_by_others(path)]
    return {
        MeasureId("architecture.containers"): any(_CONTAINERS.search(path) for path in own),
        MeasureId("architecture.decision_records"): any(file.counts.get("records") for file in evidence.tree.files),
        MeasureId("architecture.api_description"): any(_API.search(path) for path in own),
        MeasureId("architecture.monorepo"): _is_monorepo(own),
        MeasureId("architecture.layers"): _has_layers(evidence.tree),
        MeasureId("architecture.cross_module_changes"): _cross_module_changes(evidence.history),
    }


def _is_monorepo(paths: list[bytes]) -> bool:
    if any(_WORKSPACE.match(path) for path in paths):
        return True
    folders = {path.rpartition(b"/")[0] for path in paths if _PACKAGE.search(path)}
    kept = [folder for folder in folders if _NOT_PACKAGES.isdisjoint(folder.lower().split(b"/"))]
    return len(kept) >= _LEAST_PACKAGES


def _has_layers(tree: Tree) -> bool:
    above = {
        folder.lower()
        for file in tree.files
        if file.language and not is_test(file.path, file.language)
        for folder in file.path.split(b"/")[:-1]
    }
    return sum(not layer.isdisjoint(above) for layer in _LAYERS) >= _LEAST_LAYERS


def _cross_module_changes(history: History) -> float | None:
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
    return float(np.mean(modules > 1)) if len(modules) >= _LEAST_COMMITS else None
