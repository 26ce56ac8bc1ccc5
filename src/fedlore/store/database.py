"""One database of everything that is kept: SQLite, shared by threads and processes, durable at every commit."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import DatabaseError as SQLAlchemyDatabaseError
from sqlalchemy.pool import QueuePool, StaticPool

from fedlore.catalogue.errors import FedloreError
from fedlore.store.tables import metadata

SCHEMA_VERSION = 1
BUSY_SECONDS = 30.0
_BEGIN = "fedlore_begin"


class DatabaseError(FedloreError):
    """The database cannot be used: wrong address, wrong schema, or busy for too long."""


class Database:
    """A database by URL (``sqlite:///path``; ``sqlite://`` lives in memory, shared by the threads of this object).

    Connects and makes the schema at first use. A new file is readable by its owner alone. Safe to use from several
    threads, and from processes that were forked after it was made. Raises `DatabaseError`.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
        except ArgumentError:
            raise DatabaseError("not the URL of a database; sqlite:///path/to/file is one") from None
        if self._url.get_backend_name() != "sqlite":
            raise DatabaseError(f"a database of the kind {self._url.get_backend_name()!r} is not supported; use sqlite")
        self._path = None if self._url.database in {None, "", ":memory:"} else Path(str(self._url.database))
        self._memory_lock = threading.Lock()
        self._setup_lock = threading.Lock()
        self._engine: Engine | None = None
        self._process = os.getpid()
        self._prepared: frozenset[str] = frozenset()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write in one transaction (BEGIN IMMEDIATE): committed at the end, rolled back if the block raises."""
        with self._begun("IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state; nothing that the block might write is kept."""
        with self._begun("DEFERRED") as connection:
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
    def _begun(self, mode: str) -> Iterator[Connection]:
        if self._path is not None:
            with self._connected(mode) as connection:
                yield connection
            return
        # All threads share the one connection of a database in memory, so they take turns.
        if not self._memory_lock.acquire(timeout=BUSY_SECONDS):
            raise DatabaseError("the database in memory stayed busy; a transaction inside a transaction never ends")
        try:
            with self._connected(mode) as connection:
                yield connection
        finally:
            self._memory_lock.release()

    @contextmanager
    def _connected(self, mode: str) -> Iterator[Connection]:
        engine = self._ready()
        try:
            with engine.connect().execution_options(**{_BEGIN: mode}) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise  # the caller's own statement broke a rule of the tables
        except SQLAlchemyDatabaseError as error:
            raise DatabaseError(f"{self._url} cannot be used: {error.orig}") from error

    def _ready(self) -> Engine:
        """The engine of this process, with every table that is known by now."""
        with self._setup_lock:
            if self._engine is not None and self._process != os.getpid():
                self._engine.dispose(close=False)  # the parent's connections stay the parent's
                self._engine = None
            if self._engine is None:
                self._process = os.getpid()
                self._prepared = frozenset()
            try:
                self._engine = self._engine or self._connect()
                if self._prepared != (known := frozenset(metadata.tables)):
                    self._prepare(self._engine)
                    self._prepared = known
            except (DBAPIError, OSError) as error:
                cause = error.orig if isinstance(error, DBAPIError) else error.strerror
                raise DatabaseError(f"{self._url.render_as_string()} cannot be opened: {cause}") from error
            return self._engine

    def _connect(self) -> Engine:
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
        if self._path is None:
            options["poolclass"] = StaticPool
        else:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            options |= {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 64}
        engine = create_engine(self._url, **options)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, engine: Engine) -> None:
        with engine.connect().execution_options(**{_BEGIN: "IMMEDIATE"}) as connection, connection.begin():
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            there = set(inspect(connection).get_table_names())
            if version == 0 and not there:
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise DatabaseError(
                    f"{self._url.render_as_string()} has schema version {version}; this fedlore reads {SCHEMA_VERSION}"
                )
            metadata.create_all(connection)


def _configure(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, not by the driver
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options()[_BEGIN]
    try:
        connection.exec_driver_sql(f"BEGIN {mode}")
    except OperationalError as error:
        raise DatabaseError(
            f"the database stayed busy for {BUSY_SECONDS:g} s or cannot be opened: {error.orig}"
        ) from error
