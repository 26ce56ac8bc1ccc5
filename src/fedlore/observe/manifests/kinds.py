"""Which files are manifests, by their names alone."""

from __future__ import annotations

import re

from fedlore.observe.naming import is_by_others

_BY_NAME = {
    b"pyproject.toml": "pyproject.toml",
    b"setup.cfg": "setup.cfg",
    b"setup.py": "setup.py",
    b"pipfile": "pipfile",
    b"package.json": "package.json",
    b"go.mod": "go.mod",
    b"cargo.toml": "cargo.toml",
    b"pom.xml": "pom.xml",
    b"build.gradle": "build.gradle",
    b"build.gradle.kts": "build.gradle",
    b"settings.gradle": "build.gradle",
    b"settings.gradle.kts": "build.gradle",
    b"libs.versions.toml": "libs.versions.toml",
    b"packages.config": "packages.config",
    b"directory.packages.props": "msbuild",
    b"directory.build.props": "msbuild",
    b"directory.build.targets": "msbuild",
    b"gemfile": "gemfile",
    b"gems.rb": "gemfile",
    b"composer.json": "composer.json",
    b"action.yml": "workflow.yml",
    b"action.yaml": "workflow.yml",
}
_BY_PATTERN = (
    (re.compile(rb"(?:^|[-_./])requirements(?:[-_.][^/]*|/[^/]*)?\.(?:txt|in)$"), "requirements.txt"),
    (re.compile(rb"(?:^|/)environment(?:[-_.][^/]*)?\.ya?ml$"), "environment.yml"),
    (re.compile(rb"\.(?:cs|fs|vb)proj$"), "msbuild"),
    (re.compile(rb"\.gemspec$"), "gemfile"),
    (re.compile(rb"(?:^|[./])(?:docker|container)file(?:\.[^/]*)?$"), "dockerfile"),
    (re.compile(rb"(?:^|/)(?:docker-|podman-)?compose(?:[-_.][^/]*)?\.ya?ml$"), "compose.yml"),
    (re.compile(rb"^\.github/workflows/[^/]+\.ya?ml$"), "workflow.yml"),
)
_MAY_MATCH = re.compile(
    rb"requirements|environment|proj$|\.gemspec$|dockerfile|containerfile|compose|^\.github/workflows/"
)
_SAMPLES = frozenset(b"fixtures fixture __fixtures__ testdata test-data test_data".split())


def manifest_kind(path: bytes) -> str:
    """How `reading.declared_packages` reads the file, or ``""``: by its usual name, in any case.

    Manifests that were vendored or that are data of tests declare nothing that the project uses.
    """
    lower = path.lower()
    *folders, name = lower.split(b"/")
    kind = _BY_NAME.get(name, "")
    if not kind and _MAY_MATCH.search(lower):
        kind = next((found for pattern, found in _BY_PATTERN if pattern.search(lower)), "")
    return "" if not kind or is_by_others(path) or not _SAMPLES.isdisjoint(folders) else kind
