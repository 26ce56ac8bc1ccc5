"""One database of everything that is kept: SQLite or PostgreSQL, shared by threads and processes."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Connection, Engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

import fedlore.store.exports
import fedlore.store.round_tables  # noqa: F401  # all tables are known before a schema is made or taken forward
from fedlore.store.backend import Backend, DatabaseError, Mode, cause
from fedlore.store.migrations import SCHEMA_VERSION, migrate
from fedlore.store.postgresql import postgresql
from fedlore.store.rules import make_rules
from fedlore.store.sqlite import Sqlite
from fedlore.store.tables import metadata

__all__ = ["BUSY_SECONDS", "Database", "DatabaseError"]

BUSY_SECONDS = 30.0
_MODE = "fedlore_mode"


class Database:
    """A database by URL.

    ``sqlite:///path`` is a file (``sqlite://`` lives in memory, shared by the threads of this object);
    ``postgresql://user:password@host/database?schema=name`` one schema of a PostgreSQL database (``fedlore`` if none is
    named). Connects and makes the schema, or takes an older one forward, at first use. Safe to use from several
    threads, and from processes that were forked after it was made. Waits at most ``busy_seconds`` for others. No
    message names a user or a password. Raises `DatabaseError`.
    """

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._backend = _backend(url, busy_seconds)
        self._turns = threading.Lock()
        self._setup_lock = threading.Lock()
        self._engine: Engine | None = None
        self._process = os.getpid()
        self._prepared: frozenset[str] = frozenset()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write in one transaction, alone: committed at the end, rolled back if the block raises."""
        with self._turn(), self._connected("write") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state; nothing that the block might write is kept."""
        with self._turn(), self._connected("read") as connection:
            yield connection
            connection.rollback()

    def close(self) -> None:
        """Give up all connections; a later use opens new ones (a database in memory is then empty)."""
        with self._setup_lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None
            self._prepared = frozenset()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._backend.one_connection:
            yield
            return
        if not self._turns.acquire(timeout=self._backend.busy_seconds):
            raise DatabaseError("the database in memory stayed busy; a transaction inside a transaction never ends")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _connected(self, mode: Mode) -> Iterator[Connection]:
        engine = self._ready()
        with self._explained("cannot be used"), _begun(engine, mode) as connection:
            self._check(self._backend.version(connection))
            yield connection

    def _ready(self) -> Engine:
        """The engine of this process, with every table that is known by now."""
        with self._setup_lock:
            if self._engine is not None and self._process != os.getpid():
                self._engine.dispose(close=False)  # the parent's connections stay the parent's
                self._engine = None
            if self._engine is None:
                self._process = os.getpid()
                self._prepared = frozenset()
            with self._explained("cannot be opened"):
                self._engine = self._engine or self._connect()
                if self._prepared != (known := frozenset(metadata.tables)):
                    with _begun(self._engine, "write") as connection:
                        self._prepare(connection)
                    self._prepared = known
            return self._engine

    def _connect(self) -> Engine:
        engine = self._backend.engine()
        event.listen(engine, "begin", partial(_begin, self._backend))
        weakref.finalize(self, _dispose, engine, os.getpid())
        return engine

    def _prepare(self, connection: Connection) -> None:
        version = self._backend.found(connection)
        if version is not None and 0 < version < SCHEMA_VERSION:
            migrate(connection, version)
        elif version is not None:
            self._check(version)
        settled: set[str] = set()  # tables whose rules are those of today
        if version == SCHEMA_VERSION:
            settled = set(inspect(connection).get_table_names())
        else:
            self._backend.set_version(connection, SCHEMA_VERSION)
        metadata.create_all(connection)
        make_rules(connection, [table for name, table in metadata.tables.items() if name not in settled])

    def _check(self, version: int) -> None:
        if version != SCHEMA_VERSION:
            raise DatabaseError(
                f"{self._backend.name} has schema version {version}; this fedlore reads {SCHEMA_VERSION}"
            )

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """One sentence for whatever the driver says; a rule of the tables that the caller broke stays as it is."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise DatabaseError(f"{self._backend.name} {what}: {cause(error.orig or error)}") from error
        except PoolTimeoutError as error:
            raise DatabaseError(f"{self._backend.name} {what}: all its connections stayed busy") from error


def _begin(backend: Backend, connection: Connection) -> None:
    try:
        backend.begin(connection, connection.get_execution_options()[_MODE])
    except OperationalError as error:
        raise DatabaseError(
            f"{backend.name} stayed busy for {backend.busy_seconds:g} s or cannot be opened: "
            f"{cause(error.orig or error)}"
        ) from error


def _dispose(engine: Engine, process: int) -> None:
    """Close what a `Database` that nobody holds any more has opened; a forked process leaves it to its parent."""
    if process == os.getpid():
        engine.dispose()


@contextmanager
def _begun(engine: Engine, mode: Mode) -> Iterator[Connection]:
    with engine.connect().execution_options(**{_MODE: mode}) as connection, connection.begin():
        yield connection


def _backend(url: str, busy_seconds: float) -> Backend:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError("not the URL of a database; sqlite:///path/to/file is one") from None
    if parsed.get_backend_name() == "sqlite":
        return Sqlite(parsed, busy_seconds)
    if parsed.get_backend_name() == "postgresql":
        return postgresql(parsed, busy_seconds)
    kind = parsed.get_backend_name()
    raise DatabaseError(f"a database of the kind {kind!r} is not supported; use sqlite or postgresql")
