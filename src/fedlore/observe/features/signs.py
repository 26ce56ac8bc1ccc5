"""Which technologies of the public dictionary a project shows, by its file names, languages and packages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from fedlore.catalogue.technologies import Technology, load_technologies
from fedlore.observe.evidence import Evidence
from fedlore.observe.features.declared import packages_now
from fedlore.observe.features.sources import written
from fedlore.observe.naming import is_by_others

_BEGINS_A_NAME = rb"(^|/)"


def technologies_used(evidence: Evidence) -> frozenset[str]:
    """The names of the technologies that are used at HEAD; vendored files show nothing."""
    languages = {file.language for file in written(evidence.tree)}
    packages = packages_now(evidence)
    by_path = technologies_shown(path for path in evidence.tree.paths if not is_by_others(path))
    return by_path | {
        technology.name
        for technology in load_technologies().values()
        if not technology.languages.isdisjoint(languages) or not technology.packages.isdisjoint(packages)
    }


def technologies_shown(paths: Iterable[bytes]) -> frozenset[str]:
    """The names of the technologies whose pattern is found in one of these paths.

    Most patterns look at the last part of a path or at its extension alone, of which there are far fewer than paths.
    """
    lower = {path.lower() for path in paths}
    names = {path.rpartition(b"/")[2] for path in lower}
    extensions = {b"." + name.rpartition(b".")[2] for name in names if b"." in name}
    by_extension, by_name, by_path = _patterns()
    any_name = _any_of(by_name)
    maybe = [name for name in names if any_name.match(name)]
    return frozenset([*_found(by_extension, extensions), *_found(by_name, maybe), *_found(by_path, lower)])


def _found(technologies: Sequence[Technology], texts: Collection[bytes]) -> list[str]:
    return [one.name for one in technologies if one.files is not None and any(map(one.files.search, texts))]


@cache
def _patterns() -> tuple[tuple[Technology, ...], tuple[Technology, ...], tuple[Technology, ...]]:
    """The technologies whose patterns need no more than an extension, a name, or the whole path."""
    known = [one for one in load_technologies().values() if one.files is not None]
    patterns = {one.name: one.files.pattern for one in known if one.files is not None}
    extension = [one for one in known if patterns[one.name].startswith(rb"\.")]
    name = [
        one
        for one in known
        if patterns[one.name].startswith(_BEGINS_A_NAME)
        and b"/" not in patterns[one.name].removeprefix(_BEGINS_A_NAME).replace(b"[^/]", b"")
    ]
    rest = [one for one in known if one not in extension and one not in name]
    return tuple(extension), tuple(name), tuple(rest)


@cache
def _any_of(technologies: tuple[Technology, ...]) -> re.Pattern[bytes]:
    patterns = [one.files.pattern for one in technologies if one.files is not None]
    return re.compile(b"|".join(b"(?:" + pattern + b")" for pattern in patterns))
