"""Steps of the walk at what directs the flow: its price in the cyclomatic number and in cognitive complexity.

McCabe, A complexity measure, 1976: one and the decisions, each condition of a logical operation being one. Campbell,
Cognitive Complexity, 2018: a structure that breaks the flow costs one and the levels that it is nested in; an else, a
row of equal logical operators, a jump to a label and a function that calls itself cost one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ast_grep_py import SgNode

from fedlore.observe.parsing.grammar import CONTROLS, LOGICAL
from fedlore.observe.parsing.scopes import Frame, Walk

DEEP_NESTING = 4
"""A control structure inside this many others is nested too deeply (ESLint's max-depth, default 4)."""

_COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!=", "===", "!==", "<>", "in", "not in", "is", "is not"})
_NUMBER = re.compile(r"[-+~]?\s*(?:\d|\.\d)[\w.']*(?:(?<=[eE])[-+]\d+\w*)?\Z", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[-+~]?\s*(?:0[xXbBoO])?[01](?:[uUlLnzZ]|[iu]\d+|[iu]size)*\Z", re.ASCII)
_CHAINED = re.compile(r"else\s+if\b", re.ASCII)
_BEFORE = 40


def control(walk: Walk, top: Frame) -> Frame:
    role = walk.grammar.roles[walk.kind]
    adds = CONTROLS[role]
    function = top.function
    if function is not None:
        function.cyclomatic += adds.decision
        if adds.structural:
            function.decide(top.level)
    if adds.depth:
        _deepen(walk, top)
    if not adds.depth and not adds.level:
        return top
    return Frame(walk.end, top.depth + adds.depth, top.level + adds.level, function, top.scope, role)


def branch(walk: Walk, top: Frame) -> Frame:
    """An if; one that follows an else counts as its ``else if``, and nests no deeper."""
    function = top.function
    chained = walk.grammar.patterns.get("chained")
    if function is not None and not walk.grammar.kinds["else"] and _ends_with_else(walk):
        function.decide_flat()
    if top.role == "branch" and chained and chained.search(walk.text, max(0, walk.start - _BEFORE), walk.start):
        return else_if(walk, top)
    if function is not None:
        function.cyclomatic += 1
        function.decide(top.level)
    _deepen(walk, top)
    return Frame(walk.end, top.depth + 1, top.level + 1, function, top.scope, "branch")


def _ends_with_else(walk: Walk) -> bool:
    """Whether an if ends with an else that is no further if, in grammars without a node for it."""
    if "alternative" in walk.grammar.patterns:
        other = walk.node.field("alternative")
        return other is not None and other.kind() not in walk.grammar.kinds["branch"]
    return any(
        child.kind() == "else" and not _CHAINED.match(walk.text, child.range().start.index)
        for child in walk.node.children()
    )


def _deepen(walk: Walk, top: Frame) -> None:
    walk.nesting += 1
    if top.depth >= DEEP_NESTING:
        walk.found("deep_nesting")
    function = top.function
    if function is not None:
        function.deepest = max(function.deepest, top.depth + 1 - function.depth)


def else_if(_: Walk, top: Frame) -> Frame:
    if top.function is not None:
        top.function.cyclomatic += 1
        top.function.decide_flat()
    return top


def otherwise(walk: Walk, top: Frame) -> Frame:
    """The else of an if; that of a loop or try costs nothing."""
    if top.function is not None and top.role == "branch" and not _CHAINED.match(walk.text, walk.start):
        top.function.decide_flat()
    return top


def case(walk: Walk, top: Frame) -> Frame:
    default = walk.grammar.patterns.get("default")
    if top.function is not None and (default is None or not default.match(walk.text, walk.start)):
        top.function.cyclomatic += 1
    return top


def operation(walk: Walk, top: Frame) -> Frame:
    between = walk.node.field("operator")
    sides = walk.node.children() if between is None else []
    operator = between.kind() if between is not None else sides[1].kind() if len(sides) > 2 else ""
    function = top.function
    if operator in LOGICAL:
        if function is not None:
            function.cyclomatic += 1
            if not _continues(walk, operator, top):
                function.decide_flat()
        return Frame(walk.end, top.depth, top.level, function, top.scope, "operation", walk.start, operator)
    if function is not None and operator in walk.grammar.kinds["coalescing"]:
        function.cyclomatic += 1
    if operator in _COMPARISONS:
        _compare(walk, (sides or walk.node.children())[::2])
    return top


def _continues(walk: Walk, operator: str, top: Frame) -> bool:
    """Whether a logical operation goes on with a row of the same operator, parentheses aside."""
    if top.role != "operation" or top.operator != operator:
        return False
    before = walk.text[max(top.start, walk.start - _BEFORE) : walk.start].rstrip("( \t\r\n")
    return not before or before.endswith(operator)


def _compare(walk: Walk, sides: Sequence[SgNode]) -> None:
    """Numbers in comparisons but 0, 1 and their negatives are magic, unless two are compared (ruff's PLR2004)."""
    kinds = walk.grammar.kinds["number"]
    texts = [side.text() if side.kind() in kinds else "" for side in sides]
    numbers = [_NUMBER.match(text) is not None for text in texts]
    if any(left and right for left, right in pairwise(numbers)):
        return
    for text, is_number in zip(texts, numbers, strict=True):
        if is_number and not _PLAIN_NUMBER.match(text):
            walk.found("magic_numbers")


def leap(walk: Walk, top: Frame) -> Frame:
    """A jump to a label."""
    if top.function is not None and any(
        rule.starts.match(walk.text, walk.start) for rule in walk.grammar.leaps[walk.kind]
    ):
        top.function.decide_flat()
    return top
