"""Where one machine keeps its state: `FEDLORE_HOME`, by default the platform's folder for application data."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

import platformdirs
from sqlalchemy import URL

from fedlore.catalogue.errors import FedloreError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class HomeError(FedloreError):
    """The folder for state cannot be used."""


class OrganizationNameError(FedloreError):
    """A name that may not stand for an organisation."""


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a coordinator and of the participants on this machine, each in a folder of its own."""

    folder: Path

    @staticmethod
    def default() -> Home:
        chosen = os.environ.get("FEDLORE_HOME")
        return Home(Path(chosen) if chosen else Path(platformdirs.user_data_dir("fedlore", appauthor=False)))

    @property
    def coordinator(self) -> Path:
        return self._made("coordinator")

    @property
    def has_coordinator(self) -> bool:
        return (self.folder / "coordinator" / "coordinator.sqlite").exists()

    @property
    def coordinator_url(self) -> str:
        return _sqlite(self.coordinator / "coordinator.sqlite")

    @property
    def coordinator_key(self) -> Path:
        return self.coordinator / "identity.key"

    @property
    def alone(self) -> Path:
        """The folder of what is read without any federation."""
        return self._made("alone")

    def participant(self, organization: str) -> Path:
        """The folder of one organisation; raises `OrganizationNameError` for anything that is not a name."""
        check_name(organization)
        return self._made(f"participants/{organization}")

    def participant_url(self, organization: str) -> str:
        return _sqlite(self.participant(organization) / "participant.sqlite")

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        for place in (self.folder, *(self.folder / part for part in PurePath(name).parents if part.name), folder):
            try:
                place.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise HomeError(f"FEDLORE_HOME, {self.folder}, cannot be used: {error}") from None
        return folder


def check_name(organization: str) -> str:
    """An organisation's name as it stands in files, messages and signatures."""
    if not _NAME.fullmatch(organization):
        raise OrganizationNameError(
            f"{organization!r} is not a name for an organization: use up to 64 letters, digits, dots, dashes and "
            "underscores, beginning with a letter or digit"
        )
    return organization


def _sqlite(path: Path) -> str:
    """The URL of a database file; a question mark or percent sign in its path is part of the path."""
    return URL.create("sqlite", database=str(path)).render_as_string()
