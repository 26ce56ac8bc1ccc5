"""What the two technology domains ask of the packages that a project declares."""

from __future__ import annotations

from collections.abc import Iterable

from fedlore.observe.evidence import Evidence, PackageSpan, Tree
from fedlore.observe.manifests.constraints import ecosystem_of
from fedlore.observe.manifests.kinds import manifest_kind

_NO_LIBRARIES = frozenset({"docker", "githubactions"})
_NO_MANIFESTS_OF_LIBRARIES = frozenset({"dockerfile", "compose.yml", "workflow.yml"})


def libraries(evidence: Evidence) -> list[PackageSpan]:
    """The packages that are or were declared, but for images and actions."""
    return [span for span in evidence.packages if ecosystem_of(span.package) not in _NO_LIBRARIES]


def packages_now(evidence: Evidence) -> frozenset[str]:
    """The package URLs that manifests declare at HEAD.

    Manifests that are source files of a language (``setup.py``, ``build.gradle.kts``) are read with the history alone.
    """
    return evidence.tree.packages | {span.package for span in evidence.packages if span.last is None}


def libraries_now(evidence: Evidence) -> list[str]:
    """The package URLs that manifests declare at HEAD, but for images and actions, in order."""
    return sorted(package for package in packages_now(evidence) if ecosystem_of(package) not in _NO_LIBRARIES)


def has_manifest(tree: Tree) -> bool:
    """Whether there is a manifest at HEAD that could declare a library."""
    kinds = {manifest_kind(path) for path in tree.paths} - {""}
    return bool(kinds - _NO_MANIFESTS_OF_LIBRARIES)


def declared_at(spans: Iterable[PackageSpan], time: int) -> list[PackageSpan]:
    """The packages that were declared at a time; one that came back later counts as if it had never gone."""
    return [span for span in spans if span.first <= time and (span.last is None or span.last > time)]


def newest_time(evidence: Evidence) -> int | None:
    """When the newest commit landed (Unix seconds); None if there is none."""
    times = evidence.history.commit_time
    return int(times.max()) if len(times) else None
