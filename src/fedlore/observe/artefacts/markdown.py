"""Markdown as far as artefacts need it: front matter, and lines outside fences and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedlore.observe.artefacts.text import Troubles, lines_of, text_of
from fedlore.observe.artefacts.yaml_reading import Node, read_yaml

_LONGEST_FRONT = 300
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s(.*)")


@dataclass(frozen=True, slots=True)
class Document:
    """The front matter as a table (empty: none), and the lines after it that are neither code nor comments."""

    front: dict[str, Node]
    lines: tuple[str, ...]

    def text_at(self, *keys: str) -> str:
        """The front matter's value of the first of these keys that has one, in any case; ``""`` if none is a text."""
        lowered = {key.lower(): value for key, value in self.front.items()}
        values = (lowered.get(key) for key in keys)
        return next((value for value in values if isinstance(value, str) and value), "")


def read_document(data: bytes, troubles: Troubles) -> Document:
    """One Markdown file. Front matter without an end within 300 lines is told, and ends at the first heading."""
    lines = lines_of(text_of(data, troubles), troubles)
    begin = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if begin == len(lines) or lines[begin].rstrip() != "---":
        return Document({}, tuple(_plain(lines)))
    inside = lines[begin + 1 : begin + 1 + _LONGEST_FRONT]
    end = next((number for number, line in enumerate(inside) if line.rstrip() in ("---", "...")), None)
    if end is None:
        # A rule at the top of a page looks like front matter; only what reads like a table is missed when it ends.
        if not any(re.match(r"[\w-]{1,60}:(?:\s|$)", line) for line in inside[:1]):
            return Document({}, tuple(_plain(lines)))
        troubles.add("front matter without an end; read line by line")
        end = next((number for number, line in enumerate(inside) if _HEADING.fullmatch(line)), len(inside))
    front = read_yaml("\n".join(inside[:end]), troubles)
    return Document(front if isinstance(front, dict) else {}, tuple(_plain(lines[begin + 1 + end :])))


def heading(line: str) -> tuple[int, str]:
    """A heading's level and text; ``(0, "")`` for other lines."""
    found = _HEADING.fullmatch(line)
    return (len(found[1]), found[2].strip().rstrip("# \t").strip("*_ ")) if found else (0, "")


def _plain(lines: list[str]) -> Iterator[str]:
    """The lines outside code fences and HTML comments."""
    fence = ""
    comment = False
    for line in lines:
        marked = _FENCE.match(line)
        if marked and not comment and fence in ("", marked[1]):
            fence = "" if fence else marked[1]
        elif not fence and not comment:
            before, opened, rest = line.partition("<!--")
            comment = bool(opened) and "-->" not in rest
            yield before if opened else line
        elif comment and "-->" in line:
            comment = False
