"""Read the public dictionary of technologies from the TOML file beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

OTHER = "other"
"""What every package that the dictionary does not know is called; no technology has this name."""


@dataclass(frozen=True, slots=True)
class Technology:
    """A technology that everybody knows, and the signs of it in a repository: languages, a path pattern, packages.

    ``kind`` says what it is (language, framework, database ...). ``files`` is matched against paths in lower case;
    ``packages`` are package URLs without versions. ``families`` belong to it without showing that it is used: package
    URLs, or beginnings of them that end with a slash.
    """

    name: str
    title: str
    kind: str
    languages: frozenset[str] = frozenset()
    files: re.Pattern[bytes] | None = None
    packages: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()


@cache
def load_technologies() -> Mapping[str, Technology]:
    """Every technology of the dictionary by its name."""
    text = (resources.files("fedlore.catalogue") / "technologies.toml").read_text(encoding="utf-8")
    return {
        name: Technology(
            name,
            table["title"],
            kind,
            frozenset(table.get("languages", ())),
            re.compile(table["files"].encode()) if "files" in table else None,
            frozenset(table.get("packages", ())),
            frozenset(table.get("families", ())),
        )
        for kind, tables in tomllib.loads(text).items()
        for name, table in tables.items()
    }


def technology_of(package: str) -> str:
    """The name of the technology that a package URL (without version) belongs to; `OTHER` if nobody knows it.

    The package itself counts before its families, and the longest family first. A package of conda that the dictionary
    does not name stands for the one of the same name on PyPI.
    """
    known = _names()
    if name := known.get(package):
        return name
    beginning = package.rpartition("/")[0]
    while beginning:
        if name := known.get(f"{beginning}/"):
            return name
        beginning = beginning.rpartition("/")[0]
    return known.get(package.replace("pkg:conda/", "pkg:pypi/", 1), OTHER)


@cache
def _names() -> Mapping[str, str]:
    """The names of technologies by package URL, and by a beginning of package URLs."""
    return {
        url: technology.name
        for technology in load_technologies().values()
        for url in technology.packages | technology.families
    }
