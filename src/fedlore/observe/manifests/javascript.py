"""Manifests of JavaScript and TypeScript: package.json."""

from __future__ import annotations

from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.tables import read_json, table

_TABLES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_OWN = ("workspace:", "file:", "link:", "portal:")


def package_json(data: bytes) -> Iterator[Declared]:
    """The dependencies of all four tables but for the project's own packages, and the package manager."""
    document = read_json(data)
    for key in _TABLES:
        for name, given in table(document.get(key)).items():
            constraint = constraint_of(given)
            if constraint.startswith("npm:"):
                yield _with_version(constraint.removeprefix("npm:"))
            elif not constraint.startswith(_OWN):
                yield Declared("npm", name, constraint)
    manager = document.get("packageManager")
    if isinstance(manager, str) and manager:
        yield _with_version(constraint_of(manager).partition("+")[0])


def _with_version(text: str) -> Declared:
    """``name@version``, where the name may begin with an ``@`` of its own."""
    name, _, version = text[1:].partition("@")
    return Declared("npm", text[:1] + name, constraint_of(version))
