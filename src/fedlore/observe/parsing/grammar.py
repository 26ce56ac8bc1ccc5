"""What a language's rule file says: which node kinds of its grammar matter to the source pass, and why.

``rules/<language>.toml`` holds (all regular expressions are Python's, with ASCII classes):

``[structure]``
    The node kinds that play each role of `ROLES`; besides, ``class_body`` (what lies between a class and its members),
    ``part`` (classes that add to one of their name), ``number`` (numeric literals and their signs), ``call``,
    ``comment``, ``logical_marks``: texts of which a logical ``operator`` holds one, and ``coalescing``: operators that
    decide as logical ones do (ESLint's complexity, lizard) but read as one step, so that they cost nothing in cognitive
    complexity (Campbell 2018, "ignore shorthand"). Of an ``assignment`` no others matter.
``[patterns]``
    ``name``, ``class_name`` and ``owner``: group 1 is the name of a function, of a class (which without it is none), of
    the class that a function names. ``assigned``: group 1 is a field that the text of a class assigns. ``decorator``:
    the kinds of the statements of a function that does nothing but define another. ``default``: cases that are no
    decision. ``chained``: what stands before the if of an ``else if``. ``alternative`` (empty): an if has its else in a
    field of that name. ``remark``: a comment inside an import.
``[fields]``
    Kinds of members that are fields, each with an expression that its text must match at the beginning; group 1, if it
    has one, is the name, and a field of that name is one with those that are ``assigned``.
``[parameters]``
    ``plain``: matches a function's head if its list is divided by commas alone, with groups ``list``, ``result`` (its
    annotation) and ``quotes`` (those of a docstring). For all other functions: ``list``, the kind of lists, where the
    grammar has no field for them; ``only``, the kinds that count (default: every named child that is no comment), and
    ``never``, some that do not; ``several``, the kind of the names where one declaration may hold many; ``after``,
    which matches after the list with groups ``result`` and ``quotes``. ``none``: texts that are no parameters;
    ``rest``: parameters that do not make a list long; ``typed``: those with an annotation; ``bare``: functions with one
    parameter if they have no list.
``[documented]``
    How the line above a documented function ``starts`` or ``ends``.
``[[counts.NAME]]``
    One way to match what NAME counts: ``kind`` (one or more); ``starts`` (matches at the node's beginning);
    ``contains`` (found in its text); ``field`` and ``child`` (tables: expressions that match the text of a field, of
    some child of a kind, from its beginning). The parser itself looks at ``needs`` (texts of which a node must hold
    one), ``has`` (kinds of which one must be a child) and ``before`` (kinds of which one must be the next sibling that
    is no comment). A file that holds none of ``file`` (default: of ``needs``) is not searched for the kind at all.
    ``\\Z`` is the node's end.
``[[imports]]``, ``[[leaps]]``
    One way to write an import, or a jump to a label, in the words of ``[[counts]]`` but for tables; ``keyword`` is put
    before the text of an import where it stands apart.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, cast

from ast_grep_py import Config, SgNode

from fedlore.observe.naming import LANGUAGES
from fedlore.observe.parsing.parameters import ParameterRules, parameter_rules
from fedlore.observe.parsing.searches import Sought, kinds_of, searches_of

LOGICAL = frozenset({"&&", "||", "and", "or"})


class Role(NamedTuple):
    """What a control structure adds: ``decision`` to the cyclomatic number; ``structural`` one and its nesting to the
    cognitive complexity; ``level`` to the nesting of that; ``depth`` to the depth of control structures.
    """

    decision: int = 0
    structural: bool = False
    level: int = 0
    depth: int = 0


CONTROLS: Mapping[str, Role] = {
    "loop": Role(decision=1, structural=True, level=1, depth=1),
    "endless": Role(structural=True, level=1, depth=1),
    "switch": Role(structural=True, level=1, depth=1),
    "handler": Role(decision=1, structural=True, level=1),
    "inline": Role(decision=1, structural=True, level=1),
    "protected": Role(depth=1),
    "lambda": Role(level=1),
    "guard": Role(decision=1),
}
"""Control structures that need no look at what stands around them: ``endless`` is a loop without condition, ``inline``
a conditional expression or a modifier, ``protected`` a try or with, ``guard`` a clause of a comprehension."""

OPERATIONS = ("logical", "comparison", "operator", "assignment")
"""Logical operations, comparisons, a kind that is any operation with two sides, and one that assigns its outcome."""

ROLES = (*CONTROLS, *OPERATIONS, "function", "class", "branch", "else_if", "else", "case")
"""The roles that the walk knows; the tables ``[[imports]]`` and ``[[leaps]]`` add two more."""

_PARTS = ("class_body", "part", "number", "comment", "call", "coalescing")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to match what a name counts; ``starts`` alone decides unless it ``has_more``."""

    name: str
    starts: re.Pattern[str]
    contains: re.Pattern[str] | None
    field: tuple[tuple[str, re.Pattern[str]], ...]
    child: tuple[tuple[str, re.Pattern[str]], ...]
    before: frozenset[str]
    needs: tuple[bytes, ...]
    keyword: str

    @property
    def has_more(self) -> bool:
        return bool(self.contains or self.field or self.child or self.before)

    def holds(self, text: str, node: SgNode, start: int, end: int) -> bool:
        """Whether a node, from ``start`` to ``end`` of the text, is all that the rule describes beyond ``starts``."""
        if self.contains is not None and not self.contains.search(text, start, end):
            return False
        for name, pattern in self.field:
            part = node.field(name)
            if part is None or not pattern.match(part.text()):
                return False
        if self.before and not any(after.kind() in self.before for after in node.next_all()):
            return False
        children = node.named_children() if self.child else []
        return all(
            any(child.kind() == kind and pattern.match(child.text()) for child in children)
            for kind, pattern in self.child
        )


