"""A walk that also counts the code templates of what it finds."""

from __future__ import annotations

from fedlore.catalogue.templates import load_templates
from fedlore.observe.naming import written_language
from fedlore.observe.parsing.grammar import Grammar
from fedlore.observe.parsing.scopes import Walk
from fedlore.observe.parsing.templates import shapes_of

MOST_SHOWN = 500
"""So many findings of one file are looked at: their trees are walked once more."""


class ShowingWalk(Walk):
    """Counts, beside each finding, the finest of its templates that is in the dictionary, under the template's id."""

    __slots__ = ("_alphabet", "_language", "_shown")

    def __init__(self, text: str, grammar: Grammar, language: str) -> None:
        super().__init__(text, grammar)
        self._language = written_language(language)
        self._alphabet = load_templates().alphabets.get(self._language)
        self._shown = 0

    def found(self, name: str, line: int = 0) -> None:
        super().found(name, line)
        if self._alphabet is None or self._shown >= MOST_SHOWN or name not in load_templates().measures:
            return
        self._shown += 1
        known = load_templates().by_shape
        shapes = ((self._language, name, shape) for shape in shapes_of(self.node, self._alphabet))
        template = next((known[key] for key in shapes if key in known), None)
        if template is not None:
            self.counts[template] += 1
