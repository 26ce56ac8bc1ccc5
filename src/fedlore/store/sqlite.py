"""SQLite: one file, readable by its owner alone, shared by threads and processes, durable at every commit."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import QueuePool, StaticPool

from fedlore.store.backend import DatabaseError, Mode


@dataclass(frozen=True, slots=True)
class Sqlite:
    """The file that ``url`` names; without one, a database in memory. Its schema's version is ``user_version``."""

    url: URL
    busy_seconds: float

    @property
    def name(self) -> str:
        return self.url.render_as_string()

    @property
    def one_connection(self) -> bool:
        return self._path is None

    @property
    def _path(self) -> Path | None:
        return None if self.url.database in {None, "", ":memory:"} else Path(str(self.url.database))

    def engine(self) -> Engine:
        options: dict[str, Any] = {"connect_args": {"timeout": self.busy_seconds, "check_same_thread": False}}
        if self._path is None:
            options["poolclass"] = StaticPool
        else:
            _make(self._path)
            options |= {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 64}
        engine = create_engine(self.url, hide_parameters=True, execution_options={"preserve_rowcount": True}, **options)
        event.listen(engine, "connect", self._configure)
        return engine

    def begin(self, connection: Connection, mode: Mode) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "write" else "BEGIN DEFERRED")

    def found(self, connection: Connection) -> int | None:
        version = self.version(connection)
        return None if version == 0 and not inspect(connection).get_table_names() else version

    def version(self, connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())

    def set_version(self, connection: Connection, version: int) -> None:
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")

    def _configure(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by us, not by the driver
        connection.execute(f"PRAGMA busy_timeout = {int(self.busy_seconds * 1000)}")
        self._keep_a_log(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")

    def _keep_a_log(self, connection: Any) -> None:
        """Write ahead to a log. A new file's switch to it does not wait by itself for others that open it too."""
        last = time.monotonic() + self.busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                    raise
                time.sleep(0.01)
            else:
                return


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"{path} cannot be opened: {error.strerror}") from error