class Documented(NamedTuple):
    """How a line begins, or ends, that documents the function below it."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The rules of one language: what to look for, and what each kind that is found means."""

    roles: Mapping[str, str]
    rules: Mapping[str, tuple[Rule, ...]]
    imports: Mapping[str, tuple[Rule, ...]]
    leaps: Mapping[str, tuple[Rule, ...]]
    kinds: Mapping[str, frozenset[str]]
    patterns: Mapping[str, re.Pattern[str]]
    fields: Mapping[str, re.Pattern[str]]
    parameters: ParameterRules
    documented: Documented
    always: tuple[Mapping[str, Any], ...]
    sought: tuple[Sought, ...]
    texts: frozenset[bytes]

    @property
    def names(self) -> set[str]:
        """What the rules count, by name."""
        return {rule.name for rules in self.rules.values() for rule in rules}

    def held(self, data: bytes) -> frozenset[bytes]:
        """Which of the texts that rules need a file holds."""
        return frozenset(text for text in self.texts if text in data)

    def query(self, held: Set[bytes]) -> Config:
        """The parser's search in a file that holds these texts."""
        wanted = [rule for texts, rule in self.sought if not texts.isdisjoint(held)]
        return cast(Config, {"rule": {"any": [*self.always, *wanted]}})


@cache
def grammar_of(language: str) -> Grammar:
    """Read the rule file of a language that `LANGUAGES` knows."""
    folder = resources.files("fedlore.observe") / "rules"
    name = LANGUAGES[language].rules
    return read_grammar(tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")))


def read_grammar(table: Mapping[str, Any]) -> Grammar:
    """Compile the tables of a rule file; raises KeyError or re.error for what no rule file may hold."""
    structure: Mapping[str, list[str]] = table["structure"]
    imports = _rules({"": table["imports"]})
    leaps = _rules({"": table.get("leaps", [])})
    roles = {kind: role for role in ROLES for kind in structure.get(role, ())}
    always, sought = searches_of(table, set(roles))
    return Grammar(
        roles | dict.fromkeys(imports, "import") | dict.fromkeys(leaps, "leap"),
        _rules(table["counts"]),
        imports,
        leaps,
        {role: frozenset(structure.get(role, ())) for role in (*ROLES, *_PARTS)},
        _compiled(table["patterns"]),
        _compiled(table.get("fields", {})),
        parameter_rules(table.get("parameters", {})),
        Documented(*(tuple(table.get("documented", {}).get(name, ())) for name in ("starts", "ends"))),
        always,
        sought,
        frozenset(text for texts, _ in sought for text in texts),
    )


def _rules(ways_of: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, tuple[Rule, ...]]:
    rules: dict[str, tuple[Rule, ...]] = {}
    for name, ways in ways_of.items():
        for way in ways:
            for kind in kinds_of(way):
                rules[kind] = (*rules.get(kind, ()), _rule(name, way))
    return rules


def _rule(name: str, way: Mapping[str, Any]) -> Rule:
    return Rule(
        name,
        re.compile(way.get("starts", ""), re.ASCII),
        re.compile(way["contains"], re.ASCII) if "contains" in way else None,
        tuple(_compiled(way.get("field", {})).items()),
        tuple(_compiled(way.get("child", {})).items()),
        frozenset(way.get("before", ())),
        tuple(text.encode() for text in way.get("file", way.get("needs", ()))),
        way.get("keyword", ""),
    )


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.ASCII) for name, pattern in patterns.items()}
