"""Read the measures from the TOML files beside this module."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import DOMAINS, GROUPS, SHORT_NAMES, Measure, MeasureId
from fedlore.catalogue.templates import Template, load_templates, templates_file

_REQUIRED = ("id", "domain", "group", "question", "unit", "kind", "role", "definition", "source")
_KNOWN = {*_REQUIRED, "quantity", "bins", "bounds"}
_ROLES = {"practice", "outcome", "descriptor"}


class CatalogueError(FedloreError):
    """A measure is not of the catalogue's shape, or a name stands for nothing in it."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All measures by id, in the order of the sixteen domains, and the digest of their files and of the dictionaries.

    ``templates`` are the code templates that a round may ask for, by id.
    """

    measures: Mapping[MeasureId, Measure]
    digest: str
    templates: Mapping[MeasureId, Template] = field(default_factory=dict)

    def __getitem__(self, measure: str) -> Measure:
        try:
            return self.measures[MeasureId(measure)]
        except KeyError:
            near = get_close_matches(measure, self.measures, 3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            raise CatalogueError(f"no measure has the id {measure!r}{hint}") from None

    def template(self, name: str) -> Template:
        """The code template of this id; raises `CatalogueError` for one that this version does not know."""
        try:
            return self.templates[MeasureId(name)]
        except KeyError:
            raise CatalogueError(f"no code template has the id {name!r}") from None

    def of_domains(self, domains: Iterable[str]) -> tuple[Measure, ...]:
        """The measures of these domains, in the catalogue's order."""
        wanted = set(domains)
        return tuple(measure for measure in self.measures.values() if measure.domain in wanted)

    def outcomes(self) -> tuple[Measure, ...]:
        """The yes-no measures that practices are paired with."""
        return tuple(m for m in self.measures.values() if m.role == "outcome" and m.kind == "yes-no")


def domains_of(learning_type: str) -> tuple[str, ...]:
    """The domains that a round's ``learning_type`` names: a domain, a group, or one of the design's short words."""
    name = SHORT_NAMES.get(learning_type, learning_type)
    if name in GROUPS:
        return GROUPS[name]
    if name in DOMAINS:
        return (name,)
    choices = ", ".join([*GROUPS, *SHORT_NAMES, *DOMAINS])
    raise CatalogueError(f"unknown domain {learning_type!r}; known: {choices}")


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with this version of the package."""
    folder = resources.files("fedlore.catalogue") / "measures"
    texts = {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".toml")}
    # What measures of technology say depends on the dictionary, so that it is agreed with them.
    digest = hashlib.sha256((resources.files("fedlore.catalogue") / "technologies.toml").read_bytes())
    digest.update(templates_file())
    found: list[Measure] = []
    for name in sorted(texts):
        digest.update(name.encode() + b"\0" + texts[name] + b"\0")
        found += [_measure(table, name) for table in tomllib.loads(texts[name].decode()).get("measure", [])]
    found.sort(key=lambda measure: DOMAINS.index(measure.domain))
    measures = {measure.id: measure for measure in found}
    if len(measures) != len(found):
        raise CatalogueError("two measures share one id")
    return Catalogue(measures, digest.hexdigest(), load_templates().entries)


def _measure(table: dict[str, Any], file: str) -> Measure:
    name = f"{file}: {table.get('id', 'a measure without id')}"
    if missing := [key for key in _REQUIRED if not table.get(key)]:
        raise CatalogueError(f"{name}: lacks {', '.join(missing)}")
    if unknown := sorted(set(table) - _KNOWN):
        raise CatalogueError(f"{name}: unknown keys {', '.join(unknown)}")
    if table["domain"] not in GROUPS.get(table["group"], ()):
        raise CatalogueError(f"{name}: {table['domain']} is not a domain of the group {table['group']}")
    if table["role"] not in _ROLES:
        raise CatalogueError(f"{name}: role is one of {', '.join(sorted(_ROLES))}")
    bins, bounds = tuple(table.get("bins", ())), table.get("bounds")
    shapes = {"yes-no": not bins and bounds is None, "histogram": bool(bins), "mean": bounds is not None}
    if not shapes.get(table["kind"], False):
        raise CatalogueError(f"{name}: a {table['kind']} has the wrong bins or bounds")
    if list(bins) != sorted(set(bins)) or (bounds is not None and not bounds[0] < bounds[1]):
        raise CatalogueError(f"{name}: bins and bounds rise")
    rest = {key: value for key, value in table.items() if key not in {"bins", "bounds"}}
    return Measure(**rest, bins=bins, bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])))
