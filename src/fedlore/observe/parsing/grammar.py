"""What a language's rule file says: which node kinds of its grammar matter to the source pass, and why.

``rules/<language>.toml`` holds (all regular expressions are Python's, with ASCII classes):

``[structure]``
    The node kinds that play each role of `ROLES`; besides, ``class_body`` (what lies between a class and its members),
    ``number`` (numeric literals and their signs), ``comment``, ``statements`` (blocks whose children are statements),
    ``wrapper`` (nodes between a jump and its block), ``label`` (what may stand after a jump), ``call`` and
    ``part`` (classes that add to one of their name).
``[patterns]``
    ``labelled``: jumps that cost a reader one more (goto, break to a label). ``default``: cases that are no decision.
    ``follows``: matches after a jump if code may follow in its block; a group ``indent`` must equal what stands before
    the jump on its line. ``documented``: the line above a documented function. ``name``, ``class_name`` and ``owner``:
    group 1 is the name of a function, of a class (which without it is none), of the class that a function names.
    ``assigned``: group 1 is a field that the text of a class assigns. ``decorator``: the kinds of the statements of a
    function that does nothing but define another. ``chained``: what stands before the if of an ``else if``. ``remark``:
    a comment inside an import.
``[fields]``
    Kinds of members that are fields, each with an expression that its text must match at the beginning.
``[parameters]``
    ``plain``: matches a function's head if its list is divided by commas alone, with groups ``list``, ``result`` (its
    annotation) and ``quotes`` (those of a docstring). For all other functions: ``list``, the kind of lists, where the
    grammar has no field for them; ``only``, the kinds that count (default: every named child that is no comment), and
    ``never``, some that do not; ``several``, the kind of the names where one declaration may hold many; ``after``,
    which matches after the list with groups ``result`` and ``quotes``. ``none``: texts that are no parameters;
    ``rest``: parameters that do not make a list long; ``typed``: those with an annotation; ``bare``: functions with one
    parameter if they have no list.
``[[imports]]``
    One way to write an import: ``kind``, ``starts``, ``needs`` and ``among`` as below, and the ``keyword`` that is put
    before the text where it stands apart.
``[[counts.NAME]]``
    One way to match what NAME counts: ``kind`` (one or more); ``starts`` (matches at the node's beginning);
    ``contains`` (found in its text); ``field`` and ``child`` (tables: expressions that match the text of a field, of
    some child of a kind, from its beginning); ``needs`` (texts of which the file must hold one, or an expression that
    it must hold, or the node is not even looked for); ``among`` (the grammar has so many of these nodes that the parser
    looks for this expression, of Rust's ``regex``, to choose among them); ``has`` (kinds of which one must be a child,
    likewise asked of the parser). ``\\Z`` is the node's end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, cast

from ast_grep_py import Config, SgNode

from fedlore.observe.naming import LANGUAGES
from fedlore.observe.parsing.parameters import ParameterRules, parameter_rules

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
    "switch": Role(structural=True, level=1, depth=1),
    "handler": Role(decision=1, structural=True, level=1),
    "inline": Role(decision=1, structural=True, level=1),
    "protected": Role(depth=1),
    "lambda": Role(level=1),
    "guard": Role(decision=1),
    "endless": Role(structural=True, level=1, depth=1),
}
"""Control structures that need no look at what stands around them: ``inline`` is a conditional expression or a
modifier, ``protected`` a try or with, ``guard`` a clause of a comprehension, ``endless`` a loop without condition."""

OPERATIONS = ("logical", "comparison", "operator")
"""Logical operations, comparisons, and a kind that is any operation with two sides."""

ROLES = (
    *CONTROLS,
    *OPERATIONS,
    *("function", "class", "branch", "else_if", "else", "case", "jump", "import"),
)
"""The roles that the walk knows."""

_PARTS = ("class_body", "part", "number", "comment", "statements", "wrapper", "label", "call")
"""What else a grammar names kinds for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to match what a name counts; see the module. ``starts`` alone decides unless ``has_more``."""

    name: str
    starts: re.Pattern[str]
    contains: re.Pattern[str] | None
    field: tuple[tuple[str, re.Pattern[str]], ...]
    child: tuple[tuple[str, re.Pattern[str]], ...]

    @property
    def has_more(self) -> bool:
        return bool(self.contains or self.field or self.child)

    def holds(self, text: str, node: SgNode, start: int, end: int) -> bool:
        """Whether a node, from ``start`` to ``end`` of the text, is all that the rule describes beyond ``starts``."""
        if self.contains is not None and not self.contains.search(text, start, end):
            return False
        for name, pattern in self.field:
            part = node.field(name)
            if part is None or not pattern.match(part.text()):
                return False
        children = node.named_children() if self.child else []
        return all(
            any(child.kind() == kind and pattern.match(child.text()) for child in children)
            for kind, pattern in self.child
        )


class ImportRule(NamedTuple):
    """One way to write an import: what it starts with, and the keyword where that stands apart."""

    starts: re.Pattern[str]
    keyword: str


@dataclass(frozen=True, slots=True)
class Sought:
    """One rule object of the parser, and what a file must hold before it is looked for: one of some texts."""

    rule: Mapping[str, Any]
    needs: tuple[bytes, ...] | re.Pattern[bytes]

    def may_be_in(self, data: bytes) -> bool:
        if isinstance(self.needs, re.Pattern):
            return self.needs.search(data) is not None
        return any(text in data for text in self.needs)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The rules of one language: what to look for, and what each kind that is found means."""

    roles: Mapping[str, str]
    rules: Mapping[str, tuple[Rule, ...]]
    imports: Mapping[str, tuple[ImportRule, ...]]
    kinds: Mapping[str, frozenset[str]]
    patterns: Mapping[str, re.Pattern[str]]
    fields: Mapping[str, re.Pattern[str]]
    parameters: ParameterRules
    always: tuple[Mapping[str, Any], ...]
    sought: tuple[Sought, ...]

    @property
    def names(self) -> set[str]:
        """What the rules count, by name."""
        return {rule.name for rules in self.rules.values() for rule in rules}

    def query(self, data: bytes) -> Config:
        """The parser's search for a file of these bytes."""
        wanted = [item.rule for item in self.sought if item.may_be_in(data)]
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
    roles = {kind: role for role in ROLES for kind in structure.get(role, ())}
    plain = frozenset(roles)
    imports: dict[str, tuple[ImportRule, ...]] = {}
    for way in table["imports"]:
        rule = ImportRule(re.compile(way.get("starts", ""), re.ASCII), way.get("keyword", ""))
        for kind in _kinds(way):
            imports[kind] = (*imports.get(kind, ()), rule)
            roles[kind] = "import"
    rules: dict[str, tuple[Rule, ...]] = {}
    for name, ways in table["counts"].items():
        for way in ways:
            for kind in _kinds(way):
                rules[kind] = (*rules.get(kind, ()), _rule(name, way))
    always, sought = _searches(table, plain)
    return Grammar(
        roles,
        rules,
        imports,
        {role: frozenset(structure.get(role, ())) for role in (*ROLES, *_PARTS)},
        _compiled(table.get("patterns", {})),
        _compiled(table.get("fields", {})),
        parameter_rules(table.get("parameters", {})),
        always,
        sought,
    )


