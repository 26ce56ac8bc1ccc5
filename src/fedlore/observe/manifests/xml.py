"""XML of unknown origin: elements without any document type, so that there are no entities to expand or to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_DEEPEST = 100


@dataclass(slots=True)
class Element:
    """An element: its name and attributes without prefixes of namespaces, its own text, and its children in order."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> str:
        """The stripped text of the first child of this name; empty if there is none."""
        return next((child.text.strip() for child in self.children if child.name == name), "")


def read_xml(data: bytes) -> Element:
    """The outermost element; raises ValueError or ExpatError for what is broken, deep or has a document type."""
    top = Element("", {})
    above = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(above) > _DEEPEST:
            raise ValueError("elements too deep in one another")
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        above[-1].children.append(element)
        above.append(element)

    def end(_: str) -> None:
        above.pop()

    def text(part: str) -> None:
        above[-1].text += part

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except LookupError as error:
        raise ValueError(f"an encoding that is none: {error}") from None
    return top


def elements(top: Element) -> Iterator[Element]:
    """Every element, in no order that would mean anything."""
    waiting = [top]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += element.children


def _local(name: str) -> str:
    return name.rpartition(":")[2]
