"""Steps of the walk at functions, their parameters, classes and imports; and what can be told only at the end."""

from __future__ import annotations

from collections.abc import Sequence

from ast_grep_py import SgNode

from fedlore.observe.parsing.grammar import Documented
from fedlore.observe.parsing.parameters import read_head
from fedlore.observe.parsing.recursion import calls_itself
from fedlore.observe.parsing.scopes import Frame, OpenClass, OpenFunction, Walk
from fedlore.observe.parsing.statements import MOST_IMPORTS, import_statement

LONG_FUNCTION_LINES = 60
"""A function with more lines than this is long (Holzmann, The power of ten, 2006, rule 4)."""

LONG_PARAMETER_LIST = 5
"""A list of more parameters than this is long (Pylint's max-args, ruff's PLR0913)."""

_ABOVE = ("@", "[", "#[", "template")
"""How a line begins that may stand between a comment and the function that it documents."""

MOST_ABOVE = 20
FARTHEST_ABOVE = 10_000
"""So many such lines, and characters before a function, are looked at: more of them would be looked at ever again."""


def function(walk: Walk, top: Frame) -> Frame:
    outer, grammar = top.function, walk.grammar
    level = top.level + (outer is not None and not _is_all(walk, outer))
    opened = OpenFunction(walk, outer, top.depth, level)
    walk.functions.append(opened)
    if isinstance(top.scope, OpenClass):
        opened.owner = top.scope
    elif "owner" in grammar.patterns and (owner := walk.head(grammar.patterns["owner"])):
        walk.owned.append((owner, opened))
    head = read_head(walk.node, walk.text, walk.start, grammar.parameters, grammar.kinds["comment"])
    if head is None:
        opened.parameters = int(walk.kind in grammar.parameters.bare)
    else:
        opened.name, given, opened.body, typed, quotes = head
        opened.parameters = len(given)
        if len(given) > LONG_PARAMETER_LIST:
            _measure_list(walk, given)
        if typed and all(map(typed, given)):
            walk.counts["functions_annotated"] += 1
        if quotes:
            walk.counts["documented_functions"] += 1
            opened.body = max(opened.body, walk.text.find(quotes, opened.body, walk.end))
    if grammar.documented.starts and _is_documented(walk, grammar.documented):
        walk.counts["documented_functions"] += 1
    return Frame(walk.end, top.depth, level, opened, opened, "function")


def _measure_list(walk: Walk, given: Sequence[str]) -> None:
    rest = walk.grammar.parameters.rest
    if rest is None or sum(not rest.match(text) for text in given) > LONG_PARAMETER_LIST:
        walk.found("long_parameter_lists")


def _is_all(walk: Walk, outer: OpenFunction) -> bool:
    """Whether the function around does nothing but define this one and return (Campbell 2018, appendix A)."""
    pattern = walk.grammar.patterns.get("decorator")
    body = outer.node.field("body") if pattern else None
    if pattern is None or body is None:
        return False
    comments = walk.grammar.kinds["comment"]
    kinds = (_statement(child) for child in body.named_children())
    return pattern.match(" ".join(kind for kind in kinds if kind not in comments)) is not None


def _statement(node: SgNode) -> str:
    """A statement's kind; that of the expression if it is nothing else, which tells a docstring."""
    inner = node.child(0) if node.kind() == "expression_statement" else None
    return node.kind() if inner is None else inner.kind()


def _is_documented(walk: Walk, how: Documented) -> bool:
    """Whether a comment ends on the line above a function, at most `MOST_ABOVE` lines of annotations aside."""
    text = walk.text
    first = max(0, walk.start - FARTHEST_ABOVE)
    end = text.rfind("\n", first, walk.start)
    for _ in range(MOST_ABOVE + 1):
        if end <= first:
            break
        begin = text.rfind("\n", first, end) + 1 or first
        line = text[begin:end].strip()
        if not line.startswith(_ABOVE):
            return line.startswith(how.starts) or line.endswith(how.ends)
        end = begin - 1
    return False


def class_(walk: Walk, top: Frame) -> Frame:
    """A class; parts of one type that stand apart in a file are one row."""
    line, last = walk.span.start.line + 1, walk.span.end.line + 1
    named = walk.grammar.patterns.get("class_name")
    name = walk.head(named) if named is not None else ""
    if named is not None and not name:
        return top
    opened = walk.named.get(name)
    if opened is None:
        opened = OpenClass(line, last - line + 1)
        walk.classes.append(opened)
        if name:
            walk.named[name] = opened
    elif walk.kind not in walk.grammar.kinds["part"]:
        opened.line, opened.lines = line, last - line + 1
    _declare(walk, walk.node, opened)
    if "assigned" in walk.grammar.patterns:
        opened.assigned.update(walk.grammar.patterns["assigned"].findall(walk.text, walk.start, walk.end))
    return Frame(walk.end, top.depth, top.level, top.function, opened, "class")


def _declare(walk: Walk, node: SgNode, opened: OpenClass) -> None:
    fields, within = walk.grammar.fields, walk.grammar.kinds["class_body"]
    for child in node.named_children():
        kind = child.kind()
        if kind in fields:
            match = fields[kind].match(child.text())
            if match is not None and match.re.groups and match[1]:
                opened.assigned.add(match[1])
            else:
                opened.declared += match is not None
        elif kind in within:
            _declare(walk, child, opened)


def import_(walk: Walk, top: Frame) -> Frame:
    if len(walk.imports) < MOST_IMPORTS:
        for rule in walk.grammar.imports[walk.kind]:
            if rule.starts.match(walk.text, walk.start, walk.end):
                text = import_statement(walk.text[walk.start : walk.end], walk.grammar.patterns["remark"])
                walk.imports.append(f"{rule.keyword} {text}" if rule.keyword else text)
    return top


def settle(walk: Walk) -> None:
    """Give functions to the types that were named apart from them, and find those that call themselves."""
    for name, opened in walk.owned:
        opened.owner = walk.named.get(name)
    for opened in walk.functions:
        # A function that calls itself in any case never ends.
        if opened.cyclomatic > 1 and calls_itself(opened, walk.text, walk.grammar):
            opened.decide_flat()
        if opened.owner is not None:
            opened.owner.methods += 1
            opened.owner.weighted += opened.cyclomatic
    walk.rows = [opened.row() for opened in walk.functions]
    lines = [row.lines for row in walk.rows]
    walk.counts["classes"] = len(walk.classes)
    walk.counts["functions"] = len(lines)
    walk.counts["function_lines"] = sum(lines)
    walk.counts["nesting"] = walk.nesting
    if lines and max(lines) > LONG_FUNCTION_LINES:
        for row in walk.rows:
            if row.lines > LONG_FUNCTION_LINES:
                walk.found("long_functions", row.line)
