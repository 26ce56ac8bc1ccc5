"""Code templates that a round may ask for: a public dictionary, so that only numbers of its entries ever cross.

A template is source code with holes: words of the language (``tokens`` of its alphabet), ``_1`` ``_2`` ... for names in
the order of their first use, one mark for each kind of literal, and ``…`` for what is cut. Lines are indented by four
spaces, words divided by one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import MeasureId

CUT = "…"
INDENT = "    "
MOST_WORDS = 40
FILE = "templates.toml"

_HOLE = re.compile(r"_[1-9][0-9]?\Z")
_OPEN, _CLOSE = re.compile(r"([(\[{@!~]|(?<!\.)\.) "), re.compile(r" ([)\]},;]|\.(?!\.)|:(?![:=]))")
_CALL = re.compile(r"(\b_\d+|[)\]…]) (?=[(\[])")


class TemplateError(FedloreError):
    """A template that holds what is not a word of its language."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What the templates of one language may be written with, and how the parser's kinds of nodes become that.

    ``tokens`` are keywords and punctuation. ``names`` are the kinds that become a numbered hole, ``literals`` those
    that become a mark, ``left_out`` those that vanish (comments), ``opened`` those whose parts
    stand in their place, ``blocks`` those whose parts stand on lines of their
    own, ``clauses`` those that begin a line; ``around`` maps the kind of a finding to those of parents that are
    shown with it.
    """

    tokens: frozenset[str]
    names: frozenset[str]
    literals: Mapping[str, str]
    left_out: frozenset[str]
    opened: frozenset[str]
    blocks: frozenset[str]
    clauses: frozenset[str]
    around: Mapping[str, frozenset[str]]

    def holds(self, word: str) -> bool:
        """Whether a template may hold this word."""
        return word == CUT or word in self.tokens or word in self.literals.values() or bool(_HOLE.match(word))

    def check(self, shape: str) -> None:
        """Refuse a template that holds anything else, or whose holes are not numbered by first use.

        Raises `TemplateError`.
        """
        words = [word for line in shape.split("\n") for word in line.lstrip(" ").split(" ")]
        holes = [word for word in dict.fromkeys(words) if _HOLE.match(word)]
        in_order = holes == [f"_{number + 1}" for number in range(len(holes))]
        if not in_order or len(words) > MOST_WORDS or not all(map(self.holds, words)):
            raise TemplateError(f"not a template: {shape!r}")


@dataclass(frozen=True, slots=True)
class Template:
    """One entry of the dictionary: the language, the rule whose findings it shows, and that rule's measure.

    ``number`` counts from 1 within a rule, the most common template first.
    """

    id: MeasureId
    language: str
    rule: str
    number: int
    measure: MeasureId
    shape: str

    @property
    def code(self) -> str:
        """The template as readable code with holes."""
        return "\n".join(_readable(line) for line in self.shape.split("\n"))


@dataclass(frozen=True, slots=True)
class Templates:
    """The dictionary, in the order in which a round asks: the most common of each rule first."""

    entries: Mapping[MeasureId, Template]
    alphabets: Mapping[str, Alphabet]
    measures: Mapping[str, MeasureId]
    by_shape: Mapping[tuple[str, str, str], MeasureId]


@cache
def load_templates() -> Templates:
    """The dictionary that ships with this version; raises `TemplateError` if an entry holds what is no template."""
    table = tomllib.loads(templates_file().decode())
    alphabets = {name: _alphabet(entry) for name, entry in table["alphabet"].items()}
    measures = {rule: MeasureId(measure) for rule, measure in table["measures"].items()}
    found: dict[MeasureId, Template] = {}
    for entry in table.get("template", []):
        language, rule, number = entry["language"], entry["rule"], entry["number"]
        alphabets[language].check(entry["shape"])
        name = MeasureId(f"template.{language}.{rule}.{number}")
        if name in found:
            raise TemplateError(f"two templates share the id {name}")
        found[name] = Template(name, language, rule, number, measures[rule], entry["shape"])
    by_shape = {(one.language, one.rule, one.shape): one.id for one in found.values()}
    return Templates(found, alphabets, measures, by_shape)


def templates_file() -> bytes:
    """The dictionary as it is agreed on: its digest is part of the catalogue's."""
    return (resources.files("fedlore.catalogue") / FILE).read_bytes()


def _alphabet(table: Mapping[str, Any]) -> Alphabet:
    return Alphabet(
        tokens=frozenset(table["tokens"]),
        names=frozenset(table["names"]),
        literals=dict(table["literals"]),
        left_out=frozenset(table["left_out"]),
        opened=frozenset(table.get("opened", ())),
        blocks=frozenset(table["blocks"]),
        clauses=frozenset(table["clauses"]),
        around={kind: frozenset(parents) for kind, parents in table.get("around", {}).items()},
    )


def _readable(line: str) -> str:
    """A line without the spaces that nobody would write."""
    return _CALL.sub(r"\1", _OPEN.sub(r"\1", _CLOSE.sub(r"\1", line)))
