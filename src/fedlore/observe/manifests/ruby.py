"""Manifests of Ruby: Gemfile and gem specifications, read line by line; nothing of them runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of

_GEM = re.compile(
    r"""(?:gem|\w+\.add(?:_runtime|_development)?_dependency)[ (]+"""
    r"""(?:["']|%q[<({\[])([\w.-]+)["'>)}\]](?:\.freeze)?(.*)"""
)
_CONSTRAINT = re.compile(r"""\s*,\s*\[?\s*(?:["']|%q<)([^"'>]*(?:>[^"']*)?)["'>](?:\.freeze)?""")
_OWN = re.compile(r"""\bpath(?::|\s?=>)""")
_LONGEST_LINE = 2_000


def gems(data: bytes) -> Iterator[Declared]:
    """The gems of a Gemfile or a specification but for the project's own, with all their constraints."""
    for line in data.decode(errors="replace").splitlines():
        text = line.strip()
        found = _GEM.match(text) if len(text) <= _LONGEST_LINE else None
        if found is None or _OWN.search(found[2]):
            continue
        constraints: list[str] = []
        at = 0
        while given := _CONSTRAINT.match(found[2], at):
            constraints.append(given[1])
            at = given.end()
        yield Declared("gem", found[1], constraint_of(", ".join(constraints)))
