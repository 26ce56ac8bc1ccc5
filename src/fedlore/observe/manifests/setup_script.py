"""``setup.py``: the literal arguments of its call of ``setup``, read from the syntax tree; nothing of it runs."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping

from fedlore.observe.manifests.package import Declared
from fedlore.observe.manifests.python import requirements

_ARGUMENTS = ("install_requires", "setup_requires", "tests_require", "extras_require")


def setup_script(data: bytes) -> Iterator[Declared]:
    """What literals, names of literals at the top of the file, and sums of both say; the rest is not known.

    Raises SyntaxError, ValueError, RecursionError or MemoryError if the file cannot be parsed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = ast.parse(data.decode("utf-8-sig", errors="replace"))
    names = {
        target.id: statement.value
        for statement in module.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and _name(call.func) == "setup":
            for argument in call.keywords:
                if argument.arg in _ARGUMENTS:
                    yield from requirements(_texts(argument.value, names))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(value: ast.expr, names: Mapping[str, ast.expr]) -> Iterator[str]:
    """The texts of a literal; a name is followed once, so that names of names cost no more than they are long."""
    waiting: list[ast.expr] = [value]
    followed: set[str] = set()
    while waiting:
        match waiting.pop():
            case ast.Constant(value=str(text)):
                yield from text.splitlines()
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
                waiting += parts
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                waiting += [left, right]
            case ast.Name(id=name) if name in names and name not in followed:
                followed.add(name)
                waiting.append(names[name])
            case _:
                pass
