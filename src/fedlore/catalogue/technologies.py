"""Read the public dictionary of technologies from the TOML file beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Technology:
    """A technology that everybody knows, and the signs of it in a repository: languages, a path pattern, packages.

    ``files`` is matched against paths in lower case; ``packages`` are package URLs without versions.
    """

    name: str
    title: str
    languages: frozenset[str] = frozenset()
    files: re.Pattern[bytes] | None = None
    packages: frozenset[str] = frozenset()


@cache
def load_technologies() -> Mapping[str, Technology]:
    """Every technology of the dictionary by its name."""
    text = (resources.files("fedlore.catalogue") / "technologies.toml").read_text(encoding="utf-8")
    return {
        name: Technology(
            name,
            table["title"],
            frozenset(table.get("languages", ())),
            re.compile(table["files"].encode()) if "files" in table else None,
            frozenset(table.get("packages", ())),
        )
        for name, table in tomllib.loads(text).items()
    }
