"""What the parser is asked to find in a file, by a language's rule file (see `grammar`).

One search finds all kinds together: that costs about a fifth of parsing, however many they are. The parser compiles
it anew for every file. It compiles a plain text in no time and any other expression slowly, so that it is given texts
alone, and of these only such as the file holds.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\]")
_ASKED = frozenset({"needs", "has", "before"})
"""What a rule leaves to the parser."""

_CHOSEN = ("comparison", "operator")
"""Roles of which only some nodes matter."""


class Sought(NamedTuple):
    """A rule object of the parser that is of use only in a file that holds one of some texts."""

    texts: frozenset[bytes]
    rule: Mapping[str, Any]


def kinds_of(way: Mapping[str, Any]) -> list[str]:
    """The kinds that a way to match names."""
    kind = way["kind"]
    return [kind] if isinstance(kind, str) else list(kind)


def searches_of(table: Mapping[str, Any], roles: Set[str]) -> tuple[tuple[Mapping[str, Any], ...], tuple[Sought, ...]]:
    """What is looked for in every file, and what only in those that hold a text.

    ``roles`` are kinds that play one. A kind is looked for everywhere if it plays a role, or if a rule for it leaves
    nothing to the parser.
    """
    structure = table["structure"]
    ways = [
        (kind, way)
        for alternatives in (*table["counts"].values(), table["imports"], table.get("leaps", []))
        for way in alternatives
        for kind in kinds_of(way)
    ]
    plain = roles | {kind for kind, way in ways if not way.keys() & _ASKED}
    plain -= {kind for role in (*_CHOSEN, "assignment") for kind in structure.get(role, ())}
    numbers = {"has": {"kind": ", ".join(structure["number"])}}
    asked: dict[str, tuple[Mapping[str, Any], set[str]]] = {}
    sought: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for kind, way in ways:
        if kind not in plain and "needs" not in way:
            question = _question(way, structure["comment"])
            asked.setdefault(json.dumps(question), (question, set()))[1].add(kind)
        elif kind not in plain:
            for text in way["needs"]:
                sought[kind, text] |= {text.encode() for text in way.get("file", [text])}
    for role, marks in (("operator", "logical_marks"), ("assignment", "coalescing")):
        for kind in structure.get(role, ()):
            for text in structure[marks]:
                sought[kind, text] |= {text.encode()}
    chosen = {kind for role in _CHOSEN for kind in structure.get(role, ())}
    always = [
        {"kind": ", ".join(sorted(kinds)), **question}
        for question, kinds in (({}, plain), *asked.values(), (numbers, chosen))
    ]
    return tuple(always), tuple(
        Sought(frozenset(texts), {"kind": kind, "regex": literal(text)}) for (kind, text), texts in sought.items()
    )


def literal(text: str) -> str:
    """The expression of Rust's ``regex`` that a text alone matches."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _question(way: Mapping[str, Any], comments: Sequence[str]) -> Mapping[str, Any]:
    question: dict[str, Any] = {}
    if "has" in way:
        question["has"] = {"kind": ", ".join(way["has"])}
    if "before" in way:
        question["precedes"] = {"kind": ", ".join(way["before"]), "stopBy": {"not": {"kind": ", ".join(comments)}}}
    return question
