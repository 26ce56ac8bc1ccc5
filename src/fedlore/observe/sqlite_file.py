"""One SQLite file for all that is kept between runs: it never fails, at worst it forgets."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fedlore.observe.private_file import open_own

_BUSY_SECONDS = 30.0


class SqliteFile:
    """Tables in a file, or in memory where there is none or it cannot be used.

    Several processes may share one file (write-ahead log, waiting for locks); it is closed to all but its owner. A file
    that is broken is removed, one that cannot be used or is another's is left alone; both times what this run keeps
    lives in memory.
    """

    def __init__(self, path: Path | None, schema: Sequence[str]) -> None:
        self._schema = schema
        connection = None if path is None else _connect(path, schema)
        self._path = path if connection else None
        self._connection = connection or _in_memory(schema)

    @property
    def lasts(self) -> bool:
        """Whether what is kept outlives this run."""
        return self._path is not None

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows that a query finds; none where the file cannot be read."""
        try:
            return self._connection.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            self._give_up(error)
            return []

    def change(self, *steps: tuple[str, Iterable[Sequence[object]]]) -> None:
        """Run each statement for each of its rows, all in one transaction."""
        try:
            with self._connection:
                for statement, rows in steps:
                    self._connection.executemany(statement, rows)
        except (sqlite3.DatabaseError, OverflowError) as error:
            self._give_up(error)

    def close(self) -> None:
        self._connection.close()

    def _give_up(self, error: Exception) -> None:
        self.close()
        if self._path is not None and _is_broken(error):
            _remove(self._path)
        self._connection, self._path = _in_memory(self._schema), None


def _connect(path: Path, schema: Sequence[str]) -> sqlite3.Connection | None:
    for _ in range(2):
        connection = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            own = open_own(path)
            if own is None:
                return None
            os.close(own)
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _make(connection, schema)
        except (OSError, sqlite3.DatabaseError) as error:
            if connection is not None:
                connection.close()
            if not _is_broken(error):
                return None
            _remove(path)
        else:
            return connection
    return None


def _make(connection: sqlite3.Connection, schema: Sequence[str]) -> None:
    for table in schema:
        connection.execute(table)


def _in_memory(schema: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    _make(connection, schema)
    return connection


def _is_broken(error: Exception) -> bool:
    """Whether the file is no database or a damaged one, rather than locked, forbidden or on a full disk."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
