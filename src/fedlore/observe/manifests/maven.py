"""Manifests of Maven: pom.xml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.xml import Element, elements, read_xml

_DECLARING = {"dependency", "parent", "plugin", "extension"}
_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_PLUGINS = "org.apache.maven.plugins"


def pom_xml(data: bytes) -> Iterator[Declared]:
    """Dependencies, managed ones, plugins and the parent; versions by properties of the same file are filled in."""
    top = read_xml(data)
    found = list(elements(top))
    properties = {
        item.name: item.text.strip() for table in found if table.name == "properties" for item in table.children
    }
    own = {(_text(item, "groupId", properties), item.child("artifactId")) for item in found if item.name == "project"}
    for item in found:
        if item.name in _DECLARING:
            group = _text(item, "groupId", properties) or (_PLUGINS if item.name == "plugin" else "")
            name = _text(item, "artifactId", properties)
            if group and name and (group, name) not in own:
                yield Declared("maven", f"{group}/{name}", constraint_of(_text(item, "version", properties)))


def _text(item: Element, name: str, properties: Mapping[str, str]) -> str:
    return _PROPERTY.sub(lambda found: properties.get(found[1], found[0]), item.child(name))
