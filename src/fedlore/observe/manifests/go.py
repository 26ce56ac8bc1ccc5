"""Manifests of Go: go.mod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared

_PATH = re.compile(r"[\w.~/-]+")
_VERSION = re.compile(r"v\d\S*")
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
            yield from _module((text if block else rest).split(maxsplit=2))


def _module(words: list[str]) -> Iterator[Declared]:
    """A path, whose first part is a domain's name, and a version."""
    if len(words) > 1 and _PATH.fullmatch(words[0]) and _VERSION.fullmatch(words[1]):
        path = words[0].strip("/")
        if "." in path.partition("/")[0]:
            yield Declared("golang", _MAJOR.sub("", path), words[1])
