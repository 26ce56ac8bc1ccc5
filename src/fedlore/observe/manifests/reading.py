"""The packages that a manifest declares, as package URLs without versions; readers read bytes and run nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from xml.parsers import expat

from fedlore.observe.manifests import containers, dotnet, go, gradle, javascript, maven, php, python, ruby, rust
from fedlore.observe.manifests.package import Declared, constraint_of, package_url
from fedlore.observe.manifests.setup_script import setup_script

Packages = tuple[tuple[str, str], ...]
"""Package URLs without version, each with a version constraint as written (``""``: any), in order and distinct."""

LARGEST_BYTES = 300_000
MOST_PACKAGES = 5_000

_READERS: dict[str, Callable[[bytes], Iterable[Declared]]] = {
    "requirements.txt": python.requirements_txt,
    "pyproject.toml": python.pyproject,
    "setup.cfg": python.setup_cfg,
    "setup.py": setup_script,
    "pipfile": python.pipfile,
    "environment.yml": python.conda,
    "package.json": javascript.package_json,
    "go.mod": go.go_mod,
    "cargo.toml": rust.cargo_toml,
    "pom.xml": maven.pom_xml,
    "build.gradle": gradle.build_gradle,
    "libs.versions.toml": gradle.version_catalogue,
    "msbuild": dotnet.project_file,
    "packages.config": dotnet.packages_config,
    "gemfile": ruby.gems,
    "composer.json": php.composer_json,
    "dockerfile": containers.dockerfile,
    "compose.yml": containers.compose,
    "workflow.yml": containers.workflow,
}
MANIFEST_KINDS = frozenset(_READERS)


def read_manifest(kind: str, data: bytes) -> tuple[Packages, str]:
    """The packages that a manifest of this kind declares, and a sentence about what was not read (or ``""``).

    A manifest that is broken, hostile or above 300,000 bytes declares nothing.
    """
    if len(data) > LARGEST_BYTES:
        return (), f"a manifest of more than {LARGEST_BYTES} bytes was not read"
    try:
        declared = list(islice(_READERS[kind](data), MOST_PACKAGES + 1))
    except (ValueError, SyntaxError, RecursionError, MemoryError, expat.ExpatError):
        return (), f"a broken manifest ({kind}) was not read"
    found = {(package_url(one.ecosystem, one.name), constraint_of(one.constraint)) for one in declared[:MOST_PACKAGES]}
    warning = f"only {MOST_PACKAGES} packages of a manifest were read" if len(declared) > MOST_PACKAGES else ""
    return tuple(sorted((url, constraint) for url, constraint in found if url is not None)), warning


def declared_packages(kind: str, data: bytes) -> Packages:
    """The packages that a manifest of this kind declares; see `read_manifest`."""
    return read_manifest(kind, data)[0]
