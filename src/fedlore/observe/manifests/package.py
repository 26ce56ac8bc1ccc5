"""A package that a manifest declares, and its package URL (ECMA-427)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from packageurl import PackageURL

LONGEST = 200
"""Characters of a name above which it is no package's; constraints are cut there."""

_ANY_CASE = frozenset({"nuget", "golang"})
_UNPRINTABLE = re.compile(r"[^ -~]")


class Declared(NamedTuple):
    """A package by its ecosystem (the type of a package URL), its name there, and the version constraint as written."""

    ecosystem: str
    name: str
    constraint: str = ""


@lru_cache(maxsize=8192)
def package_url(ecosystem: str, name: str) -> str | None:
    """The package URL without version; None if the name can be none in its ecosystem.

    Names of NuGet and of Go differ by more than case, so that they are written in lower case here.
    """
    if len(name) > LONGEST or "$" in name or name.split() != [name]:
        return None
    namespace, _, base = (name.lower() if ecosystem in _ANY_CASE else name).rpartition("/")
    try:
        return PackageURL(ecosystem, namespace or None, base).to_string()
    except ValueError:
        return None


def constraint_of(value: object) -> str:
    """A version constraint on one line of printable ASCII with single spaces, cut at 200 characters.

    Empty for what is no text or allows everything.
    """
    text = " ".join(value[: 4 * LONGEST].split())[:LONGEST] if isinstance(value, str) else ""
    return "" if text == "*" else _UNPRINTABLE.sub("?", text)
