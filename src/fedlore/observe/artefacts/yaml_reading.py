"""The one door for YAML: scalars stay text, nothing is built but tables and lists, and hostile files end soon.

Read are the events of libyaml through PyYAML. YAML 1.1's types are never resolved, so that ``no`` is the text ``no``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from fedlore.observe.artefacts.text import Troubles, lines_of

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

LARGEST_CHARACTERS = 512_000
DEEPEST = 20
MOST_EVENTS = 200_000
MOST_ALIASES = 100
LONGEST_SCALAR = 10_000

_PAIR = re.compile(r"""\s{0,16}(?:-\s{1,4})?(["']?)([\w][\w .\-]{0,120}?)\1\s{0,8}:(?:\s+(.*))?""")
_VALUE = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|((?:[^#\s]++|\s++(?=[^#\s]))*+))\s*+(?:#.*)?""")


class _Refused(ValueError):
    """The text goes beyond a limit; the sentence says which."""


def read_yaml(text: str, troubles: Troubles) -> Node:
    """The first document of a YAML text; an empty table where there is none.

    Of a key that stands twice in one table the last value counts, as PyYAML has it. Tags are not acted upon. An alias
    stands for the scalar that it names (`MOST_ALIASES` of them); one of a list or a table is left out, so that nothing
    is multiplied. Text that is broken or goes beyond a limit gives the table of its ``key: value`` lines instead (see
    `pairs_of`). Each of these is told among the troubles. Never raises.
    """
    if len(text) > LARGEST_CHARACTERS:
        troubles.add(f"more than {LARGEST_CHARACTERS} characters of YAML; read line by line")
        return dict(pairs_of(text, troubles))
    try:
        return _Builder(troubles).document(yaml.parse(text, Loader=yaml.CBaseLoader))
    except _Refused as refusal:
        troubles.add(f"{refusal}; read line by line")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}" if mark is not None else ""
        troubles.add(f"broken YAML{where}; read line by line")
    except (yaml.YAMLError, ValueError, RecursionError, MemoryError):
        troubles.add("broken YAML; read line by line")
    return dict(pairs_of(text, troubles))


def pairs_of(text: str, troubles: Troubles) -> Iterator[tuple[str, str]]:
    """The ``key: value`` lines of a text, whatever stands between them."""
    for line in lines_of(text, troubles):
        found = _PAIR.fullmatch(line)
        if found and found[3] is not None:
            value = _VALUE.fullmatch(found[3])
            if value:
                yield found[2], next((part for part in value.groups() if part is not None), "")


class _Builder:
    """Makes a tree of one document's events; raises `_Refused` beyond a limit, and what the parser raises."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._scalars: dict[str, str] = {}
        self._aliases = 0

    def document(self, events: Iterator[yaml.Event]) -> Node:
        """The tree of the first document; later ones are told and left out."""
        root: Node | None = None
        open_nodes: list[_Open] = []
        for number, event in enumerate(events):
            line = _line(event)
            if number > MOST_EVENTS:
                raise _Refused(f"more than {MOST_EVENTS} pieces of YAML")
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._troubles.add(f"a second YAML document at line {line} was not read")
                break
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event, line)
                if open_nodes:
                    open_nodes[-1].take(node, line, self._troubles)
                else:
                    root = node
                if isinstance(event, yaml.CollectionStartEvent):
                    open_nodes.append(_Open(node))
                if len(open_nodes) > DEEPEST:
                    raise _Refused(f"YAML nested deeper than {DEEPEST} levels at line {line}")
            elif isinstance(event, yaml.CollectionEndEvent):
                open_nodes.pop()
        return {} if root is None else root

    def _node(self, event: yaml.NodeEvent, line: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", line)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag not in (None, "!"):
            self._troubles.add(f"a YAML tag at line {line} was not acted upon")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line)
        return {} if isinstance(event, yaml.MappingStartEvent) else []

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> str:
        value = str(event.value)
        if len(value) > LONGEST_SCALAR:
            self._troubles.add(f"a value of more than {LONGEST_SCALAR} characters at line {line} was cut")
            value = value[:LONGEST_SCALAR]
        if event.anchor is not None and len(self._scalars) < MOST_ALIASES:
            self._scalars[event.anchor] = value
        return value

    def _alias(self, anchor: str, line: int) -> str:
        self._aliases += 1
        if anchor in self._scalars and self._aliases <= MOST_ALIASES:
            return self._scalars[anchor]
        self._troubles.add(f"a YAML alias at line {line} was not followed")
        return ""


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


class _Open:
    """A list or a table that is being filled, and the key that waits for its value."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._key: Node | None = None

    def take(self, node: Node, line: int, troubles: Troubles) -> None:
        """Put the next node in: an item, a key, or the value of the last key. A key that is no scalar is left out."""
        if isinstance(self._node, list):
            self._node.append(node)
        elif self._key is None:
            self._key = node
        else:
            key, self._key = self._key, None
            if not isinstance(key, str):
                troubles.add(f"a YAML key at line {line} is no text")
            elif isinstance(self._node, dict):
                if key in self._node:
                    troubles.add(f"a key stands twice in a table, again at line {line}; the last one counts")
                self._node[key] = node
