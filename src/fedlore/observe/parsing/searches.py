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
    """Rule objects of the parser that are of use only in a file that holds a text."""

    text: bytes
    rules: Sequence[Mapping[str, Any]]


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
    plain -= {kind for role in _CHOSEN for kind in structure.get(role, ())}
    numbers = {"has": {"kind": ", ".join(structure["number"])}}
    asked: dict[str, tuple[Mapping[str, Any], set[str]]] = {}
    sought: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for kind, way in ways:
        if kind not in plain:
            for text in way.get("needs", ()):
                sought[text][kind] = _holding(kind, text)
            if "needs" not in way:
                question = _question(way, structure["comment"])
                asked.setdefault(json.dumps(question), (question, set()))[1].add(kind)
    chosen = {kind for role in _CHOSEN for kind in structure.get(role, ())}
    always = [
        {"kind": ", ".join(sorted(kinds)), **question}
        for question, kinds in (({}, plain), *asked.values(), (numbers, chosen))
    ]
    for kind in structure.get("operator", ()):
        for text in structure["logical_marks"]:
            sought[text][kind] = _holding(kind, text)
    return tuple(always), tuple(Sought(text.encode(), tuple(rules.values())) for text, rules in sought.items())


def literal(text: str) -> str:
    """The expression of Rust's ``regex`` that a text alone matches."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _holding(kind: str, text: str) -> Mapping[str, Any]:
    return {"kind": kind, "regex": literal(text)}


def _question(way: Mapping[str, Any], comments: Sequence[str]) -> Mapping[str, Any]:
    question: dict[str, Any] = {}
    if "has" in way:
        question["has"] = {"kind": ", ".join(way["has"])}
    if "before" in way:
        question["precedes"] = {"kind": ", ".join(way["before"]), "stopBy": {"not": {"kind": ", ".join(comments)}}}
    return question
