"""Whether a version constraint names one version alone, by the rules of its ecosystem."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SEMANTIC = r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?"
_NUMBERS = r"v?\d+(?:\.\d+)*(?:[-.+]\w[\w.+-]*)?"

_EXACT = {
    "pypi": rf"={{2,3}}\s?(?:\d+!)?{_NUMBERS}|{_NUMBERS}",
    "conda": rf"==\s?{_NUMBERS}|=\s?{_NUMBERS}=\S+",
    "npm": rf"=?\s?{_SEMANTIC}",
    "cargo": rf"=\s?{_SEMANTIC}",
    "golang": r"v\d\S*",
    "maven": rf"\[?{_NUMBERS}\]?",
    "nuget": rf"\[?{_NUMBERS}\]?",
    "gem": rf"(?:=\s?)?{_NUMBERS}",
    "composer": rf"=?\s?{_NUMBERS}",
    "docker": r"@sha256:[0-9a-f]{64}",
    "githubactions": r"[0-9a-f]{40}|[0-9a-f]{64}",
}
_PATTERNS = {ecosystem: re.compile(pattern) for ecosystem, pattern in _EXACT.items()}
_WILDCARD = re.compile(r"(?:^|\.)[xX*+](?:\.|$)")


def ecosystem_of(package: str) -> str:
    """The type of a package URL."""
    return package.removeprefix("pkg:").partition("/")[0]


def names_one_version(package: str, constraint: str) -> bool:
    """Whether the constraint allows one version of the package and no other.

    Images and actions are pinned by digest or commit alone, as in OpenSSF Scorecard's Pinned-Dependencies, since tags
    move. A bare version pins in Poetry, npm, RubyGems and Composer, and in Go, Maven, Gradle and NuGet, where it is
    what a project gets that nothing else it declares asks more of; in Cargo a bare version is a range.
    """
    pattern = _PATTERNS.get(ecosystem_of(package))
    return pattern is not None and pattern.fullmatch(constraint) is not None and not _WILDCARD.search(constraint)


def is_pinned(package: str, constraints: Iterable[str]) -> bool:
    """Whether each manifest that constrains the package at all pins it, and one does."""
    given = [constraint for constraint in constraints if constraint]
    return bool(given) and all(names_one_version(package, constraint) for constraint in given)
