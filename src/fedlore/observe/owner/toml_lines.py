"""On which line of a TOML document each key stands, which `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

KeyPath = tuple[str, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})' + r"|'''.*?'''(?:'{0,2})" + r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""", re.DOTALL
)
_BARE = re.compile(r"[^\],}#\r\n]*")
# Strings and comments of what need not be TOML: one that is left open ends with the line, or with the text.
_OPAQUE = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"{3,5}|\\?\Z)'
    + r"|'''.*?(?:'{3,5}|\Z)"
    + r"""|"(?:[^"\\\n]|\\[^\n])*+"?|'[^'\n]*+'?|#[^\n]*+""",
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) on which each key and each table of a document first stands, by its whole path of names.

    ``text`` is one that `tomllib` takes (TOML 1.0.0); the elements of an array of tables share one path.
    """
    walk = _Walk(text)
    walk.document()
    return walk.lines


def dots_in_lines(text: str) -> list[int]:
    """How many dots each line holds outside of strings and comments, in time linear in the text, be it TOML or not."""
    plain = _OPAQUE.sub(lambda found: "\n" * found.group().count("\n"), text)
    return [line.count(".") for line in plain.split("\n")]


@dataclass(slots=True)
class _Walk:
    """A position in a document, and the keys that were passed on the way there."""

    text: str
    at: int = 0
    line: int = 1
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def document(self) -> None:
        table: KeyPath = ()
        self._blank()
        while self.at < len(self.text):
            before = self.at
            if self._skip("["):
                self._skip("[")
                self._take(_BLANK)
                table = self._key(())
                self._take(_BLANK)
                self._skip("]")
                self._skip("]")
            else:
                self._pair(table)
            self._blank()
            if self.at == before:
                return

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._blank()
        if self._skip("="):
            self._blank()
            self._value(path)

    def _key(self, table: KeyPath) -> KeyPath:
        """Read a dotted key, and note the line of each of its parts that is new."""
        path = table
        while name := self._take(_KEY):
            path += (_plain(name),)
            self.lines.setdefault(path, self.line)
            if not self._take(_DOT):
                break
        return path

    def _value(self, path: KeyPath) -> None:
        """Pass over a value; keys of inline tables are noted below ``path``. Nested values need no deeper stack."""
        opened: list[tuple[str, KeyPath]] = []
        while True:
            before = self.at
            self._blank()
            if self._skip("["):
                opened.append(("]", path))
            elif self._skip("{"):
                opened.append(("}", path))
            elif not self._take(_TEXT):
                self._take(_BARE)
            path = self._next(opened)
            if not opened or self.at == before:
                return

    def _next(self, opened: list[tuple[str, KeyPath]]) -> KeyPath:
        """Close what ends here; the path of the next value in what is still open."""
        while opened:
            end, path = opened[-1]
            self._blank()
            if self._skip(end):
                opened.pop()
                continue
            self._skip(",")
            self._blank()
            if self._skip(end):
                opened.pop()
                continue
            if end == "]":
                return path
            path = self._key(path)
            self._blank()
            self._skip("=")
            return path
        return ()

    def _blank(self) -> None:
        self._take(_BLANK)

    def _skip(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        self.line += found.group().count("\n")
        return found.group()


def _plain(name: str) -> str:
    """A key without its quotes."""
    if not name.startswith('"'):
        return name.strip("'")
    try:
        (plain,) = tomllib.loads(f"{name} = 0")
    except tomllib.TOMLDecodeError:
        return name
    return plain
