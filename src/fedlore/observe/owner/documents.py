"""The owner's own TOML files beside the repositories: read whole, and every complaint names the file and the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fedlore.catalogue.errors import FedloreError
from fedlore.observe.command import RepositoryError
from fedlore.observe.owner.toml_lines import KeyPath, dots_in_lines, key_lines
from fedlore.observe.references import printable, read_regular

_MOST_BYTES = 1 << 18
_MOST_DOTS = 100
_SHOWN = 40
_WHERE = re.compile(r" \(at line (\d+), column (\d+)\)$")


class DocumentError(FedloreError):
    """A file of the owner's says something that it may not; one sentence for each mistake, a line each."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(map(printable, sentences))
        super().__init__("\n".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file's name, what it holds, and the line of each of its keys."""

    name: str
    table: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def at(self, *path: str) -> str:
        """Where a key stands, in words; the table around it if the key has no line of its own."""
        known = next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 1)
        return f"{self.name}, line {known}"

    def unknown(self, path: KeyPath, known: Iterable[str]) -> str:
        """The sentence that refuses a key, with the nearest of the known ones."""
        choices = list(known)
        near = get_close_matches(path[-1], choices, 1)
        hint = f"the nearest that is one is {near[0]}" if near else f"known are {', '.join(choices)}"
        return f"{self.at(*path)}: {shortened(path[-1])} is no key here; {hint}"


def shortened(text: str) -> str:
    """A text of the owner's as a sentence quotes it: cut where it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def read_document(path: Path) -> Document | None:
    """The file at ``path``, or None if there is no such regular file.

    Raises `DocumentError` if it is a symbolic link, no TOML, not UTF-8, longer than 256 KiB, or has
    a line with more than 100 dots outside of strings: a key of many parts takes memory by the square of them.
    """
    try:
        content = read_regular(path, _MOST_BYTES)
    except RepositoryError as error:
        raise DocumentError([f"{path.name}: {error}"]) from None
    if content is None:
        if path.is_symlink():
            raise DocumentError([f"{path.name}: this is a symbolic link, which is not followed"])
        return None
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError([f"{path.name}, line {line}: this is not UTF-8"]) from None
    for line, dots in enumerate(dots_in_lines(text), 1):
        if dots > _MOST_DOTS:
            raise DocumentError([f"{path.name}, line {line}: more than {_MOST_DOTS} dots outside of strings"])
    try:
        return Document(path.name, tomllib.loads(text), key_lines(text))
    except tomllib.TOMLDecodeError as error:
        raise DocumentError([_located(path.name, str(error))]) from None
    except (RecursionError, ValueError):
        raise DocumentError([f"{path.name}: it nests values too deeply, or a number has too many digits"]) from None


def _located(name: str, message: str) -> str:
    """A sentence of `tomllib` with the line in front."""
    found = _WHERE.search(message)
    if found is None:
        return f"{name}: {message}"
    return f"{name}, line {found[1]}: {message[: found.start()]} (column {found[2]})"
