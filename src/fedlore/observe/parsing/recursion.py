"""Find functions that call themselves: the text says which may, the tree which do."""

from __future__ import annotations

from fedlore.observe.parsing.grammar import Grammar
from fedlore.observe.parsing.scopes import HEAD_CHARACTERS, OpenFunction
from fedlore.observe.parsing.searches import literal

_SELVES = ("self.", "this.", "$this->", "this->", "cls.", "Self::", "self::", "static::")
_INSIDE = frozenset("_.>:$")


def calls_itself(function: OpenFunction, text: str, grammar: Grammar) -> bool:
    """Whether a function calls a function of its name, of its own object where there is a receiver.

    Languages in which a call of the name may lead to another function (overloads) name no kind of ``call``.
    """
    calls = grammar.kinds["call"]
    if not calls:
        return False
    name, end = function.name, function.span.end.index
    if name is None:
        start = function.span.start.index
        found = grammar.patterns["name"].match(text, start, min(end, start + HEAD_CHARACTERS))
        name = found[1] if found is not None else ""
    if not name or not _may_call(text, name, function.body, end):
        return False
    own = tuple(f"{self}{name}(" for self in ("", *_SELVES))
    nodes = function.node.find_all(kind=", ".join(sorted(calls)), regex=literal(name))
    return any(node.text().startswith(own) for node in nodes)


def _may_call(text: str, name: str, start: int, end: int) -> bool:
    call = f"{name}("
    place = text.find(call, start, end)
    while place >= 0:
        before = text[max(0, place - 8) : place]
        if before.endswith(_SELVES) or not (before[-1:].isalnum() or before[-1:] in _INSIDE):
            return True
        place = text.find(call, place + 1, end)
    return False
