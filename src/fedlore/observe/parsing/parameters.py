"""Count the parameters of a function by its language's rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ast_grep_py import SgNode

_MARKS = frozenset({"list", "several"})
_PATTERNS = frozenset({"plain", "after", "rest", "typed"})


@dataclass(frozen=True, slots=True)
class ParameterRules:
    """The table ``[parameters]`` of a rule file (see `grammar`)."""

    plain: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    list: str = ""
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    several: str = ""
    none: frozenset[str] = frozenset({""})
    rest: re.Pattern[str] | None = None
    typed: re.Pattern[str] | None = None
    bare: frozenset[str] = frozenset()

    @property
    def is_typed(self) -> Callable[[str], object] | None:
        return self.typed.match if self.typed is not None else None


Head = tuple[str | None, Sequence[str], int, Callable[[str], object] | None, str]
"""What stands before a function's body: its name (None if the text did not tell it), the text of each parameter, where
the head ends in the file's text, what tells a parameter with an annotation if the result has one, and the quotes of a
docstring ("": none)."""


def parameter_rules(table: Mapping[str, Any]) -> ParameterRules:
    """Read the table of a rule file; raises TypeError for a key that it does not know."""
    return ParameterRules(**{name: _value(name, value) for name, value in table.items()})


def _value(name: str, value: str | Sequence[str]) -> Any:
    if name in _PATTERNS:
        pattern = str(value)
        # A group that a language has no use for never matches.
        pattern += "".join(
            f"(?P<{group}>(?!))?" for group in ("name", "result", "quotes") if f"<{group}>" not in pattern
        )
        return re.compile(pattern, re.ASCII)
    return value if name in _MARKS else frozenset(["", *value] if name == "none" else value)


def read_head(node: SgNode, text: str, start: int, rules: ParameterRules, comments: frozenset[str]) -> Head | None:
    """The head of the function that starts there, without receivers and marks; None if it has no list of parameters.

    The text is enough for a list without brackets, quotes and comments; the tree is asked for any other.
    """
    plain = rules.plain.match(text, start) if rules.plain is not None else None
    if plain is not None:
        name, listed, result, quotes = plain.group("name", "list", "result", "quotes")
        none = rules.none
        parts = [part for given in listed.split(",") if (part := given.strip()) not in none] if listed else ()
        return name or "", parts, plain.end(), rules.is_typed if result else None, quotes or ""
    found = _list(node, rules)
    if found is None:
        return None
    end = found.range().end.index
    after = rules.after.match(text, end) if rules.after is not None else None
    result, quotes = after.group("result", "quotes") if after is not None else (None, None)
    return None, _texts(found, rules, comments), end, rules.is_typed if result else None, quotes or ""


def _texts(found: SgNode, rules: ParameterRules, comments: frozenset[str]) -> list[str]:
    texts: list[str] = []
    for child in found.named_children():
        kind = child.kind()
        if kind in rules.only if rules.only else kind not in comments and kind not in rules.never:
            names = sum(name.kind() == rules.several for name in child.children()) if rules.several else 1
            texts += [child.text()] * max(1, names)
    return [text for text in texts if text not in rules.none]


def _list(node: SgNode, rules: ParameterRules) -> SgNode | None:
    """The list of a function's parameters; in C and its kin a declarator, or that of a declarator, holds it."""
    if rules.list:
        return next((child for child in node.named_children() if child.kind() == rules.list), None)
    found = node.field("parameters")
    declarator = None if found is not None else node.field("declarator")
    while found is None and declarator is not None:
        found = declarator.field("parameters")
        declarator = declarator.field("declarator")
    return found