def _rule(name: str, way: Mapping[str, Any]) -> Rule:
    return Rule(
        name,
        re.compile(way.get("starts", ""), re.ASCII),
        re.compile(way["contains"], re.ASCII) if "contains" in way else None,
        tuple(_compiled(way.get("field", {})).items()),
        tuple(_compiled(way.get("child", {})).items()),
    )


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.ASCII) for name, pattern in patterns.items()}


def _list(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _kinds(way: Mapping[str, Any]) -> list[str]:
    return _list(way["kind"])


def _searches(table: Mapping[str, Any], roles: Set[str]) -> tuple[tuple[Mapping[str, Any], ...], tuple[Sought, ...]]:
    """What is looked for in every file, and what only in those that may hold it.

    A kind is looked for everywhere if it has a role, or if a rule for it says nothing else.
    """
    structure = table["structure"]
    ways = [way for alternatives in (*table["counts"].values(), table["imports"]) for way in alternatives]
    plain = set(roles) | {kind for way in ways if not way.keys() & {"needs", "among", "has"} for kind in _kinds(way)}
    plain -= {kind for role in ("comparison", "operator") for kind in structure.get(role, ())}
    sought = [
        Sought(
            _choice(kind, way),
            _needs(way.get("needs", "")),
        )
        for way in ways
        for kind in _kinds(way)
        if kind not in plain
    ]
    return ({"kind": ", ".join(sorted(plain))}, *_operations(structure)), tuple(sought)


def _choice(kind: str, way: Mapping[str, Any]) -> Mapping[str, Any]:
    choice: dict[str, Any] = {"kind": kind}
    if "among" in way:
        choice["regex"] = way["among"]
    if "has" in way:
        choice["has"] = {"kind": ", ".join(way["has"])}
    return choice


def _needs(texts: str | Sequence[str]) -> tuple[bytes, ...] | re.Pattern[bytes]:
    return re.compile(texts.encode()) if isinstance(texts, str) else tuple(text.encode() for text in texts)


def _operations(structure: Mapping[str, list[str]]) -> list[Mapping[str, Any]]:
    """Operations of which one side is a number, and logical ones."""
    numbers = {"has": {"kind": ", ".join(structure["number"])}}
    logical = {"has": {"field": "operator", "regex": r"^(&&|\|\||and|or)$"}}
    comparisons = [{"kind": kind, **numbers} for kind in structure.get("comparison", ())]
    return [*comparisons, *({"kind": kind, "any": [numbers, logical]} for kind in structure.get("operator", ()))]
