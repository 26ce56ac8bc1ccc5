"""``fedlore.toml``: what an organisation settles for its repositories, in the folder in which they lie.

``contribution_capacity`` is small, medium or large (see `capacity`). The table ``teams`` names for each team the
repositories that are its own, as patterns of folder names::

    contribution_capacity = "small"

    [teams]
    payments = ["pay-*", "billing"]
    web = ["shop"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fedlore.observe.owner.capacity import CAPACITIES
from fedlore.observe.owner.documents import Document, DocumentError, read_document

FILE_NAME = "fedlore.toml"
_KEYS = ("contribution_capacity", "teams")


class OrganisationError(DocumentError):
    """What stands in ``fedlore.toml`` is not what may stand there."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What a ``fedlore.toml`` says: patterns of folder names for each team, in their order, and a capacity's name.

    ``contribution_capacity`` is None where the file does not say. Names of teams stay on this machine.
    """

    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contribution_capacity: str | None = None

    def team_of(self, project: str) -> str:
        """The first team with a pattern for this folder's name; ``""`` if none has."""
        matches = (team for team, globs in self.teams.items() if any(fnmatchcase(project, glob) for glob in globs))
        return next(matches, "")


def organisation_of(folder: Path) -> Organisation:
    """What the ``fedlore.toml`` of a folder says; nothing if there is none.

    Raises `OrganisationError` with one sentence for each mistake, each with its line.
    """
    try:
        document = read_document(folder / FILE_NAME)
    except DocumentError as error:
        raise OrganisationError(error.sentences) from None
    if document is None:
        return Organisation()
    table = document.table
    mistakes = [document.unknown((name,), _KEYS) for name in table if name not in _KEYS]
    capacity = table.get("contribution_capacity")
    if capacity is not None and (not isinstance(capacity, str) or capacity not in CAPACITIES):
        where = document.at("contribution_capacity")
        mistakes.append(f"{where}: contribution_capacity is one of {', '.join(CAPACITIES)}, not {capacity!r}")
    teams = _teams(document, table.get("teams", {}), mistakes)
    if mistakes:
        raise OrganisationError(mistakes)
    return Organisation(teams, capacity)


def stated_capacity(repositories: Iterable[Path]) -> str | None:
    """The smallest contribution capacity that the files beside these repositories state; None if none states one."""
    folders = sorted({path.resolve().parent for path in repositories})
    stated = {organisation_of(folder).contribution_capacity for folder in folders}
    return next((name for name in CAPACITIES if name in stated), None)


def _teams(document: Document, table: Any, mistakes: list[str]) -> dict[str, tuple[str, ...]]:
    teams: dict[str, tuple[str, ...]] = {}
    if not isinstance(table, Mapping):
        mistakes.append(f"{document.at('teams')}: teams is a table of lists, such as web = ['shop', 'site-*']")
        return teams
    for team, globs in table.items():
        if isinstance(globs, list) and globs and all(isinstance(glob, str) and glob for glob in globs):
            teams[team] = tuple(globs)
        else:
            mistakes.append(
                f"{document.at('teams', team)}: {team} is a list of folder names, such as ['shop', 'pay-*']"
            )
    return teams
