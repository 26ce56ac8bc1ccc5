"""Manifests of Rust: Cargo.toml, of packages and of workspaces."""

from __future__ import annotations

from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.tables import read_toml, table

_TABLES = ("dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies")


def cargo_toml(data: bytes) -> Iterator[Declared]:
    """The dependencies of a package, its targets and its workspace, but for the project's own crates."""
    document = read_toml(data)
    places = [document, table(document.get("workspace")), *map(table, table(document.get("target")).values())]
    for place in places:
        for key in _TABLES:
            for name, given in table(place.get(key)).items():
                details = table(given)
                if "path" not in details:
                    crate = details.get("package", name)
                    yield Declared("cargo", str(crate), constraint_of(details.get("version", given)))
