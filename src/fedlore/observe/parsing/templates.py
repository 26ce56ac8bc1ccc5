"""Code templates: the syntax tree of a finding with names, literals and comments cut away.

A template is made of the grammar's own words alone: what is written out are kinds of nodes, which the parser's grammar
fixes, and only those that the alphabet of the language lists (`fedlore.catalogue.templates`). Of the project's text
nothing is read but whether two names are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ast_grep_py import SgNode

from fedlore.catalogue.templates import CUT, INDENT, MOST_WORDS, Alphabet

MOST_STATEMENTS = 3
"""A block with more statements than this is cut."""

DEPTHS = ((2, 3), (1, 3), (0, 3), (0, 2), (0, 1))
"""How deep a template goes around a finding and in it, the finest first."""

_BRACKETS = frozenset({("(", ")"), ("[", "]"), ("{", "}")})
_CLOSING = frozenset(closing for _, closing in _BRACKETS)


BROKEN = "ERROR"
"""The parser's kind for what it could not read."""


class NoTemplate(Exception):
    """A tree with a kind that the alphabet lacks (broken syntax, say), or one with too many words."""


def shapes_of(node: SgNode, alphabet: Alphabet) -> Iterator[str]:
    """The templates of a finding from the finest to the coarsest, each once; none where the alphabet lacks a kind."""
    said: set[str] = set()
    for around, within in DEPTHS:
        try:
            shape = _Writer(alphabet).write(node, around, within)
        except NoTemplate:
            continue
        if shape not in said:
            said.add(shape)
            yield shape


@dataclass(slots=True)
class _Writer:
    """A template while it is written: its lines, and the number of each name."""

    alphabet: Alphabet
    lines: list[list[str]] = field(default_factory=lambda: [[]])
    indents: list[int] = field(default_factory=lambda: [0])
    holes: dict[str, int] = field(default_factory=dict)
    words: int = 0

    def write(self, node: SgNode, around: int, within: int) -> str:
        outer = node.parent()
        if outer is not None and outer.kind() in self.alphabet.around.get(node.kind(), ()):
            self._around(outer, node, around, within)
        else:
            self._tree(node, within, 0)
        rows = zip(self.indents, self.lines, strict=True)
        return "\n".join(INDENT * indent + " ".join(line) for indent, line in rows if line)

    def _around(self, outer: SgNode, node: SgNode, around: int, within: int) -> None:
        """A finding in what stands around it: of that only the words up to its first part."""
        for child in self._children(outer):
            if child.is_named():
                self._tree(child, around, 0)
                break
            self._word(child.kind())
        self._line(0)
        self._tree(node, within, 0)

    def _tree(self, node: SgNode, depth: int, indent: int) -> None:
        kind = node.kind()
        if kind in self.alphabet.names:
            self._word(f"_{self.holes.setdefault(node.text(), len(self.holes) + 1)}")
        elif kind in self.alphabet.literals:
            self._word(self.alphabet.literals[kind])
        elif not node.is_named():
            for word in kind.split():
                self._word(word)
        else:
            self._inner(node, depth, indent)

    def _inner(self, node: SgNode, depth: int, indent: int) -> None:
        children = self._children(node)
        if not children or node.kind() == BROKEN:
            raise NoTemplate(node.kind())
        named = [child for child in children if child.is_named()]
        if node.kind() in self.alphabet.blocks:
            self._block(children, depth - (len(named) > 1), indent + 1)
        elif len(children) == 1:
            self._tree(children[0], depth, indent)
        elif depth < 1 and named:
            self._cut(children)
        else:
            for child in children:
                if child.kind() in self.alphabet.clauses:
                    self._line(indent)
                self._tree(child, depth - 1, indent)

    def _block(self, children: Sequence[SgNode], depth: int, indent: int) -> None:
        is_cut = depth < 0 or sum(child.is_named() for child in children) > MOST_STATEMENTS
        is_written = False
        for child in children:
            if not child.is_named():
                if is_written:
                    self._line(indent - 1)
                self._tree(child, depth, indent)
            elif not is_cut or not is_written:
                self._line(indent)
                if is_cut:
                    self._word(CUT)
                else:
                    self._tree(child, depth, indent)
                is_written = True

    def _cut(self, children: Sequence[SgNode]) -> None:
        first, last = children[0].kind(), children[-1].kind()
        for word in (first, CUT, last) if (first, last) in _BRACKETS else (CUT,):
            if word != CUT or self.lines[-1][-1:] != [CUT]:
                self._word(word)

    def _children(self, node: SgNode) -> list[SgNode]:
        children: list[SgNode] = []
        for child in node.children():
            if child.kind() in self.alphabet.opened:
                children += self._children(child)
            elif child.kind() not in self.alphabet.left_out:
                children.append(child)
        return children

    def _word(self, word: str) -> None:
        self.words += 1
        if not self.alphabet.holds(word) or self.words > MOST_WORDS:
            raise NoTemplate(word)
        line = self.lines[-1]
        if word in _CLOSING and line[-1:] == [","]:
            line.pop()
        line.append(word)

    def _line(self, indent: int) -> None:
        self.lines.append([])
        self.indents.append(indent)
