"""Small wrong changes to a module's syntax tree, one at a time: what a test is there to notice.

Changed are comparisons (their bound and their sense), arithmetic, `and` and `or`, `not` and signs, numbers (one more,
one less) and truth values, `min` and `max`, `floor` and `ceil`, the order of two neighbouring arguments, returned
values (None instead), and statements that only act (left out). Left alone are annotations, decorators, docstrings and
the words of what is raised; and the order of arguments of functions that do not mind it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.MatMult: ast.Mult,
}
_OPPOSITES = {"min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "minimum": "maximum", "maximum": "minimum"}
_ORDER_DOES_NOT_MATTER = {"min", "max", "hypot", "gcd", "minimum", "maximum"}


@dataclass(frozen=True, slots=True)
class Site:
    """One possible mutation: the node's place in the order of `ast.walk`, and which of its changes.

    ``lines`` are those of the function that it is in; a test that calls nothing there cannot notice it (None: it is in
    none, and counts when the module is imported).
    """

    place: int
    change: int
    line: int
    lines: range | None
    words: str


def sites(source: str) -> list[Site]:
    """Every mutation of a module, in the order of its lines."""
    tree = ast.parse(source)
    left_alone, lines = _left_alone(tree), _lines(tree)
    found = [
        Site(place, change, node.lineno, lines.get(node), f"{_words(node)}  ->  {_words(new)}")
        for place, node in enumerate(ast.walk(tree))
        if node not in left_alone and isinstance(node, ast.expr | ast.stmt)
        for change, new in enumerate(_changes(node))
    ]
    return sorted(found, key=lambda site: (site.line, site.place, site.change))


def mutated(source: str, site: Site) -> str:
    """The module with one mutation."""
    tree = ast.parse(source)
    node = list(ast.walk(tree))[site.place]
    new = list(_changes(node))[site.change]
    return ast.unparse(ast.fix_missing_locations(_Replacing(node, new).visit(tree)))


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self._new, node) if node is self._old else self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                for other in _COMPARISONS[type(op)]:
                    yield _with(node, ops=[*ops[:index], other(), *ops[index + 1 :]])
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            yield _with(node, op=_ARITHMETIC[type(op)]())
            if isinstance(node, ast.AugAssign):
                yield ast.Pass()
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.And() if isinstance(op, ast.Or) else ast.Or())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool() | int() | float() as value):
            yield from map(ast.Constant, [not value] if isinstance(value, bool) else [value + 1, value - 1])
        case ast.Call(func=function, args=arguments):
            yield from _calls(node, function, arguments)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()


def _calls(node: ast.Call, function: ast.expr, arguments: list[ast.expr]) -> Iterator[ast.AST]:
    name = getattr(function, "id", getattr(function, "attr", ""))
    if name in _OPPOSITES:
        field = "id" if isinstance(function, ast.Name) else "attr"
        yield _with(node, func=_with(function, **{field: _OPPOSITES[name]}))
    if name in _ORDER_DOES_NOT_MATTER:
        return
    for index, (first, second) in enumerate(pairwise(arguments)):
        if isinstance(first, ast.Starred) or isinstance(second, ast.Starred) or ast.dump(first) == ast.dump(second):
            continue
        yield _with(node, args=[*arguments[:index], second, first, *arguments[index + 2 :]])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _left_alone(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        alone: list[ast.AST | None] = []
        match node:
            case ast.FunctionDef():
                alone = [node.returns, *node.decorator_list]
            case ast.ClassDef():
                alone = [*node.decorator_list]
            case ast.arg() | ast.AnnAssign():
                alone = [node.annotation]
            case ast.Raise():
                alone = [node.exc, node.cause]
        for top in alone:
            if top is not None:
                found.update(ast.walk(top))
    return found


def _lines(tree: ast.Module) -> dict[ast.AST, range]:
    """For each node in a function, the lines of that function; of functions within others, of the outermost."""
    found: dict[ast.AST, range] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function not in found:
            first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
            inside = range(first, (function.end_lineno or first) + 1)
            found.update((node, inside) for part in function.body for node in ast.walk(part))
    return found


def _words(node: ast.AST) -> str:
    words = " ".join(ast.unparse(node).split())
    return words if len(words) <= 90 else f"{words[:87]}..."
