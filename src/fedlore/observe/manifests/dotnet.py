"""Manifests of .NET: project files, central package versions, and packages.config."""

from __future__ import annotations

from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.xml import elements, read_xml

_REFERENCES = {
    "PackageReference",
    "PackageVersion",
    "GlobalPackageReference",
    "FrameworkReference",
    "DotNetCliToolReference",
}


def project_file(data: bytes) -> Iterator[Declared]:
    """References to packages and frameworks, and the software development kit that the project builds on."""
    for item in elements(read_xml(data)):
        if item.name in _REFERENCES:
            names = item.attributes.get("Include") or item.attributes.get("Update") or ""
            given = item.attributes.get("VersionOverride") or item.attributes.get("Version") or item.child("Version")
            for name in names.split(";"):
                if name.strip():
                    yield Declared("nuget", name.strip(), constraint_of(given))
        elif item.name == "Project" and "Sdk" in item.attributes:
            for kit in item.attributes["Sdk"].split(";"):
                name, _, version = kit.partition("/")
                yield Declared("nuget", name.strip(), constraint_of(version))


def packages_config(data: bytes) -> Iterator[Declared]:
    """The older list of packages with their versions."""
    for item in elements(read_xml(data)):
        if item.name == "package" and item.attributes.get("id"):
            yield Declared("nuget", item.attributes["id"].strip(), constraint_of(item.attributes.get("version")))
