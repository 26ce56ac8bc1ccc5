"""What is open while a file is walked over: functions, classes, control structures; and what was found so far."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ast_grep_py import Range, SgNode

from fedlore.observe.evidence import Class, Function
from fedlore.observe.parsing.grammar import Grammar

MOST_PLACES = 20

PLACED = frozenset(
    {
        *("bare_except", "catch_all", "swallowed_errors", "mutable_defaults", "magic_numbers", "dead_code"),
        *("long_functions", "long_parameter_lists", "deep_nesting", "debt_comments"),
    }
)
"""The counts whose first lines are kept."""

HEAD_CHARACTERS = 300
"""The characters at the beginning of a function or class that its name is looked for in."""


@dataclass(slots=True, eq=False)
class OpenClass:
    """A class-like type: fields ``declared`` without a name, and names of those ``assigned`` somewhere in its text."""

    line: int
    lines: int
    methods: int = 0
    declared: int = 0
    weighted: int = 0
    assigned: set[str] = field(default_factory=set)

    def row(self) -> Class:
        return Class(self.line, self.lines, self.methods, self.declared + len(self.assigned), self.weighted)


class OpenFunction:
    """A function: ``depth`` and ``level`` are those around it, ``body`` is where its head ends."""

    __slots__ = (
        *("node", "span", "outer", "owner", "depth", "level"),
        *("name", "body", "parameters", "cyclomatic", "cognitive", "deepest"),
    )

    def __init__(self, walk: Walk, outer: OpenFunction | None, depth: int, level: int) -> None:
        self.node, self.span = walk.node, walk.span
        self.outer, self.depth, self.level = outer, depth, level
        self.owner: OpenClass | None = None
        self.name: str | None = None
        self.body = walk.start
        self.parameters = self.cognitive = self.deepest = 0
        self.cyclomatic = 1

    def decide(self, level: int) -> None:
        """A structure that breaks the flow costs one, and one more for each level that it is nested in (Campbell)."""
        function: OpenFunction | None = self
        while function is not None:
            function.cognitive += 1 + level - function.level
            function = function.outer

    def decide_flat(self) -> None:
        """Something that breaks the flow costs one wherever it stands."""
        function: OpenFunction | None = self
        while function is not None:
            function.cognitive += 1
            function = function.outer

    def row(self) -> Function:
        first = self.span.start.line
        lines = self.span.end.line - first + 1
        return Function(first + 1, lines, self.cyclomatic, self.cognitive, self.parameters, self.deepest)


@dataclass(slots=True, eq=False)
class Frame:
    """What is open up to ``end``, in which depth of control structures and level of cognitive nesting.

    ``scope`` is the innermost function or class. ``role`` and ``start`` are of what opened it, ``operator`` of a
    logical operation.
    """

    end: int
    depth: int = 0
    level: int = 0
    function: OpenFunction | None = None
    scope: OpenFunction | OpenClass | None = None
    role: str = ""
    start: int = 0
    operator: str = ""


class Walk:
    """A file while it is walked over: the node that the walk stands at, and what was found up to there."""

    __slots__ = (
        *("text", "grammar", "node", "span", "kind", "start", "end"),
        *("counts", "places", "functions", "rows", "classes", "named", "owned", "imports", "nesting"),
    )

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self.node: SgNode
        self.span: Range
        self.kind = ""
        self.start = self.end = 0
        self.counts: Counter[str] = Counter()
        self.places: defaultdict[str, list[int]] = defaultdict(list)
        self.functions: list[OpenFunction] = []
        self.rows: list[Function] = []
        self.classes: list[OpenClass] = []
        self.named: dict[str, OpenClass] = {}
        self.owned: list[tuple[str, OpenFunction]] = []
        self.imports: list[str] = []
        self.nesting = 0

    def found(self, name: str, line: int = 0) -> None:
        """Count one of these, at a line (from 1) or at the node."""
        self.counts[name] += 1
        if name in PLACED and len(self.places[name]) < MOST_PLACES:
            self.places[name].append(line or self.span.start.line + 1)

    def head(self, pattern: re.Pattern[str]) -> str:
        """Group 1 of a pattern that matches at the node's beginning, or ""."""
        match = pattern.match(self.text, self.start, min(self.end, self.start + HEAD_CHARACTERS))
        return match[1] if match is not None else ""
