"""Type annotations of Python templates: all of a function's, some of them, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.demo.chance import Chance

_ANNOTATION = re.compile(r"<<(.*?)>>")
_RETURN = re.compile(r"<< -> .*?>>")


def count_functions(text: str) -> int:
    """The number of functions that a template defines; each stands in one line."""
    return sum("def " in line for line in text.splitlines())


def annotated(chance: Chance, text: str, styles: Iterator[bool]) -> str:
    """The template with the marks ``<<...>>`` of each function resolved; ``styles`` tells of each if it is annotated.

    Of a function that is not, the parameters may keep theirs, but never the return.
    """
    return "".join(
        _resolved(chance, line, next(styles, False)) if "def " in line else line
        for line in text.splitlines(keepends=True)
    )


def _resolved(chance: Chance, line: str, whole: bool) -> str:
    if not whole:
        line = _RETURN.sub("", line)
    return _ANNOTATION.sub(r"\1" if whole or chance.happens(0.2) else "", line)
