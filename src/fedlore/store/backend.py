"""What a kind of database must be able to do for `fedlore.store.database`."""

from __future__ import annotations

from typing import Literal, Protocol

from sqlalchemy import Connection, Engine

from fedlore.catalogue.errors import FedloreError

Mode = Literal["write", "read"]


class DatabaseError(FedloreError):
    """The database cannot be used: wrong address, wrong schema, no server, or busy for too long."""


class Backend(Protocol):
    """One database of one kind."""

    @property
    def name(self) -> str:
        """What messages call the database: never with a user or a password in it."""

    @property
    def one_connection(self) -> bool:
        """Whether all threads share one connection, and so take turns."""

    @property
    def busy_seconds(self) -> float:
        """How long a transaction waits for others."""

    def engine(self) -> Engine:
        """A new engine; nothing is connected yet. Raises `DatabaseError` if a library is missing."""

    def begin(self, connection: Connection, mode: Mode) -> None:
        """Begin a transaction: ``write`` is alone among all that write, ``read`` sees one state of everything."""

    def found(self, connection: Connection) -> int | None:
        """The schema's version; None where nothing is yet, 0 where something of somebody else is."""

    def version(self, connection: Connection) -> int:
        """The schema's version, once it is made."""

    def set_version(self, connection: Connection, version: int) -> None:
        """Keep the schema's version, in the caller's transaction; makes the place of the tables if there is none."""


def cause(error: BaseException) -> str:
    """The first line of what a driver says."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
