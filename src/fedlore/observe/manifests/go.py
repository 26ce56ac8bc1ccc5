"""Manifests of Go: go.mod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared

_REQUIRED = re.compile(r"([\w.~-]+\.[\w.~-]+(?:/[\w.~-]+)*)\s+(v\d\S*)")
_MAJOR = re.compile(r"/v\d+$")


def go_mod(data: bytes) -> Iterator[Declared]:
    """The modules that the project itself imports: ``require`` but for what is marked ``// indirect``.

    The major version at the end of a module's path is cut off, so that a new one is another version of the same.
    """
    block = ""
    for line in data.decode(errors="replace").splitlines():
        text = line.strip()
        word, _, rest = text.partition(" ")
        if text.startswith(")"):
            block = ""
        elif not block and rest.lstrip().startswith("("):
            block = word
        elif (block or word) == "require" and not text.endswith("// indirect"):
            found = _REQUIRED.match(text if block else rest.lstrip())
            if found:
                yield Declared("golang", _MAJOR.sub("", found[1]), found[2])
