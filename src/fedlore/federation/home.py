"""Where one machine keeps its state: `FEDLORE_HOME`, by default the platform's folder for application data.

The databases are SQLite files there, unless `FEDLORE_COORDINATOR_DATABASE` or `FEDLORE_PARTICIPANT_DATABASE` name a
PostgreSQL database: each side, and each participant, then has a schema of its own in it.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import platformdirs
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from fedlore.catalogue.errors import FedloreError

COORDINATOR_DATABASE = "FEDLORE_COORDINATOR_DATABASE"
PARTICIPANT_DATABASE = "FEDLORE_PARTICIPANT_DATABASE"
_LONGEST_SCHEMA = 63  # bytes; PostgreSQL cuts longer names short without a word
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class HomeError(FedloreError):
    """The folder for state cannot be used."""


class OrganizationNameError(FedloreError):
    """A name that may not stand for an organisation."""


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a coordinator and of the participants on this machine, each in a folder of its own.

    ``coordinator_database`` and ``participant_database`` are URLs of PostgreSQL databases, in place of SQLite files.
    """

    folder: Path
    coordinator_database: str | None = field(default=None, repr=False)
    participant_database: str | None = field(default=None, repr=False)

    @staticmethod
    def default() -> Home:
        """What the environment names; raises `HomeError` if it names a database that is no PostgreSQL."""
        chosen = os.environ.get("FEDLORE_HOME")
        folder = Path(chosen) if chosen else Path(platformdirs.user_data_dir("fedlore", appauthor=False))
        return Home(folder, _chosen(COORDINATOR_DATABASE), _chosen(PARTICIPANT_DATABASE))

    @property
    def coordinator(self) -> Path:
        return self._made("coordinator")

    @property
    def has_coordinator(self) -> bool:
        """Whether there may be one; asking makes no file."""
        return bool(self.coordinator_database) or (self.folder / "coordinator" / "coordinator.sqlite").exists()

    @property
    def coordinator_url(self) -> str:
        if self.coordinator_database:
            return _in_schema(self.coordinator_database, "coordinator")
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
        folder = self.participant(organization)
        if self.participant_database:
            return _in_schema(self.participant_database, f"participant_{organization}")
        return _sqlite(folder / "participant.sqlite")

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


def _chosen(variable: str) -> str | None:
    """The URL in an environment variable; no message repeats it, for there may be a password in it."""
    url = os.environ.get(variable)
    if not url:
        return None
    try:
        kind = make_url(url).get_backend_name()
    except ArgumentError:
        kind = ""
    if kind != "postgresql":
        raise HomeError(f"{variable} is not the URL of a PostgreSQL database, postgresql://user:password@host/database")
    return url


def _in_schema(url: str, owner: str) -> str:
    """The URL with the schema of one owner: its name after that of the URL's own schema, by default ``fedlore``."""
    parsed = make_url(url)
    schema = f"{parsed.query.get('schema', 'fedlore')}_{owner}"
    if len(schema) > _LONGEST_SCHEMA:
        digest = hashlib.sha256(schema.encode()).hexdigest()[:16]
        schema = f"{schema[: _LONGEST_SCHEMA - 17]}~{digest}"  # no name of an organization has a tilde
    return parsed.update_query_dict({"schema": schema}).render_as_string(hide_password=False)
