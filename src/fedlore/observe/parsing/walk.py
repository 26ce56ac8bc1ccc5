"""Walk over what the parser found in a file, in the order of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ast_grep_py import SgNode

from fedlore.observe.parsing import definitions, flow
from fedlore.observe.parsing.grammar import CONTROLS, OPERATIONS, Rule, grammar_of
from fedlore.observe.parsing.scopes import Frame, Walk
from fedlore.observe.parsing.showing import ShowingWalk

Step = Callable[[Walk, Frame], Frame]
"""What is done at a node of some role; answers the frame that is open from there on."""

_STEPS: Mapping[str, Step] = {
    **dict.fromkeys(CONTROLS, flow.control),
    **dict.fromkeys(OPERATIONS, flow.operation),
    "branch": flow.branch,
    "else_if": flow.else_if,
    "else": flow.otherwise,
    "case": flow.case,
    "leap": flow.leap,
    "function": definitions.function,
    "class": definitions.class_,
    "import": definitions.import_,
}


class _Check(NamedTuple):
    """A rule, taken apart for speed: what its text starts with, and the rule itself if that is not all."""

    name: str
    starts: Callable[[str, int, int], object]
    more: Rule | None


class _Plan(NamedTuple):
    """What is done at a node of some kind."""

    step: Step | None
    checks: tuple[_Check, ...]


def _may_hold(rule: Rule, held: frozenset[bytes]) -> bool:
    return not rule.needs or not held.isdisjoint(rule.needs)


@lru_cache(maxsize=256)
def _plans(language: str, held: frozenset[bytes]) -> Mapping[str, _Plan]:
    """The plan for each kind in files that hold these of the texts that rules need."""
    grammar = grammar_of(language)
    checks = {
        kind: tuple(
            _Check(rule.name, rule.starts.match, rule if rule.has_more else None)
            for rule in rules
            if _may_hold(rule, held)
        )
        for kind, rules in grammar.rules.items()
    }
    steps = {
        kind: _STEPS[role]
        for kind, role in grammar.roles.items()
        if role != "import" or any(_may_hold(rule, held) for rule in grammar.imports[kind])
    }
    return {kind: _Plan(steps.get(kind), checks.get(kind, ())) for kind in grammar.roles.keys() | checks.keys()}


def walk_over(nodes: Iterable[SgNode], text: str, language: str, held: frozenset[bytes]) -> Walk:
    """Walk over nodes in the order of the text, an outer one before what it holds."""
    walk = ShowingWalk(text, grammar_of(language), language)
    plans = _plans(language, held)
    frames = [Frame(len(text) + 1)]
    top = frames[-1]
    for node in nodes:
        step, checks = plans[kind := node.kind()]
        span = node.range()
        start, end = span.start.index, span.end.index
        while top.end <= start:
            frames.pop()
            top = frames[-1]
        if step is not None or checks:
            walk.node, walk.kind, walk.span, walk.start, walk.end = node, kind, span, start, end
        if step is not None:
            opened = step(walk, top)
            if opened is not top:
                frames.append(opened)
                top = opened
        for name, starts, more in checks:
            if starts(text, start, end) and (more is None or more.holds(text, node, start, end)):
                walk.found(name)
    definitions.settle(walk)
    return walk
