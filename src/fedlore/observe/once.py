"""Ask once what several domains ask of the same history or evidence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

_Asked = TypeVar("_Asked")
_Told = TypeVar("_Told")


def once_each(function: Callable[[_Asked], _Told]) -> Callable[[_Asked], _Told]:
    """The function, computed once for each object (by identity) and remembered as long as the object lives.

    What it returns is shared: nobody may change it, and it may not hold the object itself.
    """
    known: WeakKeyDictionary[_Asked, _Told] = WeakKeyDictionary()

    @wraps(function)
    def asked(one: _Asked) -> _Told:
        if one not in known:
            known[one] = function(one)
        return known[one]

    return asked
